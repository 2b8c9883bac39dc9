"""One digit alone on a picture, as who tries the reader out draws it first."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from inkdigits import Recognizer
from inkdigits.data import Dataset
from tests.recognition.pages import page, row
from tests.recognition.strokes import APART, CARET, EUROPEAN, digit, drawn

COUNT = 60  # of the test images


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


def thick(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The image with strokes a pixel wider."""
    wide: npt.NDArray[np.uint8] = ndimage.grey_dilation(image, size=(2, 2))
    return wide


@pytest.mark.parametrize("is_thick", [False, True])
def test_the_data_sets_own_images_are_read_in_white_as_in_black(
    mnist: Dataset, recognizer: Recognizer, is_thick: bool
) -> None:
    right = 0
    for image, label in zip(mnist.test.images[:COUNT], mnist.test.labels[:COUNT], strict=True):
        image = thick(image) if is_thick else image
        white, black = recognizer.read(image), recognizer.read(255 - image)
        assert white.text == black.text
        assert (white.light_on_dark, black.light_on_dark) == (True, False)
        right += white.text == str(label)
    assert right >= COUNT - 2


@pytest.mark.parametrize("value", range(10))
@pytest.mark.parametrize(("side", "pen"), [(100, 1), (200, 1), (200, 30), (500, 1)])
def test_a_digit_all_over_its_picture_is_read_however_thin_the_pen(
    recognizer: Recognizer, value: int, side: int, pen: int
) -> None:
    picture = digit(value, side, pen)
    assert recognizer.read(picture).text == recognizer.read(255 - picture).text == str(value)


@pytest.mark.parametrize("length", EUROPEAN)
def test_a_1_with_a_long_upstroke_is_one_though_it_is_alone(
    recognizer: Recognizer, length: float
) -> None:
    assert recognizer.read(drawn(EUROPEAN[length], 200, 8)).text == "1"


def test_a_caret_alone_is_no_1(recognizer: Recognizer) -> None:
    assert recognizer.read(drawn(CARET, 200, 8)).text == ""


@pytest.mark.parametrize("way", APART)
def test_strokes_that_do_not_meet_are_one_digit(recognizer: Recognizer, way: str) -> None:
    value, strokes = APART[way]
    reading = recognizer.read(drawn(strokes, 200, 4))
    assert (reading.text, reading.turned) == (str(value), 0)
    assert reading.digits[0].box[3] > 135  # pixels, both strokes


def test_two_digits_that_nearly_touch_are_two(mnist: Dataset, recognizer: Recognizer) -> None:
    zeros = np.flatnonzero(mnist.test.labels == 0)[:2]
    line, text = row(mnist, zeros.tolist())
    assert recognizer.read(page([line])).text == text == "00"


@pytest.mark.parametrize("value", [0, 3, 5])
def test_a_table_along_two_sides_of_a_sheet_is_no_digit(recognizer: Recognizer, value: int) -> None:
    picture = np.full((330, 450), 60, np.uint8)
    picture[70:, :330] = picture[-130:, 330:] = 230  # as high as the picture in one corner only
    written = digit(value, 60, 4)
    picture[150:210, 180:240][written < 128] = 40
    assert recognizer.read(picture).text == str(value)


def test_a_known_length_is_kept_where_all_marks_could_be_one_digit(recognizer: Recognizer) -> None:
    _, strokes = APART["an 8 of two rings"]
    picture = drawn(strokes, 200, 4)
    assert recognizer.read(picture, expect_length=1).text == "8"
    assert len(recognizer.read(picture, expect_length=2).digits) == 2
