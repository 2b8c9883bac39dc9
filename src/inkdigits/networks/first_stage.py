"""The first stage of a network in training, by way of its patches: the same result, much faster.

The images need no gradient and have one channel, so the first convolution is a product of a few
patch pixels with the kernels. Two facts follow:

- The mean and the variance over the batch of a linear map's output follow from the mean and the
  covariance of its input: `mean = w m`, `variance = w C w'`. So batch normalisation becomes a
  rescaling of the kernels before the product; the full-size output is never read for statistics,
  and autograd's backward pass through the normalisation runs on small matrices.
- The four outputs of a 2x2 pooling window depend on one patch a little larger than the kernel: one
  product gives them as four matrices, whose largest is taken element by element, without indices.

`benchmarks/engine.py` measures whole training steps with and without.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from inkdigits.networks.description import Stage
from inkdigits.networks.layers import (
    BatchNorm,
    Convolution,
    activate,
    activate_and_pool,
    at_least_float32,
    pad,
    pool,
)
from inkdigits.networks.synchronized import Together, averaged

MAX_PATCH = 128  # pixels; beyond it an ordinary convolution is faster


def suits(stage: Stage, channels: int) -> bool:
    """Whether a stage on images of so many channels can take this way."""
    return stage.norm == "batch" and channels == 1 and stage.kernel**2 <= MAX_PATCH


def first_stage(images: Tensor, convolution: Convolution, norm: BatchNorm) -> Tensor:
    """Convolution, batch normalisation (in training), activation and pooling.

    Args:
        images: `(N, 1, H, W)`, without gradient.
        convolution: the stage's convolution.
        norm: the stage's normalisation, whose running averages are updated.

    Returns:
        `(N, F, h, w)`, channels last, in the type of `images`.
    """
    stage = convolution.stage
    padded = pad(images, stage.padding, *stage.margins)[:, 0]
    height, width = ((size - stage.kernel) // stage.stride + 1 for size in padded.shape[1:])
    if stage.pooling == "max" and stage.pool == 2 and height % 2 == width % 2 == 0:
        return _pooled_by_quarters(padded, convolution, norm, height // 2, width // 2)
    patches = _patches(padded, stage.kernel, stage.stride, height, width)
    kernels: Tensor = convolution.weight.flatten(1)
    offsets: Tensor = convolution.offset
    if not stage.pool_first:
        moments = _moments(at_least_float32(patches), norm.together)
        kernels, offsets = _normalised(kernels, moments, convolution, norm)
    outputs = patches.t() @ kernels.t().to(images.dtype) + offsets.to(images.dtype)
    outputs = outputs.view(len(images), height, width, stage.filters).permute(0, 3, 1, 2)
    if stage.pool_first:
        outputs = norm(pool(outputs, stage.pooling, stage.pool))
    return activate_and_pool(outputs, stage)


def _pooled_by_quarters(
    padded: Tensor, convolution: Convolution, norm: BatchNorm, height: int, width: int
) -> Tensor:
    """The stage with a 2x2 max-pooling, which gives `height` x `width` places.

    A window's four outputs depend on one patch that is a stride larger than the kernel, so one
    product with the kernel at four places of such a patch gives them all.
    """
    stage = convolution.stage
    size = stage.kernel + stage.stride
    patches = _patches(padded, size, 2 * stage.stride, height, width)
    kernels: Tensor = convolution.weight.flatten(1)
    offsets: Tensor = convolution.offset
    if not stage.pool_first:
        mean, square = _moments(at_least_float32(patches), norm.together, covariance=False)
        corners = _corners(torch.arange(size * size).view(1, size, size), stage)[:, 0]
        mean = torch.stack([mean[corner] for corner in corners]).mean(0)
        square = torch.stack([square[corner][:, corner] for corner in corners]).mean(0)
        covariance = square - mean[:, None] * mean
        kernels, offsets = _normalised(kernels, (mean, covariance), convolution, norm)
    shape = (stage.filters, stage.kernel, stage.kernel)
    four = _at_four_places(kernels.view(shape), stage).to(padded.dtype)
    quarters = (four @ patches).view(4, stage.filters, -1)
    # The offset is one number a filter, so it can be added after the largest is taken.
    pooled = largest_of_four(quarters) + offsets.to(padded.dtype)[:, None]
    if stage.pool_first:
        # With few filters several times as fast as channels last.
        pooled = norm(pooled[None])[0]
    pooled = pooled.view(-1, len(padded), height, width).transpose(0, 1)
    return activate(pooled.contiguous(memory_format=torch.channels_last), stage.activation)


def _patches(padded: Tensor, size: int, step: int, height: int, width: int) -> Tensor:
    """Every `size` x `size` patch, `step` pixels apart, as a column: `(size**2, N h w)`."""
    rows, row, column = padded.stride()
    shape = (size, size, len(padded), height, width)
    strides = (row, column, rows, step * row, step * column)
    return padded.as_strided(shape, strides).reshape(size**2, -1)


def _corners(patches: Tensor, stage: Stage) -> Tensor:
    """The kernel-sized parts of `(n, size, size)` that a window's four outputs see: `(4, n, K)`."""
    kernel, stride = stage.kernel, stage.stride
    return torch.stack(
        [
            patches[:, down : down + kernel, right : right + kernel].flatten(1)
            for down in (0, stride)
            for right in (0, stride)
        ]
    )


def _at_four_places(kernels: Tensor, stage: Stage) -> Tensor:
    """Kernels `(F, k, k)` within a patch one stride larger, zeros around: `(4 F, size**2)`."""
    stride = stage.stride
    places = [
        F.pad(kernels, (right, stride - right, down, stride - down))
        for down in (0, stride)
        for right in (0, stride)
    ]
    return torch.cat(places).flatten(1)


def _moments(
    patches: Tensor, together: Together | None, covariance: bool = True
) -> tuple[Tensor, Tensor]:
    """Mean `(K,)` and covariance (or mean product) `(K, K)` of columns `(K, n)`.

    In float32 at least: bfloat16's three digits would cancel in the variance of an edge filter.
    Of the columns of all processes where they train `together`: images need no gradient, and so
    neither does that sum.
    """
    mean, square = patches.mean(1), patches @ patches.t() / patches.shape[1]
    if together is not None:
        both = torch.cat((mean, square.flatten()))
        whole = averaged(both, patches.shape[1], together)[0].to(patches.dtype)
        mean, square = whole[: len(mean)], whole[len(mean) :].view_as(square)
    return mean, square - mean[:, None] * mean if covariance else square


def _normalised(
    kernels: Tensor, moments: tuple[Tensor, Tensor], convolution: Convolution, norm: BatchNorm
) -> tuple[Tensor, Tensor]:
    """Kernels `(F, K)` and offsets `(F,)` that convolve and normalise in one."""
    mean, covariance = moments
    output_mean = kernels @ mean
    variance = ((kernels @ covariance) * kernels).sum(1)
    norm.update(output_mean.detach() + convolution.bias.detach(), variance.detach())
    scale = norm.weight * torch.rsqrt(variance + norm.epsilon)
    # The convolution's bias shifts output and mean alike: it cancels, and its gradient is zero,
    # which the last term says to autograd.
    return kernels * scale[:, None], norm.bias - output_mean * scale + 0 * convolution.bias


class LargestOfFour(torch.autograd.Function):
    """Element-wise largest of four matrices `(4, n, F)`; the first of equals gets the gradient."""

    @staticmethod
    def forward(ctx: Any, quarters: Tensor) -> Tensor:
        first, second, third, fourth = quarters.unbind()
        upper, lower = torch.maximum(first, second), torch.maximum(third, fourth)
        ctx.save_for_backward(
            _greater(second, first), _greater(fourth, third), _greater(lower, upper)
        )
        return torch.maximum(upper, lower)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        second_won, fourth_won, lower_won = ctx.saved_tensors
        gradient = gradients[0].contiguous()  # mixed layouts cost more than the copy
        quarters = gradient.new_empty(4, *gradient.shape)
        first, second, third, fourth = quarters.unbind()
        lower = gradient * lower_won
        upper = gradient - lower
        torch.mul(lower, fourth_won, out=fourth)
        torch.sub(lower, fourth, out=third)
        torch.mul(upper, second_won, out=second)
        torch.sub(upper, second, out=first)
        return quarters


# Named with its type, since torch before 2.14 has none for it.
largest_of_four: Callable[[Tensor], Tensor] = LargestOfFour.apply


def _greater(left: Tensor, right: Tensor) -> Tensor:
    """1 where `left > right`, else 0, as floats: torch's loops over booleans are 6 times slower."""
    return torch.gt(left, right, out=torch.empty_like(left))
