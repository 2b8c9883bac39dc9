"""A recipe: network, loss, optimizer and schedule, frozen; everything that decides a result.

`lab` is the lab notebook to the letter. The alternatives that its comments speak of are values of
these settings (see `evaluation/claims.py` for the notebook's claims put to the test).
"""

import re
from dataclasses import dataclass, replace
from typing import Any, Literal, Self, get_args

from inkdigits.errors import UsageError
from inkdigits.networks.description import NetworkDescription, Pooling
from inkdigits.settings import check_choice, check_range, from_mapping, replaced, to_mapping

NAME = re.compile(r"\w[\w.-]{0,99}")  # of recipes and runs; safe as part of a path
OptimizerName = Literal["adam", "sgd"]
Loss = Literal["cross_entropy", "mean_squared_error"]


@dataclass(frozen=True)
class Optimizer:
    """How weights follow the gradient.

    Raises:
        UsageError: if a value is out of its range.
    """

    name: OptimizerName = "adam"
    learning_rate: float = 0.01  # above 0
    # Keras's values; torch's own epsilon is 1e-8. Plain SGD uses none of the three.
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        check_choice("optimizer", self.name, get_args(OptimizerName))
        check_range("learning_rate", self.learning_rate, 1e-12, 1e6)
        check_range("beta1", self.beta1, 0.0, 1.0, end_included=False)
        check_range("beta2", self.beta2, 0.0, 1.0, end_included=False)
        check_range("epsilon", self.epsilon, 0.0, 1.0)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training's result but the data and the seed.

    Raises:
        UsageError: if a value is out of its range.
    """

    name: str = "lab"
    network: NetworkDescription = NetworkDescription()
    loss: Loss = "cross_entropy"  # mean_squared_error is that of softmax and one-hot labels
    # L2 penalty on the convolutions' kernels: this times their sum of squares joins the loss,
    # as Keras's kernel_regularizer does. 0 is off; the notebook tried 0.01.
    l2: float = 0.0
    optimizer: Optimizer = Optimizer()
    batch_size: int = 128  # the last, shorter batch of an epoch is kept
    epochs: int = 5

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise UsageError(f"{self.name!r} is no name for a recipe: letters, digits, - and _.")
        check_choice("loss", self.loss, get_args(Loss))
        check_range("l2", self.l2, 0.0, 1e3)
        check_range("batch_size", self.batch_size, 1, 65536)
        check_range("epochs", self.epochs, 1, 100_000)

    def for_data(self, classes: int, image_size: tuple[int, int]) -> Self:
        """The same recipe for data of another number of classes or image size.

        Raises:
            UsageError: if there is one class only, or the stages do not fit the images.
        """
        if classes < 2:
            raise UsageError("The data has one class only; there is nothing to tell apart.")
        network = replace(self.network, classes=classes, image_size=image_size)
        return replace(self, network=network)

    def with_settings(self, *assignments: str) -> Self:
        """The recipe with each `key=value` changed, such as `network.stages.padding=valid`.

        Only the outcome must be valid, so the order of assignments does not matter.
        """
        pairs = []
        for assignment in assignments:
            key, separator, value = assignment.partition("=")
            if not separator or not key or not value:
                raise UsageError(f"{assignment!r} is no setting; write it as key=value.")
            pairs.append((key.strip(), value))
        return replaced(self, pairs)

    def with_filters(self, counts: str) -> Self:
        """The recipe with stages of so many filters, such as `32,64,128`.

        Stages are added or dropped before the last one, which keeps its settings.
        """
        try:
            filters = [int(count) for count in counts.split(",")]
        except ValueError as error:
            raise UsageError(
                f"{counts!r} are no filter counts; write them as 32,64,128."
            ) from error
        *inner, last = self.network.stages
        inner = [(inner or [last])[min(n, len(inner) - 1)] for n in range(len(filters) - 1)]
        stages = tuple(
            replace(stage, filters=count)
            for stage, count in zip([*inner, last], filters, strict=True)
        )
        return replace(self, network=replace(self.network, stages=stages))

    def with_pooling(self, pooling: Pooling) -> Self:
        """The recipe with another kind of pooling in the stages that pool."""
        stages = tuple(
            stage if stage.pooling == "none" else replace(stage, pooling=pooling)
            for stage in self.network.stages
        )
        return replace(self, network=replace(self.network, stages=stages))

    def to_json(self) -> dict[str, Any]:
        """Plain values, as a run folder stores them."""
        return to_mapping(self)

    @classmethod
    def from_json(cls, values: object) -> Self:
        """The recipe stored as `values`. Raises `UsageError` for anything else."""
        return from_mapping(cls, values, "recipe")


RECIPES = {"lab": Recipe()}


def find_recipe(name: str) -> Recipe:
    """The recipe called `name`. Raises `UsageError` listing those that exist."""
    if name not in RECIPES:
        raise UsageError(f"There is no recipe {name!r}; the recipes are {', '.join(RECIPES)}.")
    return RECIPES[name]
