"""A recipe: network, loss, augmentation, optimizer and schedule, frozen; all that decides a result.

Named recipes are in `recipes.py`. The alternatives that the lab notebook's comments speak of are
values of these settings (see `evaluation/claims.py` for its claims put to the test).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, get_args

from inkdigits.errors import UsageError
from inkdigits.networks.description import NetworkDescription, Pooling, SizeError
from inkdigits.settings import (
    assign,
    check_choice,
    check_range,
    check_types,
    checked_whole,
    from_mapping,
    to_mapping,
)

NAME = re.compile(r"\w[\w.-]{0,99}")  # of recipes and runs; safe as part of a path
LEAST_BATCH, LEAST_BATCHES = 64, 16  # of small training sets; see docs/decisions.md
_MOST = 2**32 - 1  # images or steps
LEAST_STEPS = 150  # in which most is learned; 60,000 images give that many in an epoch of `quick`
OptimizerName = Literal["adam", "sgd"]
Loss = Literal["cross_entropy", "mean_squared_error"]


@dataclass(frozen=True)
class Optimizer:
    """How weights follow the gradient.

    Attributes:
        name: adam or sgd.
        learning_rate: 1e-12 to 1e6; the largest that the schedule reaches.
        beta1: Adam's, the share of the gradients' running mean that is kept a step; 0 to below 1.
        beta2: Adam's, the same of their squares' mean; 0 to below 1.
        epsilon: Adam's, added to the root of that mean; 1e-12 to 1. All three are Keras's;
            torch's own epsilon is 1e-8.
        momentum: SGD's, 0 to below 1; above 0 it is Nesterov's.
        weight_decay: each step takes this times the learning rate times the parameter off every
            parameter: with Adam apart from the gradient (Loshchilov and Hutter, 'Decoupled Weight
            Decay Regularization', 2019), with SGD as part of it; 0 to 1000.

    Raises:
        UsageError: if a value is of another type, or out of its range.
    """

    name: OptimizerName = "adam"
    learning_rate: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7
    momentum: float = 0.0
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        check_types(self)
        check_choice("optimizer", self.name, get_args(OptimizerName))
        check_range("learning_rate", self.learning_rate, 1e-12, 1e6)
        check_range("beta1", self.beta1, 0.0, 1.0, end_included=False)
        check_range("beta2", self.beta2, 0.0, 1.0, end_included=False)
        check_range("epsilon", self.epsilon, 1e-12, 1.0)
        check_range("momentum", self.momentum, 0.0, 1.0, end_included=False)
        check_range("weight_decay", self.weight_decay, 0.0, 1e3)


@dataclass(frozen=True)
class Schedule:
    """How the learning rate moves: up from `start` during `warm_up`, then down to `end`.

    Smith and Topin, 'Super-Convergence', 2018, for one cycle; with `down="constant"` and no warm-up
    the rate never changes, as in the notebook.

    Attributes:
        warm_up: how long the rate rises: a share of all steps, 0 to 1.
        start: where the rise begins: a share of the optimizer's rate, 0 to 1.
        down: how it falls: constant (not at all), linear or cosine.
        end: where the fall ends: a share of the optimizer's rate, 0 to 1.

    Raises:
        UsageError: if a value is of another type, or out of its range.
    """

    warm_up: float = 0.0
    start: float = 0.04
    down: Literal["constant", "linear", "cosine"] = "constant"
    end: float = 0.0

    def __post_init__(self) -> None:
        check_types(self)
        check_range("warm_up", self.warm_up, 0.0, 1.0)
        check_range("start", self.start, 0.0, 1.0)
        check_choice("down", self.down, ("constant", "linear", "cosine"))
        check_range("end", self.end, 0.0, 1.0)

    def share(self, step: int, steps: int) -> float:
        """The share of the optimizer's rate that step `step`, of 0 to `steps - 1`, is taken with.

        The first step of a fall is taken at the full rate; the step after the last would be at
        `end`.
        """
        rising = self.warm_up * steps
        if step < rising:
            return self.start + (1 - self.start) * step / rising
        if self.down == "constant":
            return 1.0
        fallen = (step - rising) / max(steps - rising, 1)
        if self.down == "cosine":
            fallen = (1 - math.cos(math.pi * fallen)) / 2
        return 1 + (self.end - 1) * fallen


@dataclass(frozen=True)
class Augmentation:
    """How far training images are changed at random; 0 is not at all.

    Attributes:
        rotation: degrees, uniform in +-rotation; 0 to 180.
        scale: size, uniform in 1 +- scale; 0 to below 1.
        aspect: width over height, uniform in 1 +- aspect; 0 to below 1.
        shear: degrees, uniform in +-shear; 0 to 60.
        shift: pixels, each axis uniform in +-shift; 0 to 1024.
        elastic: pixels, standard deviation of each pixel's own displacement; 0 to 1024.
        elastic_grid: places along an axis that are displaced independently; 2 to 28.
        thickness: strokes dilated or eroded by up to this share of a pixel around; 0 to 1.
        blur: share of a 3x3 binomial blur mixed in, uniform in 0 to blur; 0 to 1.
        noise: standard deviation, as a share of the range of intensities; 0 to 1.
        contrast: intensities times a factor uniform in 1 +- contrast; 0 to below 1.
        erase: share of images of which a patch is blank; 0 to 1.

    Raises:
        UsageError: if a value is of another type, or out of its range.
    """

    rotation: float = 0.0
    scale: float = 0.0
    aspect: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    elastic: float = 0.0
    elastic_grid: int = 5
    thickness: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    contrast: float = 0.0
    erase: float = 0.0

    def __post_init__(self) -> None:
        check_types(self)
        check_range("rotation", self.rotation, 0.0, 180.0)
        for name in ("scale", "aspect", "contrast"):
            check_range(name, getattr(self, name), 0.0, 1.0, end_included=False)
        check_range("shear", self.shear, 0.0, 60.0)
        check_range("shift", self.shift, 0.0, 1024.0)
        check_range("elastic", self.elastic, 0.0, 1024.0)
        check_range("elastic_grid", self.elastic_grid, 2, 28)
        for name in ("thickness", "blur", "noise", "erase"):
            check_range(name, getattr(self, name), 0.0, 1.0)

    @property
    def moves_pixels(self) -> bool:
        """Whether images are resampled."""
        moves = (self.rotation, self.scale, self.aspect, self.shear, self.shift, self.elastic)
        return any(moves)

    def scaled(self, share: float) -> Self:
        """The same with each reach times `share`, 0 to 1."""
        reaches = {key: value * share for key, value in vars(self).items() if key != "elastic_grid"}
        return replace(self, **reaches)

    @property
    def is_on(self) -> bool:
        """Whether anything is changed at all."""
        others = (self.thickness, self.blur, self.noise, self.contrast, self.erase)
        return self.moves_pixels or any(others)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training's result but the data and the seed.

    Attributes:
        name: letters, digits, `-`, `_` and `.`, at most 100; run folders are named after it.
        network: what is trained.
        loss: cross_entropy, or mean_squared_error, which is that of softmax and one-hot labels.
        l2: penalty on the convolutions' kernels: this times their sum of squares joins the loss, as
            Keras's kernel_regularizer does; 0 (off) to 1000. The notebook tried 0.01.
        label_smoothing: share of each label's weight spread evenly over all classes (Szegedy and
            others, 'Rethinking the Inception Architecture', 2016); 0 to below 1, cross-entropy
            only.
        optimizer: how weights follow the gradient.
        schedule: how the learning rate moves.
        batch_size: images a step, 1 to 65,536, of all processes together where several train; the
            last, shorter batch of an epoch is kept.
        epochs: passes over the training images, 1 to 100,000.
        augmentation: how far the images are changed at random.
        plain_epochs: of the last epochs, how many see the images as they are; 0 to 100,000.
        waning: share of the epochs before those, the last of them, in which the augmentation's
            reach falls in a line to nothing, 0 to 1. So more of it can be borne in few epochs.
        average: decay a step of the running average of weights and of normalisation's statistics,
            which is what the trained network has (Polyak and Juditsky, 1992); 0 to below 1, where 0
            takes the last weights themselves.

    Raises:
        UsageError: if a value is of another type, or out of its range.
    """

    name: str = "lab"
    network: NetworkDescription = NetworkDescription()
    loss: Loss = "cross_entropy"
    l2: float = 0.0
    label_smoothing: float = 0.0
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    batch_size: int = 128
    epochs: int = 5
    augmentation: Augmentation = Augmentation()
    plain_epochs: int = 0
    waning: float = 0.0
    average: float = 0.0

    def __post_init__(self) -> None:
        check_types(self)
        if not NAME.fullmatch(self.name):
            raise UsageError(f"{self.name!r} is no name for a recipe: letters, digits, - and _.")
        check_choice("loss", self.loss, get_args(Loss))
        check_range("l2", self.l2, 0.0, 1e3)
        check_range("batch_size", self.batch_size, 1, 65536)
        check_range("epochs", self.epochs, 1, 100_000)
        check_range("label_smoothing", self.label_smoothing, 0.0, 1.0, end_included=False)
        if self.label_smoothing and self.loss != "cross_entropy":
            raise UsageError(f"label_smoothing is for cross_entropy; the loss is {self.loss}.")
        check_range("plain_epochs", self.plain_epochs, 0, 100_000)
        check_range("waning", self.waning, 0.0, 1.0)
        check_range("average", self.average, 0.0, 1.0, end_included=False)

    def augmentation_after(self, epochs: float) -> Augmentation:
        """The augmentation of a batch before which so many epochs are done."""
        changing = self.epochs - self.plain_epochs
        if epochs >= changing:
            return Augmentation()
        if self.waning == 0:
            return self.augmentation
        return self.augmentation.scaled(min(1.0, (changing - epochs) / (self.waning * changing)))

    def for_data(self, classes: int, image_size: tuple[int, int]) -> Self:
        """The same recipe for data of another number of classes or image size.

        Raises:
            UsageError: if there is one class only, a number is none, or the stages do not fit the
                images.
        """
        return self.changed(data=(classes, image_size))

    def with_settings(self, *assignments: str) -> Self:
        """The recipe with each `key=value` changed, such as `network.stages.padding=valid`.

        Raises:
            UsageError: for what is no such entry, or contradicts the rest.
        """
        return self.changed(assignments)

    def with_filters(self, counts: str) -> Self:
        """The recipe with stages of so many filters, such as `32,64,128`.

        Stages are added or dropped before the last one, which keeps its settings.

        Raises:
            UsageError: if the counts are no such text, or the stages do not fit the images.
        """
        return self.changed(filters=counts)

    def with_pooling(self, pooling: Pooling) -> Self:
        """The recipe with another kind of pooling in the stages that pool."""
        return self.changed(pooling=pooling)

    def changed(
        self,
        assignments: Sequence[str] = (),
        *,
        filters: str | None = None,
        pooling: Pooling | None = None,
        data: tuple[int, tuple[int, int]] | None = None,
    ) -> Self:
        """The recipe with all of these changes; only their outcome must be valid.

        Args:
            assignments: `key=value` each, as of `with_settings`; made last.
            filters: as of `with_filters`.
            pooling: as of `with_pooling`.
            data: the number of classes and the image size, as of `for_data`.

        Raises:
            UsageError: if something is not understood, or contradicts the rest.
        """
        mapping = self.to_json()
        network = mapping["network"]
        if data is not None:
            if data[0] in (0, 1):
                raise UsageError("The data has one class only; there is nothing to tell apart.")
            network["classes"], network["image_size"] = data
        for stage in network["stages"] if pooling else ():
            stage["pooling"] = "none" if stage["pooling"] == "none" else pooling
        if filters is not None:
            network["stages"] = _with_filters(network["stages"], filters)
        assign(mapping, (_key_and_value(assignment) for assignment in assignments))
        try:
            return type(self).from_json(mapping)
        except SizeError as error:
            if data is None:
                raise
            height, width = data[1]
            raise UsageError(
                f"The recipe {self.name} does not fit images of {width}x{height}: {error}"
            ) from error

    def lasting(self, images: int, steps: int) -> Self:
        """The recipe for a training set of so many images, trained for `steps` steps at least.

        Of a few images an epoch is a step or two, in which nothing is learned. So its epochs are
        multiplied by a whole number, warm-up and fall of the learning rate stretching likewise; and
        a batch is a sixteenth of the images, 64 at least, where the recipe's is more than that.

        Raises:
            UsageError: if there is no image, or either is no whole number.
        """
        images = checked_whole("images", images, 1, _MOST)
        steps = checked_whole("steps", steps, 0, _MOST)
        recipe, batch = self, max(LEAST_BATCH, images // LEAST_BATCHES)
        if batch < self.batch_size:
            batches = -(-images // batch)
            # All alike, so that none is a single image.
            recipe = replace(self, batch_size=-(-images // batches))
        own = recipe.epochs * -(-images // recipe.batch_size)
        times = max(1, -(-steps // own))
        return replace(recipe, epochs=times * self.epochs, plain_epochs=times * self.plain_epochs)

    def to_json(self) -> dict[str, Any]:
        """Plain values, as a run folder stores them."""
        return to_mapping(self)

    @classmethod
    def from_json(cls, values: object) -> Self:
        """The recipe stored as `values`. Raises `UsageError` for anything else."""
        return from_mapping(cls, values, "recipe")


def _key_and_value(assignment: object) -> tuple[str, str]:
    key, separator, value = str(assignment).partition("=")
    if not isinstance(assignment, str) or not separator or not key or not value:
        raise UsageError(f"{assignment!r} is no setting; write it as key=value.")
    return key.strip(), value


def _with_filters(stages: list[dict[str, Any]], counts: str) -> list[dict[str, Any]]:
    try:
        filters = [int(count) for count in counts.split(",")]
    except (AttributeError, ValueError) as error:
        raise UsageError(f"{counts!r} are no filter counts; write them as 32,64,128.") from error
    *inner, last = stages
    inner = [(inner or [last])[min(n, len(inner) - 1)] for n in range(len(filters) - 1)]
    return [
        stage | {"filters": count} for stage, count in zip([*inner, last], filters, strict=True)
    ]
