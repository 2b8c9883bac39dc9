"""How right a reader is if it may leave the images that it is least sure of unanswered.

El-Yaniv and Wiener, 'On the Foundations of Noise-free Selective Classification', 2010; Geifman and
El-Yaniv, 'Selective Classification for Deep Neural Networks', 2017.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits.errors import DataError

Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class SelectiveCurve:
    """One point a number of images answered, from the surest one to all N."""

    thresholds: npt.NDArray[np.float64]  # (N,), the least confidence answered, falling
    answered: npt.NDArray[np.float64]  # (N,), share of the images, rising to 1
    accuracies: npt.NDArray[np.float64]  # (N,), share right of those answered

    @property
    def area(self) -> float:
        """Area under the curve of the risk, 0 to 1: the mean share wrong over all shares answered.

        0 is a reader without a mistake.
        """
        return float(1 - self.accuracies.mean())

    def at(self, share: float) -> tuple[float, float]:
        """Accuracy and least confidence if at least `share` of the images, 0 to 1, are answered."""
        place = min(int(np.searchsorted(self.answered, share - 1e-12)), len(self.answered) - 1)
        return float(self.accuracies[place]), float(self.thresholds[place])

    def most_answered(self, accuracy: float) -> tuple[float, float]:
        """The largest share answered with at least `accuracy`, and its least confidence.

        `(0, 1)` where even the surest answers are not as good. Only a threshold between two
        different confidences can be set, so answers of one confidence go together.
        """
        last_of_equals = np.append(np.diff(self.thresholds) != 0, True)
        good = np.flatnonzero((self.accuracies >= accuracy) & last_of_equals)
        if not len(good):
            return 0.0, 1.0
        return float(self.answered[good[-1]]), float(self.thresholds[good[-1]])


def selective_curve(confidences: Floats, right: npt.NDArray[np.bool_]) -> SelectiveCurve:
    """The curve of readings with confidences `(N,)`, 0 to 1, that are right or not `(N,)`.

    Among equal confidences the order says nothing, so each counts as right as their mean.

    Raises:
        DataError: if the counts differ or are 0.
    """
    if not 0 < len(confidences) == len(right):
        raise DataError(f"{len(confidences)} confidences do not belong to {len(right)} readings.")
    order = np.argsort(-confidences, kind="stable")
    falling = confidences[order].astype(np.float64)
    starts = np.flatnonzero(np.append(True, np.diff(falling) != 0))
    lengths = np.diff(np.append(starts, len(falling)))
    means = np.add.reduceat(right[order].astype(np.float64), starts) / lengths
    counts = np.arange(1, len(falling) + 1)
    accuracies = np.cumsum(np.repeat(means, lengths)) / counts
    return SelectiveCurve(falling, counts / len(falling), np.minimum(accuracies, 1.0))
