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
from inkdigits.recognition.recognizer import Recognizer
from tests.recognition.pages import page

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


@settings(deadline=None, max_examples=40)
@given(number=st.integers(0, 9_999), margins=st.tuples(*[st.integers(0, 60)] * 4))
def test_ink_anywhere_on_any_canvas_gives_the_same_bytes(
    number: int, margins: tuple[int, int, int, int]
) -> None:
    ink = digits().test.images[number] / np.float32(255)
    top, bottom, left, right = margins
    moved = np.pad(ink, ((top, bottom), (left, right)))
    assert np.array_equal(normalize(moved), normalize(ink))


@settings(deadline=None, max_examples=40)
@given(number=st.integers(0, 9_999))
def test_a_crop_and_its_negative_give_the_same_bytes(number: int) -> None:
    crop = digits().test.images[number]
    upright, inverted = normalize_crops(np.stack((crop, 255 - crop)))
    assert np.array_equal(upright, inverted)


@settings(deadline=None, max_examples=40)
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


@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_digits_apart_from_each_other_are_all_found_in_reading_order(data: st.DataObject) -> None:
    """Whatever they are read as: each one's box holds one digit's ink, left to right, in rows."""
    mnist, whole = digits().test, whole_digits()
    counts = data.draw(st.lists(st.integers(3, 6), min_size=1, max_size=3), "digits a row")
    gap = data.draw(st.integers(10, 24), "pixels between them")
    rows: list[Plane] = []
    places: list[tuple[int, int, int]] = []
    ones = 0
    for count in counts:
        parts = [np.zeros((28, gap), np.uint8)]
        for _ in range(count):
            chosen = whole[data.draw(st.integers(0, len(whole) - 1))]
            digit, ones = mnist.images[chosen], ones + int(mnist.labels[chosen] == 1)
            columns = np.flatnonzero((digit > 60).any(0))
            left = sum(part.shape[1] for part in parts)
            parts += [digit[:, columns[0] : columns[-1] + 1], np.zeros((28, gap), np.uint8)]
            places.append((len(rows), left, left + columns[-1] + 1 - columns[0]))
        rows.append(np.concatenate(parts, 1))
    reading = RECOGNIZER.read(page(rows))
    assert reading.turned == 0
    if not reading.lines:
        # A page of which most marks are bars may be refused, as the documentation says; no other.
        assert ones > sum(counts) / 2
        return
    assert [len(line.digits) for line in reading.lines] == counts
    for digit, (row, left, right) in zip(reading.digits, places, strict=True):
        x, y, width, height = (value / 3 for value in digit.box)
        assert left + 20 - 2 <= x
        assert x + width <= right + 20 + 2
        assert 40 * row + 14 <= y
        assert y + height <= 40 * row + 46
