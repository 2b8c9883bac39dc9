"""What stands in a line, left to right: digits, letters and signs, and the numbers among them.

It tells what letters stand behind a number (`units.py`) and before one (`names.py`).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from inkdigits.images.beside import Mark
from inkdigits.images.components import Box
from inkdigits.images.filters import median
from inkdigits.images.slopes import text_slope
from inkdigits.recognition.marks import in_order, is_letter
from inkdigits.recognition.operators import OTHER, operator_of
from inkdigits.recognition.segmentation import SURE, Candidate, ReadLine

_FALL = 0.36  # how far, to the right, such a line may fall whose slope is not known
_LINKS = 5  # digits with another before them, from which the slope is known
_MEASURED = 200  # digits of a page that tell how far its lines fall
_FLAT, _THIN = 1.5, 0.35  # width of a dash, of its height, at least; this, of a digit's, at most
_RING = 0.6  # height of the rings of percents and degrees, of these and of a digit, at most
_RINGS_APART = 0.6  # of the height of percents, columns between these; from a digit to degrees
_RINGS_LAP = 0.15  # of the height of percents, rows that both have
_BAR_REACH = 0.2  # the same, of its bar beyond the rings, at most; from its foot to a ring's
_LOWER_RING = 0.55  # of the height of what the other ring is part of, at most
_RING_LAP = 0.1  # of its width, that is below that, at least
_INKED = 128  # of 255
# Shares of the height of a number's digits, of words beside it:
LOW = 0.85  # height of letters lower than digits, at most
_GAP = 0.3  # from a letter to the next one, at most
_DIGITS_GAP = 0.2  # the same, to what looks like a digit
TIGHT = 0.12  # the same, to one that is merely low, or has letters on both sides
_HANGING, _FOOT = 0.12, 0.1  # how much lower than theirs the top and the foot of a g are
_LETTERS = (0, 1, 2, 5, 6, 9)  # what letters look like
_RING_VALUE, _BAR, _HOOK = 0, 1, 9  # digits that rings, strokes and g look like


class Number(NamedTuple):
    """A number's digits: how large they are, in pixels, and where they stand."""

    places: int
    height: float
    top: float  # the lowest of theirs
    foot: float
    widest: int  # gap between two
    doubt: float  # how much lower or higher the mark beside may stand because the line falls


class Slope(NamedTuple):
    """How far a page's lines fall, in pixels a pixel to the right, and how much further perhaps."""

    fall: float
    doubt: float


class Row:
    """What stands in a line, left to right, told by its place."""

    def __init__(self, line: ReadLine, slope: Slope) -> None:
        self.marks, self._slope = in_order(line), slope
        self._signs: dict[int, bool] = {}
        self._rings = set(_rings(self.marks))
        self._digits = set(line.digits) - self._rings

    def __len__(self) -> int:
        return len(self.marks)

    def is_digit(self, place: int) -> bool:
        """Whether it looks like a digit."""
        return place < len(self.marks) and self.marks[place] in self._digits

    def is_letter(self, place: int) -> bool:
        """Whether it looks like none or is a part of % and °, and is no sign."""
        if place >= len(self.marks) or self.is_digit(place):
            return False
        mark = self.marks[place]
        return mark in self._rings or (is_letter(mark) and not self._is_sign(place))

    def _is_sign(self, place: int) -> bool:
        """Whether an operator or a dash stands before a digit."""
        if not self.is_digit(place + 1):
            return False
        if place not in self._signs:
            mark, digit = self.marks[place], self.marks[place + 1]
            is_thin = mark.box.height < _THIN * digit.box.height
            is_dash = is_thin and mark.box.width >= _FLAT * mark.box.height
            self._signs[place] = is_dash or _is_operator(mark)
        return self._signs[place]

    def gap(self, place: int) -> int:
        """Pixels between a mark and the one before."""
        return self.marks[place].box.left - self.marks[place - 1].box.right

    def number(self, start: int, end: int, beside: int) -> Number:
        """The digits from one place to another, as high as they stand beside a further mark."""
        boxes = [mark.box for mark in self.marks[start:end]]
        column = self.marks[beside].box.column
        falls = [self._slope.fall * (column - box.column) for box in boxes]
        return Number(
            end - start,
            median([box.height for box in boxes]),
            max(box.top + fall for box, fall in zip(boxes, falls, strict=True)),
            max(box.bottom + fall for box, fall in zip(boxes, falls, strict=True)),
            max((self.gap(place) for place in range(start + 1, end)), default=0),
            self._slope.doubt * min(abs(column - box.column) for box in boxes),
        )


def slope_of(lines: Sequence[ReadLine]) -> Slope:
    """How far lines fall, by their digits; in doubt where these are few."""
    boxes = [digit.box for line in lines for digit in line.digits][:_MEASURED]
    if not boxes:
        return Slope(0.0, 0.0)
    links = sum(max(0, len(line.digits) - 1) for line in lines)
    fall = text_slope(boxes, median([box.height for box in boxes]))
    return Slope(fall, 0.0 if links >= _LINKS else _FALL)


def is_sure(mark: Candidate) -> bool:
    """Whether what looks like a digit surely is one, and no thumb or table at the border."""
    return mark.confidence >= SURE and not any(piece.borders for piece in mark.pieces)


def goes_on(row: Row, place: int, number: Number, tight: float = TIGHT) -> bool:
    """Whether a word of letters beside a number goes on with a mark, of those behind its first.

    Args:
        tight: from a letter to what looks like a digit and is merely low, at most.
    """
    if row.is_letter(place):
        return row.gap(place) <= _GAP * number.height
    if not row.is_digit(place) or row.gap(place) > _DIGITS_GAP * number.height:
        return False
    return _is_among_letters(row, place, number, tight * number.height)


def _is_among_letters(row: Row, place: int, number: Number, tight: float) -> bool:
    """Whether what looks like a digit in a unit may be a letter or, as in m², an exponent."""
    mark, before = row.marks[place], row.marks[place - 1]
    low = LOW * number.height
    is_raised = mark.box.bottom < (number.top + number.foot) / 2
    is_low = mark.value in _LETTERS and mark.box.height < low
    is_close = row.gap(place) < tight
    if is_raised or (is_low and is_close) or hangs(mark, number, _HANGING):
        return True
    if mark.value != _BAR:
        return False
    is_between = is_close and row.is_letter(place + 1) and row.gap(place + 1) < tight
    return is_between or before.box.height < low  # as in km/h, ml


def hangs(mark: Candidate, number: Number, share: float) -> bool:
    """Whether a 9 stands lower than digits, as g does, its top by a share of their height."""
    down, below = mark.box.top - number.top, mark.box.bottom - number.foot
    is_below = down > share * number.height and below > _FOOT * number.height
    return mark.value == _HOOK and is_below


def _rings(marks: Sequence[Candidate]) -> Iterator[Candidate]:
    """What percents, their bars included, and degrees are made of."""
    for place, mark in enumerate(marks):
        if mark.value != _RING_VALUE or not place:
            continue
        for end in range(place + 1, min(place + 3, len(marks))):
            if marks[end].value == _RING_VALUE and _are_percents(mark.box, marks[end].box):
                yield from marks[place : end + 1]
                # A bar that reaches further to the left or to the right than both.
                ends = (*marks[place - 1 : place], *marks[end + 1 : end + 2])
                yield from (bar for bar in ends if _is_between(bar.box, mark.box, marks[end].box))
        before = marks[place - 1].box
        if _hangs_on(mark.box, before):
            yield from (marks[place - 1], mark)
        is_raised = mark.box.height < _RING * before.height and mark.box.bottom < before.row
        is_near = mark.box.left - before.right < _RINGS_APART * before.height
        if is_raised and is_near and mark.confidence >= SURE and not _is_pair(marks, place):
            yield mark


def _is_between(bar: Box, upper: Box, lower: Box) -> bool:
    """Whether a bar stands where that of two rings of a percent sign does."""
    reach = _BAR_REACH * (lower.bottom - upper.top)
    is_within = bar.left >= upper.left - reach and bar.right <= lower.right + reach
    return is_within and upper.column < bar.column < lower.column


def _hangs_on(ring: Box, bar: Box) -> bool:
    """Whether a percent's lower ring stands below the bar that the upper one is part of."""
    lap = bar.right - ring.left
    is_low = abs(ring.bottom - bar.bottom) <= _BAR_REACH * bar.height
    is_small = ring.height < _LOWER_RING * bar.height
    return is_small and is_low and lap >= _RING_LAP * ring.width and ring.column > bar.column


def _is_pair(marks: Sequence[Candidate], place: int) -> bool:
    """Whether another raised mark follows, as cents do on another."""
    if place + 1 == len(marks):
        return False
    box, other = marks[place].box, marks[place + 1].box
    return other.bottom < box.bottom + box.height / 2 and other.left - box.right < box.height


def _are_percents(upper: Box, lower: Box) -> bool:
    """Whether two boxes stand to each other as the rings of a percent sign do."""
    height = lower.bottom - upper.top
    are_small = max(upper.height, lower.height) < _RING * height
    is_below = upper.bottom < lower.top + _RINGS_LAP * height
    is_behind = upper.column < lower.column and lower.left - upper.right < _RINGS_APART * height
    return are_small and is_below and is_behind


def _is_operator(mark: Candidate) -> bool:
    """Whether it looks like one."""
    rows, columns = np.nonzero(mark.image > _INKED)
    if not len(rows):
        return False
    own = mark.image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] > _INKED
    return operator_of(Mark(Box(0, 0, *own.shape), own)) != OTHER
