"""The recipes that have names, each chosen by measurement: see `benchmarks/search.md`.

`lab` is the lab notebook to the letter. The others were chosen on held-out training images; what
they gave on the test set was read once, afterwards, and stands here beside them.
"""

from dataclasses import dataclass, replace
from typing import Any

from inkdigits.errors import UsageError
from inkdigits.networks.description import Memory, NetworkDescription, Stage
from inkdigits.training.hyperparameters import Augmentation, Optimizer, Schedule
from inkdigits.training.recipe import Recipe

MEASURED_ON = (
    "two cores of an AMD EPYC (Zen 5), bfloat16, no GPU; see docs/benchmarks.md "
    "(compact, accurate and best: Zen 4, half as fast). Two to four times as long on an older "
    "processor without bfloat16 (Zen 3)."
)


@dataclass(frozen=True)
class Measured:
    """What a recipe gave on MNIST: trained on all 60,000 images, last weights, whole test set."""

    seeds: int
    accuracy: float  # mean over seeds, 0 to 1
    deviation: float  # standard deviation over seeds
    seconds: float  # of training, median; data in memory, import and evaluation excluded


@dataclass(frozen=True)
class NamedRecipe:
    """A recipe, what it is for, and what it gave."""

    recipe: Recipe
    purpose: str
    measured: Measured | None  # None: not by this recipe as it stands


def _fast(**settings: Any) -> Optimizer:
    """Adam with a short memory, for short trainings."""
    return Optimizer(**{"beta2": 0.99, "epsilon": 1e-8} | settings)


LAB = Recipe()  # whose settings are the defaults

QUICK = Recipe(
    name="quick",
    network=NetworkDescription(
        stages=(
            Stage(8, kernel=5, padding="valid", pool_first=True),
            Stage(16, kernel=5, padding="valid", pool_first=True),
            Stage(256, kernel=4, padding="valid", pooling="none"),
        ),
        dropout=0.0,
        norm_epsilon=1e-5,
        norm_momentum=0.9,
    ),
    label_smoothing=0.1,
    optimizer=_fast(learning_rate=0.02, beta1=0.6, beta2=0.85),
    schedule=Schedule(warm_up=0.2, start=0.2, down="linear"),
    batch_size=384,
    epochs=1,
)


def _deep(first: int, second: int, third: int) -> NetworkDescription:
    """A 5x5 stage pooled at once, two 3x3 stages and a pooling, two more, the largest of each map.

    The first stage is not padded: 12x12 and 6x6 places are a quarter less work than 14x14 and 7x7.
    Pairs of 3x3 convolutions: Simonyan and Zisserman, 'Very Deep Convolutional Networks for
    Large-Scale Image Recognition', 2015.
    """
    return NetworkDescription(
        stages=(
            Stage(first, kernel=5, padding="valid", pool_first=True),
            Stage(second, pooling="none"),
            Stage(second, pool_first=True),
            Stage(third, pooling="none"),
            Stage(third, pooling="none"),
        ),
        head="global_max",
        dropout=0.0,
        norm_epsilon=1e-5,
        norm_momentum=0.9,
    )


def _augmented(name: str, network: NetworkDescription, epochs: int) -> Recipe:
    """Augmented images but in the last epoch, one cycle of the learning rate."""
    return Recipe(
        name=name,
        network=network,
        label_smoothing=0.1,
        optimizer=_fast(learning_rate=0.015),
        schedule=Schedule(warm_up=0.15, start=0.1, down="linear"),
        batch_size=256,
        epochs=epochs,
        augmentation=Augmentation(
            rotation=10, scale=0.1, aspect=0.1, shear=10, shift=1, elastic=0.5, elastic_grid=6
        ),
        plain_epochs=1,
    )


COMPACT = _augmented("compact", _deep(16, 32, 40), epochs=32)
ACCURATE = _augmented("accurate", _deep(24, 48, 96), epochs=6)
# Two columns of `accurate`, trained for longer on images changed more. Beyond that only averaging
# gained anything, and a memory in which the training images are described otherwise than by what a
# network learns.
BEST = replace(
    ACCURATE,
    name="best",
    network=replace(ACCURATE.network, columns=2, memory=Memory(images=60_000)),
    epochs=18,
    augmentation=Augmentation(
        rotation=20,
        scale=0.12,
        aspect=0.2,
        shear=8,
        shift=2.5,
        elastic=0.4,
        elastic_grid=6,
        erase=0.5,
    ),
    plain_epochs=0,
    waning=0.25,
)

# The network that the package ships. Taught by three on far more than MNIST (`shipping/images.py`),
# small enough for 20,000 crops a second, for which it pools early and has most filters where 3x3
# places are left; augmented for whatever pens, scans and lights there are.
SHIPPED = Recipe(
    name="shipped",
    network=replace(
        _deep(16, 32, 48),
        stages=(
            Stage(16, kernel=5, pool_first=True),
            Stage(32, pool_first=True),
            Stage(48, pooling="none"),
            Stage(64, pool_first=True),
            *2 * (Stage(96, pooling="none"),),
        ),
    ),
    label_smoothing=0.02,
    optimizer=_fast(learning_rate=0.015),
    schedule=Schedule(warm_up=0.15, start=0.1, down="linear"),
    batch_size=256,
    epochs=24,
    augmentation=Augmentation(
        rotation=12,
        scale=0.12,
        aspect=0.15,
        shear=15,
        shift=1.5,
        elastic=0.6,
        elastic_grid=6,
        thickness=0.5,
        blur=0.6,
        noise=0.03,
        contrast=0.2,
    ),
)

# Three networks as columns of one, whose mean teaches the one that ships: what they know beyond it,
# it learns from them, at hardly a cost in reading. Labels, and so their smoothing, are for these.
SHIPPED_TEACHER = replace(
    SHIPPED,
    name="shipped-teacher",
    network=replace(
        SHIPPED.network,
        stages=(*SHIPPED.network.stages[:2], *3 * (Stage(48, pooling="none"),)),
        columns=3,
    ),
    epochs=20,
)

# What the one that ships goes on by, taught hands that MNIST hardly holds (`shipping/hands.py`).
SHIPPED_HANDS = replace(
    SHIPPED,
    name="shipped-hands",
    epochs=3,
    optimizer=replace(SHIPPED.optimizer, learning_rate=0.1 * SHIPPED.optimizer.learning_rate),
)

CATALOGUE = {
    named.recipe.name: named
    for named in (
        NamedRecipe(QUICK, "99% in a second or two", Measured(20, 0.99239, 0.00057, 1.1)),
        NamedRecipe(COMPACT, "few parameters: small devices", Measured(5, 0.99696, 0.00030, 269.5)),
        NamedRecipe(ACCURATE, "a minute or so", Measured(10, 0.99691, 0.00021, 84.1)),
        NamedRecipe(
            BEST, "two columns, a memory; most accurate", Measured(5, 0.99714, 0.00021, 485.4)
        ),
        NamedRecipe(SHIPPED, "the network that reads; see `inkdigits model`", None),
        NamedRecipe(LAB, "the lab notebook to the letter", Measured(10, 0.98926, 0.00311, 23.1)),
    )
}
SHIPPED_SEED = 1
RECIPES = {name: named.recipe for name, named in CATALOGUE.items()}
DEFAULT = "quick"


def find_recipe(name: str | Recipe) -> Recipe:
    """The recipe called `name`, or the one given. Raises `UsageError` listing those that exist."""
    if isinstance(name, Recipe):
        return name
    if not isinstance(name, str) or name not in RECIPES:
        raise UsageError(f"There is no recipe {name!r}; the recipes are {', '.join(RECIPES)}.")
    return RECIPES[name]
