"""Training images changed at random: pure functions of tensors, with the generator passed in.

All take and give `(N, 1, H, W) float32` in [0, 1], white ink on black. Geometry (rotation, scale,
aspect, shear, shift, elastic displacement) is one resampling, so that images are blurred once;
then come stroke thickness, blur, contrast, noise and erased patches.

Simard, Steinkraus and Platt, 'Best Practices for Convolutional Neural Networks Applied to Visual
Document Analysis', 2003, for the affine and elastic distortions of digits; Zhong and others,
'Random Erasing Data Augmentation', 2020, for patches.
"""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from inkdigits.training.hyperparameters import Augmentation


def augment(images: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Change each image by its own draw from `generator`, as far as `settings` allow."""
    count, _, height, width = images.shape
    if settings.moves_pixels:
        matrices = affine_matrices(count, settings, (height, width), generator)
        displacements = None
        if settings.elastic > 0:
            displacements = elastic_displacements(count, settings, (height, width), generator)
        images = warp(images, matrices, displacements)
    if settings.thickness > 0:
        images = thicken(images, _uniform(count, settings.thickness, generator))
    if settings.blur > 0:
        images = blur(images, _uniform(count, settings.blur, generator).abs())
    if settings.contrast > 0:
        factors = 1 + _uniform(count, settings.contrast, generator)
        images = (images * factors[:, None, None, None]).clamp_(0, 1)
    if settings.noise > 0:
        noise = torch.empty_like(images).normal_(generator=generator)
        images = (images + settings.noise * noise).clamp_(0, 1)
    if settings.erase > 0:
        images = erase(images, settings.erase, generator)
    return images


def augmented_examples(
    images: npt.NDArray[np.uint8], settings: Augmentation, versions: int, seed: int
) -> npt.NDArray[np.uint8]:
    """Each of images `(N, H, W) uint8` changed in `versions` ways: `(N, versions, H, W) uint8`."""
    originals = torch.from_numpy(np.repeat(images, versions, axis=0))[:, None].float() / 255
    changed = augment(originals, settings, torch.Generator().manual_seed(seed))
    pixels: npt.NDArray[np.uint8] = (changed * 255).round().to(torch.uint8).numpy()
    return pixels.reshape(len(images), versions, *images.shape[1:])


def affine_matrices(
    count: int, settings: Augmentation, size: tuple[int, int], generator: torch.Generator
) -> Tensor:
    """Maps `(count, 2, 3) float32` from output to input pixels, about the image's middle.

    A matrix takes an output's `(x, y, 1)`, in pixels from the middle of an image of `size`
    (height, width), to the place in the input that it shows.
    """
    turn, slant, grow, widen, right, down = (
        _uniform(count, reach, generator)
        for reach in (
            math.radians(settings.rotation),
            math.radians(settings.shear),
            settings.scale,
            settings.aspect,
            settings.shift,
            settings.shift,
        )
    )
    widen = (1 + widen).sqrt()
    across, along = 1 / ((1 + grow) * widen), widen / (1 + grow)
    cosine, sine, slope = turn.cos(), turn.sin(), slant.tan()
    # Input = scale . shear . rotation of (output - shift), read from output to input.
    rows = (
        (across * (cosine + slope * sine), across * (sine - slope * cosine)),
        (-along * sine, along * cosine),
    )
    linear = torch.stack([torch.stack(row, 1) for row in rows], 1)
    shift = torch.stack((right, down), 1)[:, :, None]
    return torch.cat((linear, -linear @ shift), 2)


def elastic_displacements(
    count: int, settings: Augmentation, size: tuple[int, int], generator: torch.Generator
) -> Tensor:
    """Smooth random displacements `(count, 2, H, W) float32` in pixels, x then y.

    Independent normal displacements on a coarse grid, joined by cubic B-splines and scaled so
    that every pixel's own has the standard deviation `settings.elastic`.
    """
    places = settings.elastic_grid
    coarse = torch.empty(count, 2, places, places, device=generator.device)
    coarse.normal_(generator=generator)
    rows, columns = (_spline_weights(places, length).to(coarse.device) for length in size)
    displacements: Tensor = settings.elastic * (rows @ coarse @ columns.t())
    return displacements


@lru_cache(maxsize=8)
def _spline_weights(places: int, size: int) -> Tensor:
    """Weights `(size, places)` of cubic B-splines on a line, each pixel's of unit length."""
    pixels = torch.linspace(0, places - 1, size)
    distance = (pixels[:, None] - torch.arange(places)).abs()
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = (2 - distance).clamp(min=0) ** 3 / 6
    weights: Tensor = torch.where(distance < 1, near, far)
    return F.normalize(weights, dim=1)


def warp(images: Tensor, matrices: Tensor, displacements: Tensor | None = None) -> Tensor:
    """Resample bilinearly: each output pixel shows the place that its matrix maps it to.

    Args:
        matrices: `(N, 2, 3)` in pixels, as `affine_matrices` makes them.
        displacements: `(N, 2, H, W)` in pixels, added to those places; or None.
    """
    count, _, height, width = images.shape
    x = torch.arange(width, device=images.device) - (width - 1) / 2
    y = torch.arange(height, device=images.device) - (height - 1) / 2
    y, x = torch.meshgrid(y, x, indexing="ij")
    grid = torch.stack((x, y, torch.ones_like(x)))
    places = (matrices @ grid.view(3, -1)).view(count, 2, height, width)
    if displacements is not None:
        places = places + displacements
    # grid_sample without aligned corners measures from edge to edge, -1 to 1.
    scale = images.new_tensor([2 / width, 2 / height]).view(1, 2, 1, 1)
    return F.grid_sample(
        images,
        (places * scale).permute(0, 2, 3, 1),
        mode="bilinear",
        padding_mode="zeros",
        align_corners=False,
    )


def thicken(images: Tensor, amounts: Tensor) -> Tensor:
    """Dilate strokes by shares `(N,)` of a pixel around, or erode them where it is negative."""
    share = amounts[:, None, None, None]
    dilated = F.max_pool2d(images, 3, stride=1, padding=1)
    eroded = -F.max_pool2d(-images, 3, stride=1, padding=1)
    changed: Tensor = torch.where(share > 0, dilated, eroded)
    return images.lerp(changed, share.abs())


def blur(images: Tensor, amounts: Tensor) -> Tensor:
    """Mix in shares `(N,)`, 0 to 1, of a 3x3 binomial blur."""
    line = images.new_tensor([0.25, 0.5, 0.25])
    kernel = (line[:, None] * line).view(1, 1, 3, 3)
    return images.lerp(F.conv2d(images, kernel, padding=1), amounts[:, None, None, None])


def erase(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Blank a rectangle in a share of the images, each side a tenth to two fifths of theirs."""
    count, _, *size = images.shape
    lengths, starts, chosen = (
        torch.empty(shape, device=images.device).uniform_(generator=generator)
        for shape in ((2, count), (2, count), (count,))
    )
    inside = []
    for axis, whole in enumerate(size):
        length = (0.1 + 0.3 * lengths[axis]) * whole
        start = starts[axis] * (whole - length)
        places = torch.arange(whole, device=images.device) + 0.5
        inside.append((places > start[:, None]) & (places < (start + length)[:, None]))
    patch = inside[0][:, None, :, None] & inside[1][:, None, None, :]
    return images.masked_fill(patch & (chosen < share)[:, None, None, None], 0.0)


def _uniform(count: int, reach: float, generator: torch.Generator) -> Tensor:
    """`(count,)` draws from -reach to reach."""
    draws = torch.empty(count, device=generator.device)
    return draws.uniform_(-reach, reach, generator=generator)
