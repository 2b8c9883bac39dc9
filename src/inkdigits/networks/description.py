"""What a network is, as plain settings: frozen, validated when made, saved as JSON.

A description is a row of convolutional stages, a head that makes a vector of the last one's maps,
dropout, and one dense layer of logits:

    image -> [convolution -> normalisation -> activation -> pooling] x n -> head -> dropout -> dense

Each alternative that the lab notebook's comments speak of (padding, activation, pooling, more
filters) is a value here, not another class. Nothing in this module needs torch.
"""

from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from inkdigits.errors import UsageError
from inkdigits.settings import check_choice, check_range, check_types, from_mapping, to_mapping

Padding = Literal["same", "valid", "reflect", "symmetric", "replicate"]
Norm = Literal["batch", "none"]
Activation = Literal["relu", "leaky_relu", "sigmoid", "linear"]
Pooling = Literal["max", "average", "min", "none"]
Head = Literal["flatten", "global_max", "global_average"]
DIRECTIONS = 8  # that the memory splits strokes into
MAX_FEATURES = 4096  # of an image to be remembered, whose covariance is taken apart
MAX_WEIGHTS = 2**28  # a gigabyte: a stranger's run folder must not take all memory


class SizeError(UsageError):
    """Stages and images do not fit each other."""


@dataclass(frozen=True)
class Stage:
    """One convolutional stage.

    Attributes:
        filters: 1 to 4096.
        kernel: pixels, height and width; 1 to 1024.
        padding: same (zeros around), valid (none), reflect (mirrored without the border pixel),
            symmetric (mirrored with it) or replicate (the border pixel again: symmetric for a
            kernel of 3).
        stride: pixels between two places of the kernel; 1 to 1024.
        norm: batch or none.
        activation: relu, leaky_relu (slope 0.1 on the negative side), sigmoid or linear.
        pooling: max, average, min or none.
        pool: pixels, size and stride of the pooling window; 2 to 1024.
        pool_first: whether pooling comes right after the convolution, which leaves normalisation
            and activation a quarter of the work.

    Raises:
        UsageError: if a value is of another type, or out of its range.
    """

    filters: int = 32
    kernel: int = 3
    padding: Padding = "same"
    stride: int = 1
    norm: Norm = "batch"
    activation: Activation = "relu"
    pooling: Pooling = "max"
    pool: int = 2
    pool_first: bool = False

    def __post_init__(self) -> None:
        check_types(self)
        check_range("filters", self.filters, 1, 4096)
        check_range("kernel", self.kernel, 1, 1024)
        check_choice("padding", self.padding, get_args(Padding))
        check_range("stride", self.stride, 1, 1024)
        check_choice("norm", self.norm, get_args(Norm))
        check_choice("activation", self.activation, get_args(Activation))
        check_choice("pooling", self.pooling, get_args(Pooling))
        check_range("pool", self.pool, 2, 1024)

    @property
    def margins(self) -> tuple[int, int]:
        """Pixels padded before and after each axis; an even kernel has one more after."""
        if self.padding == "valid":
            return 0, 0
        return (self.kernel - 1) // 2, self.kernel // 2


@dataclass(frozen=True)
class Memory:
    """How many training images a trained network remembers and what their classes count.

    To the logits it adds `weight` times the logarithm of each class's share of the neighbours.

    Attributes:
        images: at most so many, 0 to 1,048,576; 0: none, and the rest says nothing.
        components: numbers that an image is remembered by; 1 to 512.
        sharpness: an image counts by the exponential of this times minus half the squared distance
            to it, which is 0 to 2 for what the principal components leave of unit vectors; 0 to
            1e6.
        weight: 0 to 100.
        floor: added to each share; 1e-6 to 1.

    Raises:
        UsageError: if a value is of another type, or out of its range.
    """

    images: int = 0
    components: int = 64
    sharpness: float = 150.0
    weight: float = 0.3
    floor: float = 0.02

    def __post_init__(self) -> None:
        check_types(self)
        check_range("memory.images", self.images, 0, 2**20)
        check_range("memory.components", self.components, 1, 512)
        check_range("memory.sharpness", self.sharpness, 0.0, 1e6)
        check_range("memory.weight", self.weight, 0.0, 100.0)
        check_range("memory.floor", self.floor, 1e-6, 1.0)


@dataclass(frozen=True)
class StageSize:
    """What one stage makes of its input.

    Attributes:
        input_channels: how many maps its input has.
        padded: height and width of its input with the padding around, in pixels.
        convolved: height and width after the convolution.
        pooled: height and width after the pooling.
    """

    input_channels: int
    padded: tuple[int, int]
    convolved: tuple[int, int]
    pooled: tuple[int, int]


@dataclass(frozen=True)
class NetworkDescription:
    """A whole network.

    Attributes:
        stages: one or more, from the image on.
        head: flatten (every number of the last stage), global_max or global_average (one number a
            filter, over all places).
        dropout: share of the head's features set to zero in training; 0 to below 1.
        columns: networks side by side, 1 to 64, alike but for their starting weights, each trained
            to read by itself; their mean logits are the whole's (Ciresan, Meier and Schmidhuber,
            'Multi-column Deep Neural Networks for Image Classification', 2012).
        memory: the training images that it remembers.
        classes: 2 to 256.
        image_size: height and width in pixels, 1 to 1024 each.
        norm_epsilon: added to the variance that batch normalisation divides by; 1e-12 to 1.
        norm_momentum: the share of its old running averages that is kept a step; 0 to below 1.
            Both are Keras's defaults.

    Raises:
        UsageError: if a value is of another type or out of its range, or the stages do not fit the
            image.
    """

    stages: tuple[Stage, ...] = (Stage(), Stage(), Stage(pooling="none"))
    head: Head = "flatten"
    dropout: float = 0.5
    columns: int = 1
    memory: Memory = Memory()
    classes: int = 10
    image_size: tuple[int, int] = (28, 28)
    norm_epsilon: float = 1e-3
    norm_momentum: float = 0.99

    def __post_init__(self) -> None:
        check_types(self)
        if not self.stages:
            raise UsageError("A network needs at least one stage of filters.")
        check_choice("head", self.head, get_args(Head))
        check_range("dropout", self.dropout, 0.0, 1.0, end_included=False)
        check_range("columns", self.columns, 1, 64)
        check_range("classes", self.classes, 2, 256)
        check_range("image height", self.image_size[0], 1, 1024)
        check_range("image width", self.image_size[1], 1, 1024)
        check_range("norm_epsilon", self.norm_epsilon, 1e-12, 1.0)
        check_range("norm_momentum", self.norm_momentum, 0.0, 1.0, end_included=False)
        if self.memory.images:
            features = self.direction_features
            if not 0 < features <= MAX_FEATURES:
                raise SizeError(
                    f"Images of {self.image_size[1]}x{self.image_size[0]} pixels cannot be "
                    "remembered; set memory.images to 0."
                )
        if self.weights > MAX_WEIGHTS:  # asked for last: it raises where the stages do not fit
            raise UsageError(
                f"The network has {self.weights:,} weights; the limit is {MAX_WEIGHTS:,}."
            )

    def sizes(self) -> list[StageSize]:
        """The sizes stage by stage, first to last."""
        sizes: list[StageSize] = []
        channels, height, width = 1, *self.image_size
        for number, stage in enumerate(self.stages, 1):
            size = _stage_size(number, stage, channels, height, width)
            sizes.append(size)
            channels, (height, width) = stage.filters, size.pooled
        return sizes

    @property
    def features(self) -> int:
        """How many numbers the head hands to the dense layer."""
        height, width = self.sizes()[-1].pooled
        places = height * width if self.head == "flatten" else 1
        return self.stages[-1].filters * places

    @property
    def weights(self) -> int:
        """How many weights convolutions and dense layer have, of all columns, and the memory."""
        convolutions = sum(
            stage.kernel**2 * size.input_channels * stage.filters
            for stage, size in zip(self.stages, self.sizes(), strict=True)
        )
        own = self.columns * (convolutions + self.features * self.classes)
        return own + self.remembered_numbers

    @property
    def remembered_numbers(self) -> int:
        """How many numbers the memory holds: keys and classes, axes and a mean."""
        if not self.memory.images:
            return 0
        return (self.memory.images + self.direction_features) * (self.memory_components + 1)

    @property
    def memory_components(self) -> int:
        """How many numbers an image is remembered by: no more than were made of it."""
        return min(self.memory.components, self.direction_features)

    @property
    def direction_features(self) -> int:
        """How many numbers the memory makes of an image: one a direction and place."""
        height, width = (len(direction_places(size)) for size in self.image_size)
        return DIRECTIONS * height * width

    def receptive_fields(self) -> list[int]:
        """How many pixels of the image, along one axis, an output of each stage depends on."""
        fields, field, step = [], 1, 1
        for stage in self.stages:
            field += (stage.kernel - 1) * step
            step *= stage.stride
            if stage.pooling != "none":
                field += (stage.pool - 1) * step
                step *= stage.pool
            fields.append(field)
        return fields

    def to_json(self) -> dict[str, Any]:
        """Plain values, as a run folder stores them."""
        return to_mapping(self)

    @classmethod
    def from_json(cls, values: object) -> Self:
        """The description stored as `values`. Raises `UsageError` for anything else."""
        return from_mapping(cls, values, "network")


def direction_places(size: int) -> range:
    """The pixels of an axis around which the memory measures directions."""
    return range(1, size, 3)


def _stage_size(number: int, stage: Stage, channels: int, height: int, width: int) -> StageSize:
    before, after = stage.margins
    if stage.kernel > min(height, width):
        raise SizeError(
            f"Stage {number} has a kernel of {stage.kernel}x{stage.kernel}, larger than its input "
            f"of {width}x{height} pixels; take a smaller kernel or fewer poolings."
        )
    if stage.padding == "reflect" and max(before, after) >= min(height, width):
        raise SizeError(
            f"Stage {number} cannot mirror {max(before, after)} pixels of an input of "
            f"{width}x{height}; take padding same or valid."
        )
    padded = (height + before + after, width + before + after)
    convolved = (
        (padded[0] - stage.kernel) // stage.stride + 1,
        (padded[1] - stage.kernel) // stage.stride + 1,
    )
    if stage.pooling == "none":
        return StageSize(channels, padded, convolved, convolved)
    pooled = (convolved[0] // stage.pool, convolved[1] // stage.pool)
    if min(pooled) < 1:
        raise SizeError(
            f"Stage {number} cannot pool {convolved[1]}x{convolved[0]} pixels by {stage.pool}; "
            "take fewer poolings or a larger image."
        )
    return StageSize(channels, padded, convolved, pooled)
