"""Rows of numbers as images: the same whatever stands beside them, and what torch makes of them."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inkdigits.data.rows import Layout, Numbers
from inkdigits.errors import DataError

FINITE = st.floats(-1e308, 1e308, allow_nan=False)
TABLES = arrays.arrays(
    st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_]),
    st.tuples(st.integers(1, 6), st.integers(1, 12)),
)


@given(arrays.arrays(np.float64, (5, 7), elements=FINITE), st.integers(0, 4))
@settings(max_examples=50)
def test_a_row_is_the_same_image_alone_and_among_others(rows: np.ndarray, place: int) -> None:
    layout = Layout.learn(rows, None, (8, 8))
    alone = layout.images(rows[place : place + 1])
    np.testing.assert_array_equal(layout.images(rows)[place], alone[0])
    # What is learned is kept: other rows, far beyond those fitted, change nothing.
    np.testing.assert_array_equal(layout.images(np.vstack([rows, rows * 0.5]))[place], alone[0])


@given(st.integers(1, 2000))
def test_a_row_of_a_square_number_is_a_square_and_others_spare_no_line(numbers: int) -> None:
    height, width = Layout.learn(np.zeros((1, numbers)), None, (1, 1)).shape
    side = int(numbers**0.5)
    if side**2 == numbers:
        assert height == width == side
    assert 0 <= width - height <= 1
    assert (height - 1) * width < numbers <= height * width


def test_bytes_and_numbers_from_0_to_1_are_the_same_images() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 30), dtype=np.uint8)
    pixels[0, :2] = (0, 255)
    forms: list[Numbers] = [pixels, pixels / 255, (pixels / 255).astype(np.float32)]
    expected = pixels.reshape(9, 5, 6)
    for fitted in forms:
        layout = Layout.learn(fitted, (5, 6), (1, 1))
        for shown in forms:
            np.testing.assert_array_equal(layout.images(shown), expected)
    of_floats = Layout.learn(pixels.astype(np.float64), (5, 6), (1, 1))
    for kind in (np.uint8, np.float64, np.int64):
        np.testing.assert_array_equal(of_floats.images(pixels.astype(kind)), expected)


def test_the_levels_of_other_numbers_are_those_of_the_training_rows() -> None:
    layout = Layout.learn(np.array([[-2.0, 0.0, 2.0, 1.0]]), None, (1, 1))
    np.testing.assert_array_equal(
        layout.images(np.array([[-9.0, 0.0, 2.0, 7.0]])), [[[0, 128], [255, 255]]]
    )
    sixteen = Layout.learn(np.array([[0.0, 16.0, 4.0, 8.0]]), None, (1, 1))
    as_bytes = np.array([[0, 16, 4, 8]], np.uint8)
    np.testing.assert_array_equal(sixteen.images(as_bytes), [[[0, 255], [64, 128]]])


def test_only_what_stays_within_0_and_1_are_shares_of_white() -> None:
    beyond = np.array([[0.0, 0.5, 1.0, 1.5]])
    layout = Layout.learn(beyond, None, (1, 1))
    np.testing.assert_array_equal(layout.images(beyond), [[[0, 85], [170, 255]]])


def test_no_rows_are_no_images() -> None:
    layout = Layout.learn(np.array([[0, 7, 255, 9]], np.uint8), None, (1, 1))
    assert layout.images(np.zeros((0, 4))).shape == (0, 2, 2)


def test_many_rows_are_images_each() -> None:
    rows = np.random.default_rng(2).integers(0, 256, (5000, 1), dtype=np.uint8)
    layout = Layout.learn(rows, None, (1, 1))
    np.testing.assert_array_equal(layout.images(rows)[:, 0, 0], rows[:, 0])


def test_bytes_of_zeros_and_ones_are_black_and_white() -> None:
    ones = np.array([[0, 1, 1, 0]], np.uint8)
    layout = Layout.learn(ones, None, (1, 1))
    for kind in (np.uint8, np.bool_, np.float64):
        np.testing.assert_array_equal(layout.images(ones.astype(kind)), [[[0, 255], [255, 0]]])


def test_zeros_and_ones_after_images_are_warned_of_where_they_are_black() -> None:
    for fitted in (np.array([[0, 7, 255, 9]], np.uint8), np.array([[0.0, 0.5, 1.0, 0.2]])):
        layout = Layout.learn(fitted, None, (1, 1))
        faint = np.array([[0, 1, 1, 0]], np.uint8)
        with pytest.warns(UserWarning, match="0 and 1 only"):
            alone = layout.images(faint)
        among = layout.images(np.vstack([faint, 255 * faint]))
        np.testing.assert_array_equal(alone[0], among[0])
        ones = np.array([[0.0, 1.0, 1.0, 0.0]])
        np.testing.assert_array_equal(layout.images(ones), [[[0, 255], [255, 0]]])


@pytest.mark.parametrize(
    ("before", "after"), [((8, 8), (28, 28)), ((3, 5), (28, 5)), ((1, 2), (7, 9))]
)
def test_small_images_are_stretched_as_torch_interpolates(
    before: tuple[int, int], after: tuple[int, int]
) -> None:
    images = np.random.default_rng(1).random((4, *before))
    layout = Layout.learn(images.reshape(4, -1), before, after)
    assert layout.size == after
    oracle = F.interpolate(torch.from_numpy(images)[:, None], after, mode="bilinear")[:, 0]
    difference = layout.images(images.reshape(4, -1)) - 255 * oracle.numpy()
    assert np.abs(difference).max() <= 0.5 + 1e-9


def test_missing_pixels_are_black_and_larger_images_stay_as_they_are() -> None:
    layout = Layout.learn(np.ones((1, 7)), None, (1, 1))
    np.testing.assert_array_equal(
        layout.images(np.ones((1, 7))), [[[255] * 3, [255] * 3, [255, 0, 0]]]
    )
    assert Layout.learn(np.ones((1, 1600)), None, (28, 28)).size == (40, 40)


def test_pixels_up_to_255_that_are_no_bytes_are_refused_after_bytes() -> None:
    pixels = np.array([[0, 255, 7, 9]], np.uint8)
    layout = Layout.learn(pixels, None, (1, 1))
    with pytest.raises(DataError, match=r"up to 255 and type float64.*whole numbers from 0 to 255"):
        layout.images(pixels.astype(np.float64))
    layout.images(pixels / 255 * 1.01)  # a little beyond is what rounding does


@pytest.mark.parametrize("kind", [np.int8, np.int16, np.uint16, np.int32, np.int64, np.uint64])
def test_whole_numbers_of_any_type_are_bytes_after_bytes(kind: type[np.integer]) -> None:
    pixels = np.array([[0, 127, 7, 9], [0, 2, 1, 0]], np.uint8)
    layout = Layout.learn(pixels, None, (1, 1))
    for row, image in zip(pixels, layout.images(pixels), strict=True):
        np.testing.assert_array_equal(layout.images(row[None].astype(kind))[0], image)
    for beyond in ([-3, 9, 0, 0], [9, 256, 0, 0]):
        with pytest.raises(DataError, match=r"^X holds (-3|256); .* whole numbers from 0 to 255"):
            layout.images(np.array([beyond]))


@given(TABLES)
@example(np.full((1, 2), 2.225073858507203e-313))
@settings(max_examples=100)
def test_any_table_becomes_images_of_the_size_asked_for(rows: np.ndarray) -> None:
    if not np.isfinite(rows).all():
        return
    with np.errstate(all="raise"):
        images = Layout.learn(rows, None, (4, 4)).images(rows)
    assert images.dtype == np.uint8
    assert images.shape == (len(rows), 4, 4)
