"""Studies of a quantity: how accuracy follows the number of images, or the share of wrong labels.

Variants of a recipe are trained at several amounts over several seeds and scored on training images
held out, whose labels are right. Each training takes at least the same number of steps
(`Recipe.lasting`), so that few images are learned to the end too.

What networks do with wrong labels: Zhang and others, 'Understanding deep learning requires
rethinking generalization', 2017; the squared error against them: Ghosh, Kumar and Sastry, 'Robust
loss functions under label noise for deep neural networks', 2017.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from inkdigits.data.dataset import Split
from inkdigits.data.subsets import nested_order, wrong_labels
from inkdigits.errors import UsageError
from inkdigits.evaluation.paired import paired_comparison
from inkdigits.evaluation.trials import (
    Report,
    StudyData,
    Trial,
    check_conditions,
    count_diverged,
    kept,
    run_trials,
)
from inkdigits.training.engine import Engine
from inkdigits.training.hyperparameters import Augmentation
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import ACCURATE

Kind = Literal["data", "noise"]
SMOOTHING = 0.1  # of the variant `smoothed`, where the recipe has none
MOST_WRONG = 99  # percent
SIZES = (10, 100, 1000, 10_000)  # of training sets, where nothing else is asked for


@dataclass(frozen=True)
class Variant:
    """A recipe changed in one thing."""

    name: str
    says: str
    change: Callable[[Recipe], Recipe]


def _plain(recipe: Recipe) -> Recipe:
    return replace(recipe, augmentation=Augmentation(), plain_epochs=0)


def _augmented(recipe: Recipe) -> Recipe:
    if recipe.augmentation.is_on:
        return recipe
    return replace(recipe, augmentation=ACCURATE.augmentation)


def _bare(recipe: Recipe) -> Recipe:
    return replace(_plain(recipe), label_smoothing=0.0, loss="cross_entropy")


def _smoothed(recipe: Recipe) -> Recipe:
    return replace(_bare(recipe), label_smoothing=recipe.label_smoothing or SMOOTHING)


def _squared(recipe: Recipe) -> Recipe:
    return replace(_bare(recipe), loss="mean_squared_error")


def _bare_augmented(recipe: Recipe) -> Recipe:
    return replace(_augmented(recipe), label_smoothing=0.0, loss="cross_entropy")


VARIANTS: dict[Kind, tuple[Variant, ...]] = {
    "data": (
        Variant("plain", "images as they are", _plain),
        Variant("augmented", "images changed at random", _augmented),
    ),
    "noise": (
        Variant("plain", "cross-entropy", _bare),
        Variant("smoothed", "with label smoothing", _smoothed),
        Variant("squared-error", "squared error instead", _squared),
        Variant("augmented", "with augmentation", _bare_augmented),
    ),
}


@dataclass(frozen=True)
class Point:
    """What the trainings of one variant gave at one amount, on the held-out images."""

    variant: Variant
    amount: int  # images, or percent of labels that are wrong
    accuracies: tuple[float, ...]  # one a seed
    seconds: tuple[float, ...]
    diverged: int = 0  # trainings whose loss was no number; they count as guessing

    @property
    def mean(self) -> float:
        """Mean accuracy over seeds, 0 to 1."""
        return statistics.mean(self.accuracies)

    @property
    def spread(self) -> float | None:
        """Standard deviation over seeds (n - 1); None for one seed."""
        return statistics.stdev(self.accuracies) if len(self.accuracies) > 1 else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95% interval of the mean by Student's t over seeds, which may reach beyond 0 to 1.

        None for one seed, and where all are equal: neither says how much seeds differ.
        """
        values = np.array(self.accuracies)
        return paired_comparison(values, np.zeros_like(values)).interval


@dataclass(frozen=True)
class Series:
    """A study of this sort, as it is asked for.

    Raises:
        UsageError: if an amount or a variant is out of its range.
    """

    kind: Kind
    recipe: Recipe
    amounts: tuple[int, ...]  # images for `data`, percent for `noise`
    seeds: int
    steps: int  # of each training, at least
    variants: tuple[Variant, ...]

    def folder_name(self, variant: Variant, amount: int) -> str:
        """What the folder of one variant's trainings at one amount is called."""
        return f"{variant.name}-{amount}"

    def recipe_of(self, variant: Variant, amount: int, images: int) -> Recipe:
        """What is trained with, of `images` images in all."""
        count = amount if self.kind == "data" else images
        return variant.change(self.recipe).lasting(count, self.steps)

    def split_of(self, amount: int, seed: int, data: StudyData) -> Split:
        """What is trained on."""
        rng = np.random.default_rng(seed)
        images, labels = data.train
        if self.kind == "data":
            chosen = nested_order(labels, rng)[:amount]
            return Split(images[chosen], labels[chosen])
        return Split(images, wrong_labels(labels, amount / 100, len(data.class_names), rng))


def choose_variants(kind: Kind, names: str | None) -> tuple[Variant, ...]:
    """The variants named, separated by commas, or all. Raises `UsageError` for an unknown name."""
    known = {variant.name: variant for variant in VARIANTS[kind]}
    wanted = [name.strip() for name in names.split(",")] if names else list(known)
    for name in wanted:
        if name not in known:
            raise UsageError(f"There is no variant {name!r}; the variants are {', '.join(known)}.")
    return tuple(variant for name, variant in known.items() if name in wanted)


def choose_sizes(text: str | None, data: StudyData) -> tuple[int, ...]:
    """The numbers of images in `text`, `10,100,all`, each once, ascending.

    Without a text: those of 10, 100 and so on that can be had, and all.

    A number of more images than are left beside those held out, but not more than there were, is
    all of them.

    Raises:
        UsageError: if one is no number, or fewer than the classes or more than there are.
    """
    left = len(data.train.labels)
    there, least = left + len(data.validation.labels), len(np.unique(data.train.labels))
    if text is None:
        return (*(size for size in SIZES if least <= size < left), left)
    sizes = set()
    for word in text.split(","):
        size = left if word.strip() == "all" else _whole(word)
        if not least <= size <= there:
            raise UsageError(
                f"A training set of {size:,} images cannot be had: the {least} classes need one "
                f"each, and there are {left:,} beside those held out."
            )
        sizes.add(min(size, left))
    return tuple(sorted(sizes))


def choose_percents(text: str) -> tuple[int, ...]:
    """The percents in `text`, `0,20,40`, each once, ascending. Raises `UsageError`."""
    percents = {_whole(word) for word in text.split(",")}
    for percent in percents:
        if not 0 <= percent <= MOST_WRONG:
            raise UsageError(f"{percent}% of labels cannot be wrong; take 0 to {MOST_WRONG}.")
    return tuple(sorted(percents))


def _whole(word: str) -> int:
    try:
        return int(word)
    except ValueError as error:
        raise UsageError(f"{word.strip()!r} is no whole number.") from error


def run_series(
    series: Series, data: StudyData, engine: Engine, folder: Path, report: Report | None = None
) -> list[Point]:
    """Train every variant at every amount with seeds 0 to `series.seeds - 1`.

    Returns:
        What the folder holds with all these seeds, which may be more than was asked for: what an
        earlier call trained is part of the study. Variant by variant, amounts ascending.

    Raises:
        UsageError: if the folder holds a study made under other conditions.
        OutputError: if results cannot be written.
    """
    settings = {
        "study": series.kind,
        "steps": series.steps,
        "recipe": series.recipe.to_json(),
    }
    check_conditions(folder, data, engine, settings)
    run_trials(_trials(series, data), data, engine, folder, report)
    points = []
    images = len(data.train.labels)
    possible = range(1, images + 1) if series.kind == "data" else range(MOST_WRONG + 1)
    for variant in VARIANTS[series.kind]:
        for amount in _amounts_in(folder, variant, possible):
            recipe = series.recipe_of(variant, amount, images)
            name = series.folder_name(variant, amount)
            results = [kept(folder, name, seed, recipe) for seed in range(series.seeds)]
            found = [result for result in results if result]
            if len(found) == series.seeds:
                accuracies = tuple(result["accuracy"] for result in found)
                seconds = tuple(result["seconds"] for result in found)
                points.append(Point(variant, amount, accuracies, seconds, count_diverged(found)))
    return points


def _trials(series: Series, data: StudyData) -> list[Trial]:
    count = len(data.train.labels)
    return [
        Trial(
            series.folder_name(variant, amount),
            seed,
            series.recipe_of(variant, amount, count),
            amount if series.kind == "data" else count,
            partial(series.split_of, amount, seed, data),
        )
        # Seed by seed, so that a study cut short has compared everything at least once.
        for seed in range(series.seeds)
        for amount in series.amounts
        for variant in series.variants
    ]


def _amounts_in(folder: Path, variant: Variant, possible: range) -> list[int]:
    names = (path.name.removeprefix(f"{variant.name}-") for path in folder.iterdir())
    # Whatever else lies there is none of the study's.
    return sorted({int(name) for name in names if name.isdecimal()} & set(possible))


def series_json(series: Series, points: Sequence[Point], data: StudyData) -> dict[str, Any]:
    """The study's table as plain values."""
    return {
        "study": series.kind,
        "recipe": series.recipe.name,
        "seeds": series.seeds,
        "steps_at_least": series.steps,
        "trained_on_at_most": len(data.train.labels),
        "scored_on": f"{len(data.validation.labels)} held-out training images",
        "points": [
            {
                "variant": point.variant.name,
                "images" if series.kind == "data" else "percent_wrong": point.amount,
                "accuracy_mean": point.mean,
                "accuracy_interval_95": point.interval,
                "accuracy_standard_deviation": point.spread,
                "accuracies": list(point.accuracies),
                "seconds_mean": statistics.mean(point.seconds),
                "diverged": point.diverged,
            }
            for point in points
        ],
    }
