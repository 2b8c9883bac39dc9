"""The first stage of a network in training, by way of its patches: the same result, much faster.

The images need no gradient and have one channel, so the first convolution is a product of a few
patch pixels with the kernels. Two facts follow:

- The mean and the variance over the batch of a linear map's output follow from the mean and the
  covariance of its input: `mean = w m`, `variance = w C w'`. So batch normalisation becomes a
  rescaling of the kernels before the product; the full-size output is never read for statistics,
  and autograd's backward pass through the normalisation runs on small matrices.
- Arranged by their place in the 2x2 pooling window, the pixels are four matrices whose largest is
  taken element by element, without indices.

Convolution, normalisation and pooling of `lab`'s stage 1 (batch 128, bfloat16, two cores) took
14 ms of a step with torch's layers, operation by operation, and take 2 ms so;
`benchmarks/engine.py` measures whole steps with and without.
"""

from typing import Any

import torch
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
    in_quarters = stage.pooling == "max" and stage.pool == 2 and height % 2 == width % 2 == 0
    patches = (_quarters if in_quarters else _patches)(padded, stage, height, width)
    kernels: Tensor = convolution.weight.flatten(1)
    offsets: Tensor = convolution.bias
    if not stage.pool_first:
        kernels, offsets = _normalised(patches, convolution, norm)
    outputs = patches.t() @ kernels.t().to(images.dtype)
    offsets = offsets.to(images.dtype)
    shape = (len(images), height, width, stage.filters)
    if in_quarters:
        # The offset is one number a filter, so it can be added after the largest is taken.
        quarters = outputs.view(4, -1, stage.filters)
        largest: Tensor = LargestOfFour.apply(quarters)  # type: ignore[no-untyped-call]  # torch's
        shape = (len(images), height // 2, width // 2, stage.filters)
        pooled = (largest + offsets).view(shape).permute(0, 3, 1, 2)
        return activate(norm(pooled) if stage.pool_first else pooled, stage.activation)
    outputs = (outputs + offsets).view(shape).permute(0, 3, 1, 2)
    if stage.pool_first:
        outputs = norm(pool(outputs, stage.pooling, stage.pool))
    return activate_and_pool(outputs, stage)


def _patches(padded: Tensor, stage: Stage, height: int, width: int) -> Tensor:
    """Every kernel-sized patch as a column: `(kernel**2, N * height * width)`."""
    rows, row, column = padded.stride()
    down, right = stage.stride * row, stage.stride * column
    shape = (stage.kernel, stage.kernel, len(padded), height, width)
    strides = (row, column, rows, down, right)
    return padded.as_strided(shape, strides).reshape(stage.kernel**2, -1)


def _quarters(padded: Tensor, stage: Stage, height: int, width: int) -> Tensor:
    """The same columns, sorted by their place in the 2x2 window: first all upper left ones, ..."""
    rows, row, column = padded.stride()
    down, right = stage.stride * row, stage.stride * column
    shape = (stage.kernel, stage.kernel, 2, 2, len(padded), height // 2, width // 2)
    strides = (row, column, down, right, rows, 2 * down, 2 * right)
    return padded.as_strided(shape, strides).reshape(stage.kernel**2, -1)


def _normalised(
    patches: Tensor, convolution: Convolution, norm: BatchNorm
) -> tuple[Tensor, Tensor]:
    """Kernels `(F, K)` and offsets `(F,)` that convolve and normalise in one."""
    kernels = convolution.weight.flatten(1)
    # Moments in float32: bfloat16's three digits would cancel in the variance of an edge filter.
    exact = at_least_float32(patches)
    mean = exact.mean(1)
    covariance = exact @ exact.t() / exact.shape[1] - mean[:, None] * mean
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
        (gradient,) = gradients
        quarters = gradient.new_empty(4, *gradient.shape)
        first, second, third, fourth = quarters.unbind()
        lower = gradient * lower_won
        upper = gradient - lower
        torch.mul(lower, fourth_won, out=fourth)
        torch.sub(lower, fourth, out=third)
        torch.mul(upper, second_won, out=second)
        torch.sub(upper, second, out=first)
        return quarters


def _greater(left: Tensor, right: Tensor) -> Tensor:
    """1 where `left > right`, else 0, as floats: torch's loops over booleans are 6 times slower."""
    return torch.gt(left, right, out=torch.empty_like(left))
