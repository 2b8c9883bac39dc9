"""How high a page's digits are, and which of its pieces are of their size and strength."""

from collections.abc import Sequence

import numpy as np

from inkdigits.images.components import Page, Piece
from inkdigits.images.filters import median
from inkdigits.images.fragments import SMALL, with_fragments
from inkdigits.recognition.segmentation import Candidate
from inkdigits.recognition.separation import touching_height
from inkdigits.recognition.touching import TouchingNetwork

_BAR = 1  # a digit that any upright stroke looks like
_LOWEST = 7  # pixels that a digit is high at least
_TALL = 2  # times as high as any other digit, that a bar is at most
_CLEAR = 0.9  # confidence of a digit that its picture cuts, above which it is no edge of something
_STROKE = 1.5  # times as high as bars are digits that touch, of which these may be bits


def height_of_digits(
    page: Page, singles: Sequence[Candidate], touching: TouchingNetwork
) -> float | None:
    """The height of a page's digits, in pixels; None where there are none.

    Where none stands by itself, or nothing but bars, marks tell it that surely are several digits.
    """
    height = digit_height(singles)
    if height is not None and any(each.value != _BAR for each in _likely_digits(singles)):
        return height
    several = touching_height(page, singles, touching)
    if height is None or (several is not None and several > _STROKE * height):
        return several
    return height


def digit_height(singles: Sequence[Candidate]) -> float | None:
    """The height of a typical digit, in pixels: a weighted median; None where there is none."""
    likely = _likely_digits(singles)
    if not likely:
        return None
    heights = np.array([single.box.height for single in likely])
    # Bars are everywhere, so a 1 says little.
    weights = np.array(
        [
            (1 - single.refusal) * single.box.height * (0.3 if single.value == _BAR else 1.0)
            for single in likely
        ]
    )
    order = np.argsort(heights)
    middle = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    return float(heights[order][middle])


def _likely_digits(singles: Sequence[Candidate]) -> list[Candidate]:
    """Those whose height tells."""
    likely = [
        single
        for single in singles
        if single.refusal < 0.5
        and single.box.height >= _LOWEST
        and (single.pieces[0].borders < 2 or _is_clear(single))
    ]
    if not likely:
        # All digits may touch.
        wide = [single for single in singles if single.box.width > 0.8 * single.box.height]
        likely = wide[:1] if len(singles) <= 3 else []
    # The edge of a sheet is a bar, too, and may be as high as many digits.
    likely = [single for single in likely if not _is_edge(single)] or likely
    # So may be a thumb, or what is seen of a table around it, where digits lie within.
    inner = [single for single in likely if not single.pieces[0].borders]
    clear = [single.box.height for single in inner if _is_clear(single)]
    if not clear:
        return likely
    highest = _TALL * max(clear)
    return [single for single in inner if single.value != _BAR or single.box.height <= highest]


def _is_clear(single: Candidate) -> bool:
    """Whether it is surely a digit, with a shape that no edge has."""
    return single.confidence > _CLEAR and single.value != _BAR


def _is_edge(single: Candidate) -> bool:
    """Whether it is a bar that comes in from one of the picture's borders."""
    return single.value == _BAR and single.pieces[0].borders > 0


def of_digits_kind(singles: Sequence[Candidate], height: float) -> list[Piece]:
    """Pieces of a digit's size and strength, or of a part of one, the large ones first."""
    strengths = [
        single.pieces[0].strength
        for single in singles
        if single.refusal < 0.5 and single.box.height > 0.6 * height
    ]
    typical = median(strengths) if strengths else 0.0
    kept = [
        single.pieces[0]
        for single in singles
        if single.box.height < 4 * height
        and single.box.width < 6 * height
        and single.pieces[0].strength > 0.3 * typical
    ]
    large = [piece for piece in kept if piece.box.size > SMALL * height]
    small = [piece for piece in kept if piece.box.size <= SMALL * height]
    return with_fragments(large, small, height)
