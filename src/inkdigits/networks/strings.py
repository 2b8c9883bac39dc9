"""The network for digits that touch: strips of any width to a row of logits.

Convolutional stages as other networks have them, then filters as high as what is left of the strip,
which make a row of places of it, layers along this row, and logits at each place. The layers add to
their input (He and others, 'Deep Residual Learning for Image Recognition', 2016); by them a place
knows of some hundred pixels around it, where the stages alone saw thirty: a digit and a half.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkdigits.images.strips import HIGH
from inkdigits.networks.build import ConvolutionStage
from inkdigits.networks.description import NetworkDescription, Stage
from inkdigits.networks.layers import BatchNorm, Dropout, at_least_float32, glorot_uniform

DESCRIPTION = NetworkDescription(
    stages=(
        Stage(16, pool_first=True),
        Stage(32, pooling="none"),
        Stage(48, pool_first=True),
        Stage(64, pooling="none"),
        Stage(80, pooling="none"),
    ),
    dropout=0.1,
    classes=12,  # ten digits, something else, nothing between two of them
    image_size=(HIGH, HIGH),  # or wider
)
_PLACES = 128  # filters of a place
_LAYERS, _REACH = 5, 2  # along the row; places on either side that each sees


class LineLayer(nn.Module):
    """What the places around say, added to each: `(N, C, 1, T)` to as many."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        shape = (_PLACES, _PLACES, 1, 2 * _REACH + 1)
        self.weight = nn.Parameter(glorot_uniform(shape, generator))
        self.norm = BatchNorm(_PLACES, DESCRIPTION.norm_epsilon, DESCRIPTION.norm_momentum)

    def forward(self, places: Tensor) -> Tensor:
        seen = F.conv2d(places, self.weight.to(places.dtype), padding=(0, _REACH))
        return places + F.relu(self.norm(seen))


class StringNetwork(nn.Module):
    """Strips `(N, 1, 32, W)` in [0, 1] to float32 logits `(N, 12, W / 4)`."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self.stages = nn.ModuleList()
        sizes = DESCRIPTION.sizes()
        for stage, size in zip(DESCRIPTION.stages, sizes, strict=True):
            self.stages.append(ConvolutionStage(size.input_channels, stage, DESCRIPTION, generator))
        high, filters = sizes[-1].pooled[0], DESCRIPTION.stages[-1].filters
        self.place = nn.Parameter(glorot_uniform((_PLACES, filters, high, 1), generator))
        self.norm = BatchNorm(_PLACES, DESCRIPTION.norm_epsilon, DESCRIPTION.norm_momentum)
        self.line = nn.ModuleList(LineLayer(generator) for _ in range(_LAYERS))
        self.dropout = Dropout(DESCRIPTION.dropout)
        self.dense = nn.Parameter(glorot_uniform((DESCRIPTION.classes, _PLACES, 1, 1), generator))
        self.bias = nn.Parameter(torch.zeros(DESCRIPTION.classes))

    def forward(self, strips: Tensor) -> Tensor:
        for stage in self.stages:
            strips = stage(strips)
        places = F.relu(self.norm(F.conv2d(strips, self.place.to(strips.dtype))))
        for layer in self.line:
            places = layer(places)
        dense, bias = self.dense.to(places.dtype), self.bias.to(places.dtype)
        return at_least_float32(F.conv2d(self.dropout(places), dense, bias)[:, :, 0])
