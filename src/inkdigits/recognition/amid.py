"""Digits in the midst of a number that the network rather takes for none.

A number that lost a digit is worse than one in which a digit has little confidence, which can be
asked to print as a question mark.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from inkdigits.images.components import Box
from inkdigits.images.filters import median
from inkdigits.recognition.marks import WORD_GAP, in_order
from inkdigits.recognition.operators import OTHER
from inkdigits.recognition.segmentation import SURE, Candidate, ReadLine

# Chosen on rows of training images held out, and of such with letters and signs of 20 fonts amid.
_LEAST = 0.03  # confidence of such a one
_HEIGHTS = 0.75, 1.4  # of its line's digits, that it has
_DIGITS = 3  # that its line surely has


def with_digits_amid(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """Lines with signs; what is none, but stands between two digits as one does, is a digit."""
    return [_with_digits_amid(line) for line in lines]


def _with_digits_amid(line: ReadLine) -> ReadLine:
    if sum(digit.confidence > SURE for digit in line.digits) < _DIGITS:
        return line
    known = [sign.box for sign in line.signs if sign.text != OTHER]
    found = [mark for mark in _amid(line) if not any(_meet(mark.box, box) for box in known)]
    if not found:
        return line
    digits = sorted([*line.digits, *found], key=lambda digit: digit.box.column)
    columns = [digit.box.column for digit in digits]
    signs = tuple(
        replace(sign, place=int(np.searchsorted(columns, sign.box.column)))
        for sign in line.signs
        if not any(_meet(mark.box, sign.box) for mark in found)
    )
    others = tuple(mark for mark in line.others if mark not in found)
    return replace(line, digits=tuple(digits), others=others, signs=signs)


def _amid(line: ReadLine) -> Iterator[Candidate]:
    """What is perhaps a digit, as high as its line's, between two of these that are near."""
    height = median([digit.box.height for digit in line.digits])
    lowest, highest = (share * height for share in _HEIGHTS)
    marks = in_order(line)
    for before, mark, after in zip(marks, marks[1:], marks[2:], strict=False):
        if mark in line.digits or before not in line.digits or after not in line.digits:
            continue
        gaps = mark.box.left - before.box.right, after.box.left - mark.box.right
        beside = [other.box.top < mark.box.row < other.box.bottom for other in (before, after)]
        is_as_high = lowest <= mark.box.height <= highest
        is_near = all(beside) and max(gaps) <= WORD_GAP * height
        if is_as_high and is_near and mark.confidence >= _LEAST:
            yield mark


def _meet(one: Box, other: Box) -> bool:
    """Whether two boxes have pixels in common."""
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    return down > 0 and min(one.right, other.right) > max(one.left, other.left)
