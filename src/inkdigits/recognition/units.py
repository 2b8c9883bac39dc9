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
from inkdigits.recognition.operators import OTHER, operator
from inkdigits.recognition.segmentation import Candidate, ReadLine

_SURE = 0.9  # confidence of a digit of a number that units are of
_LONGEST, _LONGEST_OF_ONE = 5, 4  # marks of a unit, at most; of one behind a single digit
_STRAY = 3  # letters that are of no unit, at most; nor more than there are units
# All lengths are shares of the height of the digits before a unit.
_NEAREST, _FURTHEST = 0.12, 1.0  # from these to it
_WIDER = 1.5  # the same, of gaps within it, at least
_NEXT = 0.75  # from it to the next digit, at least: signs are nearer
_GAP = 0.3  # from a letter to the next one, at most
_DIGITS_GAP = 0.2  # the same, to what looks like a digit
_BETWEEN = 0.12  # the same, of what looks like a digit with letters on both sides
_LOW = 0.85  # height of letters lower than digits, at most
_HANGING, _FOOT = 0.12, 0.1  # how much lower than theirs the top and the foot of a g are
_SURELY_HANGING = 0.3  # the same, the top of one by itself
_SPACE, _WIDE_SPACE = 0.3, 0.45  # before what looks like a digit and begins a unit, at least
_SPACE_WIDER = 1.5  # the same, of gaps between the number's digits
_STRANGE_WIDER = 1.2  # the same, before what is lower than they are, or not surely one
_TINY = 0.65  # height of what looks like a digit and is a whole unit, at most
_RING = 0.6  # height of the rings of percents and degrees, of these and of a digit, at most
_RINGS_APART = 0.6  # of the height of percents, columns between these; from a digit to degrees
_RINGS_LAP = 0.15  # of the height of percents, rows that both have
_INKED = 128  # of 255
_MEASURED = 200  # digits of a page that tell how far its lines fall
_ZERO, _NINE = 0, 9
_BEGINNINGS = (1, 5, 6)  # what i, S and b look like
_TINY_ONES = (1, 5)  # what a small % and s look like


class _Number(NamedTuple):
    """A number's digits: how large they are, in pixels, and where they stand."""

    places: int
    height: float
    top: float  # of the lowest one
    foot: float
    widest: int  # gap between two


class _Row:
    """What stands in a line, left to right, told by its place."""

    def __init__(self, line: ReadLine, slope: float) -> None:
        self.marks, self._slope = in_order(line), slope
        self._rings = set(_rings(self.marks))
        self._digits = set(line.digits) - self._rings

    def __len__(self) -> int:
        return len(self.marks)

    def is_digit(self, place: int) -> bool:
        """Whether it looks like a digit."""
        return place < len(self.marks) and self.marks[place] in self._digits

    def is_letter(self, place: int) -> bool:
        """Whether it looks like none and is no sign: an operator, that is, before a digit."""
        if place >= len(self.marks) or self.is_digit(place):
            return False
        mark = self.marks[place]
        is_sign = self.is_digit(place + 1) and _is_operator(mark)
        return mark in self._rings or (is_letter(mark) and not is_sign)

    def gap(self, place: int) -> int:
        """Pixels between a mark and the one before."""
        return self.marks[place].box.left - self.marks[place - 1].box.right

    def number(self, start: int, end: int) -> _Number:
        """The digits from one place to another, as high as they stand beside the mark behind."""
        boxes = [mark.box for mark in self.marks[start:end]]
        falls = [self._slope * (self.marks[end].box.column - box.column) for box in boxes]
        return _Number(
            end - start,
            median([box.height for box in boxes]),
            max(box.top + fall for box, fall in zip(boxes, falls, strict=True)),
            max(box.bottom + fall for box, fall in zip(boxes, falls, strict=True)),
            max((self.gap(place) for place in range(start + 1, end)), default=0),
        )


def without_units(lines: Sequence[ReadLine], length: int | None = None) -> list[ReadLine]:
    """Lines without what stands in them behind numbers, which they keep as their units.

    Where units are not all that a page has beside numbers, they stay, as letters.

    Args:
        length: how many digits a line has, where that is known; of one that has so many, none is a
            letter.
    """
    slope = _slope(lines)
    found = [_units(line, slope, keep_digits=len(line.digits) == length) for line in lines]
    taken = {mark for units in found for unit in units for mark in unit}
    if not taken:
        return list(lines)
    letters = [mark for line in lines for mark in line.others if is_letter(mark)]
    strays = sum(mark not in taken for mark in letters)
    digits = told([mark for line in lines for mark in line.digits if mark not in taken])
    is_sure = any(digit.confidence > CLEAR_WORD for digit in digits)
    if is_sure and strays <= min(_STRAY, sum(map(len, found))):
        return [
            replace(
                line,
                digits=tuple(mark for mark in line.digits if mark not in taken),
                others=tuple(mark for mark in line.others if mark not in taken),
                units=units,
            )
            for line, units in zip(lines, found, strict=True)
        ]
    return [
        replace(
            line,
            digits=tuple(mark for mark in line.digits if mark not in taken),
            others=(*line.others, *(mark for mark in line.digits if mark in taken)),
        )
        for line in lines
    ]


def are_quantities(lines: Sequence[ReadLine]) -> bool:
    """Whether lines are nothing but numbers, all sure, and half of them have units of letters."""
    written, slope = 0, _slope(lines)
    for line in lines:
        units = _units(line, slope)
        taken = {mark for unit in units for mark in unit}
        digits = [digit for digit in line.digits if digit not in taken]
        if not digits or any(digit.confidence <= _SURE for digit in digits):
            return False
        if any(is_letter(mark) for mark in line.others if mark not in taken):
            return False
        written += sum(len(unit) > 1 for unit in units)
    return 2 * written >= max(1, len(lines))


def _slope(lines: Sequence[ReadLine]) -> float:
    """How far lines fall, in pixels a pixel to the right."""
    boxes = [digit.box for line in lines for digit in line.digits][:_MEASURED]
    return text_slope(boxes, median([box.height for box in boxes])) if boxes else 0.0


def _units(
    line: ReadLine, slope: float, *, keep_digits: bool = False
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
        least = max(_NEAREST * number.height, *(_WIDER * gap for gap in gaps), 0)
        longest = _LONGEST if number.places > 1 else _LONGEST_OF_ONE
        is_near = least <= row.gap(first) <= _FURTHEST * number.height
        is_last = not row.is_digit(last) or row.gap(last) >= _NEXT * number.height
        if is_near and is_last and last - first <= longest and _may_begin(row, first, last, number):
            return first, last
    return end, end


def _end(row: _Row, first: int, number: _Number) -> int:
    """Behind the last letter of what may be a unit."""
    end = first + 1
    while row.is_letter(end) or (row.is_digit(end) and _is_among_letters(row, end, number)):
        if row.gap(end) > (_GAP if row.is_letter(end) else _DIGITS_GAP) * number.height:
            break
        end += 1
    has_letters = any(row.is_letter(place) for place in range(first, end))
    return end if has_letters else first + 1


def _is_among_letters(row: _Row, place: int, number: _Number) -> bool:
    """Whether what looks like a digit in a unit may be a letter or, as in m², an exponent."""
    mark, before = row.marks[place], row.marks[place - 1]
    if mark.box.bottom < (number.top + number.foot) / 2 or _hangs(mark, number, _HANGING):
        return True
    if min(mark.box.height, before.box.height) < _LOW * number.height:
        return True
    return row.is_letter(place + 1) and (
        max(row.gap(place), row.gap(place + 1)) < _BETWEEN * number.height
    )


def _may_begin(row: _Row, first: int, last: int, number: _Number) -> bool:
    """Whether a unit may begin with a mark, or be nothing else."""
    if not row.is_digit(first):
        return row.is_letter(first)
    mark, gap = row.marks[first], row.gap(first)
    is_low = mark.box.height < _LOW * number.height
    is_unsure = mark.confidence < _SURE
    is_strange = is_low or is_unsure or _hangs(mark, number, _SURELY_HANGING)
    wider = _STRANGE_WIDER if is_strange else _SPACE_WIDER
    if gap < max(_SPACE * number.height, wider * number.widest):
        return False
    is_apart = gap >= _WIDE_SPACE * number.height
    if last > first + 1:
        is_beginning = mark.value in _BEGINNINGS and (number.places > 1 or is_apart)
        return is_low or is_unsure or is_beginning
    is_tiny = mark.value in _TINY_ONES and mark.box.height < _TINY * number.height
    return _hangs(mark, number, _SURELY_HANGING) or (is_tiny and is_apart)


def _is_sure(mark: Candidate) -> bool:
    """Whether what looks like a digit surely is one, and no thumb or table at the border."""
    return mark.confidence > _SURE and not any(piece.borders for piece in mark.pieces)


def _hangs(mark: Candidate, number: _Number, share: float) -> bool:
    """Whether a 9 stands lower than digits, as g does, its top by a share of their height."""
    down, below = mark.box.top - number.top, mark.box.bottom - number.foot
    is_below = down > share * number.height and below > _FOOT * number.height
    return mark.value == _NINE and is_below


def _rings(marks: Sequence[Candidate]) -> Iterator[Candidate]:
    """What percents, their bars included, and degrees are made of."""
    for place, mark in enumerate(marks):
        if mark.value != _ZERO or not place:
            continue
        for other in marks[place + 1 : place + 3]:
            if other.value == _ZERO and _are_percents(mark.box, other.box):
                yield from (mark, other)
                columns = mark.box.column, other.box.column
                yield from (one for one in marks if columns[0] < one.box.column < columns[1])
        before = marks[place - 1].box
        is_raised = mark.box.height < _RING * before.height and mark.box.bottom < before.row
        is_near = mark.box.left - before.right < _RINGS_APART * before.height
        if is_raised and is_near and mark.confidence > _SURE:
            yield mark


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
    return operator(Mark(Box(0, 0, *own.shape), own)) != OTHER
