"""Models side by side on the same test images: McNemar's test, and where they read differently."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits.data.dataset import Dataset
from inkdigits.errors import UsageError
from inkdigits.evaluation.mcnemar import LEVEL, McNemar, holm, mcnemar
from inkdigits.evaluation.metrics import Evaluation, evaluate_logits
from inkdigits.models import Model


@dataclass(frozen=True, eq=False)
class Pair:
    """Two models, by their places, and how they differ."""

    first: int
    second: int
    test: McNemar
    corrected_p: float  # for the number of pairs, by Holm's procedure
    differing: npt.NDArray[np.int64]  # test images that they read differently, rising

    @property
    def better(self) -> str | None:
        """Which one reads better, `first` or `second`; None where chance explains it as well."""
        if self.corrected_p >= LEVEL:
            return None
        return "first" if self.test.only_first > self.test.only_second else "second"

    @property
    def verdict(self) -> str:
        """What the test says, in words."""
        if not self.test.discordant:
            return "no image that one reads rightly and the other wrongly: nothing to test"
        if self.better is None:
            return f"a difference that chance explains as well (p at least {LEVEL:g})"
        return f"the {self.better} is better (p below {LEVEL:g})"


@dataclass(frozen=True, eq=False)
class Comparison:
    """M models on the N test images of one data set."""

    models: tuple[Model, ...]
    dataset: Dataset
    read: npt.NDArray[np.int64]  # (M, N), classes
    evaluations: tuple[Evaluation, ...]
    pairs: tuple[Pair, ...]  # each with each

    def readings(self, pair: Pair) -> list[dict[str, Any]]:
        """Each image on which a pair differs: its index, label, and what either reads."""
        names, labels = self.dataset.class_names, self.dataset.test.labels
        return [
            {
                "index": index,
                "label": names[labels[index]],
                "first": self.models[pair.first].class_names[self.read[pair.first, index]],
                "second": self.models[pair.second].class_names[self.read[pair.second, index]],
            }
            for index in pair.differing.tolist()
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "data": {"name": self.dataset.name, "test_images": self.read.shape[1]},
            "models": [
                {"name": model.name, "kind": model.kind, **evaluation.to_json()}
                for model, evaluation in zip(self.models, self.evaluations, strict=True)
            ],
            "pairs": [
                {
                    "first": self.models[pair.first].name,
                    "second": self.models[pair.second].name,
                    "both_right": pair.test.both_right,
                    "only_first_right": pair.test.only_first,
                    "only_second_right": pair.test.only_second,
                    "both_wrong": pair.test.both_wrong,
                    "p_value": pair.test.p_value,
                    "p_value_corrected": pair.corrected_p,
                    "verdict": pair.verdict,
                    "differing": self.readings(pair),
                }
                for pair in self.pairs
            ],
        }


def compare_models(models: Sequence[Model], dataset: Dataset) -> Comparison:
    """Read a data set's test images with each of two or more models.

    Raises:
        UsageError: if there are fewer, or the images or classes are others than a model's.
    """
    if len(models) < 2:
        raise UsageError("McNemar's test compares two models or more.")
    for model in models:
        model.check(dataset)
    labels = dataset.test.labels.astype(np.int64)
    read, evaluations = [], []
    for model in models:
        probabilities = model.score(dataset.test.images).probabilities
        logits = np.log(np.maximum(probabilities, np.finfo(np.float64).tiny))
        evaluations.append(evaluate_logits(logits, labels, model.class_names))
        read.append(probabilities.argmax(1))
    couples = list(itertools.combinations(range(len(models)), 2))
    tests = [mcnemar(labels, read[first], read[second]) for first, second in couples]
    corrected = holm([test.p_value for test in tests])
    pairs = (
        Pair(first, second, test, p_value, np.flatnonzero(read[first] != read[second]))
        for (first, second), test, p_value in zip(couples, tests, corrected, strict=True)
    )
    return Comparison(tuple(models), dataset, np.stack(read), tuple(evaluations), tuple(pairs))
