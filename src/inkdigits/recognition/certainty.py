"""How sure what was read of a page is."""

from collections.abc import Iterable, Iterator, Sequence

from inkdigits.recognition.segmentation import SURE, Candidate, ReadLine

_MOST = 0.75  # of all digits of a number, that are sure, at least
_BAR = 1  # a digit that any upright stroke looks like


def digits_of(lines: Sequence[ReadLine]) -> Iterator[Candidate]:
    """All lines' digits."""
    for line in lines:
        yield from line.digits


def sure_of(digits: Iterable[Candidate]) -> list[Candidate]:
    """Those that are sure."""
    return [digit for digit in digits if digit.confidence >= SURE]


def is_number(lines: Sequence[ReadLine]) -> bool:
    """Whether digits are several, surely digits for the most part, and not ones alone."""
    digits = list(digits_of(lines))
    sure = [digit.value for digit in sure_of(digits)]
    return len(sure) >= max(2, _MOST * len(digits)) and set(sure) != {_BAR}


def is_surer(lines: Sequence[ReadLine], others: Sequence[ReadLine]) -> bool:
    """Whether what was read is a number, and more of it sure than of another reading."""
    return is_number(lines) and len(sure_of(digits_of(lines))) > len(sure_of(digits_of(others)))
