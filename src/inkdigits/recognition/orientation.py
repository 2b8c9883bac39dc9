"""Which way up a page lies, by the digits on it: all four ways are read and compared."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.recognition.marks import BARS_AND_RINGS, CLEAR_WORD
from inkdigits.recognition.segmentation import Candidate, Score

_LOOKED_AT = 80  # pieces, the largest
_FEWEST = 2  # pieces that are a digit some way up; one says nothing: a 6 may be a 9
_MANY = 4  # as many say more
_DIGIT = 0.5  # the probability of one, the best way up
# By how many nats a digit must be the better one
_UPSIDE_DOWN = 0.1  # of many, upside down
_UPSIDE_DOWN_FEW = 0.35  # of few
_SIDEWAYS = 0.35  # of many, on its side, where digits also stand above each other
_SURELY_SIDEWAYS = 1.5  # on its side, wherever they stand
_DOUBT = 0.01  # to be spoken of; of many upside down also when not as good by so much
_LEAST = 0.02  # probability: one piece must not decide
_NEARLY_ALL = 0.9  # of the pieces of a digit's size, that are digits
_LABEL = 0.5  # of the digits' size, below which what is one some way up may be a label's letter
_SURE, _MOST = 0.97, 0.85  # a probability; of the digits, that have it where other things are there


class WayUp(NamedTuple):
    """How many quarter turns counterclockwise put a page upright, 0 to 3."""

    quarters: int
    perhaps: int  # the same, or what may be right: the digits are as good, or no sure numbers


def way_up(singles: Sequence[Candidate], score: Score) -> WayUp:
    """Which way up the page lies.

    Upside down, few digits become no others (0, 1, 8; 6 and 9), so little must be enough. On its
    side, a digit is hardly one any more, but a dash is a 1: dashes alone prove nothing.
    """
    looked_at = singles[:_LOOKED_AT]
    if len(looked_at) < _FEWEST:
        return WayUp(0, 0)
    others = (2,) if _is_surely_upright(looked_at) else (1, 2, 3)
    ways = _ways_up(looked_at, others, score)
    is_digit = np.max([way.max(1) for way in ways.values()], 0) > _DIGIT
    digits = [single for single, kept in zip(looked_at, is_digit, strict=True) if kept]
    if len(digits) < _FEWEST:
        return WayUp(0, 0)
    # What is hardly a digit even the best way up, such as a sign, says little.
    sure = np.max([way[is_digit].max(1) for way in ways.values()], 0)
    weights = np.sqrt([single.area for single in digits]) * (2 * sure - 1)
    logs = {
        quarters: np.log(np.maximum(way[is_digit].max(1), _LEAST)) for quarters, way in ways.items()
    }
    means = {quarters: float(log @ weights / weights.sum()) for quarters, log in logs.items()}
    best = max(others, key=means.__getitem__)
    gain = means[best] - means[0]
    are_many = len(digits) >= _MANY
    if best == 2:
        is_turned = gain > (_UPSIDE_DOWN if are_many else _UPSIDE_DOWN_FEW)
    else:
        is_sideways = gain > _SURELY_SIDEWAYS or (
            gain > _SIDEWAYS and are_many and _share_above(digits) > 0.6
        )
        is_turned = is_sideways and _share_of_shapes(ways[best][is_digit]) > 0.2
    # A label's letters are digits on their heads, but not those that it stands above.
    large = _sizes(digits) >= _LABEL * _typical(digits, np.ones(len(digits), bool))
    is_turned = is_turned and bool((weights * (logs[best] - logs[0]))[large].sum() > 0)
    turned = best if is_turned and _are_digits(looked_at, ways[best]) else 0
    opposite = (turned + 2) % 4
    if not turned and gain > _DOUBT:
        return WayUp(0, best)
    if are_many and means[opposite] - means[turned] > -_DOUBT:
        return WayUp(turned, opposite)
    return WayUp(turned, turned)


def way_with_digits(singles: Sequence[Candidate], score: Score) -> WayUp:
    """Of the other ways up the one that shows the greatest number of sure digits, 0 and 1 apart.

    Of as many, where they are surest. In doubt with its opposite where that shows as many; as the
    page lies where none shows two.
    """
    looked_at = singles[:_LOOKED_AT]
    if len(looked_at) < _FEWEST:
        return WayUp(0, 0)
    ways = _ways_up(looked_at, (1, 2, 3), score)
    sure = {quarters: _sure_digits(ways[quarters]) for quarters in (1, 2, 3)}
    # What differs by less is how the browser and ONNX Runtime round.
    best = max(sure, key=lambda quarters: (len(sure[quarters]), round(sum(sure[quarters]), 3)))
    if len(sure[best]) < _FEWEST:
        return WayUp(0, 0)
    opposite = (best + 2) % 4
    is_even = opposite != 0 and len(sure[opposite]) == len(sure[best])
    return WayUp(best, opposite if is_even else best)


def _sure_digits(joint: npt.NDArray[np.float64]) -> list[float]:
    """How sure the pieces are that are surely a digit that few other things look like."""
    is_told = ~np.isin(joint.argmax(1), BARS_AND_RINGS)
    most: list[float] = joint.max(1)[is_told].tolist()
    return [own for own in most if own > CLEAR_WORD]


def _are_digits(singles: Sequence[Candidate], joint: npt.NDArray[np.float64]) -> bool:
    """Whether pieces are digits one way up: nearly all that are of a digit's size, or else surely.

    Some letters are digits on their heads or sides, as which the network has not learned them, but
    not all of a word, and not as surely.

    Args:
        joint: `(pieces, 10)`, the probability of a digit and each of them, that way up.
    """
    most = joint.max(1)
    is_digit = most > _DIGIT
    if not is_digit.any():
        return False
    sizes, typical = _sizes(singles), _typical(singles, is_digit)
    is_alike = (sizes >= typical / 2) & (sizes <= 2 * typical)
    if is_digit[is_alike].mean() >= _NEARLY_ALL:
        return True
    return bool((most[is_alike & is_digit] > _SURE).mean() >= _MOST)


def _sizes(singles: Sequence[Candidate]) -> npt.NDArray[np.int64]:
    return np.array([single.box.size for single in singles])


def _typical(singles: Sequence[Candidate], is_digit: npt.NDArray[np.bool_]) -> float:
    """The size of those that are digits in the middle of their ink, from the largest on."""
    weights = np.cumsum(is_digit * np.sqrt([single.area for single in singles]))
    return float(_sizes(singles)[np.searchsorted(weights, weights[-1] / 2)])


def _is_surely_upright(singles: Sequence[Candidate]) -> bool:
    """Whether no other way up can be better, even with every piece a digit without doubt in it.

    It need not be known which pieces are digits: one that may not count is no digit as it lies, so
    it alone says more than `_DOUBT`, and without it the mean is only smaller. (That sure pieces
    weigh more changes it by a fiftieth, when they are as sure as this asks.)
    """
    weights = [math.sqrt(single.area) for single in singles]
    most = [-math.log(max(single.confidence, _LEAST)) for single in singles]
    gain = sum(more * weight for more, weight in zip(most, weights, strict=True)) / sum(weights)
    return gain < _DOUBT


def _ways_up(
    singles: Sequence[Candidate], others: Sequence[int], score: Score
) -> dict[int, npt.NDArray[np.float64]]:
    """The probability of a digit and each of them, `(pieces, 10)`, as it lies and other ways up."""
    images = np.stack([single.image for single in singles])
    ways = {0: np.stack([single.digits for single in singles])}
    for quarters in others:
        ways[quarters] = score(np.ascontiguousarray(np.rot90(images, quarters, (1, 2)))).joint
    return ways


def _share_of_shapes(joint: npt.NDArray[np.float64]) -> float:
    """The share of pieces that are a digit other than 1."""
    return float(np.mean((joint.max(1) > _DIGIT) & (joint.argmax(1) != 1)))


def _share_above(singles: Sequence[Candidate]) -> float:
    """The share of pieces whose nearest neighbour lies rather above or below than beside."""
    middles = np.array([(single.box.row, single.box.column) for single in singles])
    apart = np.abs(middles[:, None] - middles)
    distance = np.hypot(apart[..., 0], apart[..., 1])
    np.fill_diagonal(distance, np.inf)
    nearest = apart[np.arange(len(singles)), distance.argmin(1)]
    return float(np.mean(nearest[:, 0] > nearest[:, 1]))
