"""What numbers are of: kg, °C, %, km/h behind them, letters of which some look like digits.

A unit is told by where it stands, close behind digits that are surely read, and by its letters,
which stand closer together than it stands to the digits. All was chosen on made pages of numbers
with units, in print and by hand, beside pages of words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from inkdigits.images.beside import Mark
from inkdigits.images.components import Box
from inkdigits.images.filters import median
from inkdigits.images.lines import text_slope
from inkdigits.recognition.marks import CLEAR_WORD, in_order, is_letter, told
from inkdigits.recognition.operators import OTHER, operator_of
from inkdigits.recognition.segmentation import SURE, Candidate, ReadLine

_LONGEST, _LONGEST_OF_ONE = 5, 4  # marks of a unit, at most; of one behind a single digit
_STRAY = 3  # letters that are of no unit, at most; nor more than there are units
# All lengths are shares of the height of the digits before a unit.
_NEAREST, _FURTHEST = 0.12, 1.0  # from these to it
_WIDER = 1.5  # the same, of gaps within it, at least
_NEXT = 0.75  # from it to the next mark, at least: signs are nearer
_GAP = 0.3  # from a letter to the next one, at most
_DIGITS_GAP = 0.2  # the same, to what looks like a digit
_TIGHT = 0.12  # the same, to one that is merely low, or has letters on both sides
_LOW, _LOWER = 0.85, 0.75  # height of letters lower than digits, at most; of i
_HANGING, _FOOT = 0.12, 0.1  # how much lower than theirs the top and the foot of a g are
_SURELY_HANGING = 0.3  # the same, the top of one by itself
_FALL = 0.36  # how far, to the right, such a line may fall whose slope is not known
_LINKS = 5  # digits with another before them, from which the slope is known
_SPACE = 0.3  # before what looks like a digit and begins a unit, at least
_SPACE_WIDER = 1.2  # the same, of gaps between the number's digits
_FLAT, _THIN = 1.5, 0.35  # width of a dash, of its height, at least; this, of a digit's, at most
_RING = 0.6  # height of the rings of percents and degrees, of these and of a digit, at most
_RINGS_APART = 0.6  # of the height of percents, columns between these; from a digit to degrees
_RINGS_LAP = 0.15  # of the height of percents, rows that both have
_INKED = 128  # of 255
_MEASURED = 200  # digits of a page that tell how far its lines fall
_LETTERS = (0, 1, 2, 5, 6, 9)  # what letters look like
_RING_VALUE, _BAR, _HOOK = 0, 1, 9  # digits that rings, strokes and g look like


class _Number(NamedTuple):
    """A number's digits: how large they are, in pixels, and where they stand."""

    places: int
    height: float
    top: float  # the lowest of theirs
    foot: float
    widest: int  # gap between two
    doubt: float  # how much lower the mark behind may stand because the line falls


class _Slope(NamedTuple):
    """How far a page's lines fall, in pixels a pixel to the right, and how much further perhaps."""

    fall: float
    doubt: float


class _Row:
    """What stands in a line, left to right, told by its place."""

    def __init__(self, line: ReadLine, slope: _Slope) -> None:
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

    def number(self, start: int, end: int) -> _Number:
        """The digits from one place to another, as high as they stand beside the mark behind."""
        boxes = [mark.box for mark in self.marks[start:end]]
        behind = self.marks[end].box.column
        falls = [self._slope.fall * (behind - box.column) for box in boxes]
        return _Number(
            end - start,
            median([box.height for box in boxes]),
            max(box.top + fall for box, fall in zip(boxes, falls, strict=True)),
            max(box.bottom + fall for box, fall in zip(boxes, falls, strict=True)),
            max((self.gap(place) for place in range(start + 1, end)), default=0),
            self._slope.doubt * (behind - boxes[-1].column),
        )


def without_units(lines: Sequence[ReadLine], length: int | None = None) -> list[ReadLine]:
    """Lines without what stands in them behind numbers, which they keep as their units.

    Where units are not all that a page has beside numbers, they stay, as letters.

    Args:
        length: how many digits a line has, where that is known; of one that has so many, none is a
            letter.
    """
    slope = _slope_of(lines)
    found = [_units(line, slope, keep_digits=len(line.digits) == length) for line in lines]
    taken = {mark for units in found for unit in units for mark in unit}
    if not taken:
        return list(lines)

    def free(marks: Sequence[Candidate]) -> tuple[Candidate, ...]:
        return tuple(mark for mark in marks if mark not in taken)

    strays = sum(is_letter(mark) for line in lines for mark in free(line.others))
    digits = [digit for line in lines for digit in free(line.digits)]
    is_sure = any(digit.confidence > CLEAR_WORD for digit in told(digits)) or (
        len(digits) > 1 and all(digit.confidence > CLEAR_WORD for digit in digits)
    )
    if is_sure and strays <= min(_STRAY, sum(map(len, found))):
        return [
            replace(line, digits=free(line.digits), others=free(line.others), units=units)
            for line, units in zip(lines, found, strict=True)
        ]
    return [
        replace(
            line,
            digits=free(line.digits),
            others=(*line.others, *(mark for mark in line.digits if mark in taken)),
        )
        for line in lines
    ]


def are_quantities(lines: Sequence[ReadLine]) -> bool:
    """Whether lines are nothing but sure numbers, half of them with units of several letters."""
    written, slope = 0, _slope_of(lines)
    for line in lines:
        units = _units(line, slope)
        taken = {mark for unit in units for mark in unit}
        digits = [digit for digit in line.digits if digit not in taken]
        if not digits or any(digit.confidence < SURE for digit in digits):
            return False
        if any(is_letter(mark) for mark in line.others if mark not in taken):
            return False
        written += any(len(unit) > 1 for unit in units)
    return 2 * written >= max(1, len(lines))


def _slope_of(lines: Sequence[ReadLine]) -> _Slope:
    """How far lines fall, by their digits; in doubt where these are few."""
    boxes = [digit.box for line in lines for digit in line.digits][:_MEASURED]
    if not boxes:
        return _Slope(0.0, 0.0)
    links = sum(max(0, len(line.digits) - 1) for line in lines)
    fall = text_slope(boxes, median([box.height for box in boxes]))
    return _Slope(fall, 0.0 if links >= _LINKS else _FALL)


def _units(
    line: ReadLine, slope: _Slope, *, keep_digits: bool = False
) -> tuple[tuple[Candidate, ...], ...]:
    """A line's units, left to right, each as its marks."""
    units = []
    row, start = _Row(line, slope), 0
    while start < len(row):
        end = start
        while row.is_digit(end):
            end += 1
        first, last = _unit(row, start, end)
        unit = [
            mark for mark in row.marks[first:last] if not keep_digits or mark not in line.digits
        ]
        if unit:
            units.append(tuple(unit))
        start = max(last, start + 1)
    return tuple(units)


def _unit(row: _Row, start: int, end: int) -> tuple[int, int]:
    """Where a unit of the number at some places begins and ends; nowhere if it has none.

    The last of its digits may be the first of the letters.
    """
    for first in (end - 1, end):
        sure = sum(map(_is_sure, row.marks[start:first]))
        if not start < first < len(row) or 2 * sure < first - start:
            continue
        number = row.number(start, first)
        last = _end(row, first, number)
        gaps = [row.gap(place) for place in range(first + 1, last)]
        least = max([_NEAREST * number.height, *(_WIDER * gap for gap in gaps)])
        longest = _LONGEST if number.places > 1 else _LONGEST_OF_ONE
        is_near = least <= row.gap(first) <= _FURTHEST * number.height
        is_last = last == len(row) or row.gap(last) >= _NEXT * number.height
        if is_near and is_last and last - first <= longest and _may_begin(row, first, last, number):
            return first, last
    return end, end


def _end(row: _Row, first: int, number: _Number) -> int:
    """Behind the last letter of what may be a unit."""
    end = first + 1
    # One more than a unit has is enough.
    while end - first <= _LONGEST and (
        row.is_letter(end) or (row.is_digit(end) and _is_among_letters(row, end, number))
    ):
        if row.gap(end) > (_GAP if row.is_letter(end) else _DIGITS_GAP) * number.height:
            break
        end += 1
    has_letters = any(row.is_letter(place) for place in range(first, end))
    return end if has_letters else first + 1


def _is_among_letters(row: _Row, place: int, number: _Number) -> bool:
    """Whether what looks like a digit in a unit may be a letter or, as in m², an exponent."""
    mark, before = row.marks[place], row.marks[place - 1]
    low = _LOW * number.height
    is_raised = mark.box.bottom < (number.top + number.foot) / 2
    is_low = mark.value in _LETTERS and mark.box.height < low
    tight = _TIGHT * number.height
    is_close = row.gap(place) < tight
    if is_raised or (is_low and is_close) or _hangs(mark, number, _HANGING):
        return True
    if mark.value != _BAR:
        return False
    is_between = is_close and row.is_letter(place + 1) and row.gap(place + 1) < tight
    return is_between or before.box.height < low  # as in km/h, ml


def _may_begin(row: _Row, first: int, last: int, number: _Number) -> bool:
    """Whether a unit may begin with a mark, or be nothing else."""
    if not row.is_digit(first):
        return row.is_letter(first)
    # Where a point stands before it, a last digit is as far from the one before as a unit is.
    mark, height = row.marks[first], number.height
    if row.gap(first) < max(_SPACE * height, _SPACE_WIDER * number.widest):
        return False
    if last == first + 1:
        return _hangs(mark, number, _SURELY_HANGING + number.doubt / height)
    is_unsure = mark.confidence < SURE and mark.box.height < _LOW * height
    return is_unsure or (mark.value == _BAR and mark.box.height < _LOWER * height)


def _is_sure(mark: Candidate) -> bool:
    """Whether what looks like a digit surely is one, and no thumb or table at the border."""
    return mark.confidence >= SURE and not any(piece.borders for piece in mark.pieces)


def _hangs(mark: Candidate, number: _Number, share: float) -> bool:
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
        before = marks[place - 1].box
        is_raised = mark.box.height < _RING * before.height and mark.box.bottom < before.row
        is_near = mark.box.left - before.right < _RINGS_APART * before.height
        if is_raised and is_near and mark.confidence >= SURE and not _is_pair(marks, place):
            yield mark


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
