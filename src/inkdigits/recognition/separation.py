"""Marks that are several digits, and these cut apart, where a network says that they touch.

The network looks at the whole mark; only where it is believed is that cut, each digit where it
looks most like what it is.
"""

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import MARGIN, Box, Page, Piece
from inkdigits.images.filters import median
from inkdigits.images.seams import seams
from inkdigits.images.strokes import Stroke, stroke_along
from inkdigits.recognition.segmentation import LEAST, Candidate, Score
from inkdigits.recognition.touching import Touching, TouchingNetwork

_MOST_TOUCHING = 9  # digits that are cut apart
_SEVERAL, _RATHER_SEVERAL = 0.4, 0.95  # probability of what is read in what is no digit; in one
CERTAIN, _SURELY_SEVERAL = 0.99, 0.999  # confidence of one digit, and what several then need
PERHAPS_SEVERAL = 0.85  # the same of what a line goes through, below which that strikes it out
_SURELY_ONES = 0.97  # the same of two ones; of more, as m comes apart, or such and sevens, none is
_LIKE_ONE = 0.9  # confidence of one digit, that looks like one
_LIKE_SEVERAL = 0.98  # the probability below which several in it must look like digits, too
_LIKENESS = 0.9  # the probability that one of these is its digit, at least
_LARGEST = 8  # marks that are looked at for a height, where no digit tells it
_NARROW, _WIDE = 0.55, 0.8  # of a digit's height: width of what may be several, and of what is one
_BAR, _HOOK = 1, 7  # digits that strokes of letters look like


def separated(
    page: Page, wide: Candidate, height: float, touching: TouchingNetwork, score: Score
) -> tuple[Page, tuple[Candidate, ...]]:
    """A piece too wide for one digit as the digits that touch in it; else as it is.

    They are believed where they are likely, the more so if it may be one digit as well, and are not
    all mere strokes; and if it looks like one, where one of them looks like a digit by itself.
    """
    piece = wide.pieces[0]
    is_certain = wide.confidence > CERTAIN
    if not _may_hold_several(piece.box, height, _WIDE if is_certain else _NARROW):
        return page, (wide,)
    ink = page.cut([piece])
    found = touching.read(ink)
    least = _SEVERAL + (_RATHER_SEVERAL - _SEVERAL) * math.sqrt(wide.confidence)
    if is_certain:
        least = _SURELY_SEVERAL
    if _are_strokes(found.values):
        least = _SURELY_ONES if len(found.values) == 2 else np.inf
    if not 2 <= len(found.values) <= _MOST_TOUCHING or found.probability < least:
        return page, (wide,)
    if found.probability < PERHAPS_SEVERAL and stroke_along(ink) >= Stroke.LINE:
        return page, (wide,)
    is_doubtful = wide.confidence > _LIKE_ONE and found.probability < _LIKE_SEVERAL
    return _cut(page, piece, found, score, _LIKENESS if is_doubtful else 0) or (page, (wide,))


class _Part(NamedTuple):
    """What lies between two cuts of a piece."""

    number: int  # of the digit that it may be
    first: int  # which of the cuts before that digit, and which behind it
    last: int
    image: npt.NDArray[np.uint8]  # (28, 28)
    likeness: float = 0.0  # the probability that it is that digit


def _cut(
    page: Page, piece: Piece, found: Touching, score: Score, least: float
) -> tuple[Page, tuple[Candidate, ...]] | None:
    """The digits that were found in a piece, cut where each looks most like what it is.

    None where no cuts give each of them some ink, or none is its digit with that probability.
    """
    box = piece.box
    marked = page.labels[box.top : box.bottom, box.left : box.right] == piece.label
    start = max(0, box.left - MARGIN) - box.left  # of the ink that was looked at
    between = seams(marked, [start + middle for middle in found.middles])
    parts = _parts(page, piece, marked, between)
    joint = score(np.stack([part.image for part in parts])).joint
    likely = [
        part._replace(likeness=float(row[found.values[part.number]]))
        for row, part in zip(joint, parts, strict=True)
    ]
    chosen = _likeliest(likely, len(found.values))
    if chosen is None or max(part.likeness for part in chosen) < least:
        return None
    cut, pieces = page.cut_apart(piece, [between[part.number][part.last] for part in chosen[:-1]])
    return cut, tuple(
        Candidate((own,), own.box, part.image, digits, is_cut=True)
        for own, part, digits in zip(pieces, chosen, found.digits, strict=True)
    )


def _parts(
    page: Page,
    piece: Piece,
    marked: npt.NDArray[np.bool_],
    between: Sequence[Sequence[npt.NDArray[np.intp]]],
) -> list[_Part]:
    """All parts with ink, from the left edge or a cut to one behind the same digit."""
    height, width = marked.shape
    columns = np.arange(width)
    places = [[np.zeros(height, np.intp)], *between, [np.full(height, width, np.intp)]]
    parts = []
    for number, (starts, ends) in enumerate(itertools.pairwise(places)):
        for (first, left), (last, right) in itertools.product(enumerate(starts), enumerate(ends)):
            inside = marked & (columns >= left[:, None]) & (columns < right[:, None])
            if inside.any():
                parts.append(_Part(number, first, last, page.part(piece, inside)))
    return parts


def _likeliest(parts: Sequence[_Part], count: int) -> list[_Part] | None:
    """One part a digit, each from the cut that the one before ends at, the likeliest together."""
    best: dict[tuple[int, int], tuple[float, list[_Part]]] = {(0, 0): (0.0, [])}
    for part in parts:
        total, before = best.get((part.number, part.first), (-np.inf, []))
        end, own = (part.number + 1, part.last), math.log(max(part.likeness, LEAST))
        if total + own > best.get(end, (-np.inf, []))[0]:
            best[end] = total + own, [*before, part]
    return best.get((count, 0), (0.0, None))[1]


def touching_height(
    page: Page, singles: Sequence[Candidate], touching: TouchingNetwork
) -> float | None:
    """The height of marks that are surely several digits, where no digit stands by itself.

    None where there are none among the largest.
    """
    heights = []
    for single in singles[:_LARGEST]:
        box = single.box
        if single.refusal >= 0.5 and _may_hold_several(box, box.height):
            found = touching.read(page.cut(single.pieces))
            if len(found.values) > 1 and found.probability >= _RATHER_SEVERAL:
                heights.append(box.height)
    return median(heights) if heights else None


def _are_strokes(values: Sequence[int]) -> bool:
    """Whether they are ones, as which M and W come apart, or three or more and sevens, as m."""
    return set(values) == {_BAR} or (set(values) == {_BAR, _HOOK} and len(values) > 2)


def _may_hold_several(box: Box, height: float, narrow: float = _NARROW) -> bool:
    return narrow * height < box.width < 6 * height and 0.6 * height < box.height < 1.8 * height
