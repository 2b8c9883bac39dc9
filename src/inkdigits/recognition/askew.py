"""Another look at a page that lies askew, turned level: what stands beside its digits is told then.

A slash is upright on such a page, a comma broad, a plus no plus, and the digits beside them stand
higher or lower. All was chosen on made pages of numbers with signs.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import Box
from inkdigits.images.filters import median
from inkdigits.images.ink import Ink
from inkdigits.images.slopes import fitted
from inkdigits.images.straight import Straight, straightened
from inkdigits.recognition.certainty import digits_of, sure_of
from inkdigits.recognition.segmentation import Candidate, ReadLine

_LEVEL = math.tan(math.radians(3))  # of lines that need no turning
_STEEPEST = math.tan(math.radians(25))  # of those that are turned
_UNEVEN = 0.15  # heights that digits stand higher or lower than their line, where it is short


def levelled(ink: Ink, lines: Sequence[ReadLine]) -> Straight | None:
    """A page turned level; None where its lines are, or are too short to tell.

    Args:
        ink: the page's.
        lines: what was read of it.
    """
    rows = [np.array([digit.box.middle for digit in line.digits]) for line in lines if line.digits]
    along = [row[:, 1] - row[:, 1].mean() for row in rows]
    spread = math.sqrt(sum(float(own @ own) for own in along))
    if not spread:
        return None
    slope, _ = fitted(rows)
    height = median([digit.box.height for digit in digits_of(lines)])
    # What digits that stand unevenly make of the slope, as a standard error.
    least = max(_LEVEL, _UNEVEN * height / spread)
    return straightened(ink, slope) if least < abs(slope) < _STEEPEST else None


def placed_back(page: Straight, lines: Sequence[ReadLine]) -> list[ReadLine]:
    """Lines that were read of a page turned level, placed on it as it lies."""
    return [
        replace(
            line,
            digits=tuple(replace(digit, box=page.back(digit.box)) for digit in line.digits),
            signs=tuple(replace(sign, box=page.back(sign.box)) for sign in line.signs),
        )
        for line in lines
    ]


def says_the_same(lines: Sequence[ReadLine], before: Sequence[ReadLine]) -> bool:
    """Whether what was read says what it did before, but for digits that are signs now.

    Args:
        lines: what was read of the page turned level, placed on it as it lies.
        before: what was read of the page as it lies.
    """
    read, known = list(digits_of(lines)), list(digits_of(before))
    sure = set(sure_of(known))
    places = _edges([digit.box for digit in read])
    known_places = _edges([digit.box for digit in known])
    signs = _edges([sign.box for line in lines for sign in line.signs])
    for digit in known:
        again = [read[place].value for place in _around(digit, places)]
        is_there = digit.value in again or (again and digit not in sure)
        if not is_there and not len(_around(digit, signs)):
            return False
    return all(len(_around(digit, known_places)) for digit in read)


def _edges(boxes: Sequence[Box]) -> npt.NDArray[np.intp]:
    """The edges of N boxes, `(4, N)`."""
    edges = [(box.top, box.bottom, box.left, box.right) for box in boxes]
    return np.array(edges, np.intp).reshape(-1, 4).T


def _around(digit: Candidate, edges: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """The places of the boxes that a digit's middle is in."""
    (row, column), (tops, bottoms, lefts, rights) = digit.box.middle, edges
    (places,) = np.nonzero(
        (tops <= row) & (row <= bottoms) & (lefts <= column) & (column <= rights)
    )
    return places
