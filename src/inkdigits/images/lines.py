"""Pieces in reading order: lines of text by their boxes alone, top to bottom, left to right."""

from collections.abc import Sequence

from inkdigits.images.components import Piece
from inkdigits.images.filters import median

_OVERLAP = 0.35  # of the lower one's height, for two pieces to stand in one line
_LAST = 3  # pieces of a line that the next one is compared with


def text_lines(pieces: Sequence[Piece], height: float) -> list[list[Piece]]:
    """Group pieces into lines, each from left to right.

    Args:
        height: of a typical digit, in pixels. Pieces of less than half of it (dots, flags, parts)
            begin no line where a digit stands near.
    """
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
