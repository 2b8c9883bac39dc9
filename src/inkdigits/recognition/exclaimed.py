"""Exclamation and question marks, whose upper parts pass for a 1, a 2 or a 7.

Both end above the line that digits stand on, with a dot below that stands on it. A point behind a
digit stands beside it, and the digit on the line.
"""

from collections.abc import Sequence

import numpy as np

from inkdigits.images.beside import Mark, marks_beside
from inkdigits.images.components import Box, Page
from inkdigits.recognition.segmentation import Candidate

_LIKE = (1, 2, 7)  # digits that they look like
# Shares of the height of the digits beside it:
_ENDS = 0.1  # above their foot, at least
_HIGH = 0.45  # from there to its top, at least
_END = 0.12  # of it, that is its end
_DOT = 0.42  # longer side of the dot, at most
_ASIDE = 0.2  # from the middle of the dot to that of its end, at most
_FOOT = 0.2  # from the foot of the dot to theirs, at most


def exclaimed(
    page: Page, digits: Sequence[Candidate], usual: Sequence[Box], height: float
) -> set[Candidate]:
    """Those of a line's digits that are such marks.

    Args:
        page: the line's.
        digits: two or more.
        usual: of each the box of the digits beside it.
        height: of a typical digit, in pixels.
    """
    perhaps = [
        (digit, beside)
        for digit, beside in zip(digits, usual, strict=True)
        if digit.value in _LIKE
        and digit.box.height >= _HIGH * beside.height
        and beside.bottom - digit.box.bottom >= _ENDS * beside.height
    ]
    if not perhaps:
        return set()
    pieces = [piece for digit in digits for piece in digit.pieces]
    # The dot may have passed for a part of some digit.
    large = [piece for piece in pieces if piece.box.size > _DOT * height]
    marks = marks_beside(page, large, height, {piece.label for piece in large}) if large else []
    return {digit for digit, beside in perhaps if _has_dot(page, digit, beside, marks)}


def _has_dot(page: Page, digit: Candidate, beside: Box, marks: Sequence[Mark]) -> bool:
    box, high = digit.box, beside.height
    end = slice(box.bottom - max(1, round(_END * high)), box.bottom)
    own = [piece.label for piece in digit.pieces]
    inked = np.isin(page.labels[end, box.left : box.right], own).nonzero()[1]
    if not len(inked):
        return False
    middle = box.left + float(inked.mean())
    return any(
        mark.box.size <= _DOT * high
        and mark.box.top >= box.bottom - 1
        and abs(mark.box.bottom - beside.bottom) <= _FOOT * high
        and abs((mark.box.left + mark.box.right - 1) / 2 - middle) <= _ASIDE * high
        for mark in marks
    )
