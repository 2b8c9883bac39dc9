"""Where a mark is cut in two: the way through it, from top to bottom, that meets the least ink.

Cutting digits apart along the cheapest path rather than a straight line: Wang and Jean,
'Segmentation of merged characters by neural networks and shortest path', 1994.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_INK, _PAPER = 50, 1  # what a pixel costs
_STRAIGHT, _SLANTED = 5, 7  # times that, a step down or to a side below
_NEVER = 1 << 40
_LEAST = 0.3  # of an equal share of the ink, that each part has at least

Whole = npt.NDArray[np.int64]


class _Ways(NamedTuple):
    """The cheapest ways from the first row to each pixel: arrays `(H, W)`."""

    costs: Whole
    left: Whole  # pixels of the mark to the left of the way
    before: Whole  # the column that it comes from


def seams(marked: npt.NDArray[np.bool_], middles: Sequence[float]) -> npt.NDArray[np.intp]:
    """The first column behind each cut, in each row: `(len(middles) - 1, H)`.

    Args:
        marked: `(H, W)`, where the mark is.
        middles: of the digits in it, the columns, left to right; halfway down, a cut passes between
            two of them.
    """
    half, width = marked.shape[0] // 2, marked.shape[1]
    upper, lower = _ways(marked[: half + 1]), _ways(marked[half:][::-1])
    costs = upper.costs[-1] + lower.costs[-1]
    shares = (upper.left[-1] + lower.left[-1] - _left_of(marked[half])) / max(1, marked.sum())
    cuts, before = [], 0.0
    least = _LEAST / len(middles)
    for number, (left, right) in enumerate(itertools.pairwise(middles)):
        first = min(max(0, round(left) + 1), width - 1)
        places = np.arange(first, max(first + 1, min(width, round(right))))
        least_behind = least * (len(middles) - 1 - number)
        too_little = before + least - shares[places], shares[places] - (1 - least_behind)
        beyond = np.maximum(*too_little).clip(0)
        astray = np.abs(places - (left + right) / 2)
        place = int(places[np.lexsort((astray, costs[places], beyond))[0]])
        before = float(shares[place])
        cuts.append([*_followed(upper, place)[::-1], *_followed(lower, place)[1:]])
    return np.array(cuts, np.intp).reshape(-1, len(marked))


def _ways(marked: npt.NDArray[np.bool_]) -> _Ways:
    cost = np.where(marked, _INK, _PAPER).astype(np.int64)
    lefts = np.stack([_left_of(row) for row in marked])
    costs, before = np.empty_like(cost), np.zeros_like(cost)
    columns = np.arange(marked.shape[1])
    costs[0], before[0] = _STRAIGHT * cost[0], columns
    for row in range(1, len(cost)):
        beside = np.pad(costs[row - 1], 1, constant_values=_NEVER)
        steps = np.stack(
            (
                beside[1:-1] + _STRAIGHT * cost[row],
                beside[:-2] + _SLANTED * cost[row],
                beside[2:] + _SLANTED * cost[row],
            )
        )
        best = steps.argmin(0)
        costs[row] = steps.min(0)
        before[row] = columns + np.array([0, -1, 1])[best]
        lefts[row] += lefts[row - 1][before[row]]
    return _Ways(costs, lefts, before)


def _left_of(row: npt.NDArray[np.bool_]) -> Whole:
    """How many pixels of the mark are to the left of each."""
    counts: Whole = np.cumsum(row, dtype=np.int64) - row
    return counts


def _followed(ways: _Ways, column: int) -> list[int]:
    """The columns of the way to a place of the last row, back to the first."""
    way = [column]
    for row in range(len(ways.before) - 1, 0, -1):
        way.append(int(ways.before[row, way[-1]]))
    return way
