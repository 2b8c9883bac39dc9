"""What a number is called: No., Total, Room before it, letters of which some look like digits.

Such a word begins with a letter and stands further from the number than its letters from each
other. What looks like a digit in it is lower than the number and close to a letter, or raised, or
hangs below the line. All was chosen on made pages, by hands of eight kinds.
"""

from collections.abc import Iterator

from inkdigits.recognition.marks import told
from inkdigits.recognition.rows import Number, Row, goes_on, is_sure
from inkdigits.recognition.segmentation import Candidate

_LONGEST = 6  # marks
# All lengths are shares of the height of the digits behind it.
_TALL = 0.4  # height of its first letter, at least
_NEAREST, _FURTHEST = 0.12, 1.5  # from it to these
_WIDER = 1.5  # the same, of gaps within it, at least
_TIGHT = 0.2  # from one of its letters to what looks like a digit and is merely low, at most
_BEFORE = 0.75  # to it from what stands before, at least


def names(row: Row) -> Iterator[tuple[Candidate, ...]]:
    """The words of a row that stand before numbers."""
    start = 0
    while start < len(row):
        end = _end(row, start)
        if end > start:
            yield tuple(row.marks[start:end])
        start = max(end, start + 1)


def _end(row: Row, first: int) -> int:
    """Behind the last letter of the word that begins at a place; there if none does."""
    if row.is_digit(first):  # what looks like an operator may be a letter
        return first
    for end in range(min(first + _LONGEST, len(row) - 1), first + 1, -1):
        number = _number_at(row, end, first)
        if number and _is_name(row, first, end, number):
            return end
    return first


def _is_name(row: Row, first: int, end: int, number: Number) -> bool:
    height, inner = number.height, range(first + 1, end)
    if first and row.gap(first) < _BEFORE * height:
        return False
    if row.marks[first].box.height < _TALL * height:
        return False
    # Of a word of letters alone, the number must be more than other letters may pass for.
    if not any(map(row.is_digit, inner)) and not told(row.marks[end : end + number.places]):
        return False
    if not all(goes_on(row, place, number, _TIGHT) for place in inner):
        return False
    widest = max(row.gap(place) for place in inner)
    least = max(_NEAREST * height, _WIDER * widest)
    return least <= row.gap(end) <= _FURTHEST * height


def _number_at(row: Row, start: int, beside: int) -> Number | None:
    """The number that begins at a place; None where none does that is mostly sure.

    Args:
        beside: the place of the word's first letter.
    """
    end = start
    while row.is_digit(end):
        end += 1
    sure = sum(map(is_sure, row.marks[start:end]))
    return row.number(start, end, beside) if sure and 2 * sure >= end - start else None
