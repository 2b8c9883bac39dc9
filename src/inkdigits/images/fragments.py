"""Strokes that a pen broke: pieces that nearly touch, and so may be parts of one digit.

A pen that skips, a pencil on rough paper and a thin stroke on a soft photo leave a digit in many
pieces, with hardly a gap between them. All was chosen on made pages of such digits and on forms.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from inkdigits.images.components import Box, Piece, around
from inkdigits.images.lines import text_lines

# Heights of a typical digit:
LEAST = 0.08  # longer side of a fragment; what is smaller is dust
SMALL = 0.3  # longer side of what is no digit by itself, at most
NEAR = 0.06  # between two fragments, at most
SHORT = 0.8  # the lower one of the two, at most
LOW, HIGH = 0.6, 1.3  # both together: high at least; high and wide at most
NEAR_BOTH = 0.08  # between them, of the height of both: print is small and its letters near


class Fragments(NamedTuple):
    """Which pieces of a line, by their places, are perhaps not whole."""

    near: dict[int, frozenset[int]]  # they nearly touch others, which are these
    small: frozenset[int]  # they are too small to be a digit


def fragments(boxes: Sequence[Box], height: float) -> Fragments:
    """The fragments among a line's boxes."""
    others: dict[int, set[int]] = {}
    for pair in fragment_pairs(boxes, height):
        for one, other in (pair, pair[::-1]):
            if boxes[one].height < SHORT * height:
                others.setdefault(one, set()).add(other)
    near = {place: frozenset(own) for place, own in others.items()}
    small = frozenset(place for place, box in enumerate(boxes) if box.size <= SMALL * height)
    return Fragments(near, small)


def fragment_pairs(boxes: Sequence[Box], height: float) -> list[tuple[int, int]]:
    """Places of boxes that may be parts of one digit, two by two, the nearest first.

    Args:
        height: of a typical digit, in pixels.
    """
    if len(boxes) < 2:
        return []
    order = sorted(range(len(boxes)), key=lambda place: boxes[place].left)
    edges = np.array(
        [(box.top, box.bottom, box.left, box.right) for box in (boxes[place] for place in order)],
        float,
    ).reshape(-1, 4)
    tops, bottoms, lefts, rights = edges.T
    ends = np.searchsorted(lefts, rights + NEAR * height, "right").tolist()
    found: list[tuple[float, int, int]] = []
    for one, end in enumerate(ends):
        others = slice(one + 1, end)
        down = np.maximum(tops[others] - bottoms[one], tops[one] - bottoms[others])
        across = lefts[others] - rights[one]
        gap = np.hypot(np.maximum(down, 0), np.maximum(across, 0))
        low = np.minimum(bottoms[others] - tops[others], bottoms[one] - tops[one])
        both = np.maximum(bottoms[others], bottoms[one]) - np.minimum(tops[others], tops[one])
        wide = np.maximum(rights[others], rights[one]) - lefts[one]
        are_parts = (gap <= np.minimum(NEAR * height, NEAR_BOTH * both)) & (low <= SHORT * height)
        are_parts &= (both >= LOW * height) & (np.maximum(both, wide) <= HIGH * height)
        found += [
            (float(gap[other]), order[one], order[one + 1 + other])
            for other in np.flatnonzero(are_parts).tolist()
        ]
    return [(one, other) for _, one, other in sorted(found)]


def with_fragments(pieces: Sequence[Piece], small: Sequence[Piece], height: float) -> list[Piece]:
    """Pieces, and small ones that nearly touch one of them and with it are as high as a digit."""
    broken = [piece for piece in small if piece.box.size > LEAST * height]
    boxes = [piece.box for piece in (*pieces, *broken)]
    parts = {
        other - len(pieces)
        for pair in fragment_pairs(boxes, height)
        for one, other in (pair, pair[::-1])
        if one < len(pieces) <= other
    }
    return [*pieces, *(piece for place, piece in enumerate(broken) if place in parts)]


def lines_of_fragments(pieces: Sequence[Piece], height: float) -> list[list[Piece]]:
    """Lines of text, left to right, in which the parts of what may be one digit are together.

    By themselves the upper and the lower parts of broken digits would be a line each.
    """
    parts, wholes = {}, []
    for places in _groups([piece.box for piece in pieces], height):
        own = [pieces[place] for place in places]
        wholes.append(replace(own[0], box=around([piece.box for piece in own])))
        parts[own[0].label] = own
    return [
        sorted(
            (piece for whole in line for piece in parts[whole.label]),
            key=lambda piece: piece.box.column,
        )
        for line in text_lines(wholes, height)
    ]


def _groups(boxes: Sequence[Box], height: float) -> list[list[int]]:
    """The places of boxes that together may be one digit; of others, each by itself."""
    groups = [[place] for place in range(len(boxes))]
    group = list(range(len(boxes)))  # of each box
    spread = list(boxes)  # of each group
    for one, other in fragment_pairs(boxes, height):
        kept, taken = group[one], group[other]
        both = around((spread[kept], spread[taken]))
        if kept == taken or both.size > HIGH * height:
            continue
        for place in groups[taken]:
            group[place] = kept
        groups[kept] += groups[taken]
        groups[taken] = []
        spread[kept] = both
    return [places for places in groups if places]
