"""A study of claims: variants trained over several seeds and compared, seed by seed.

Nothing is measured on the test set: the last sixth of the training images is held out, and every
variant is trained on the rest and scored there.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from inkdigits.evaluation.claims import BASELINE, CLAIMS, Claim
from inkdigits.evaluation.mcnemar import holm
from inkdigits.evaluation.metrics import PairedComparison, paired_comparison
from inkdigits.evaluation.trials import (
    Report,
    StudyData,
    Trial,
    check_conditions,
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
    return [_row(None, whole)] + [
        _row(claim, whole) for claim in CLAIMS if {claim.name, claim.against} <= whole.keys()
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
    )


def corrected_p_values(rows: Sequence[StudyRow]) -> list[float | None]:
    """Each row's p value, corrected by Holm for there being several; None where there is none."""
    found = [row.comparison.p_value if row.comparison else None for row in rows]
    corrected = iter(holm([each for each in found if each is not None]))
    return [None if each is None else next(corrected) for each in found]


def study_json(rows: Sequence[StudyRow]) -> dict[str, Any]:
    """The study's table as plain values."""
    table = []
    for row, corrected in zip(rows, corrected_p_values(rows), strict=True):
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
                "p_value_corrected": corrected,
                "verdict": row.verdict,
                "seconds_mean": statistics.mean(row.seconds),
            }
        )
    return {
        "seeds": len(rows[0].accuracies),
        "scored_on": "held-out training images",
        "rows": table,
    }
