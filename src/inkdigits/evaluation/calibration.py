"""Whether probabilities mean what they say, and the temperature that makes them."""

import numpy as np
import numpy.typing as npt

from inkdigits.evaluation.metrics import softmax

BINS = 15
Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]


def calibration_error(probabilities: Floats, labels: Integers, bins: int = BINS) -> float:
    """Expected calibration error: how far accuracy is from confidence, over `bins` equal bins.

    Guo, Pleiss, Sun and Weinberger, 'On Calibration of Modern Neural Networks', 2017.

    Args:
        probabilities: `(N, C)`, rows sum to 1.
        labels: `(N,)`, 0 to C - 1.
    """
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(place, weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def negative_log_likelihood(probabilities: Floats, labels: Integers) -> float:
    """Mean of minus the logarithm of the true class's probability, in nats."""
    true = np.take_along_axis(probabilities, np.asarray(labels, np.int64)[:, None], 1)
    return float(-np.log(np.maximum(true, np.finfo(np.float64).tiny)).mean())


def fit_temperature(logits: Floats, labels: Integers) -> float:
    """What to divide logits `(N, C)` by so that the likelihood of the labels is largest."""
    from scipy.optimize import minimize_scalar

    def loss(logarithm: float) -> float:
        return negative_log_likelihood(softmax(logits / np.exp(logarithm)), labels)

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def area_under_roc(positive: Floats, negative: Floats) -> float:
    """The probability that a score of `positive` is above one of `negative`, ties by half.

    Fawcett, 'An Introduction to ROC Analysis', 2006; by ranks, as Mann and Whitney's U.
    """
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate((positive, negative)))
    count = len(positive)
    above = ranks[:count].sum() - count * (count + 1) / 2
    return float(above / (count * len(negative)))
