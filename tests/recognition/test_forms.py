"""Digits in the printed boxes, fields and combs of forms."""

import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset
from tests.recognition.forms import KINDS, form

ROWS = {first: [list(range(first + start, first + end)) for start, end in ((0, 5), (5, 8), (8, 15))]
        for first in (0, 40)}  # fmt: skip


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wide", [1, 2, 4])
@pytest.mark.parametrize("turned", [-2, 0, 0.8])
def test_digits_in_printed_fields_are_read_and_their_lines_are_no_ones(
    recognizer: Recognizer, mnist: Dataset, kind: str, wide: int, turned: float
) -> None:
    for rows in ROWS.values():
        picture, text = form(mnist, kind, rows, wide=wide, turned=turned)
        assert recognizer.read(picture).text == text


@pytest.mark.parametrize("kind", KINDS)
def test_digits_that_touch_the_line_below_are_read(
    recognizer: Recognizer, mnist: Dataset, kind: str
) -> None:
    for rows in ROWS.values():
        picture, text = form(mnist, kind, rows, wide=1, low=9)
        assert recognizer.read(picture).text == text


@pytest.mark.parametrize("kind", KINDS)
def test_empty_fields_hold_no_digits(recognizer: Recognizer, mnist: Dataset, kind: str) -> None:
    picture, text = form(mnist, kind, [[0, 1, 2, 3, 4]])
    blank, _ = form(mnist, kind, [[0, 1, 2, 3, 4]], is_filled=False)
    assert recognizer.read(picture).text == text
    assert recognizer.read(blank).text == ""
