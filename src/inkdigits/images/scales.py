"""Scales, as of a ruler beside the page, whose marks would be read as ones."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import Piece
from inkdigits.images.filters import median, quantile
from inkdigits.images.runs import runs

FEWEST = 12  # marks of a scale
SLIM = 0.4  # of a mark's height, its width at most
APART = 6  # the same, from its middle to the next's; others, between these, may touch
CLOSE = 0.75  # of a low one's height: from one to the next, most often
IN_LINE, TILT = 0.05, 0.08  # of its height, of the way to the next: how much lower that may stand
NEAR = 1.5  # of its height, the way after which it may stand no lower yet
AT_LEAST = 1.5  # pixels that it may, however low
LOW = 0.1  # share of the marks that are at most as high as the low ones
HIGHER = 1.3  # times a low one, the highest at least; ones in print are alike
MANY = 0.4  # share of the marks that are alike
ALIKE = 0.08  # of a low one's height, that these are at most higher
Places = npt.NDArray[np.intp]


def without_scales(pieces: Sequence[Piece]) -> list[Piece]:
    """All but the marks of scales along any side of them, and what stands between those.

    They stand in line, most as low as the lowest and some higher, as no hand would write ones.
    """
    if len(pieces) < FEWEST:
        return list(pieces)
    boxes = np.array(
        [(piece.box.top, piece.box.left, piece.box.bottom, piece.box.right) for piece in pieces]
    )
    top, left, bottom, right = boxes.T
    among = np.zeros(len(boxes), bool)
    for sides in (
        (top, left, bottom, right),
        (-bottom, left, -top, right),
        (left, top, right, bottom),
        (-right, top, -left, bottom),
    ):
        among |= _among_marks(np.stack(sides, axis=1))
    return [piece for piece, is_mark in zip(pieces, among, strict=True) if not is_mark]


def _among_marks(boxes: Places) -> npt.NDArray[np.bool_]:
    """Which of N pieces are marks of a scale that they stand on, or between such."""
    tops, lefts, bottoms, rights = boxes.T
    heights, columns = bottoms - tops, (lefts + rights) / 2
    slim = np.flatnonzero(rights - lefts <= SLIM * heights)
    slim = slim[np.argsort(columns[slim], kind="stable")]
    among = np.zeros(len(boxes), bool)
    for row in _rows(boxes[slim]):
        marks = slim[row]
        if not _is_scale(heights[marks], columns[marks]):
            continue
        foot = np.interp(columns, columns[marks], bottoms[marks])
        stands = np.abs(bottoms - foot) <= np.maximum(AT_LEAST, IN_LINE * heights)
        reach = heights[marks].min()
        inside = (rights >= lefts[marks[0]] - reach) & (lefts <= rights[marks[-1]] + reach)
        among |= stands & inside & (heights <= heights[marks].max())
        among[marks] = True
    return among


def _rows(boxes: Places) -> list[list[int]]:
    """Runs of slim pieces, left to right, each of which stands in line with the next."""
    tops, lefts, bottoms, rights = boxes.T
    heights, columns = bottoms - tops, (lefts + rights) / 2

    def is_in_line(near: slice, place: int) -> npt.NDArray[np.bool_]:
        lower = np.abs(bottoms[near] - bottoms[place])
        way = TILT * np.minimum(columns[place] - columns[near], NEAR * heights[place])
        return np.asarray(lower <= np.maximum(AT_LEAST, IN_LINE * heights[place] + way))

    return runs(columns, APART * heights, is_in_line)


def _is_scale(heights: Places, columns: npt.NDArray[np.float64]) -> bool:
    """Whether marks in line, from left to right, are so many, close and high as a scale's."""
    if len(heights) < FEWEST:
        return False
    low = quantile(heights, LOW)
    return (
        heights.max() >= HIGHER * low
        and quantile(heights, MANY) - low <= max(1, ALIKE * low)
        and median(np.diff(columns)) <= CLOSE * low
    )
