"""Training images remembered: how many of those most like an image are of each class.

Convolutional networks with other starts, sizes and augmentations misread mostly the same digits.
Nearest neighbours by the directions of strokes are far worse alone and misread others, so that the
two together are better than either (`benchmarks/search.md`). Each image is made upright, its
gradient split over eight directions, blurred, thinned out and shortened to its principal
components; a softmax over the distances to all that is remembered says whose classes count.

Directions as features: Liu, Nakashima, Sako and Fujisawa, 'Handwritten digit recognition:
benchmarking of state-of-the-art techniques', 2003. Neighbours beside a network: Khandelwal and
others, 'Generalization through Memorization', 2020.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkdigits.networks.description import DIRECTIONS, NetworkDescription, direction_places

BLUR = 1.5  # pixels, standard deviation
_NOTHING = -1e9  # the nearness of what is not there
_BATCH = 500
_AT_ONCE = 2**25  # numbers: of images read times images remembered


class Neighbours(nn.Module):
    """What is remembered, as buffers; empty until `remember`, and then it says nothing."""

    mean: Tensor  # (features,) of what is remembered
    axes: Tensor  # (features, components), orthonormal
    keys: Tensor  # (images, components)
    classes: Tensor  # (images,) int64; -1 where there is none

    def __init__(self, description: NetworkDescription) -> None:
        super().__init__()
        self.settings, self.count = description.memory, description.classes
        images, features = self.settings.images, description.direction_features
        components = description.memory_components
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("axes", torch.zeros(features, components))
        self.register_buffer("keys", torch.zeros(images, components))
        self.register_buffer("classes", torch.full((images,), -1))

    @torch.no_grad()
    def remember(self, images: Tensor, labels: Tensor) -> None:
        """Take the first of images `(N, 1, H, W) uint8`, as many as there is room for."""
        images, labels = images[: len(self.keys)], labels[: len(self.keys)]
        features = torch.cat([directions(part.float() / 255) for part in images.split(_BATCH)])
        self.mean.copy_(features.mean(0))
        features -= self.mean
        # The last eigenvectors are those of the largest eigenvalues.
        # Taken on the CPU, since not every device can.
        axes = torch.linalg.eigh((features.t() @ features).cpu()).eigenvectors
        self.axes.copy_(axes.flip(1)[:, : self.axes.shape[1]])
        self.keys.zero_()[: len(features)] = features @ self.axes
        self.classes.fill_(-1)[: len(labels)] = labels

    @torch.no_grad()
    def replace(self, places: Tensor, images: Tensor, labels: Tensor) -> None:
        """Take images `(N, 1, H, W) uint8` into places `(N,)`, by the axes that there are."""
        for at, part, classes in zip(
            places.split(_BATCH), images.split(_BATCH), labels.split(_BATCH), strict=True
        ):
            self.keys[at] = (directions(part.float() / 255).to(self.keys) - self.mean) @ self.axes
            self.classes[at] = classes

    def forward(self, images: Tensor) -> Tensor:
        """Logarithms of each class's share of the neighbours, times the weight: `(N, classes)`."""
        part = max(1, _AT_ONCE // len(self.keys))  # a stranger's memory must not take all of ours
        return torch.cat([self._said_of(some) for some in images.split(part)])

    def _said_of(self, images: Tensor) -> Tensor:
        settings = self.settings
        queries = (directions(images.to(self.keys.dtype)) - self.mean) @ self.axes
        nearness = torch.addmm(self.offsets, settings.sharpness * queries, self.keys.t())
        shares = nearness.softmax(1) @ self.members
        return settings.weight * (shares + settings.floor).log()

    @property
    def offsets(self) -> Tensor:
        """What an image remembered has of its own in the nearness to any: `(images,)`.

        Half the squared distance is this and the product of both, but for what the image that is
        read has of its own, which no softmax over what is remembered sees.
        """
        lengths = self.keys.square().sum(1) * (-self.settings.sharpness / 2)
        return lengths.masked_fill(self.classes < 0, _NOTHING)

    @property
    def members(self) -> Tensor:
        """1 where an image remembered is of a class, 0 elsewhere: `(images, classes)`."""
        kinds = torch.arange(self.count, device=self.classes.device)
        return (self.classes[:, None] == kinds).to(self.keys.dtype)


def directions(images: Tensor) -> Tensor:
    """Strokes' directions, place by place: images `(N, 1, H, W)` to unit vectors `(N, features)`.

    A pixel's gradient is the sum of shares of the two nearest of eight directions. Square roots
    bring the shares' distribution nearer to a normal one.
    """
    towards, away = F.conv2d(upright(images), split_kernels().to(images), padding=1).chunk(2, 1)
    shares = torch.minimum(towards, away).relu()
    rows, columns = (blur_weights(size).to(images) for size in images.shape[2:])
    return F.normalize((rows @ shares @ columns.t()).sqrt().flatten(1), dim=1)


def split_kernels() -> Tensor:
    """Kernels `(2 * 8, 1, 3, 3)` whose outputs' smaller, `k` and `8 + k`, is a direction's share.

    The share of direction `k` is the gradient's coordinate along it, beside the direction after
    it or before it, whichever is nearer: the smaller of both, where that is above 0.
    """
    right = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    step = 2 * math.pi / DIRECTIONS
    angles = torch.arange(DIRECTIONS)[:, None, None] * step
    after, before = angles + step, angles - step
    towards = after.sin() * right - after.cos() * right.t()
    away = before.cos() * right.t() - before.sin() * right
    return torch.cat((towards, away))[:, None] / math.sin(step)


def blur_weights(size: int) -> Tensor:
    """Weights `(places, size)` of a Gaussian around each of the places of a line.

    Each sums to 1 where the Gaussian has room; beyond the line there is nothing.
    """
    distance = torch.tensor(direction_places(size))[:, None] - torch.arange(size)
    reach = 4 * BLUR
    whole = torch.arange(-reach, reach + 1)
    weights = (-0.5 * (distance / BLUR).square()).exp() * (distance.abs() <= reach)
    return weights / (-0.5 * (whole / BLUR).square()).exp().sum()


def upright(images: Tensor) -> Tensor:
    """Images `(N, 1, H, W)` with the ink's centre in the middle, sheared until it does not slant.

    It does not when the covariance of the ink's rows and columns is 0.
    """
    height, width = images.shape[2:]
    ink = images[:, 0] / images.sum((2, 3)).clamp(min=1e-6)[:, :, None]
    rows, columns = (
        torch.arange(size, device=images.device, dtype=images.dtype) - (size - 1) / 2
        for size in (height, width)
    )
    row, column = ink.sum(2) @ rows, ink.sum(1) @ columns
    variance = ink.sum(2) @ rows.square() - row.square()
    covariance = (ink @ columns) @ rows - row * column
    slant = covariance / variance.clamp(min=1e-6)
    y = (rows + row[:, None])[:, :, None].expand(-1, -1, width)
    x = columns + (column[:, None] + slant[:, None] * rows)[:, :, None]
    places = torch.stack((x * (2 / width), y * (2 / height)), 3)
    return F.grid_sample(images, places, padding_mode="zeros", align_corners=False)
