"""Digits that alone are rather none, but stand in the midst of a number."""

import numpy as np
import pytest
from PIL import Image

from inkdigits import Recognizer
from inkdigits.data import Dataset
from inkdigits.data.fonts import font_files, glyphs
from tests.recognition.leaning import LEANING, leaning, number_around
from tests.recognition.pages import Plane, page, side_by_side

LETTERS = "AEFHKMRTWXYhk"
WHOLE_GAP = 30  # pixels, where digits are 20 high


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


@pytest.fixture(params=LEANING)
def place(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def written(recognizer: Recognizer, picture: Plane) -> str:
    return recognizer.read(picture).written


def fitted(mark: Plane, height: int) -> Plane:
    """The same, so many pixels high, in the middle of 28."""
    width = max(3, round(mark.shape[1] * height / mark.shape[0]))
    small = Image.fromarray(mark).resize((width, height), Image.Resampling.BICUBIC)
    above = (28 - height) // 2
    return np.pad(np.asarray(small), ((above, 28 - height - above), (0, 0)))


def test_a_number_keeps_the_digit_and_says_how_unsure_it_is(
    recognizer: Recognizer, mnist: Dataset, place: int
) -> None:
    mark = leaning(mnist, place)
    assert recognizer.classify(mark[None]).digit[0] < 0.5
    reading = recognizer.read(number_around(mnist, mark))
    (number,) = reading.numbers
    assert number.text == number.written == f"17{mnist.test.labels[place]}90"
    assert number.confidence == number.digits[2].confidence < 0.5
    assert number.text_above(0.5) == "17?90"


@pytest.mark.parametrize("gap", [2, 4, 12])
@pytest.mark.parametrize("is_light", [False, True])
def test_so_it_is_however_far_the_digits_stand(
    recognizer: Recognizer, mnist: Dataset, gap: int, is_light: bool
) -> None:
    picture = number_around(mnist, leaning(mnist, LEANING[0]), gap=gap)
    assert written(recognizer, 255 - picture if is_light else picture) == "17990"


def test_what_stands_between_two_numbers_is_in_none(
    recognizer: Recognizer, mnist: Dataset, place: int
) -> None:
    picture = number_around(mnist, leaning(mnist, place), gap=WHOLE_GAP)
    assert "".join(written(recognizer, picture).split()) == "1790"


def test_before_and_after_a_number_it_stays_no_digit(
    recognizer: Recognizer, mnist: Dataset, place: int
) -> None:
    digits, mark = [mnist.test.images[other] for other in (2, 0, 7, 3)], leaning(mnist, place)
    for marks in ([mark, *digits], [*digits, mark]):
        assert written(recognizer, page([side_by_side(marks)])) == "1790"


def test_a_digit_or_two_are_no_number(recognizer: Recognizer, mnist: Dataset, place: int) -> None:
    one, other = mnist.test.images[0], mnist.test.images[3]
    picture = page([side_by_side([one, leaning(mnist, place), other])])
    assert written(recognizer, picture) in ("7 0", "70", "")


def test_what_is_smaller_than_the_digits_is_none(
    recognizer: Recognizer, mnist: Dataset, place: int
) -> None:
    small = fitted(leaning(mnist, place), 17)
    assert len(recognizer.read(number_around(mnist, small)).text) == 4


def test_two_of_them_are_none(recognizer: Recognizer, mnist: Dataset) -> None:
    marks = [leaning(mnist, place) for place in LEANING[:2]]
    assert recognizer.read(number_around(mnist, *marks)).text == "1790"


@pytest.mark.parametrize(("text", "height"), [(text, 20) for text in LETTERS] + [("+", 12)])
def test_letters_and_signs_are_none(
    recognizer: Recognizer, mnist: Dataset, text: str, height: int
) -> None:
    mark = glyphs(text, font_files()[0])
    assert mark is not None
    assert recognizer.read(number_around(mnist, fitted(mark, height))).text == "1790"


def test_signs_beside_keep_their_places(recognizer: Recognizer, mnist: Dataset) -> None:
    comma, dash = np.zeros((28, 5), np.uint8), np.zeros((28, 10), np.uint8)
    comma[21:28, 1:3] = dash[13:15, 1:9] = 255
    mark, five = leaning(mnist, LEANING[0]), mnist.test.images[8]
    digits = [mnist.test.images[other] for other in (2, 0, 7, 3)]
    marks = [five, dash, *digits[:2], mark, *digits[2:], comma, five, five]
    reading = recognizer.read(page([side_by_side(marks)]))
    assert reading.written == "5-17990,55"


def test_where_the_length_is_known_it_alone_tells(
    recognizer: Recognizer, mnist: Dataset, place: int
) -> None:
    picture = number_around(mnist, leaning(mnist, place))
    assert recognizer.read(picture, expect_length=4).text == "1790"
    assert recognizer.read(picture, expect_length=5).text == f"17{mnist.test.labels[place]}90"
