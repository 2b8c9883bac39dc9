"""Pages that lie askew are turned level for what stands beside their digits."""

import numpy as np
import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset
from inkdigits.images.components import Box
from inkdigits.recognition.askew import says_the_same
from inkdigits.recognition.segmentation import Candidate, ReadLine, Sign
from tests.recognition import scenes
from tests.recognition.signed import numbers

LINES = [
    ["24/6/2025", "30/9/2048"],
    ["4,25", "20,86", "8,063"],
    ["24.06.2025", "1,204.50"],
    ["20+34", "52+67", "80+23"],
    ["30×42", "58×26"],
    ["9:30", "24:05", "7:58"],
]


def digit(value: int, column: int, confidence: float = 0.99) -> Candidate:
    digits = np.full(10, (1 - confidence) / 20)
    digits[value] = confidence
    return Candidate((), Box(10, column, 50, column + 30), np.zeros((28, 28), np.uint8), digits)


def line(*digits: Candidate, signs: tuple[Sign, ...] = ()) -> list[ReadLine]:
    return [ReadLine(digits, (), (), signs)]


def test_a_reading_may_lose_digits_to_signs_alone() -> None:
    before = line(digit(2, 0), digit(1, 40), digit(5, 80, 0.5))
    slash = Sign("/", 1, Box(5, 40, 60, 70))
    kept = [before, line(digit(2, 0), digit(5, 80), signs=(slash,))]
    kept.append(line(digit(2, 0), digit(1, 40), digit(6, 80)))  # was not sure
    lost = [
        line(digit(2, 0), digit(5, 80)),  # a digit less, and no sign there
        line(digit(3, 0), digit(1, 40), digit(5, 80)),  # was sure
        line(digit(2, 0), digit(1, 40), digit(5, 80), digit(1, 120)),  # one more
        [],
    ]
    assert all(says_the_same(lines, before) for lines in kept)
    assert not any(says_the_same(lines, before) for lines in lost)


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


@pytest.mark.parametrize("degrees", [-15, -10, -5, 5, 10, 15])
@pytest.mark.parametrize("lines", LINES, ids="".join)
def test_signs_on_a_page_that_lies_askew_are_told(
    mnist: Dataset, recognizer: Recognizer, lines: list[str], degrees: float
) -> None:
    picture = scenes.askew(np.pad(numbers(mnist, lines, 50), 80, "edge"), degrees)
    reading = recognizer.read(picture)
    assert reading.written.splitlines() == lines
    assert reading.text.splitlines() == ["".join(filter(str.isdigit, line)) for line in lines]
    # Boxes are those of the page as it lies.
    boxes = [digit.box for digit in reading.digits]
    for left, top, width, height in boxes + [
        sign.box for line in reading.lines for sign in line.signs
    ]:
        own = picture[top : top + height, left : left + width] < 150
        for side in (own[:2], own[-2:], own[:, :2], own[:, -2:]):
            assert side.any()


def test_a_light_page_on_its_side_and_askew_is_read(mnist: Dataset, recognizer: Recognizer) -> None:
    lines = ["24/6/2025", "30/9/2048", "80+23"]
    picture = scenes.askew(np.pad(numbers(mnist, lines, 50), 80, "edge"), 9)
    reading = recognizer.read(np.rot90(255 - picture))
    assert (reading.written.splitlines(), reading.turned) == (lines, 270)
