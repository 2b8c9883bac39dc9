"""Pieces in reading order: lines of text by their boxes alone, top to bottom, left to right."""

import math
from collections.abc import Sequence
from dataclasses import replace

from inkdigits.images.components import Box, Piece
from inkdigits.images.filters import median

_OVERLAP = 0.35  # of the lower one's height, for two pieces to stand in one line
_LAST = 3  # pieces of a line that the next one is compared with
_STEEPEST = math.tan(math.radians(30))  # of a line of text that is still told from a column
_LEVEL = math.tan(math.radians(3))  # of one that needs no straightening
_LINKS = 5  # neighbours that must agree about a slope
_AGREED = 0.12  # the spread of their slopes, half of them
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

    The median direction from each box to its nearest neighbour beside it, where most agree.
    """
    slopes = sorted(slope for box in boxes if (slope := _neighbour(box, boxes, height)) is not None)
    if len(slopes) < _LINKS:
        return 0.0
    quarter = len(slopes) // 4
    middle = median(slopes)
    agreed = slopes[-1 - quarter] - slopes[quarter] <= _AGREED
    return middle if agreed and abs(middle) > _LEVEL else 0.0


def _neighbour(box: Box, boxes: Sequence[Box], height: float) -> float | None:
    """The slope from a box to the nearest one to the right; None where there is none near."""
    nearest, found = _NEAR * height, None
    for other in boxes:
        across, down = other.column - box.column, other.row - box.row
        distance = math.hypot(across, down)
        if abs(down) <= _STEEPEST * across and 0 < distance < nearest:
            nearest, found = distance, down / across
    return found


def _levelled(box: Box, slope: float) -> Box:
    """A box of the same size where its middle is once the page is turned level."""
    length = math.hypot(1, slope)
    across = (box.column + slope * box.row) / length - box.column
    down = (box.row - slope * box.column) / length - box.row
    right, lower = round(across), round(down)
    return Box(box.top + lower, box.left + right, box.bottom + lower, box.right + right)


def _level_lines(pieces: Sequence[Piece], height: float) -> list[list[Piece]]:
    lines = _rows([piece for piece in pieces if piece.box.height > height / 2])
    for piece in pieces:
        if piece.box.height <= height / 2:
            line = _nearest(piece, lines, height)
            if line is None:
                lines.append([piece])
            else:
                line.append(piece)
    lines.sort(key=lambda line: median([piece.box.row for piece in line]))
    return [sorted(line, key=lambda piece: piece.box.column) for line in lines]


def _rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Lines grown from left to right, each by what stands at the height of its end."""
    lines: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.box.left):
        best, nearest = None, float("inf")
        for line in lines:
            end = [other.box for other in line[-_LAST:]]
            top, bottom = (
                median([box.top for box in end]),
                median([box.bottom for box in end]),
            )
            tall = median([box.height for box in end])
            overlap = min(bottom, piece.box.bottom) - max(top, piece.box.top)
            distance = abs(piece.box.row - median([box.row for box in end]))
            fits = overlap > _OVERLAP * min(piece.box.height, tall) or distance < tall / 2
            if fits and distance < nearest:
                best, nearest = line, distance
        if best is None:
            lines.append([piece])
        else:
            best.append(piece)
    return lines


def _nearest(piece: Piece, lines: Sequence[list[Piece]], height: float) -> list[Piece] | None:
    """The line with a piece beside this one, at most 0.8 heights up or down, 2.5 along."""
    best, nearest = None, 0.8 * height
    for line in lines:
        beside = min(line, key=lambda other: abs(other.box.column - piece.box.column))
        distance = abs(beside.box.row - piece.box.row)
        if distance < nearest and abs(beside.box.column - piece.box.column) < 2.5 * height:
            best, nearest = line, distance
    return best
