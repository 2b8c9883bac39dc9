"""What must not change what the network sees: place, polarity, size of the writing."""

import functools

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from inkdigits.data import Dataset, load_mnist
from inkdigits.images.crops import normalize_crops
from inkdigits.images.normalize import normalize
from inkdigits.recognition.reading import Digit
from inkdigits.recognition.recognizer import Recognizer
from tests.recognition.pages import page, side_by_side

Plane = npt.NDArray[np.uint8]
# Of 255, the mean over 28x28 pixels, once shifted by up to a pixel: the centre of mass is rounded.
# Of 2,500 digits the mean is 6.7 and the most 16.7, as much as a shift by a pixel in the mean.
SCALE = 20.0
RECOGNIZER = Recognizer(threads=1)


@functools.cache
def digits() -> Dataset:
    """Hypothesis and fixtures of a test do not go together; loaded once."""
    return load_mnist()


def difference(one: Plane, other: Plane) -> float:
    """The smallest over shifts by up to a pixel."""
    shifted = (np.roll(one, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1))
    return min(float(np.abs(each.astype(int) - other.astype(int)).mean()) for each in shifted)


@settings(max_examples=40)
@given(number=st.integers(0, 9_999), margins=st.tuples(*[st.integers(0, 60)] * 4))
def test_ink_anywhere_on_any_canvas_gives_the_same_bytes(
    number: int, margins: tuple[int, int, int, int]
) -> None:
    ink = digits().test.images[number] / np.float32(255)
    top, bottom, left, right = margins
    moved = np.pad(ink, ((top, bottom), (left, right)))
    assert np.array_equal(normalize(moved), normalize(ink))


@settings(max_examples=40)
@given(number=st.integers(0, 9_999))
def test_a_crop_and_its_negative_give_the_same_bytes(number: int) -> None:
    crop = digits().test.images[number]
    upright, inverted = normalize_crops(np.stack((crop, 255 - crop)))
    assert np.array_equal(upright, inverted)


@settings(max_examples=40)
@given(number=st.integers(0, 9_999), factor=st.floats(1.5, 12))
def test_writing_of_any_size_gives_nearly_the_same(number: int, factor: float) -> None:
    image = digits().test.images[number]
    side = round(28 * factor)
    large = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))
    small = normalize(image / np.float32(255))
    assert difference(normalize(large / np.float32(255)), small) < SCALE


@functools.cache
def whole_digits() -> list[int]:
    """Test images of one piece of ink, surely a digit; the others are other tests' matter."""
    images = digits().test.images[:2000]
    scores = RECOGNIZER.classify(images)
    sure = (scores.probabilities.max(1) > 0.99) & (scores.digit > 0.99)
    shape = np.ones((3, 3))
    return [
        place for place, image in enumerate(images)
        if sure[place] and ndimage.label(image > 25, shape)[1] == 1
    ]  # fmt: skip


Place = tuple[int, int, int]  # of a digit: its row, the first column of its ink, the one behind it


def in_rows(rows: list[list[int]], gap: int) -> tuple[Plane, list[Place]]:
    """A page of test images, so many pixels apart in rows, and where each is: row, left, right."""
    parts: list[Plane] = []
    places: list[Place] = []
    for number, row in enumerate(rows):
        across = gap
        for image in row:
            columns = np.flatnonzero((digits().test.images[image] > 60).any(0))
            places.append((number, across, across + columns[-1] + 1 - columns[0]))
            across = places[-1][2] + gap
        inside = side_by_side([digits().test.images[image] for image in row], gap)
        parts.append(np.pad(inside, ((0, 0), (gap, 0))))
    return page(parts), places


def holds(place: Place, digit: Digit) -> bool:
    """Whether a digit's box is that of the ink at a place."""
    row, left, right = place
    x, y, width, height = (value / 3 for value in digit.box)
    is_beside = left + 20 - 2 <= x and x + width <= right + 20 + 2
    return is_beside and 40 * row + 14 <= y and y + height <= 40 * row + 46


@settings(max_examples=15)
@given(data=st.data())
def test_digits_apart_from_each_other_are_all_found_in_reading_order(data: st.DataObject) -> None:
    """Whatever they are read as: each one's box holds one digit's ink, left to right, in rows."""
    mnist, whole = digits().test, whole_digits()
    counts = data.draw(st.lists(st.integers(3, 6), min_size=1, max_size=3), "digits a row")
    gap = data.draw(st.integers(10, 24), "pixels between them")
    drawn = st.integers(0, len(whole) - 1)
    rows = [[whole[data.draw(drawn)] for _ in range(count)] for count in counts]
    picture, places = in_rows(rows, gap)
    reading = RECOGNIZER.read(picture)
    assert reading.turned == 0
    if not reading.lines:
        # A page of which most marks are bars may be refused, as the documentation says; no other.
        ones = sum(int(mnist.labels[image] == 1) for row in rows for image in row)
        assert ones > sum(counts) / 2
        return
    assert [len(line.digits) for line in reading.lines] == counts
    for digit, place in zip(reading.digits, places, strict=True):
        assert holds(place, digit)


def test_a_smudged_digit_is_not_cut_apart_whatever_stands_beside_it() -> None:
    """Test image 1178, a 4 that looks like one digit and almost as much like a 6 and a 4."""
    drawn = np.random.default_rng(0)
    for gap in (10, 14, 18, 24):
        for _ in range(8):
            one, two, three = drawn.choice(whole_digits(), 3).tolist()
            picture, places = in_rows([[one, two, 1178, three]], gap)
            found = RECOGNIZER.read(picture).digits
            assert len(found) == len(places), (gap, one, two, three)
            assert all(map(holds, places, found)), (gap, one, two, three)


def test_no_clean_digit_is_lost_or_cut_apart_beside_others() -> None:
    """Every one of those that the test above draws from, which would seldom meet the odd one."""
    whole = whole_digits()
    for start in range(0, len(whole), 18):
        chosen = whole[start : start + 18]
        rows = [chosen[first : first + 6] for first in range(0, len(chosen), 6)]
        picture, places = in_rows(rows, gap=14)
        found = RECOGNIZER.read(picture).digits
        assert len(found) == len(places), chosen
        assert all(map(holds, places, found)), chosen
