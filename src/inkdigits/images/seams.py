"""Where a mark may be cut in two: the ways through it, from top to bottom, that meet little ink.

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
MOST = 4  # cuts between two digits

Whole = npt.NDArray[np.int64]


class _Ways(NamedTuple):
    """The cheapest ways from the first row to each pixel: arrays `(H, W)`."""

    costs: Whole
    before: Whole  # the column that it comes from


def seams(
    marked: npt.NDArray[np.bool_], middles: Sequence[float]
) -> list[list[npt.NDArray[np.intp]]]:
    """For every two digits side by side, at most `MOST` cuts between them that meet little ink.

    A cut is the first column behind it in each row, `(H,)`; halfway down they pass between the two
    digits' middles, apart from each other.

    Args:
        marked: `(H, W)`, where the mark is.
        middles: of the digits in it, the columns, left to right.
    """
    half, width = marked.shape[0] // 2, marked.shape[1]
    cost = np.where(marked, _INK, _PAPER)
    upper, lower = _ways(cost[: half + 1]), _ways(cost[half:][::-1])
    costs = upper.costs[-1] + lower.costs[-1]
    found = []
    for left, right in itertools.pairwise(middles):
        first = min(max(0, round(left) + 1), width - 1)
        places = np.arange(first, max(first + 1, min(width, round(right))))
        apart, chosen = max(1, len(places) // MOST), list[int]()
        for place in places[np.argsort(costs[places], kind="stable")].tolist():
            if all(abs(place - other) >= apart for other in chosen):
                chosen.append(place)
            if len(chosen) == MOST:
                break
        found.append([_whole(upper, lower, place) for place in sorted(chosen)])
    return found


def _whole(upper: _Ways, lower: _Ways, place: int) -> npt.NDArray[np.intp]:
    """The way through a column of the middle row, from top to bottom."""
    return np.array([*_followed(upper, place)[::-1], *_followed(lower, place)[1:]], np.intp)


def cheapest_way(cost: npt.NDArray[np.int64]) -> list[int]:
    """The column in each row of the way from the first row to the last that costs least."""
    ways = _ways(cost)
    return _followed(ways, int(ways.costs[-1].argmin()))[::-1]


def _ways(cost: npt.NDArray[np.int64]) -> _Ways:
    """Through what costs so much at each pixel, `(H, W)`."""
    height, width = cost.shape
    costs, before = np.empty_like(cost), np.zeros_like(cost)
    columns, aside = np.arange(width), np.array([0, -1, 1])
    costs[0], before[0] = _STRAIGHT * cost[0], columns
    above = np.full(width + 2, _NEVER)  # with what is outside on either side
    steps = np.empty((3, width), np.int64)
    for row in range(1, height):
        above[1:-1] = costs[row - 1]
        slanted = _SLANTED * cost[row]
        steps[0] = above[1:-1] + _STRAIGHT * cost[row]
        steps[1] = above[:-2] + slanted
        steps[2] = above[2:] + slanted
        best = steps.argmin(0)
        costs[row] = steps[best, columns]
        before[row] = columns + aside[best]
    return _Ways(costs, before)


def _followed(ways: _Ways, column: int) -> list[int]:
    """The columns of the way to a place of the last row, back to the first."""
    way = [column]
    for row in range(len(ways.before) - 1, 0, -1):
        way.append(int(ways.before[row, way[-1]]))
    return way
