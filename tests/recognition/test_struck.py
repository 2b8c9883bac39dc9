"""Digits that are struck out are not read; those behind them are, and such as have own lines."""

import numpy as np
import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset
from tests.recognition.struckout import KINDS, struck_out
from tests.recognition.ways import page_of

# Of what is struck out, the share that may be read: two long lines pass for the paper's, and a 0
# with a slash for a 0.
MOST = {"a line": 0.04, "two lines": 0.2, "a cross": 0.04, "a slash": 0.08, "a slash each": 0.15}


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_struck_out_is_not_read(mnist: Dataset, recognizer: Recognizer, kind: str) -> None:
    struck = read = wrong = 0
    for number in range(8):
        start = 40 * number
        rows = [
            (range(start + 10 * row, start + 10 * row + row + number % 2),
             range(start + 10 * row + 5, start + 10 * row + 8))
            for row in range(4)
        ]  # fmt: skip
        picture, text = struck_out(mnist, rows, 32 + 6 * number, kind)
        lines = recognizer.read(picture).text.splitlines()
        assert len(lines) == len(rows)
        struck += sum(len(first) for first, _ in rows)
        for found, left in zip(lines, text.splitlines(), strict=True):
            read += max(0, len(found) - len(left))
            wrong += not found.endswith(left)
    assert read <= MOST[kind] * struck
    assert wrong <= 1


def test_a_page_of_which_all_is_struck_out_has_no_digit(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    for start in range(0, 60, 4):
        picture, _ = struck_out(mnist, [(range(start, start + 1 + start % 3), [])], 50, "a line")
        assert recognizer.read(picture).text == ""


def test_digits_with_lines_of_their_own_are_kept(recognizer: Recognizer) -> None:
    ways = ["a 7 with a bar", "a 0 with a slash beyond it", "a 4 open above", "a 4 like a bolt"]
    for seed in range(12):
        picture = page_of([ways, ways[::-1]], np.random.default_rng(seed))
        assert recognizer.read(picture).text == "7044\n4407"


def test_a_line_on_ruled_paper_strikes_out_too(mnist: Dataset, recognizer: Recognizer) -> None:
    for start in range(0, 80, 20):
        rows = [
            (range(first, first + 4), range(first + 4, first + 7))
            for first in range(start, start + 32, 8)
        ]
        picture, text = struck_out(mnist, rows, 50, "a line", is_ruled=True)
        assert recognizer.read(picture).text == text
