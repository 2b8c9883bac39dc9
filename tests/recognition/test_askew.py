"""Pages that lie askew are turned level for what stands beside their digits."""

import numpy as np
import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset
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
