"""The layers that networks are built from, with the few tricks that make them fast on a CPU.

All take and give `(N, C, H, W)` floats, in memory channels last. Parameters are float32; a layer
computes in the type of its input, so that bfloat16 images make a bfloat16 network.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkdigits.networks.description import Activation, Head, Padding, Pooling, Stage
from inkdigits.networks.synchronized import Together, normalised

LEAKY_SLOPE = 0.1  # the notebook's comment: y = x / 10 on the negative side


class Convolution(nn.Module):
    """A convolution with the stage's padding. Keras's start: Glorot-uniform kernels, zero biases.

    Glorot and Bengio, 'Understanding the difficulty of training deep feedforward neural networks',
    2010.
    """

    def __init__(self, channels: int, stage: Stage, generator: torch.Generator) -> None:
        super().__init__()
        shape = (stage.filters, channels, stage.kernel, stage.kernel)
        self.weight = nn.Parameter(glorot_uniform(shape, generator))
        self.bias = nn.Parameter(torch.zeros(stage.filters))
        self.stage = stage

    @property
    def offset(self) -> Tensor:
        """The bias. Where normalisation cancels it, its gradient is 0 and not what rounding leaves.

        Adam would make whole steps of that, otherwise in one process than in several.
        """
        return self.bias.detach() + 0 * self.bias if self.stage.norm == "batch" else self.bias

    def forward(self, images: Tensor) -> Tensor:
        before, after = self.stage.margins
        weight = self.weight.to(images.dtype, memory_format=torch.channels_last)
        bias = self.offset.to(images.dtype)
        if before == after == 0 and images.shape[2:] == weight.shape[2:]:
            # One place only: a product, without the cost of setting up a convolution.
            return F.linear(flatten(images), flatten(weight), bias)[:, :, None, None]
        if self.stage.padding == "same" and before == after:
            return F.conv2d(images, weight, bias, self.stage.stride, padding=before)
        padded = pad(images, self.stage.padding, before, after)
        return F.conv2d(padded, weight, bias, self.stage.stride)


class BatchNorm(nn.Module):
    """Batch normalisation with Keras's running averages.

    Unlike torch's own layer, the running variance averages the biased batch variance, and
    `momentum` is the share of the old average that is kept. Ioffe and Szegedy, 'Batch
    Normalization', 2015.
    """

    running_mean: Tensor
    running_variance: Tensor

    def __init__(self, channels: int, epsilon: float, momentum: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_variance", torch.ones(channels))
        self.epsilon = epsilon
        self.momentum = momentum
        self.together: Together | None = None  # where several processes hold parts of the batch

    def forward(self, images: Tensor) -> Tensor:
        if not self.training:
            return F.batch_norm(
                images,
                self.running_mean,
                self.running_variance,
                self.weight,
                self.bias,
                eps=self.epsilon,
            )
        if self.together is not None:
            result, mean, variance = normalised(
                images, self.weight, self.bias, self.epsilon, self.together
            )
            self.update(mean, variance)
            return result
        result, mean, inverse = torch.native_batch_norm(
            images, self.weight, self.bias, None, None, True, 0.0, self.epsilon
        )
        self.update(mean, inverse**-2 - self.epsilon)
        return result

    @torch.no_grad()
    def update(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running averages towards one batch's `(C,)` mean and biased variance."""
        self.running_mean.lerp_(mean, 1 - self.momentum)
        self.running_variance.lerp_(variance, 1 - self.momentum)


class Dropout(nn.Module):
    """Dropout from the generator given to it, at 16 random bits a feature.

    torch's own bernoulli draws one double a feature, which took 2 of 18 ms of a step of `lab`.
    The share dropped is a multiple of 1/65536. Srivastava et al., 'Dropout', 2014.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.threshold = min(round(rate * 65536), 65535)
        self.generator: torch.Generator | None = None  # None: torch's default generator

    def forward(self, features: Tensor) -> Tensor:
        if not self.training or self.threshold == 0:
            return features
        if features.device.type != "cpu":  # not every device draws whole words
            rate = self.threshold / 65536
            drawn = torch.rand(features.shape, device=features.device, generator=self.generator)
            return features * (drawn >= rate).to(features.dtype) / (1 - rate)
        words = torch.empty((features.numel() + 3) // 4, dtype=torch.int64)
        words.random_(-(2**63), None, generator=self.generator)
        bits = words.view(torch.int16)[: features.numel()].view(features.shape)
        # By way of uint8, since torch converts booleans to bfloat16 one by one.
        kept = (bits >= self.threshold - 32768).view(torch.uint8).to(features.dtype)
        return features * kept.mul_(65536 / (65536 - self.threshold))


def glorot_uniform(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Weights uniform in +-sqrt(6 / (fan in + fan out)), as Keras starts its layers."""
    weights = torch.empty(shape)
    return nn.init.xavier_uniform_(weights, generator=generator)


def at_least_float32(values: Tensor) -> Tensor:
    """bfloat16 made float32; wider types as they are."""
    return values.float() if values.element_size() < 4 else values


def pad(images: Tensor, padding: Padding, before: int, after: int) -> Tensor:
    """Surround images `(N, C, H, W)`: `before` pixels above and left, `after` below and right."""
    if padding == "valid" or (before == 0 and after == 0):
        return images
    margins = (before, after, before, after)
    if padding == "same":
        return F.pad(images, margins)
    if padding == "symmetric" and max(before, after) > 1:
        rows = _mirrored(images.shape[2], before, after, images.device)
        columns = _mirrored(images.shape[3], before, after, images.device)
        return images[:, :, rows][:, :, :, columns]
    # One pixel of symmetric padding is the border pixel again.
    return F.pad(images, margins, mode="reflect" if padding == "reflect" else "replicate")


def _mirrored(size: int, before: int, after: int, device: torch.device) -> Tensor:
    """Indices that mirror an axis about its outer edges: 1 0 | 0 1 2 3 | 3 2."""
    index = torch.arange(-before, size + after, device=device) % (2 * size)
    return torch.where(index < size, index, 2 * size - 1 - index)


def activate(images: Tensor, activation: Activation) -> Tensor:
    """The stage's non-linearity, element by element."""
    if activation == "relu":
        return F.relu(images)
    if activation == "leaky_relu":
        return F.leaky_relu(images, LEAKY_SLOPE)
    return torch.sigmoid(images) if activation == "sigmoid" else images


def pool(images: Tensor, pooling: Pooling, size: int) -> Tensor:
    """Largest, mean or smallest of each `size`x`size` window; an edge's remainder is left out."""
    if pooling == "max":
        return F.max_pool2d(images, size)
    if pooling == "average":
        return F.avg_pool2d(images, size)
    if pooling == "min":
        return -F.max_pool2d(-images, size)
    return images


def activate_and_pool(images: Tensor, stage: Stage) -> Tensor:
    """Activation, then pooling; the other way round where that gives the same for less work.

    All activations here rise monotonically, so they commute with the largest and the smallest of a
    window, exactly, in floating point too; after pooling there is a quarter of the work left.
    What has been pooled first is activated only.
    """
    if stage.pool_first:
        return activate(images, stage.activation)
    if stage.pooling in ("max", "min"):
        return activate(pool(images, stage.pooling, stage.pool), stage.activation)
    return pool(activate(images, stage.activation), stage.pooling, stage.pool)


def flatten(images: Tensor) -> Tensor:
    """`(N, C, H, W)` to `(N, H * W * C)`, channels innermost, as Keras flattens."""
    return images.permute(0, 2, 3, 1).reshape(images.shape[0], math.prod(images.shape[1:]))


def global_max(images: Tensor) -> Tensor:
    """`(N, C, H, W)` to `(N, C)`: each map's largest value."""
    return F.max_pool2d(images, images.shape[2:]).flatten(1)


def global_average(images: Tensor) -> Tensor:
    """`(N, C, H, W)` to `(N, C)`: each map's mean."""
    return images.mean((2, 3))


HEADS: dict[Head, Callable[[Tensor], Tensor]] = {
    "flatten": flatten,
    "global_max": global_max,
    "global_average": global_average,
}
