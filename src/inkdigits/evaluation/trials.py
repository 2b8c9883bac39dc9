"""What all studies do: train many times, score on training images held out, keep each result.

A study is a folder with the conditions that all its trainings share and a file a training, written
as soon as it is known; so a study that is stopped goes on where it was, and none mixes results of
different data, machines or versions.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from inkdigits import files
from inkdigits.data.dataset import Split, idx_sha256
from inkdigits.data.subsets import nested_order
from inkdigits.errors import DataError, RunError, TrainingError, UsageError
from inkdigits.evaluation.metrics import evaluate_logits
from inkdigits.networks.predict import predict_logits
from inkdigits.settings import differing, is_number
from inkdigits.training.engine import Engine
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import read_json, versions
from inkdigits.training.trainer import Trainer

HELD_OUT = 6  # one in so many training images
CONDITIONS = "study.json"
STEP = 50  # images: what a step costs by itself, for the time that is left

Result = dict[str, Any]  # accuracy, loss, seconds; "kept" where it is from an earlier call


@dataclass(frozen=True)
class StudyData:
    """The training images, split in two; made by `hold_out`."""

    train: Split
    validation: Split
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class Trial:
    """One training of a study."""

    name: str  # of what is varied: a folder in the study's
    seed: int
    recipe: Recipe
    images: int  # that are trained on
    data: Callable[[], Split]  # gives them, once they are needed

    @property
    def work(self) -> float:
        """How long it takes, in images seen; beside those a step takes as long as so many more."""
        steps = -(-self.images // self.recipe.batch_size)
        return self.recipe.epochs * (self.images + STEP * steps)


class Report(Protocol):
    """Somebody who follows a study."""

    def __call__(self, done: int, trials: Sequence[Trial], result: Result) -> None:
        """Called after each training: `done` of `trials` are done, the last with `result`."""


def hold_out(
    train: Split, class_names: tuple[str, ...], limit: int | None = None, *, mix: bool = False
) -> StudyData:
    """Cut the last sixth off the first `limit` training images, for validation.

    Args:
        mix: take the images in an order drawn once for all, each beginning of which holds the
            classes in their proportions: for sets that may be sorted.

    Raises:
        UsageError: if too few images are left.
    """
    images, labels = train.images, train.labels
    if mix:
        order = nested_order(labels, np.random.default_rng(0))
        images, labels = images[order], labels[order]
    images, labels = images[:limit], labels[:limit]
    count = len(images) // HELD_OUT
    if count < 1:
        raise UsageError(f"A study needs at least {HELD_OUT} training images.")
    return StudyData(
        Split(images[:-count], labels[:-count]),
        Split(images[-count:], labels[-count:]),
        class_names,
    )


def check_conditions(
    folder: Path, data: StudyData, engine: Engine, settings: Mapping[str, Any]
) -> None:
    """Keep what all trainings of the study share, or compare it with what is kept there.

    Raises:
        UsageError: if the folder holds a study made under other conditions.
        OutputError: if it cannot be written.
    """
    made_by = versions()
    conditions = {
        **settings,
        **dataclasses.asdict(engine),
        **{name: made_by[name] for name in ("inkdigits", "torch", "processor")},
        **{
            f"{name}_{part}": idx_sha256(getattr(split, part))
            for name, split in (("train", data.train), ("validation", data.validation))
            for part in ("images", "labels")
        },
    }
    path = folder / CONDITIONS
    if not path.exists():
        files.write_json(path, conditions)
        return
    # The lab's claims were the only study once, and its conditions did not say so.
    changed = differing([{"study": "lab", **read_json(path)}, conditions])
    if changed:
        key, (then, now) = next(iter(changed.items()))
        raise UsageError(
            f"{folder} holds a study made under other conditions ({key} was {then}, is {now}); "
            "take another folder with --out."
        )


def run_trials(
    trials: Sequence[Trial], data: StudyData, engine: Engine, folder: Path, report: Report | None
) -> None:
    """Do the trials that `folder` has no result of, in order.

    Raises:
        OutputError: if results cannot be written.
    """
    for done, trial in enumerate(trials, 1):
        result = kept(folder, trial.name, trial.seed, trial.recipe)
        if not result:
            result = _trained(trial, data, engine)
            content = {"recipe": trial.recipe.to_json(), **result}
            files.write_json(_path(folder, trial.name, trial.seed), content)
        if report:
            report(done, trials, result)


def kept(folder: Path, name: str, seed: int, recipe: Recipe) -> Result | None:
    """The result in `folder` for this, if there is one and it is of this recipe."""
    path = _path(folder, name, seed)
    if not path.exists():
        return None
    try:
        found = read_json(path)
    except RunError:
        return None
    if found.get("recipe") != recipe.to_json() or not _is_result(found):
        return None
    return {**found, "kept": True}


def count_diverged(results: Sequence[Result]) -> int:
    """How many of the trainings ended with a loss that was no number."""
    return sum("diverged" in result for result in results)


def _is_result(found: Result) -> bool:
    """Whether a file holds what a training gave; one cut short or changed is trained again."""
    accuracy, loss, seconds = (found.get(name, "") for name in ("accuracy", "loss", "seconds"))
    return (
        is_number(accuracy)
        and is_number(seconds)
        and 0 <= accuracy <= 1
        and (loss is None or is_number(loss))
    )


def _path(folder: Path, name: str, seed: int) -> Path:
    return folder / name / f"seed-{seed}.json"


def _trained(trial: Trial, data: StudyData, engine: Engine) -> Result:
    trainer = Trainer(trial.recipe, trial.data(), engine, trial.seed)
    try:
        trainer.run()
        logits = predict_logits(trainer.network, data.validation.images)
        evaluation = evaluate_logits(logits, data.validation.labels, data.class_names)
    except (TrainingError, DataError) as error:
        # A training that diverges is a finding, not a failure of the study: it guesses.
        most = np.bincount(data.validation.labels).max()
        accuracy = float(most / len(data.validation.labels))
        seconds = round(trainer.history.seconds, 3)
        return {"accuracy": accuracy, "loss": None, "seconds": seconds, "diverged": str(error)}
    return {
        "accuracy": evaluation.accuracy,
        "loss": evaluation.loss,
        "seconds": round(trainer.history.seconds, 3),
    }
