"""A study of claims: variants trained over several seeds and compared, seed by seed.

Nothing is measured on the test set: the last sixth of the training images is held out, and every
variant is trained on the rest and scored there. Of many claims tested at the level of 5% some would
hold by chance alone; so the p values are corrected by Holm's procedure for how many there are.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from inkdigits.evaluation.claims import BASELINE, CLAIMS, Claim
from inkdigits.evaluation.mcnemar import LEVEL, holm
from inkdigits.evaluation.paired import PairedComparison, paired_comparison
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
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import find_recipe


@dataclass(frozen=True)
class StudyRow:
    """What the trainings of one variant gave, on the held-out images."""

    claim: Claim | None  # None: the baseline
    accuracies: tuple[float, ...]  # one a seed
    losses: tuple[float, ...]
    seconds: tuple[float, ...]
    differences: tuple[float, ...]  # from what it is compared with, one a seed
    comparison: PairedComparison | None  # of those differences
    corrected_p: float | None = None  # for the number of claims; None where there is no p value
    diverged: int = 0  # trainings whose loss was no number; they count as guessing

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
    def found(self) -> Literal["better", "worse"] | None:
        """How it fares; None where chance can explain the differences, by the corrected p value."""
        if self.comparison is None or self.corrected_p is None or self.corrected_p >= LEVEL:
            return None
        return "better" if self.comparison.mean_difference > 0 else "worse"

    @property
    def verdict(self) -> str:
        """Whether the claim holds, among all the claims that were tested with it."""
        if self.claim is None or self.comparison is None:
            return ""
        if self.found is None:
            return "undecided" if self.claim.expected else "no difference found"
        if self.claim.expected is None:
            return self.found
        return "holds" if self.found == self.claim.expected else f"does not hold: {self.found}"


def run_study(
    claims: Sequence[Claim],
    seeds: int,
    data: StudyData,
    engine: Engine,
    folder: Path,
    *,
    epochs: int | None = None,
    report: Report | None = None,
) -> list[StudyRow]:
    """Train the baseline and each claim's variant with seeds 0 to `seeds - 1`.

    Args:
        folder: where results are kept, and taken from when there.
        epochs: instead of the recipe's.
        report: called after each training.

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
    trials = [
        # Seed by seed, so that a study cut short has compared everything at least once.
        Trial(name, seed, recipe, len(data.train.labels), lambda: data.train)
        for seed in range(seeds)
        for name, recipe in recipes.items()
    ]
    check_conditions(folder, data, engine, {"study": "lab", "epochs": epochs})
    for claim in CLAIMS:
        # What was trained into this folder before belongs to the study too.
        if claim.name not in recipes and (folder / claim.name).is_dir():
            recipes[claim.name] = _recipe(claim, data, epochs)
    run_trials(trials, data, engine, folder, report)
    results = {
        name: [kept(folder, name, seed, recipe) for seed in range(seeds)]
        for name, recipe in recipes.items()
    }
    whole = {name: found for name, found in results.items() if all(found)}
    rows = [_row(claim, whole) for claim in CLAIMS if {claim.name, claim.against} <= whole.keys()]
    return [_row(None, whole), *corrected(rows)]


def corrected(rows: Sequence[StudyRow]) -> list[StudyRow]:
    """Rows of claims with their p values corrected for how many claims there are.

    A claim without a p value, such as one with a single seed, is one of those tested nevertheless.
    """
    known = [row.comparison.p_value if row.comparison else None for row in rows]
    found = holm([1.0 if p_value is None else p_value for p_value in known])
    return [
        replace(row, corrected_p=None if before is None else after)
        for row, before, after in zip(rows, known, found, strict=True)
    ]


def _recipe(claim: Claim | None, data: StudyData, epochs: int | None) -> Recipe:
    recipe = find_recipe("lab").for_data(len(data.class_names), data.train.images.shape[1:])
    recipe = replace(recipe, epochs=epochs or recipe.epochs)
    return claim.change(recipe) if claim else recipe


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
        diverged=count_diverged(own),
    )


def study_json(rows: Sequence[StudyRow], data: StudyData) -> dict[str, Any]:
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
                "p_value_corrected": row.corrected_p,
                "verdict": row.verdict,
                "seconds_mean": statistics.mean(row.seconds),
                "diverged": row.diverged,
            }
        )
    return {
        "seeds": len(rows[0].accuracies),
        "trained_on": len(data.train.labels),
        "scored_on": f"{len(data.validation.labels)} held-out training images",
        "rows": table,
    }
