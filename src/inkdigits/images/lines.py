"""Pieces in reading order: lines of text by their boxes alone, top to bottom, left to right."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import Box, Piece
from inkdigits.images.filters import median

_OVERLAP = 0.25  # of the lower one's height, for two pieces to stand in one line
_LAST = 3  # pieces of a line that the next one is compared with
_STEEPEST = math.tan(math.radians(30))  # of a line of text that is still told from a column
_LEVEL = math.tan(math.radians(3))  # of one that needs no straightening
_LINKS = 5  # neighbours that must agree about a slope
_AGREED = 0.12  # the spread of their slopes, half of them
_AGREED_SHARE = 0.6  # the same, of a steeper slope, which the heights of digits blur the more
_NEAR_MIDDLE = 8  # degrees around their median that are looked at
_FINER = 1.15  # times as sharp as at their median, where they agree, that rows at another must be
_SHARPER = 1.5  # times as sharp as level rows', where they do not
_REACH = 0.8  # heights up or down to a line
_SMALL_REACH = 0.45  # heights of a typical digit, to a line of nothing but small pieces
_NEAR = 3.0  # heights to a neighbour in a line


def text_lines(pieces: Sequence[Piece], height: float) -> list[list[Piece]]:
    """Group pieces into lines, each from left to right, also where the whole page lies askew.

    Args:
        height: of a typical digit, in pixels. Pieces of less than half of it (dots, flags, parts)
            begin no line where a digit stands near.
    """
    slope = text_slope([piece.box for piece in pieces if piece.box.height > height / 2], height)
    if not slope:
        return _level_lines(pieces, height)
    own = {piece.label: piece for piece in pieces}
    level = [replace(piece, box=_levelled(piece.box, slope)) for piece in pieces]
    return [[own[piece.label] for piece in line] for line in _level_lines(level, height)]


def text_slope(boxes: Sequence[Box], height: float) -> float:
    """How far lines of text fall, in pixels a pixel to the right; 0 where they do not, clearly.

    The median direction from each box to its nearest neighbour beside it, where most agree
    (Hashizume, Yeh and Rosenfeld, 'A Method of Detecting the Orientation of Aligned Components',
    1986); else the direction near it along which the boxes stand in the fewest rows, by far.
    """
    middles = np.array([box.middle for box in boxes]).reshape(-1, 2)
    slopes = sorted(_neighbours_slopes(middles, height))
    if len(slopes) < _LINKS:
        return 0.0
    quarter = len(slopes) // 4
    middle = median(slopes)
    spread = slopes[-1 - quarter] - slopes[quarter]
    if abs(middle) <= _LEVEL:
        return 0.0
    if spread <= max(_AGREED, _AGREED_SHARE * abs(middle)):
        return _sharpest(middles, height, middle, middle, _FINER)
    return _sharpest(middles, height, middle, 0.0, _SHARPER)


def _sharpest(
    middles: npt.NDArray[np.float64], height: float, near: float, otherwise: float, times: float
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


def _sharpness(middles: npt.NDArray[np.float64], height: float, slope: float) -> int:
    """How unevenly boxes are spread over rows of such a slope, half a digit high: squares added.

    Rows begin at every quarter of a digit, so that it does not matter where one begins.
    """
    across = (middles[:, 0] - slope * middles[:, 1]) / math.hypot(1, slope)
    quarters = np.bincount(((across - across.min()) * 4 / height).astype(np.intp))
    counts = np.convolve(quarters, (1, 1))
    return int(counts @ counts)


def _neighbours_slopes(middles: npt.NDArray[np.float64], height: float) -> list[float]:
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


def _levelled(box: Box, slope: float) -> Box:
    """A box of the same size where its middle is once the page is turned level."""
    length = math.hypot(1, slope)
    across = (box.column + slope * box.row) / length - box.column
    down = (box.row - slope * box.column) / length - box.row
    right, lower = round(across), round(down)
    return Box(box.top + lower, box.left + right, box.bottom + lower, box.right + right)


def _level_lines(pieces: Sequence[Piece], height: float) -> list[list[Piece]]:
    lines = _rows([piece for piece in pieces if piece.box.height > height / 2])
    places = [_place(piece.box, at) for at, line in enumerate(lines) for piece in line]
    count, placed = len(places), np.empty((len(pieces), 4))
    placed[:count] = np.reshape(places, (-1, 4))
    for piece in pieces:
        if piece.box.height <= height / 2:
            at = _nearest(piece.box, placed[:count], height)
            if at is None:
                at = len(lines)
                lines.append([])
            lines[at].append(piece)
            placed[count] = _place(piece.box, at)
            count += 1
    lines.sort(key=lambda line: median([piece.box.row for piece in line]))
    return [sorted(line, key=lambda piece: piece.box.column) for line in lines]


def _rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Lines grown from left to right, each by what stands at the height of its end."""
    lines: list[list[Piece]] = []
    ends = np.empty((len(pieces), 4))  # of each line, as `_end` gives it
    for piece in sorted(pieces, key=lambda piece: piece.box.left):
        box = piece.box
        top, bottom, height, row = ends[: len(lines)].T
        overlaps = np.minimum(bottom, box.bottom) - np.maximum(top, box.top)
        distances = np.abs(row - box.row)
        is_level = overlaps > _OVERLAP * np.minimum(height, box.height)
        (level,) = np.nonzero(is_level | (distances < height / 2))
        if len(level):
            best = int(level[distances[level].argmin()])
            lines[best].append(piece)
        else:
            best = len(lines)
            lines.append([piece])
        ends[best] = _end(lines[best])
    return lines


def _end(line: Sequence[Piece]) -> list[float]:
    """Top, bottom, height and row where a line's last pieces stand, the medians of their boxes."""
    last = [piece.box for piece in line[-_LAST:]]
    edges = [(box.top, box.bottom, box.height, box.row) for box in last]
    return [median(edge) for edge in zip(*edges, strict=True)]


def _place(box: Box, line: int) -> tuple[float, float, int, int]:
    """Row and column of a piece's middle, its line and its height."""
    return *box.middle, line, box.height


def _nearest(box: Box, placed: npt.NDArray[np.float64], height: float) -> int | None:
    """The line with a piece beside this one, at most 0.8 heights up or down, 2.5 along.

    Where all that is near of a line is small, as small digits beside large ones are, it is its own
    tallest height that counts, or nearly half of a typical digit's if that is more.

    Args:
        placed: `(N, 4)`, each piece's place, as `_place` gives it.
    """
    along = np.abs(placed[:, 1] - box.column)
    (near,) = np.nonzero(along < 2.5 * height)
    beside: dict[int, float] = {}  # of each line, how far up or down the piece nearest along is
    tallest: dict[int, float] = {}  # of each line, the height of its tallest piece near
    for row, _, line, tall in placed[near[np.argsort(along[near], kind="stable")]].tolist():
        beside.setdefault(int(line), abs(row - box.row))
        tallest[int(line)] = max(tallest.get(int(line), 0.0), tall)
    best, nearest = None, _REACH * height
    for line, distance in sorted(beside.items()):
        reach = max(_SMALL_REACH * height, _REACH * tallest[line])
        if distance < min(nearest, reach):
            best, nearest = line, distance
    return best
