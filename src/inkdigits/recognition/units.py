"""What numbers are of: kg, °C, %, km/h behind them, letters of which some look like digits.

A unit is told by where it stands, close behind digits that are surely read, and by its letters,
which stand closer together than it stands to the digits. All was chosen on made pages of numbers
with units, in print and by hand, beside pages of words.
"""

from collections.abc import Sequence
from dataclasses import replace

from inkdigits.recognition.marks import CLEAR_WORD, is_letter, told
from inkdigits.recognition.names import names
from inkdigits.recognition.rows import LOW, Number, Row, Slope, goes_on, hangs, is_sure, slope_of
from inkdigits.recognition.segmentation import SURE, Candidate, ReadLine

_LONGEST, _LONGEST_OF_ONE = 5, 4  # marks of a unit, at most; of one behind a single digit
_STRAY = 3  # letters that are of no unit, at most; nor more than there are units
# All lengths are shares of the height of the digits before a unit.
_NEAREST, _FURTHEST = 0.12, 1.0  # from these to it
_WIDER = 1.5  # the same, of gaps within it, at least
_NEXT = 0.75  # from it to the next mark, at least: signs are nearer
_LOWER = 0.75  # height of an i, at most
_SURELY_HANGING = 0.3  # how much lower than theirs the top of a g by itself is, at least
_SPACE = 0.3  # before what looks like a digit and begins a unit, at least
_SPACE_WIDER = 1.2  # the same, of gaps between the number's digits
_BAR = 1  # a digit that strokes look like


def without_units(lines: Sequence[ReadLine], length: int | None = None) -> list[ReadLine]:
    """Lines without what stands in them behind numbers and before them, which they keep as units.

    Where such are not all that a page has beside numbers, they stay, as letters.

    Args:
        length: how many digits a line has, where that is known; of one that has so many, none is a
            letter.
    """
    slope = slope_of(lines)
    found = [_words(line, slope, keep_digits=len(line.digits) == length) for line in lines]
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
    """Whether lines are nothing but sure numbers, half of them with several letters beside them."""
    written, slope = 0, slope_of(lines)
    for line in lines:
        units = _words(line, slope)
        taken = {mark for unit in units for mark in unit}
        digits = [digit for digit in line.digits if digit not in taken]
        if not digits or any(digit.confidence < SURE for digit in digits):
            return False
        if any(is_letter(mark) for mark in line.others if mark not in taken):
            return False
        written += any(len(unit) > 1 for unit in units)
    return 2 * written >= max(1, len(lines))


def _words(
    line: ReadLine, slope: Slope, *, keep_digits: bool = False
) -> tuple[tuple[Candidate, ...], ...]:
    """What numbers of a line are called, and their units, each as its marks."""
    row = Row(line, slope)
    called = () if keep_digits else tuple(names(row))
    taken = {mark for name in called for mark in name}
    units = _units(row, line, keep_digits=keep_digits)
    return (*called, *(unit for unit in units if taken.isdisjoint(unit)))


def _units(row: Row, line: ReadLine, *, keep_digits: bool) -> tuple[tuple[Candidate, ...], ...]:
    """A line's units, left to right, each as its marks."""
    units, start = [], 0
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


def _unit(row: Row, start: int, end: int) -> tuple[int, int]:
    """Where a unit of the number at some places begins and ends; nowhere if it has none.

    The last of its digits may be the first of the letters.
    """
    for first in (end - 1, end):
        sure = sum(map(is_sure, row.marks[start:first]))
        if not start < first < len(row) or 2 * sure < first - start:
            continue
        number = row.number(start, first, first)
        last = _end(row, first, number)
        gaps = [row.gap(place) for place in range(first + 1, last)]
        least = max([_NEAREST * number.height, *(_WIDER * gap for gap in gaps)])
        longest = _LONGEST if number.places > 1 else _LONGEST_OF_ONE
        is_near = least <= row.gap(first) <= _FURTHEST * number.height
        is_last = last == len(row) or row.gap(last) >= _NEXT * number.height
        if is_near and is_last and last - first <= longest and _may_begin(row, first, last, number):
            return first, last
    return end, end


def _end(row: Row, first: int, number: Number) -> int:
    """Behind the last letter of what may be a unit."""
    end = first + 1
    # One more than a unit has is enough.
    while end - first <= _LONGEST and goes_on(row, end, number):
        end += 1
    has_letters = any(row.is_letter(place) for place in range(first, end))
    return end if has_letters else first + 1


def _may_begin(row: Row, first: int, last: int, number: Number) -> bool:
    """Whether a unit may begin with a mark, or be nothing else."""
    if not row.is_digit(first):
        return row.is_letter(first)
    # Where a point stands before it, a last digit is as far from the one before as a unit is.
    mark, height = row.marks[first], number.height
    if row.gap(first) < max(_SPACE * height, _SPACE_WIDER * number.widest):
        return False
    if last == first + 1:
        return hangs(mark, number, _SURELY_HANGING + number.doubt / height)
    is_unsure = mark.confidence < SURE and mark.box.height < LOW * height
    return is_unsure or (mark.value == _BAR and mark.box.height < _LOWER * height)
