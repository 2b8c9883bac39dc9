"""How well a network reads, in numbers: loss, accuracy with its interval, per-class scores.

Plain numpy, so that a reader without torch can score logits that come from anywhere. Integer
arrays of labels may have any integer type; they are checked against the number of classes. Logits
and labels may be whatever NumPy makes an array of, such as lists or torch's tensors.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits.arrays import as_array
from inkdigits.errors import DataError

Floats = npt.NDArray[np.floating[Any]]
Integers = npt.NDArray[np.integer[Any]]
CONFIDENCE = 0.95


@dataclass(frozen=True)
class ClassScore:
    """How one class fares. Precision, recall and F1 are 0.0 where their denominator is 0.

    Attributes:
        name: the class's.
        precision: of the images read as this class, the share that is of it, 0 to 1.
        recall: of the images of this class, the share read as it, 0 to 1.
        f1: harmonic mean of the two.
        support: images of this class.
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a network scores on a set of labelled images; made by `evaluate_logits`.

    Attributes:
        classes: the names of the C classes.
        loss: mean cross-entropy in nats.
        confusion: `(C, C) int64`, numbers of images; row: true class, column: class read.
    """

    classes: tuple[str, ...]
    loss: float
    confusion: npt.NDArray[np.int64]

    @property
    def images(self) -> int:
        """Number of images scored."""
        return int(self.confusion.sum())

    @property
    def correct(self) -> int:
        """Number of images read rightly."""
        return int(self.confusion.trace())

    @property
    def accuracy(self) -> float:
        """Share of images read rightly, 0 to 1."""
        return self.correct / self.images

    @property
    def interval(self) -> tuple[float, float]:
        """95% Wilson interval of the accuracy."""
        return wilson_interval(self.correct, self.images)

    @property
    def scores(self) -> tuple[ClassScore, ...]:
        """One row a class, in the order of `classes`."""
        return per_class(self.confusion, self.classes)

    def frequent_mistakes(self, most: int) -> list[tuple[str, str, int]]:
        """True class, class read and number of images, the most frequent first; at most `most`."""
        wrong = np.where(np.eye(len(self.classes), dtype=bool), 0, self.confusion)
        order = np.argsort(-wrong, axis=None, kind="stable")[:most]
        return [
            (self.classes[true], self.classes[read], int(wrong[true, read]))
            for true, read in zip(*np.unravel_index(order, wrong.shape), strict=True)
            if wrong[true, read]
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain numbers and lists, as `metrics.json` holds them."""
        return {
            "accuracy": self.accuracy,
            "accuracy_interval_95": list(self.interval),
            "correct": self.correct,
            "images": self.images,
            "loss": self.loss,
            "per_class": [
                {
                    "class": score.name,
                    "precision": score.precision,
                    "recall": score.recall,
                    "f1": score.f1,
                    "support": score.support,
                }
                for score in self.scores
            ],
            "confusion_matrix": self.confusion.tolist(),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Evaluation":
        """The evaluation that `to_json` wrote; derived values are computed anew.

        Raises:
            DataError: if a part is missing or of another kind, or the parts contradict each other.
        """
        try:
            names = tuple(str(row["class"]) for row in content["per_class"])
            confusion = np.array(content["confusion_matrix"])
            loss = float(content["loss"])
            images, correct = int(content["images"]), int(content["correct"])
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            raise DataError(
                f"The stored evaluation is incomplete or damaged: {error!r}."
            ) from error
        if not names or confusion.shape != (len(names), len(names)) or confusion.dtype.kind != "i":
            raise DataError(
                f"The stored evaluation has {len(names)} classes but a confusion matrix of shape "
                f"{confusion.shape} and type {confusion.dtype}."
            )
        evaluation = cls(names, loss, confusion.astype(np.int64))
        if (
            (confusion < 0).any()
            or images < 1
            or not math.isfinite(loss)
            or (images, correct) != (evaluation.images, evaluation.correct)
        ):
            raise DataError(
                f"The stored evaluation contradicts itself: it claims {correct} of {images} right "
                f"and the loss {loss}, its confusion matrix holds {evaluation.correct} of "
                f"{evaluation.images}."
            )
        return evaluation


def evaluate_logits(
    logits: npt.ArrayLike, labels: npt.ArrayLike, class_names: Sequence[str]
) -> Evaluation:
    """Score logits `(N, C) float` against labels `(N,)`, each in 0 to C-1; N is at least 1.

    The class read is the one with the greatest logit, the first of them in a tie.

    Raises:
        DataError: if counts differ, a label is out of range, a logit is no finite number, or either
            is no such array.
    """
    logits, labels = _checked(logits, labels)
    if len(class_names) != logits.shape[1]:
        raise DataError(
            f"There are {len(class_names)} class names for logits of {logits.shape[1]} classes."
        )
    matrix = confusion_matrix(labels, logits.argmax(axis=1), len(class_names))
    return Evaluation(tuple(class_names), cross_entropy(logits, labels), matrix)


def confusion_matrix(
    labels: npt.ArrayLike, predictions: npt.ArrayLike, classes: int
) -> npt.NDArray[np.int64]:
    """Count how often each class is read as each: `(classes, classes)`, rows true.

    Raises:
        DataError: if the counts differ or a label or prediction is not in 0 to classes-1.
    """
    labels = _checked_classes("labels", labels, classes)
    predictions = _checked_classes("predictions", predictions, classes)
    if len(labels) != len(predictions):
        raise DataError(f"There are {len(labels)} labels but {len(predictions)} predictions.")
    cells = labels.astype(np.int64) * classes + predictions.astype(np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def per_class(confusion: npt.NDArray[np.int64], names: Sequence[str]) -> tuple[ClassScore, ...]:
    """Precision, recall, F1 and support of each class of a confusion matrix, rows true.

    A class never read has precision 0.0, a class without images recall 0.0, and F1 is 0.0 where
    both are (scikit-learn's `zero_division=0`).
    """
    hits = confusion.diagonal()
    read, true = confusion.sum(axis=0), confusion.sum(axis=1)
    return tuple(
        ClassScore(
            name=name,
            precision=_ratio(hits[i], read[i]),
            recall=_ratio(hits[i], true[i]),
            f1=_ratio(2 * hits[i], read[i] + true[i]),
            support=int(true[i]),
        )
        for i, name in enumerate(names)
    )


def wilson_interval(
    successes: float, trials: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Wilson's score interval of a proportion, without continuity correction.

    Source: E. B. Wilson, 'Probable inference, the law of succession, and statistical inference',
    Journal of the American Statistical Association 22 (1927), 209-212.

    Args:
        successes: how many; no whole number where a mean of values from 0 to 1 is the proportion.

    Raises:
        DataError: unless 0 <= successes <= trials, trials >= 1 and 0 < confidence < 1.
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise DataError(f"{successes} successes in {trials} trials make no proportion.")
    if not 0 < confidence < 1:
        raise DataError(f"The confidence must lie between 0 and 1, not be {confidence}.")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, weight = successes / trials, z * z / trials
    centre = (share + weight / 2) / (1 + weight)
    half = math.sqrt(share * (1 - share) * weight + weight * weight / 4) / (1 + weight)
    # At the ends the exact bounds are 0 and 1; rounding would miss them by 1e-17.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return low, high


def log_softmax(logits: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Logarithms of the softmax over the last axis of `(..., C)`, without overflow or underflow.

    Raises:
        DataError: as `softmax`.
    """
    values = as_array("logits", logits)
    if values.dtype.kind not in "fiu" or values.ndim == 0 or values.shape[-1] == 0:
        raise DataError(
            f"The logits have shape {values.shape} and type {values.dtype}; "
            "needed is (..., classes) float."
        )
    shifted = values.astype(np.float64)
    greatest = shifted.max(axis=-1, keepdims=True)
    if not np.isfinite(greatest).all():  # nan is the greatest wherever it is
        raise DataError("The greatest of a row of logits is no finite number.")
    with np.errstate(over="ignore", under="ignore"):  # a share that is too small is 0
        shifted -= greatest
        normalised: npt.NDArray[np.float64] = shifted - np.log(
            np.exp(shifted).sum(axis=-1, keepdims=True)
        )
    return normalised


def softmax(logits: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Softmax over the last axis of logits `(..., C)`: `(N, C)`, or those of one image `(C,)`.

    Probabilities `(..., C) float64`: 0 to 1, each row sums to 1; not calibrated. A logit of -inf
    has none.

    Raises:
        DataError: unless they are numbers, at least one in each row, the greatest of it finite.
    """
    with np.errstate(under="ignore"):  # a share that is too small is 0
        return np.exp(log_softmax(logits))


def cross_entropy(logits: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Mean of -ln(softmax of the true class) over logits `(N, C)` and labels `(N,)`, in nats.

    Raises:
        DataError: as `evaluate_logits`.
    """
    logits, labels = _checked(logits, labels)
    return 0.0 - float(log_softmax(logits)[np.arange(len(labels)), labels].mean())  # never -0.0


def worst_mistakes(logits: npt.ArrayLike, labels: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Indices `(M,)` of the misread images, worst first: by rising probability of the true class.

    Raises:
        DataError: as `evaluate_logits`.
    """
    logits, labels = _checked(logits, labels)
    wrong = np.flatnonzero(logits.argmax(axis=1) != labels)
    true = log_softmax(logits[wrong])[np.arange(len(wrong)), labels[wrong]] if len(wrong) else wrong
    worst: npt.NDArray[np.int64] = wrong[np.argsort(true, kind="stable")].astype(np.int64)
    return worst


def _ratio(part: np.int64, whole: np.int64) -> float:
    return float(part) / float(whole) if whole else 0.0


def _checked_classes(what: str, given: npt.ArrayLike, classes: int) -> Integers:
    values = as_array(what, given)
    if values.ndim != 1 or values.dtype.kind not in "iu":
        raise DataError(
            f"The {what} have shape {values.shape} and type {values.dtype}; "
            "needed is (N,) integers."
        )
    outside = values[(values < 0) | (values >= classes)]
    if len(outside):
        raise DataError(
            f"The {what} hold {int(outside[0])}, out of range for {classes} classes "
            f"(0 to {classes - 1})."
        )
    return values


def _checked(logits: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[Floats, Integers]:
    logits = as_array("logits", logits)
    if logits.ndim != 2 or logits.dtype.kind not in "fiu" or 0 in logits.shape:
        raise DataError(
            f"The logits have shape {logits.shape} and type {logits.dtype}; "
            "needed is (N, classes) of numbers with at least one image."
        )
    labels = _checked_classes("labels", labels, logits.shape[1])
    if len(labels) != len(logits):
        raise DataError(f"There are logits of {len(logits)} images but {len(labels)} labels.")
    finite = np.isfinite(logits).all(axis=1)
    if not finite.all():
        raise DataError(f"The logits of image {int(np.argmin(finite))} hold a number not finite.")
    return logits, labels
