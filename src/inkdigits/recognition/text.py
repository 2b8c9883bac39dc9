"""What is text although some of its letters look like digits."""

import itertools
from collections.abc import Sequence

from inkdigits.recognition.marks import is_letter, words
from inkdigits.recognition.segmentation import ReadLine

_LETTERS = 3  # in words that are digits in part, at least
_AMONG = 0.5  # of all digits, those in such words, at least
_BESIDE = 0.6  # of these, the letters beside them, at least
_LOOSE = 0.5  # of the letters, those that are no sign between two digits, at least


def are_text(lines: Sequence[ReadLine]) -> bool:
    """Whether most digits are letters of words, which are digits in part, in one of them by turns.

    A code such as A12 has its letters before its digits or behind them, a sum has a sign between
    any two. Chosen on made pages of words whose letters look like digits, and on the development
    photos.
    """
    mixed = [which for line in lines for which in _words(line) if any(which) and not all(which)]
    digits = sum(map(sum, mixed))
    letters = sum(map(len, mixed)) - digits
    return (
        any(_turns(which) > 1 for which in mixed)
        and letters >= max(_LETTERS, _BESIDE * digits)
        and digits >= _AMONG * sum(len(line.digits) for line in lines)
        and letters - sum(map(_signs, mixed)) >= _LOOSE * letters
    )


def _words(line: ReadLine) -> list[list[bool]]:
    """For each word of a line, which of its digits and letters are digits.

    Bars above each other are one sign.
    """
    found = []
    for word in words(line):
        marks = [mark for mark in word if mark in line.digits or is_letter(mark)]
        before = [None, *(mark.box for mark in marks)]
        found.append(
            [
                mark in line.digits
                for mark, last in zip(marks, before, strict=False)
                if mark in line.digits or last is None or mark.box.column > last.right
            ]
        )
    return found


def _turns(are_digits: Sequence[bool]) -> int:
    """How often letters follow digits in a word, or digits letters."""
    return sum(one != other for one, other in itertools.pairwise(are_digits))


def _signs(are_digits: Sequence[bool]) -> int:
    """How many letters of a word stand alone between two digits."""
    threes = zip(are_digits, are_digits[1:], are_digits[2:], strict=False)
    return sum(before and not between and behind for before, between, behind in threes)
