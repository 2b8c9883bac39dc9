"""How far lines of text fall on a page that lies askew, by the boxes of what is written."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import Box
from inkdigits.images.filters import median

LEVEL = math.tan(math.radians(3))  # of a line of text that needs no straightening
_STEEPEST = math.tan(math.radians(30))  # of one that is still told from a column
_LINKS = 5  # neighbours that must agree about a slope
_AGREED = 0.12  # the spread of their slopes, half of them
_AGREED_SHARE = 0.6  # the same, of a steeper slope, which the heights of digits blur the more
_NEAR_MIDDLE = 8  # degrees around their median that are looked at
_FINER = 1.15  # times as sharp as at their median, where they agree, that rows at another must be
_SHARPER = 1.5  # times as sharp as level rows', where they do not
_NEAR = 3.0  # heights to a neighbour in a line
# Where neighbours do not tell, chosen on made pages of few digits, far apart:
_MOST = 30  # boxes
_TILT = 20  # degrees, that such rows fall or rise at most
_FITTED = math.tan(math.radians(25))  # the same, as digits that stand unevenly make it
_SPREAD = 0.65  # heights, of the middles of what stands in one row
_OFF = 0.4  # heights, from a middle to the straight line through those of its row
_EVEN = 0.18  # the same, for each pair beyond the first, of rows fitted steeper than the tilt
_LEAST = 2  # boxes in each row, as one is in a row of any slope
_LEAST_LEVEL = 3  # the same, where neighbours make lines seem level
_FAR = 5.0  # heights to the next one in a row

Middles = npt.NDArray[np.float64]


class Fit(NamedTuple):
    """Rows of one slope, each with an offset of its own, by least squares."""

    slope: float
    off: float  # pixels from a middle to its row's line, at most
    spread: float  # the root of all squared distances along the rows from their middles, in pixels


def text_slope(boxes: Sequence[Box], height: float) -> float:
    """How far lines of text fall, in pixels a pixel to the right; 0 where they do not, clearly.

    The median direction from each box to its nearest neighbour beside it, where most agree
    (Hashizume, Yeh and Rosenfeld, 'A Method of Detecting the Orientation of Aligned Components',
    1986); else the direction near it along which the boxes stand in the fewest rows, by far. Where
    boxes are few or far apart, the direction along which they stand in fewer rows than level.

    Args:
        height: of a typical digit, in pixels.
    """
    middles = np.array([box.middle for box in boxes]).reshape(-1, 2)
    slopes = sorted(_neighbours_slopes(middles, height))
    if len(slopes) < _LINKS:
        return _of_fewest_rows(middles, height)
    quarter = len(slopes) // 4
    middle = median(slopes)
    spread = slopes[-1 - quarter] - slopes[quarter]
    is_level = abs(middle) <= LEVEL
    if spread <= max(_AGREED, _AGREED_SHARE * abs(middle)):
        return 0.0 if is_level else _sharpest(middles, height, middle, middle, _FINER)
    if is_level:
        return _of_fewest_rows(middles, height, _LEAST_LEVEL)
    sharpest = _sharpest(middles, height, middle, 0.0, _SHARPER)
    return sharpest or _of_fewest_rows(middles, height)


def _sharpest(
    middles: Middles, height: float, near: float, otherwise: float, times: float
) -> float:
    """The slope within some degrees of `near` that rows are sharpest at.

    Args:
        otherwise: the slope where that is not so many `times` as sharp as at this one.
    """
    turns = range(-_NEAR_MIDDLE, _NEAR_MIDDLE + 1)
    slopes = [math.tan(math.atan(near) + math.radians(turn)) for turn in turns]
    found = [_sharpness(middles, height, slope) for slope in slopes]
    is_sharper = max(found) >= times * _sharpness(middles, height, otherwise)
    return slopes[found.index(max(found))] if is_sharper else otherwise


def _sharpness(middles: Middles, height: float, slope: float) -> int:
    """How unevenly boxes are spread over rows of such a slope, half a digit high: squares added.

    Rows begin at every quarter of a digit, so that it does not matter where one begins.
    """
    across = _across(middles, slope)
    quarters = np.bincount(((across - across.min()) * 4 / height).astype(np.intp))
    counts = np.convolve(quarters, (1, 1))
    return int(counts @ counts)


def _across(middles: Middles, slope: float) -> npt.NDArray[np.float64]:
    """How far down the page boxes stand, once it is turned level."""
    down: npt.NDArray[np.float64] = middles[:, 0] - slope * middles[:, 1]
    return down / math.hypot(1, slope)


def _neighbours_slopes(middles: Middles, height: float) -> list[float]:
    """The slopes from each box to the nearest one to the right, of those that have one near.

    Args:
        middles: of the boxes, `(N, 2)`, row and column.
    """
    order = np.argsort(middles[:, 1], kind="stable")
    middles = middles[order]
    ends = np.searchsorted(middles[:, 1], middles[:, 1] + _NEAR * height, "right")
    slopes = []
    for place, end in enumerate(ends.tolist()):
        down, across = (middles[place + 1 : end] - middles[place]).T
        distances = np.hypot(across, down)
        is_beside = (np.abs(down) <= _STEEPEST * across) & (distances > 0)
        (beside,) = np.nonzero(is_beside & (distances < _NEAR * height))
        if len(beside):
            nearest = beside[distances[beside] == distances[beside].min()]
            first = nearest[order[place + 1 + nearest].argmin()]  # of the boxes as given
            slopes.append(float(down[first] / across[first]))
    return slopes


def _of_fewest_rows(middles: Middles, height: float, least: int = _LEAST) -> float:
    """The slope of the fewest straight rows that hold all boxes, if level ones are more.

    Args:
        least: boxes in each row.
    """
    if not 1 < len(middles) <= _MOST:
        return 0.0
    level = len(_rows(middles, 0.0, height))
    found = []
    for degrees in range(-_TILT, _TILT + 1) if level > 1 else ():
        rows = _rows(middles, math.tan(math.radians(degrees)), height)
        if len(rows) >= level or min(map(len, rows)) < least:
            continue
        if any(_widest_gap(row) > _FAR * height for row in rows):
            continue
        fit = fitted(rows)
        is_even = fit.off < _EVEN * height * (len(middles) - len(rows) - 1)
        steepest = _FITTED if is_even else math.tan(math.radians(_TILT))
        if abs(fit.slope) <= steepest and fit.off <= _OFF * height:
            found.append((len(rows), fit.off, fit.slope))
    slope = min(found, default=(0, 0.0, 0.0))[-1]
    return slope if abs(slope) > LEVEL else 0.0


def _rows(middles: Middles, slope: float, height: float) -> list[Middles]:
    """Boxes in the fewest rows of a slope, from the top one on."""
    across = _across(middles, slope)
    order = np.argsort(across, kind="stable")
    middles, across = middles[order], across[order]
    rows, first = [], 0
    while first < len(across):
        end = int(np.searchsorted(across, across[first] + _SPREAD * height, "right"))
        rows.append(middles[first:end])
        first = end
    return rows


def _widest_gap(row: Middles) -> float:
    """Pixels from one middle to the next, at most."""
    return float(np.diff(np.sort(row[:, 1])).max(initial=0))


def fitted(rows: Sequence[Middles]) -> Fit:
    """The slope that fits all rows best; 0 where nothing stands beside anything.

    Args:
        rows: of each the middles of its boxes, `(N, 2)`, row and column.
    """
    down, along = np.concatenate([row - row.mean(0) for row in rows]).T
    squares = float(along @ along)
    slope = float(down @ along) / max(squares, 1e-6)
    return Fit(slope, float(np.abs(down - slope * along).max()), math.sqrt(squares))
