"""Marks as strips; Pillow's resizing is the oracle."""

import numpy as np
import pytest
from PIL import Image

from inkdigits.data import Dataset
from inkdigits.images.strips import strip


def test_a_mark_becomes_twenty_four_pixels_high_with_paper_around() -> None:
    ink = np.zeros((100, 200), np.float32)
    ink[30:78, 50:150] = 1  # 48 x 100: halved
    shown = strip(ink)
    assert shown is not None
    assert shown.image.shape == (32, 60)  # 50 and at least 4 on both sides, a multiple of 4
    rows, columns = np.nonzero(shown.image > 127)
    assert (rows.min(), rows.max()) == (4, 27)
    assert (columns.min(), columns.max()) == (5, 54)
    assert shown.image.max() == 255


@pytest.mark.parametrize("height", [12, 24, 30, 61, 150])
def test_a_mark_is_resized_as_pillow_resizes_with_a_triangle(height: int) -> None:
    rng = np.random.default_rng(height)
    levels = rng.uniform(0.3, 1, (height, 2 * height)).astype(np.float32)
    levels[height // 3 : -height // 3] = 1  # so much white that nothing is made whiter
    shown = strip(np.pad(levels, 7))
    assert shown is not None
    padded = np.pad(levels, height)  # paper beside it, as there is in the strip
    size = (6 * 24 - 2 * 24, 3 * 24)
    expected = Image.fromarray(padded).resize(size, Image.Resampling.BILINEAR)
    inner = np.asarray(expected)[24:48, 24:72]
    # Weights are not made to sum to 1 where the triangle meets few pixels, as Pillow makes them.
    assert np.abs(shown.image[4:28, 4:52] / 255 - inner).max() < 0.05


def test_columns_of_the_strip_are_found_again_in_the_ink() -> None:
    ink = np.zeros((60, 300), np.float32)
    ink[5:55, 20:30] = ink[5:55, 201:211] = 1
    ink[5:9, 20:211] = 1
    shown = strip(ink)
    assert shown is not None
    for bar in (shown.image[16] > 127).nonzero()[0].reshape(2, -1):
        place = shown.column(bar.mean())
        assert min(abs(place - 24.5), abs(place - 205.5)) < 1


def test_a_digit_of_any_size_gives_the_same_strip(mnist: Dataset) -> None:
    for image in mnist.test.images[:30]:
        small = strip(image / np.float32(255))
        large = Image.fromarray(image).resize((168, 168), Image.Resampling.BICUBIC)
        other = strip(np.asarray(large) / np.float32(255))
        assert small is not None
        assert other is not None
        assert abs(small.image.shape[1] - other.image.shape[1]) <= 4
        if small.image.shape == other.image.shape:
            assert np.abs(small.image - other.image.astype(float)).mean() < 20


def test_paper_and_what_is_much_wider_than_high_is_no_strip() -> None:
    assert strip(np.ones((3, 40), np.float32)) is None
    assert strip(np.ones((3, 36), np.float32)) is not None
    assert strip(np.zeros((9, 9), np.float32)) is None
    assert strip(np.full((9, 9), 0.2, np.float32)) is None
