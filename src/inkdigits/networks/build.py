"""The one builder: a description becomes a torch network."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkdigits.networks.description import NetworkDescription, Stage
from inkdigits.networks.first_stage import first_stage, suits
from inkdigits.networks.layers import (
    HEADS,
    BatchNorm,
    Convolution,
    Dropout,
    activate_and_pool,
    at_least_float32,
    glorot_uniform,
    pool,
)
from inkdigits.networks.memory import Neighbours


class ConvolutionStage(nn.Module):
    """Convolution, normalisation, activation, pooling, as the stage describes them."""

    def __init__(
        self,
        channels: int,
        stage: Stage,
        description: NetworkDescription,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.stage = stage
        self.convolution = Convolution(channels, stage, generator)
        self.norm: BatchNorm | None = None
        if stage.norm == "batch":
            self.norm = BatchNorm(
                stage.filters, description.norm_epsilon, description.norm_momentum
            )
        self.by_patches = suits(stage, channels)

    def forward(self, images: Tensor) -> Tensor:
        if self.by_patches and self.training and self.norm and not images.requires_grad:
            return first_stage(images, self.convolution, self.norm)
        images = self.convolution(images)
        if self.stage.pool_first:
            images = pool(images, self.stage.pooling, self.stage.pool)
        if self.norm is not None:
            images = self.norm(images)
        return activate_and_pool(images, self.stage)


class Dense(nn.Module):
    """A fully connected layer, started as Keras does."""

    def __init__(self, features: int, classes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(glorot_uniform((classes, features), generator))
        self.bias = nn.Parameter(torch.zeros(classes))

    def forward(self, features: Tensor) -> Tensor:
        return F.linear(features, self.weight.to(features.dtype), self.bias.to(features.dtype))


class Column(nn.Module):
    """Stages, head and dense layer: images `(N, 1, H, W)` to logits `(N, classes)`."""

    def __init__(self, description: NetworkDescription, generator: torch.Generator) -> None:
        super().__init__()
        self.description = description
        self.stages = nn.ModuleList()
        for stage, size in zip(description.stages, description.sizes(), strict=True):
            self.stages.append(ConvolutionStage(size.input_channels, stage, description, generator))
        self.dropout = Dropout(description.dropout)
        self.dense = Dense(description.features, description.classes, generator)

    @property
    def convolution_stages(self) -> list[ConvolutionStage]:
        """The stages, first to last; torch's own list knows them as modules only."""
        return [stage for stage in self.stages if isinstance(stage, ConvolutionStage)]

    def forward(self, images: Tensor) -> Tensor:
        for stage in self.stages:
            images = stage(images)
        logits: Tensor = self.dense(self.dropout(HEADS[self.description.head](images)))
        return at_least_float32(logits)

    def feature_maps(self, images: Tensor) -> list[Tensor]:
        """What each stage makes of the images: one `(N, C, h, w)` a stage."""
        maps = []
        for stage in self.stages:
            images = stage(images)
            maps.append(images)
        return maps


class Network(Column):
    """A network as described: images `(N, 1, H, W)` in [0, 1] to float32 logits `(N, classes)`.

    The images' type decides what it computes in: float32, or bfloat16 where the CPU has it. It is
    its own first column; feature maps are that one's.
    """

    def __init__(self, description: NetworkDescription, generator: torch.Generator) -> None:
        super().__init__(description, generator)
        self.others = nn.ModuleList(
            Column(description, generator) for _ in range(description.columns - 1)
        )
        self.memory = Neighbours(description) if description.memory.images else None

    @property
    def columns(self) -> "list[Column]":
        """All columns, this one first."""
        return [self, *self.others]

    def column_logits(self, images: Tensor) -> Tensor:
        """Each column's own logits: `(columns, N, classes)`."""
        return torch.stack([Column.forward(column, images) for column in self.columns])

    def forward(self, images: Tensor) -> Tensor:
        logits = self.column_logits(images).mean(0) if self.others else super().forward(images)
        # In training every image would find itself.
        return logits if self.memory is None or self.training else logits + self.memory(images)


def build_network(description: NetworkDescription, generator: torch.Generator) -> Network:
    """Make the network with starting weights drawn from `generator`."""
    return Network(description, generator)
