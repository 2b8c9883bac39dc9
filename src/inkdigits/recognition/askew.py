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
from inkdigits.images.slopes import LEVEL, fitted
from inkdigits.images.straight import Straight
from inkdigits.recognition.certainty import digits_of, sure_of
from inkdigits.recognition.segmentation import Candidate, ReadLine

_STEEPEST = math.tan(math.radians(25))  # of lines whose page is turned
_UNEVEN = 0.15  # heights that digits stand higher or lower than their line, where it is short


def fall_of(lines: Sequence[ReadLine]) -> float:
    """How far lines that were read fall, in pixels a pixel to the right.

    0 where the page needs no turning: they are level, or too short to tell.
    """
    rows = [np.array([digit.box.middle for digit in line.digits]) for line in lines if line.digits]
    if all(len(row) == 1 for row in rows):
        return 0.0
    fit = fitted(rows)
    height = median([digit.box.height for digit in digits_of(lines)])
    # What digits that stand unevenly make of the slope, as a standard error.
    least = max(LEVEL, _UNEVEN * height / max(fit.spread, 1))
    return fit.slope if least < abs(fit.slope) < _STEEPEST else 0.0


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
