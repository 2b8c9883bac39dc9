"""A study: variants trained over several seeds and compared with a baseline, seed by seed.

Nothing is measured on the test set: the last sixth of the training images is held out, and every
variant is trained on the rest and scored there. Each training's result is kept as soon as it is
known, so a study that is stopped goes on where it was.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from inkdigits import files
from inkdigits.data.dataset import Split, idx_sha256
from inkdigits.errors import RunError, TrainingError, UsageError
from inkdigits.evaluation.claims import BASELINE, Claim
from inkdigits.evaluation.metrics import PairedComparison, evaluate_logits, paired_comparison
from inkdigits.networks.predict import predict_logits
from inkdigits.training.engine import Engine
from inkdigits.training.recipe import Recipe, find_recipe
from inkdigits.training.run import read_json
from inkdigits.training.trainer import Trainer

HELD_OUT = 6  # one in so many training images


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
    comparison: PairedComparison | None  # this variant minus the baseline

    @property
    def name(self) -> str:
        """The variant's name."""
        return self.claim.name if self.claim else BASELINE

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

    Raises:
        OutputError: if results cannot be written.
    """
    variants: list[Claim | None] = [None, *claims]
    digest = idx_sha256(data.train.images)
    results: dict[str, list[dict[str, Any]]] = {}
    done = 0
    # Seed by seed, so that a study cut short has compared everything at least once.
    for seed in range(seeds):
        for claim in variants:
            name = claim.name if claim else BASELINE
            recipe = claim.recipe() if claim else find_recipe("lab")
            recipe = recipe.for_data(len(data.class_names), data.train.images.shape[1:])
            recipe = replace(recipe, epochs=epochs or recipe.epochs)
            path = folder / name / f"seed-{seed}.json"
            result = _result(path, recipe, data, digest, engine, seed)
            results.setdefault(name, []).append(result)
            done += 1
            if report:
                report(done, seeds * len(variants), f"{name}, seed {seed}", result)
    baseline = np.array([result["accuracy"] for result in results[BASELINE]])
    return [_row(claim, results[claim.name if claim else BASELINE], baseline) for claim in variants]


def _result(
    path: Path, recipe: Recipe, data: StudyData, digest: str, engine: Engine, seed: int
) -> dict[str, Any]:
    """A training's result: the kept one if it was made under the same conditions."""
    conditions = {
        "recipe": recipe.to_json(),
        "seed": seed,
        "train_sha256": digest,
        "precision": engine.precision,
        "threads": engine.threads,
    }
    if path.exists():
        try:
            kept = read_json(path)
        except RunError:
            kept = {}
        if kept.get("conditions") == conditions and isinstance(kept.get("accuracy"), float):
            return {**kept, "kept": True}
    result = {"conditions": conditions, **_trained(recipe, data, engine, seed)}
    files.write_json(path, result)
    return result


def _trained(recipe: Recipe, data: StudyData, engine: Engine, seed: int) -> dict[str, Any]:
    trainer = Trainer(recipe, data.train, engine, seed)
    try:
        trainer.run()
    except TrainingError as error:
        # A training that diverges is a finding, not a failure of the study: it guesses.
        most = np.bincount(data.validation.labels).max()
        accuracy = float(most / len(data.validation.labels))
        return {"accuracy": accuracy, "loss": None, "seconds": 0.0, "diverged": str(error)}
    logits = predict_logits(trainer.network, data.validation.images)
    evaluation = evaluate_logits(logits, data.validation.labels, data.class_names)
    return {
        "accuracy": evaluation.accuracy,
        "loss": evaluation.loss,
        "seconds": round(trainer.history.seconds, 3),
    }


def _row(claim: Claim | None, results: Sequence[dict[str, Any]], baseline: Any) -> StudyRow:
    accuracies = np.array([result["accuracy"] for result in results])
    return StudyRow(
        claim=claim,
        accuracies=tuple(accuracies.tolist()),
        losses=tuple(result["loss"] for result in results if result["loss"] is not None),
        seconds=tuple(result["seconds"] for result in results),
        comparison=paired_comparison(accuracies, baseline) if claim else None,
    )


def study_json(rows: Sequence[StudyRow]) -> dict[str, Any]:
    """The study's table as plain values."""
    table = []
    for row in rows:
        comparison = row.comparison
        table.append(
            {
                "variant": row.name,
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
