"""Batch normalisation by the statistics of a batch that several processes hold parts of.

Each process reads its part once for means and variances, which are then averaged over all, every
process counting by its images; so many parts give what one whole batch gives. torch's own
SyncBatchNorm runs on GPUs only. Ioffe and Szegedy, 'Batch Normalization', 2015, for the gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass
class Together:
    """What the processes have in common."""

    total: Callable[[Tensor], Tensor]  # sums a tensor over all of them, in place, and returns it
    counts: bool = True  # False: this process has no part of the batch, and an image in its stead


def averaged(means: Tensor, count: int, together: Together) -> tuple[Tensor, Tensor]:
    """The mean `(K,) float64` over all processes of `means`, each by its `count`; their count."""
    ones = means.new_ones(1, dtype=torch.float64)
    sums = together.total(torch.cat((means.double(), ones)) * count * together.counts)
    return sums[:-1] / sums[-1], sums[-1]


def normalised(
    images: Tensor, weight: Tensor, bias: Tensor, epsilon: float, together: Together
) -> tuple[Tensor, Tensor, Tensor]:
    """Images `(N, C, ...)` normalised, scaled by `weight` and shifted by `bias`, both `(C,)`.

    Also the mean and the biased variance `(C,)` that it was done by, those of all processes.
    """
    # Named with its type, since torch before 2.14 has none for it.
    apply: Callable[..., tuple[Tensor, Tensor, Tensor]] = SynchronizedNorm.apply
    return apply(images, weight, bias, epsilon, together)


class SynchronizedNorm(torch.autograd.Function):
    """One sum over all processes in each direction; see `normalised`."""

    @staticmethod
    def forward(
        ctx: Any, images: Tensor, weight: Tensor, bias: Tensor, epsilon: float, together: Together
    ) -> tuple[Tensor, Tensor, Tensor]:
        zeros, ones = torch.zeros_like(weight), torch.ones_like(weight)
        # Given averages to update are what makes it return float32 for bfloat16 images.
        mean, variance = torch.batch_norm_update_stats(images, zeros, ones, 0.0)
        count = images.numel() // len(weight)
        # In float64, where a variance does not cancel between two large mean squares.
        both = torch.cat((mean.double(), variance.double() + mean.double() ** 2))
        means, whole = averaged(both, count, together)
        mean, square = means.chunk(2)
        variance = (square - mean**2).clamp_(min=0).to(weight.dtype)
        mean = mean.to(weight.dtype)
        ctx.save_for_backward(images, weight, mean, variance, whole)
        ctx.epsilon, ctx.together, ctx.counts = epsilon, together, together.counts
        ctx.mark_non_differentiable(mean, variance)
        result, *_ = torch.native_batch_norm(
            images, weight, bias, mean, variance, False, 0.0, epsilon
        )
        return result, mean, variance

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        images, weight, mean, variance, whole = ctx.saved_tensors
        # As if mean and variance were constants; what they depend on comes after.
        direct, by_weight, by_bias = torch.ops.aten.native_batch_norm_backward(
            gradients[0], images, weight, mean, variance, None, None, False, ctx.epsilon,
            [True, True, True],
        )  # fmt: skip
        sums = ctx.together.total(torch.cat((by_weight, by_bias)).double()) / whole
        for_weight, for_bias = sums.to(weight.dtype).chunk(2)
        if not ctx.counts:  # other images' statistics do not depend on this one
            return torch.zeros_like(direct), by_weight, by_bias, None, None
        inverse = torch.rsqrt(variance + ctx.epsilon)
        slope = weight * inverse * inverse * for_weight
        shift = weight * inverse * for_bias - slope * mean
        shape = (1, -1, *[1] * (images.dim() - 2))
        slope, shift = (each.view(shape).to(images.dtype) for each in (slope, shift))
        return direct - (images * slope + shift), by_weight, by_bias, None, None
