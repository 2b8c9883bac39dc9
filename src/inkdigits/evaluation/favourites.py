"""The input that each filter likes most: activation maximisation.

Erhan, Bengio, Courville and Vincent, 'Visualizing Higher-Layer Features of a Deep Network', 2009:
the pixels are moved along the gradient of one filter's answer at one place, from the same faint
noise for all. Of all such inputs a smooth one is looked for, as in Yosinski and others,
'Understanding Neural Networks Through Deep Visualization', 2015: now and then the picture is
blurred a little, the less the nearer the end.
"""

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from inkdigits.networks.build import ConvolutionStage, Network

STEPS = 64
SMOOTHED = 0.75  # share of the steps after which pictures are blurred no more
MOST_FILTERS = 256  # of a stage; of a stranger's thousands, the first


def favourite_inputs(
    network: Network, stage: int, seed: int, *, steps: int = STEPS, smooth: bool = True
) -> npt.NDArray[np.float32]:
    """What excites each filter of the first column's stage `stage`, from 0: `(F, h, w)`, 0 to 1.

    A filter's answer is taken after normalisation and before the activation, at the middle of its
    map; h and w are of the part of the image that this place sees. Pixels without any say are 0.5.
    """
    layers = network.convolution_stages[: stage + 1]
    filters = min(layers[-1].stage.filters, MOST_FILTERS)
    height, width = network.description.image_size
    generator = torch.Generator().manual_seed(seed)
    pictures = 0.5 + 0.02 * torch.randn(1, 1, height, width, generator=generator)
    pictures = pictures.repeat(filters, 1, 1, 1)
    seen = torch.zeros(height, width, dtype=torch.bool)
    for step in range(steps):
        gradient = _gradient(layers, pictures)
        seen |= (gradient != 0).any(0)[0]
        size = gradient.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
        pictures = (pictures + 0.15 * (1 - step / steps) * gradient / size).clamp(0, 1)
        if smooth and step < SMOOTHED * steps and step % 4 == 3:
            pictures = _smoothed(pictures, 1 - step / steps)
    rows, columns = _extent(seen.any(1)), _extent(seen.any(0))
    pictures = torch.where(seen, pictures, 0.5)[:, 0, rows, columns]
    return pictures.numpy()


def answers(layers: list[ConvolutionStage], images: Tensor) -> Tensor:
    """What the last of `layers` makes of images, before its activation, in the map's middle.

    `(N, F)`, of images `(N, 1, H, W)`.
    """
    last = layers[-1]
    kept: list[Tensor] = []
    handle = (last.norm or last.convolution).register_forward_hook(
        lambda module, given, result: kept.append(result)
    )
    try:
        for layer in layers:
            images = layer(images)
    finally:
        handle.remove()
    maps = kept[0]
    return maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2]


def _gradient(layers: list[ConvolutionStage], pictures: Tensor) -> Tensor:
    """The gradient `(F, 1, H, W)` of each filter's answer to its own picture."""
    pictures = pictures.detach().requires_grad_()
    own = answers(layers, pictures).diagonal().sum()
    (gradient,) = torch.autograd.grad(own, pictures)
    return gradient


def _smoothed(pictures: Tensor, share: float) -> Tensor:
    """A share of a 3x3 binomial blur mixed in, the border repeated."""
    line = torch.tensor([0.25, 0.5, 0.25])
    kernel = (line[:, None] * line).view(1, 1, 3, 3)
    return pictures.lerp(F.conv2d(F.pad(pictures, (1, 1, 1, 1), "replicate"), kernel), share)


def _extent(seen: Tensor) -> slice:
    places = seen.nonzero()
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(None)
