"""Whether probabilities mean what they say, and the temperature that makes them."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.evaluation.metrics import softmax

BINS = 15
_SPREAD = 0.5  # of the logarithm of a temperature, about 0, before anything is measured
Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]


def calibration_error(probabilities: Floats, labels: Integers, bins: int = BINS) -> float:
    """Expected calibration error: how far accuracy is from confidence, over `bins` equal bins.

    Guo, Pleiss, Sun and Weinberger, 'On Calibration of Modern Neural Networks', 2017.

    Args:
        probabilities: `(N, C)`, rows sum to 1.
        labels: `(N,)`, 0 to C - 1.
    """
    filled = reliability(probabilities, labels, bins)
    gaps = filled.readings * np.abs(filled.accuracy - filled.confidence)
    return float(gaps.sum() / len(labels))


class Reliability(NamedTuple):
    """Confidence and accuracy over equal bins of confidence; 0 of both where a bin is empty."""

    readings: npt.NDArray[np.int64]  # (bins,), how many
    right: npt.NDArray[np.int64]  # (bins,), of these
    confidence: npt.NDArray[np.float64]  # (bins,), its mean

    @property
    def accuracy(self) -> npt.NDArray[np.float64]:
        """`(bins,)`: the share right."""
        return self.right / np.maximum(self.readings, 1)


def reliability(probabilities: Floats, labels: Integers, bins: int = BINS) -> Reliability:
    """Readings by their confidence, in bins that are open below: (0, 1/bins], ...

    Args:
        probabilities: `(N, C)`, rows sum to 1.
        labels: `(N,)`, 0 to C - 1.
    """
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    total = np.bincount(place, weights=confidence, minlength=bins)
    return Reliability(
        count, np.bincount(place[right], minlength=bins), total / np.maximum(count, 1)
    )


def brier_score(probabilities: Floats, labels: Integers) -> float:
    """Mean squared distance, 0 to 2, of probabilities `(N, C)` from the truth `(N,)`.

    Brier, 'Verification of forecasts expressed in terms of probability', 1950.
    """
    distance = np.array(probabilities, np.float64)
    distance[np.arange(len(labels)), labels] -= 1
    return float(np.square(distance).sum(1).mean())


def negative_log_likelihood(probabilities: Floats, labels: Integers) -> float:
    """Mean of minus the logarithm of the true class's probability, in nats."""
    true = np.take_along_axis(probabilities, np.asarray(labels, np.int64)[:, None], 1)
    # Taken from 0.0, so that it is never -0.0.
    return 0.0 - float(np.log(np.maximum(true, np.finfo(np.float64).tiny)).mean())


def fit_temperature(logits: Floats, labels: Integers) -> float:
    """What to divide logits `(N, C)` by so that the labels `(N,)` are most probable.

    Its logarithm is taken to lie about 0, within `_SPREAD`, before any label is seen: where few
    images are all read rightly, the likelihood alone would make the network sure of everything.
    With thousands the labels alone decide.
    """
    from scipy.optimize import minimize_scalar

    def loss(logarithm: float) -> float:
        likelihood = negative_log_likelihood(softmax(logits / np.exp(logarithm)), labels)
        return len(labels) * likelihood + (logarithm / _SPREAD) ** 2 / 2

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def area_under_roc(positive: Floats, negative: Floats) -> float:
    """The probability that a score of `positive` is above one of `negative`, ties by half.

    Fawcett, 'An Introduction to ROC Analysis', 2006; each score counts what it is above, as in
    Mann and Whitney's U.
    """
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.mean() / 2 / len(negative))
