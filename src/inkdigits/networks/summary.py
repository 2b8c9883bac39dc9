"""The table of a network's layers and the totals, as Keras prints them; needs no torch.

Keras counts the optimizer's variables too: Adam holds two moments a trainable parameter, SGD one if
it has momentum, and every optimizer its iteration count and its learning rate. A size in bytes is
four bytes a parameter.
"""

from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from inkdigits.networks.description import NetworkDescription, Stage, StageSize
from inkdigits.settings import check_choice

if TYPE_CHECKING:
    from rich.console import Group

_ACTIVATIONS = {
    "relu": ("re_lu", "ReLU"),
    "leaky_relu": ("leaky_re_lu", "LeakyReLU"),
    "sigmoid": ("activation", "Activation"),
}
_POOLINGS = {
    "max": ("max_pooling2d", "MaxPooling2D"),
    "average": ("average_pooling2d", "AveragePooling2D"),
    "min": ("min_pooling2d", "MinPooling2D"),
}
_HEADS = {
    "flatten": ("flatten", "Flatten"),
    "global_max": ("global_max_pooling2d", "GlobalMaxPooling2D"),
    "global_average": ("global_average_pooling2d", "GlobalAveragePooling2D"),
}


@dataclass(frozen=True)
class LayerRow:
    """One layer.

    Attributes:
        name: as Keras names it, such as conv2d_1.
        kind: Keras's class, such as Conv2D.
        output: the shape, (height, width, channels) or (features,), without the batch.
        parameters: how many it has.
        non_trainable: how many of those no gradient changes.
    """

    name: str
    kind: str
    output: tuple[int, ...]
    parameters: int = 0
    non_trainable: int = 0

    @property
    def shape(self) -> str:
        """The output shape with its open batch dimension, as Keras writes it."""
        return f"(None, {', '.join(str(size) for size in self.output)})"


@dataclass(frozen=True)
class Summary:
    """All layers and the totals, in numbers of parameters.

    Attributes:
        rows: a layer each, first to last.
        trainable: of all layers.
        non_trainable: of all layers.
        optimizer: what the optimizer holds beside them.
    """

    rows: tuple[LayerRow, ...]
    trainable: int
    non_trainable: int
    optimizer: int

    @property
    def total(self) -> int:
        """Trainable, non-trainable and optimizer parameters together."""
        return self.trainable + self.non_trainable + self.optimizer

    def totals(self) -> list[tuple[str, int, str]]:
        """Keras's closing lines: what, how many, how large."""
        counts = (
            ("Total params", self.total),
            ("Trainable params", self.trainable),
            ("Non-trainable params", self.non_trainable),
            ("Optimizer params", self.optimizer),
        )
        return [(what, count, readable_size(4 * count)) for what, count in counts]

    def to_rich(self, name: str = "network") -> "Group":
        """Keras's table of the network called `name` and its totals, for a rich console."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        table = Table(title=Text(f'Model: "{name}"'), title_justify="left")
        table.add_column("Layer (type)")
        table.add_column("Output Shape")
        table.add_column("Param #", justify="right")
        for row in self.rows:
            table.add_row(f"{row.name} ({row.kind})", row.shape, f"{row.parameters:,}")
        lines = [Text(f" {what}: {count:,} ({size})") for what, count, size in self.totals()]
        return Group(table, *lines)

    def to_text(self, name: str = "network") -> str:
        """What `to_rich` shows as plain lines, such as a notebook prints."""
        from rich.console import Console

        buffer = StringIO()
        # In a notebook, rich would otherwise show HTML there and leave the buffer empty.
        console = Console(
            file=buffer, width=120, color_system=None, force_terminal=False, force_jupyter=False
        )
        console.print(self.to_rich(name))
        return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())


def summarize(
    description: NetworkDescription, optimizer: str = "adam", momentum: float = 0.0
) -> Summary:
    """Count every layer's parameters and what the optimizer holds for them.

    Args:
        description: the network.
        optimizer: 'adam' or 'sgd'.
        momentum: of sgd; above 0 it holds a number for each parameter.

    Raises:
        UsageError: for another optimizer.
    """
    check_choice("optimizer", optimizer, ("adam", "sgd"))
    rows: list[LayerRow] = []
    for stage, size in zip(description.stages, description.sizes(), strict=True):
        rows += _stage_rows(stage, size)
    features, classes = description.features, description.classes
    rows.append(LayerRow(*_HEADS[description.head], (features,)))
    if description.dropout > 0:
        rows.append(LayerRow("dropout", "Dropout", (features,)))
    rows.append(LayerRow("dense", "Dense", (classes,), features * classes + classes))
    rows *= description.columns
    if description.columns > 1:
        rows.append(LayerRow("average", "Average", (classes,)))
    if description.memory.images:
        remembered = description.remembered_numbers
        rows.append(LayerRow("neighbours", "Neighbours", (classes,), remembered, remembered))
    parameters = sum(row.parameters for row in rows)
    non_trainable = sum(row.non_trainable for row in rows)
    trainable = parameters - non_trainable
    moments = 2 if optimizer == "adam" else int(momentum > 0)
    return Summary(_numbered(rows), trainable, non_trainable, moments * trainable + 2)


def readable_size(size_bytes: int) -> str:
    """A size as Keras writes it: `768.00 B`, `407.38 KB`, `1.20 MB`."""
    size = float(size_bytes)
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} GB"


def _stage_rows(stage: Stage, size: StageSize) -> list[LayerRow]:
    channels, convolved = stage.filters, (*size.convolved, stage.filters)
    weights = stage.kernel * stage.kernel * size.input_channels * channels
    rows = []
    if stage.padding in ("reflect", "symmetric", "replicate"):
        padded = (*size.padded, size.input_channels)
        if sum(stage.margins):
            rows.append(LayerRow(f"{stage.padding}_padding2d", "Padding2D", padded))
    rows.append(LayerRow("conv2d", "Conv2D", convolved, weights + channels))
    pooled = (*size.pooled, channels)
    normalised = pooled if stage.pool_first else convolved
    pooling = [LayerRow(*_POOLINGS[stage.pooling], pooled)] if stage.pooling != "none" else []
    if stage.pool_first:
        rows += pooling
    if stage.norm == "batch":
        name = "batch_normalization"
        rows.append(LayerRow(name, "BatchNormalization", normalised, 4 * channels, 2 * channels))
    if stage.activation != "linear":
        rows.append(LayerRow(*_ACTIVATIONS[stage.activation], normalised))
    return rows if stage.pool_first else rows + pooling


def _numbered(rows: list[LayerRow]) -> tuple[LayerRow, ...]:
    """Names made unique as Keras does: conv2d, conv2d_1, conv2d_2."""
    seen: dict[str, int] = {}
    numbered = []
    for row in rows:
        count = seen.get(row.name, 0)
        seen[row.name] = count + 1
        name = f"{row.name}_{count}" if count else row.name
        numbered.append(LayerRow(name, row.kind, row.output, row.parameters, row.non_trainable))
    return tuple(numbered)
