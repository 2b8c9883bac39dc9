"""Pieces in reading order: lines of text by their boxes alone, top to bottom, left to right."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import Box, Piece
from inkdigits.images.filters import median
from inkdigits.images.slopes import text_slope

_OVERLAP = 0.25  # of the lower one's height, for two pieces to stand in one line
_LAST = 3  # pieces of a line that the next one is compared with
_REACH = 0.8  # heights up or down to a line
_SMALL_REACH = 0.45  # heights of a typical digit, to a line of nothing but small pieces


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
