"""Marks that hang together, by corners too, found by their runs in numpy.

A run is a row's marked pixels side by side. Runs that touch in the next row are linked, and each
takes the smallest number in its group, again and again, over links that are halved at each step
(Shiloach and Vishkin, 'An O(log n) Parallel Connectivity Algorithm', 1982). On a page there are
thousands of runs where there are millions of pixels.
"""

import functools
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]
Number = TypeVar("Number", np.int8, np.int32)


@dataclass(frozen=True, eq=False)
class Regions:
    """The regions of a mask, numbered from 1 in the order of their first pixels."""

    areas: Places  # (count,), pixels
    tops: Places  # (count,), and so on: the box, bottom and right excluded
    lefts: Places
    bottoms: Places
    rights: Places
    _shape: tuple[int, ...] = field(repr=False)
    _runs: tuple[Places, Places, Places, Places] = field(repr=False)  # row, start, end, number

    @functools.cached_property
    def labels(self) -> npt.NDArray[np.int32]:
        """Each pixel's region, `(H, W)`; 0 where nothing is marked."""
        rows, starts, ends, numbers = self._runs
        return _painted(self._shape, rows, starts, ends, numbers.astype(np.int32))

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.areas)

    @property
    def at_border(self) -> Mask:
        """Which reach the mask's border, `(count,)`."""
        height, width = self._shape
        reach: Mask = (self.tops == 0) | (self.lefts == 0)
        reach |= (self.bottoms == height) | (self.rights == width)
        return reach

    def those(self, chosen: Mask) -> Mask:
        """The pixels of some regions, `(H, W)`; `chosen` is `(count,)`."""
        rows, starts, ends, numbers = self._runs
        own = chosen[numbers - 1]
        ones = np.ones(int(own.sum()), np.int8)
        return _painted(self._shape, rows[own], starts[own], ends[own], ones).view(bool)

    def counts(self, mask: Mask) -> Places:
        """How many pixels of a mask `(H, W)` are in each region, `(count,)`."""
        return np.bincount(self.labels[mask], minlength=self.count + 1)[1:]

    def part(self, place: int) -> tuple[slice, slice, Mask]:
        """The rows and the columns that one region is in, and which of these pixels are its own."""
        rows = slice(int(self.tops[place]), int(self.bottoms[place]))
        columns = slice(int(self.lefts[place]), int(self.rights[place]))
        return rows, columns, self.labels[rows, columns] == place + 1


def regions(marked: Mask) -> Regions:
    """The connected regions of a mask `(H, W)`; pixels touch by their corners too."""
    rows, starts, ends = _runs(marked)
    groups = _joined(len(rows), *_links(rows, starts, ends, len(marked)))
    is_root = groups == np.arange(len(groups))  # the first of its group
    numbers = (np.cumsum(is_root) - 1)[groups]
    count = int(is_root.sum())
    tops, lefts = np.full(count, marked.shape[0]), np.full(count, marked.shape[1])
    bottoms, rights = np.zeros(count, np.intp), np.zeros(count, np.intp)
    np.minimum.at(tops, numbers, rows)
    np.minimum.at(lefts, numbers, starts)
    np.maximum.at(bottoms, numbers, rows + 1)
    np.maximum.at(rights, numbers, ends)
    areas = np.bincount(numbers, weights=ends - starts, minlength=count).astype(np.intp)
    runs = (rows, starts, ends, numbers + 1)
    return Regions(areas, tops, lefts, bottoms, rights, marked.shape, runs)


def filled(marked: Mask) -> Mask:
    """A mask without holes: what cannot reach the border around the marks is marked."""
    around = regions(~np.pad(marked, 1))
    outside = around.labels == around.labels[0, 0]
    inside: Mask = ~outside[1:-1, 1:-1]
    return inside


def run_ends(marked: Mask) -> tuple[Places, Places]:
    """Where each run of a mask `(H, W)` starts, and what comes after it, in reading order.

    Places `row * (W + 2) + column`: between two rows there are two more pixels, never marked.
    """
    edged = np.zeros((marked.shape[0], marked.shape[1] + 2), bool)
    edged[:, 1:-1] = marked
    line = edged.ravel()
    # A step between two pixels is counted with the first of them.
    steps = np.flatnonzero(line[1:] != line[:-1])
    return steps[::2], steps[1::2]


def _runs(marked: Mask) -> tuple[Places, Places, Places]:
    """Row, first column and the column after the last of each run, in reading order."""
    starts, ends = run_ends(marked)
    width = marked.shape[1] + 2
    return starts // width, starts % width, ends % width


def _links(rows: Places, starts: Places, ends: Places, height: int) -> tuple[Places, Places]:
    """Pairs of runs in rows one below the other that touch."""
    # Places along one line of all rows, so far apart that no two rows meet.
    span = int(ends.max(initial=0)) + 3
    first, last = rows * span + starts, rows * span + ends
    # Of each run, those of the row above that end at its start or after, and begin at its end or
    # before: a contiguous stretch.
    low = np.searchsorted(last, first - span, side="left")
    high = np.searchsorted(first, last - span, side="right")
    counts = np.maximum(high - low, 0)
    below = np.repeat(np.arange(len(rows)), counts)
    within = np.arange(len(below)) - np.repeat(np.cumsum(counts) - counts, counts)
    return below, np.repeat(low, counts) + within


def _joined(count: int, one: Places, other: Places) -> Places:
    """The smallest number in the group of each of `count`, grouped by pairs."""
    group = np.arange(count)
    while True:
        lowest = np.minimum(group[one], group[other])
        before = group.copy()
        np.minimum.at(group, group[one], lowest)
        np.minimum.at(group, group[other], lowest)
        while True:
            further = group[group]
            if (further == group).all():
                break
            group = further
        if (before == group).all():
            return group


def _painted(
    shape: tuple[int, ...],
    rows: Places,
    starts: Places,
    ends: Places,
    numbers: npt.NDArray[Number],
) -> npt.NDArray[Number]:
    changes = np.zeros((shape[0], shape[1] + 1), numbers.dtype)
    changes[rows, starts] += numbers
    changes[rows, ends] -= numbers
    return np.cumsum(changes, axis=1, dtype=numbers.dtype)[:, : shape[1]]


def hull(mask: Mask) -> Mask:
    """All pixels whose middle is in the convex hull of the marked ones' middles; as `mask`.

    The hull by monotone chains: Andrew, 'Another Efficient Algorithm for Convex Hulls in Two
    Dimensions', 1979.
    """
    ends = [(row, np.flatnonzero(mask[row])) for row in np.flatnonzero(mask.any(1)).tolist()]
    outer = sorted({(int(columns[end]), row) for row, columns in ends for end in (0, -1)})
    corners = [*_chain(outer)[:-1], *_chain(outer[::-1])[:-1]]
    if len(corners) < 3:
        return mask.copy()
    rows, columns = np.indices(mask.shape)
    inside = np.ones(mask.shape, bool)
    for (left, top), (right, bottom) in zip(corners, corners[1:] + corners[:1], strict=True):
        inside &= (right - left) * (rows - top) >= (bottom - top) * (columns - left)
    return inside


def _chain(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Points in order, without those where the line through them does not turn left."""
    chain: list[tuple[int, int]] = []
    for column, row in points:
        while len(chain) > 1:
            (before, above), (last, below) = chain[-2:]
            if (last - before) * (row - above) > (below - above) * (column - before):
                break
            chain.pop()
        chain.append((column, row))
    return chain


def compactness(mask: Mask) -> float:
    """A shape's area as a share of a rectangle's of the same spread: of an ellipse 1.05."""
    rows, columns = np.nonzero(mask)
    spread = np.cov(np.stack((rows, columns)))
    return float(len(rows) / (12 * np.sqrt(max(float(np.linalg.det(spread)), 1e-9))))
