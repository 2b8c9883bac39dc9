"""A recipe: network, loss, augmentation, optimizer and schedule, frozen; all that decides a result.

Named recipes are in `recipes.py`. The alternatives that the lab notebook's comments speak of are
values of these settings (see `evaluation/claims.py` for its claims put to the test).
"""

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
from inkdigits.training.hyperparameters import Augmentation, Optimizer, Schedule

NAME = re.compile(r"\w[\w.-]{0,99}")  # of recipes and runs; safe as part of a path
LEAST_BATCH, LEAST_BATCHES = 64, 16  # of small training sets; see docs/decisions.md
_MOST = 2**32 - 1  # images or steps
LEAST_STEPS = 150  # in which most is learned; 60,000 images give that many in an epoch of `quick`
Loss = Literal["cross_entropy", "mean_squared_error"]


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
