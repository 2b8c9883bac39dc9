"""The input that each filter likes most: activation maximisation.

Erhan, Bengio, Courville and Vincent, 'Visualizing Higher-Layer Features of a Deep Network', 2009:
the pixels are moved along the gradient of one filter's answer at one place, from the same faint
noise for all. Of all such inputs a smooth one is looked for, as in Yosinski and others,
'Understanding Neural Networks Through Deep Visualization', 2015: now and then the picture is
blurred a little, the less the nearer the end.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from inkdigits.networks.build import ConvolutionStage, Network
from inkdigits.networks.description import StageSize
from inkdigits.networks.layers import pad, pool

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
    sizes = network.description.sizes()[: stage + 1]
    rows, columns = (seen_by_middle(sizes, layers, axis) for axis in (0, 1))
    generator = torch.Generator().manual_seed(seed)
    start = 0.5 + 0.02 * torch.randn(network.description.image_size, generator=generator)
    pictures = start[rows.pixels, columns.pixels].repeat(filters, 1, 1, 1)
    seen = torch.zeros(pictures.shape[2:], dtype=torch.bool)
    for step in range(steps):
        pictures.requires_grad_()
        answers = own_answers(layers, pictures, rows.middle, columns.middle)
        (gradient,) = torch.autograd.grad(answers.sum(), pictures)
        pictures = pictures.detach()
        seen |= (gradient != 0).any(0)[0]
        size = gradient.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-12)
        pictures = (pictures + 0.15 * (1 - step / steps) * gradient / size).clamp(0, 1)
        if smooth and step < SMOOTHED * steps and step % 4 == 3:
            pictures = _smoothed(pictures, 1 - step / steps)
    extent = _extent(seen.any(1)), _extent(seen.any(0))
    return torch.where(seen, pictures, 0.5)[:, 0, *extent].numpy()


class Seen(NamedTuple):
    """What the place in the middle of a map sees, along one axis."""

    pixels: slice  # of the image
    middle: int  # the place's number in the map of these pixels alone


def seen_by_middle(
    sizes: Sequence[StageSize], layers: Sequence[ConvolutionStage], axis: int
) -> Seen:
    """The pixels along an axis that the last layer's middle sees, as `own_answers` takes it.

    They begin where windows of all layers do, so that the map of them alone holds what the whole
    image's holds there, though not at its edges.
    """
    last = layers[-1].stage
    middle = (sizes[-1].pooled if last.pool_first else sizes[-1].convolved)[axis] // 2
    first = end = middle
    together = 1  # pixels from one place to the next
    for layer in reversed(layers):
        stage = layer.stage
        if stage.pooling != "none" and (layer is not layers[-1] or stage.pool_first):
            first, end = first * stage.pool, (end + 1) * stage.pool - 1
            together *= stage.pool
        before, _ = stage.margins
        first, end = first * stage.stride - before, end * stage.stride - before + stage.kernel - 1
        together *= stage.stride
    left_out = max(first, 0) // together
    return Seen(slice(left_out * together, end + 1), middle - left_out)


def own_answers(
    layers: Sequence[ConvolutionStage], pictures: Tensor, row: int, column: int
) -> Tensor:
    """What each of the last layer's first filters makes of its own picture at one place: `(F,)`.

    Of pictures `(F, 1, H, W)`, before activation; nothing else of that layer's maps is computed.
    """
    *before, last = layers
    for layer in before:
        pictures = layer(pictures)
    stage, own = last.stage, len(pictures)
    places = stage.pool if stage.pool_first and stage.pooling != "none" else 1
    rows, columns = (
        slice(place * stage.stride, (place + places - 1) * stage.stride + stage.kernel)
        for place in (row * places, column * places)
    )
    maps = pad(pictures, stage.padding, *stage.margins)[:, :, rows, columns]
    patches = F.unfold(maps, stage.kernel, stride=stage.stride)
    kernels = last.convolution.weight[:own].flatten(1)
    answers = torch.bmm(kernels[:, None], patches) + last.convolution.bias[:own, None, None]
    answers = pool(answers.view(1, own, places, places), stage.pooling, places)
    if (norm := last.norm) is not None:
        mean, variance = norm.running_mean[:own], norm.running_variance[:own]
        weight, bias = norm.weight[:own], norm.bias[:own]
        answers = F.batch_norm(answers, mean, variance, weight, bias, eps=norm.epsilon)
    return answers[0, :, 0, 0]


def _smoothed(pictures: Tensor, share: float) -> Tensor:
    """A share of a 3x3 binomial blur mixed in, the border repeated."""
    line = torch.tensor([0.25, 0.5, 0.25])
    kernel = (line[:, None] * line).view(1, 1, 3, 3)
    return pictures.lerp(F.conv2d(F.pad(pictures, (1, 1, 1, 1), "replicate"), kernel), share)


def _extent(seen: Tensor) -> slice:
    places = seen.nonzero()
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(None)
