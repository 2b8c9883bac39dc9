"""A study: variants trained over several seeds and compared, seed by seed.

Nothing is measured on the test set: the last sixth of the training images is held out, and every
variant is trained on the rest and scored there. Each training's result is kept as soon as it is
known, so a study that is stopped goes on where it was.
"""

import dataclasses
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from inkdigits import files
from inkdigits.data.dataset import Split, idx_sha256
from inkdigits.errors import DataError, RunError, TrainingError, UsageError
from inkdigits.evaluation.claims import BASELINE, CLAIMS, Claim
from inkdigits.evaluation.metrics import PairedComparison, evaluate_logits, paired_comparison
from inkdigits.networks.predict import predict_logits
from inkdigits.settings import differing
from inkdigits.training.engine import Engine
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import find_recipe
from inkdigits.training.run import read_json, versions
from inkdigits.training.trainer import Trainer

HELD_OUT = 6  # one in so many training images
CONDITIONS = "study.json"


@dataclass(frozen=True)
class StudyData:
    """The training images, split in two; made by `hold_out`."""

    train: Split
    validation: Split
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class StudyRow:
    """What the trainings of one variant gave, on the held-out images."""

    claim: Claim | None  # None: the baseline
    accuracies: tuple[float, ...]  # one a seed
    losses: tuple[float, ...]
    seconds: tuple[float, ...]
    differences: tuple[float, ...]  # from what it is compared with, one a seed
    comparison: PairedComparison | None  # of those differences

    @property
    def name(self) -> str:
        """The variant's name, and what it is compared with where that is not the baseline."""
        if self.claim is None:
            return BASELINE
        against = self.claim.against
        return self.claim.name if against == BASELINE else f"{self.claim.name} / {against}"

    @property
    def spread(self) -> float | None:
        """Standard deviation of the accuracies over seeds (n - 1); None for one seed."""
        return statistics.stdev(self.accuracies) if len(self.accuracies) > 1 else None

    @property
    def verdict(self) -> str:
        """Whether the claim holds, by the 95% interval of the paired differences."""
        if self.claim is None or self.comparison is None:
            return ""
        interval = self.comparison.interval
        if interval is None or interval[0] <= 0 <= interval[1]:
            return "undecided" if self.claim.expected else "no difference found"
        found = "better" if interval[0] > 0 else "worse"
        if self.claim.expected is None:
            return found
        return "holds" if found == self.claim.expected else f"does not hold: {found}"


def hold_out(train: Split, class_names: tuple[str, ...], limit: int | None = None) -> StudyData:
    """Cut the last sixth off the first `limit` training images, for validation.

    Raises:
        UsageError: if too few images are left.
    """
    images, labels = train.images[:limit], train.labels[:limit]
    count = len(images) // HELD_OUT
    if count < 1:
        raise UsageError(f"A study needs at least {HELD_OUT} training images.")
    return StudyData(
        Split(images[:-count], labels[:-count]),
        Split(images[-count:], labels[-count:]),
        class_names,
    )


def run_study(
    claims: Sequence[Claim],
    seeds: int,
    data: StudyData,
    engine: Engine,
    folder: Path,
    *,
    epochs: int | None = None,
    report: Callable[[int, int, str, dict[str, Any]], None] | None = None,
) -> list[StudyRow]:
    """Train the baseline and each claim's variant with seeds 0 to `seeds - 1`.

    Args:
        folder: where results are kept, and taken from when there.
        epochs: instead of the recipe's.
        report: called after each training with how many are done, of how many, a name, a result.

    Returns:
        The baseline and each variant that the folder holds with all these seeds, which may be
        more than `claims`: what an earlier call trained is part of the study.

    Raises:
        UsageError: if the folder holds a study made under other conditions.
        OutputError: if results cannot be written.
    """
    recipes = {
        claim.name if claim else BASELINE: _recipe(claim, data, epochs) for claim in (None, *claims)
    }
    names = list(recipes)
    _check_conditions(folder, _conditions(data, engine, epochs))
    for claim in CLAIMS:
        # What was trained into this folder before belongs to the study too.
        if claim.name not in recipes and (folder / claim.name).is_dir():
            recipes[claim.name] = _recipe(claim, data, epochs)
    done = 0
    # Seed by seed, so that a study cut short has compared everything at least once.
    for seed in range(seeds):
        for name in names:
            path = _path(folder, name, seed)
            result = _kept(path, recipes[name])
            if not result:
                result = _trained(recipes[name], data, engine, seed)
                files.write_json(path, {"recipe": recipes[name].to_json(), **result})
            done += 1
            if report:
                report(done, seeds * len(names), f"{name}, seed {seed}", result)
    results = {
        name: [_kept(_path(folder, name, seed), recipe) for seed in range(seeds)]
        for name, recipe in recipes.items()
    }
    whole = {name: found for name, found in results.items() if all(found)}
    return [_row(None, whole)] + [
        _row(claim, whole) for claim in CLAIMS if {claim.name, claim.against} <= whole.keys()
    ]


def _recipe(claim: Claim | None, data: StudyData, epochs: int | None) -> Recipe:
    recipe = find_recipe("lab").for_data(len(data.class_names), data.train.images.shape[1:])
    recipe = replace(recipe, epochs=epochs or recipe.epochs)
    return claim.change(recipe) if claim else recipe


def _conditions(data: StudyData, engine: Engine, epochs: int | None) -> dict[str, Any]:
    """What all results of one study have in common."""
    arrays = {
        f"{name}_{part}": idx_sha256(getattr(split, part))
        for name, split in (("train", data.train), ("validation", data.validation))
        for part in ("images", "labels")
    }
    made_by = versions()
    return {
        "epochs": epochs,
        **dataclasses.asdict(engine),
        **{name: made_by[name] for name in ("inkdigits", "torch", "processor")},
        **arrays,
    }


def _check_conditions(folder: Path, conditions: dict[str, Any]) -> None:
    path = folder / CONDITIONS
    if not path.exists():
        files.write_json(path, conditions)
        return
    changed = differing([read_json(path), conditions])
    if changed:
        key, (then, now) = next(iter(changed.items()))
        raise UsageError(
            f"{folder} holds a study made under other conditions ({key} was {then}, is {now}); "
            "take another folder with --out."
        )


def _path(folder: Path, name: str, seed: int) -> Path:
    return folder / name / f"seed-{seed}.json"


def _kept(path: Path, recipe: Recipe) -> dict[str, Any] | None:
    """The result at `path`, if there is one and it is of this recipe."""
    if not path.exists():
        return None
    try:
        kept = read_json(path)
    except RunError:
        return None
    if kept.get("recipe") != recipe.to_json() or not isinstance(kept.get("accuracy"), float):
        return None
    return {**kept, "kept": True}


def _trained(recipe: Recipe, data: StudyData, engine: Engine, seed: int) -> dict[str, Any]:
    trainer = Trainer(recipe, data.train, engine, seed)
    try:
        trainer.run()
        logits = predict_logits(trainer.network, data.validation.images)
        evaluation = evaluate_logits(logits, data.validation.labels, data.class_names)
    except (TrainingError, DataError) as error:
        # A training that diverges is a finding, not a failure of the study: it guesses.
        most = np.bincount(data.validation.labels).max()
        accuracy = float(most / len(data.validation.labels))
        return {"accuracy": accuracy, "loss": None, "seconds": 0.0, "diverged": str(error)}
    return {
        "accuracy": evaluation.accuracy,
        "loss": evaluation.loss,
        "seconds": round(trainer.history.seconds, 3),
    }


def _row(claim: Claim | None, results: Mapping[str, Sequence[Any]]) -> StudyRow:
    own = results[claim.name if claim else BASELINE]
    accuracies = np.array([result["accuracy"] for result in own])
    others = accuracies
    if claim:
        others = np.array([result["accuracy"] for result in results[claim.against]])
    return StudyRow(
        claim=claim,
        accuracies=tuple(accuracies.tolist()),
        losses=tuple(result["loss"] for result in own if result["loss"] is not None),
        seconds=tuple(result["seconds"] for result in own),
        differences=tuple((accuracies - others).tolist()),
        comparison=paired_comparison(accuracies, others) if claim else None,
    )


def study_json(rows: Sequence[StudyRow]) -> dict[str, Any]:
    """The study's table as plain values."""
    table = []
    for row in rows:
        comparison = row.comparison
        table.append(
            {
                "variant": row.claim.name if row.claim else BASELINE,
                "compared_with": row.claim.against if row.claim else None,
                "claim": row.claim.says if row.claim else "the notebook as it is",
                "accuracy_mean": statistics.mean(row.accuracies),
                "accuracy_standard_deviation": row.spread,
                "accuracies": list(row.accuracies),
                "difference_mean": comparison.mean_difference if comparison else None,
                "difference_interval_95": comparison.interval if comparison else None,
                "p_value": comparison.p_value if comparison else None,
                "verdict": row.verdict,
                "seconds_mean": statistics.mean(row.seconds),
            }
        )
    return {
        "seeds": len(rows[0].accuracies),
        "scored_on": "held-out training images",
        "rows": table,
    }
