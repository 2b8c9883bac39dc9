"""Ink normalised as MNIST's authors did it; MNIST itself is the oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from inkdigits.data import Dataset
from inkdigits.images.crops import normalize_crops
from inkdigits.images.normalize import normalize, normalize_all


def test_mnists_own_digits_come_back_as_they_are(mnist: Dataset) -> None:
    images = mnist.test.images[:500]
    normalised = normalize_all(images / np.float32(255))
    assert np.abs(normalised.astype(int) - images).mean() < 0.5


@pytest.mark.parametrize("factor", [3, 6, 12])
def test_enlarged_digits_come_back_close_to_themselves(mnist: Dataset, factor: int) -> None:
    differences = []
    for image in mnist.test.images[:60]:
        size = (28 * factor, 28 * factor)
        large = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))
        differences.append(np.abs(normalize(large / np.float32(255)).astype(int) - image).mean())
    assert np.mean(differences) < 12  # of 255; half a pixel of shift alone makes 10


def test_a_bar_is_fitted_into_twenty_pixels_around_the_middle() -> None:
    ink = np.zeros((90, 120), np.float32)
    ink[10:70, 30:42] = 1
    rows, columns = np.nonzero(normalize(ink) > 127)
    assert [int(rows.min()), int(rows.max())] == [4, 23]
    assert columns.max() - columns.min() + 1 == 4
    assert abs(columns.mean() - 14) <= 0.5


def test_the_centre_of_mass_lies_in_the_middle_to_half_a_pixel(mnist: Dataset) -> None:
    shifted = np.pad(mnist.test.images[:200], ((0, 0), (3, 40), (17, 5))) / np.float32(255)
    for image in normalize_all(shifted):
        row, column = ndimage.center_of_mass(image.astype(float))
        assert abs(row - 14) <= 0.6
        assert abs(column - 14) <= 0.6


@pytest.mark.parametrize("strength", [0.3, 0.5, 0.9])
def test_weak_ink_becomes_as_white_as_strong(mnist: Dataset, strength: float) -> None:
    """What is weaker than a tenth stays as it is."""
    images = (mnist.test.images[:200] > 127).astype(np.float32)  # so that no edge is lost
    for weak, strong in zip(normalize_all(strength * images), normalize_all(images), strict=True):
        assert weak.max() == 255
        assert np.abs(weak.astype(int) - strong)[strong > 25].mean() < 20
    faint = np.zeros((20, 20), np.float32)
    faint[:, 8:12] = 0.08
    assert normalize(faint).max() == round(0.08 * 255)


def test_what_is_white_is_by_hand() -> None:
    """Of 20x20 pixels as they are: one in fifty of those inked may be stronger than white."""
    ink = np.zeros((20, 20), np.float32)
    ink[:, :10] = 0.5
    ink[0, :4] = 0.8  # of 200 inked pixels, four are allowed beyond
    image = normalize(ink)
    assert sorted(np.unique(image)) == [0, 255]
    ink[0, 4] = 0.8  # five: now they are white, and the others keep their share
    assert sorted(np.unique(normalize(ink))) == [0, round(255 * 0.5 / 0.8), 255]
    ink[0, :5] = 1
    assert sorted(np.unique(normalize(ink))) == [0, 128, 255]


@pytest.mark.parametrize(("side", "margin"), [(5, 2), (10, 4), (20, 4), (40, 8), (100, 20)])
def test_ink_is_resized_as_pillow_resizes_with_a_triangle(side: int, margin: int) -> None:
    rng = np.random.default_rng(side)
    ink = np.zeros((side + 2 * margin,) * 2, np.float32)
    ink[margin:-margin, margin:-margin] = rng.uniform(0.3, 1, (side, side))
    inner = margin + side // 4
    ink[inner:-inner, inner:-inner] = 1  # so much white that nothing is made whiter
    scaled = len(ink) * 20 // side
    resized = Image.fromarray(ink).resize((scaled, scaled), Image.Resampling.BILINEAR)
    expected = np.zeros((60, 60), np.float32)
    expected[:scaled, :scaled] = np.asarray(resized)
    image = normalize(ink)
    row, column = np.rint(14 - np.array(ndimage.center_of_mass(expected))).astype(int)
    expected = np.roll(expected, (row, column), (0, 1))[:28, :28]
    assert np.abs(image - 255 * expected).max() <= 0.51


def test_ink_at_the_edge_of_its_picture_is_as_strong_as_with_paper_around() -> None:
    ink = np.ones((10, 10), np.float32)
    np.testing.assert_array_equal(normalize(ink), normalize(np.pad(ink, 9)))


def test_whether_a_row_is_inked_is_asked_of_each_image_alone() -> None:
    some = np.zeros((2, 8, 12), np.float32)
    some[0, 2:6, 3:9] = 1
    some[1, 2:6, 3:9] = 0.24  # no ink to speak of: the whole picture is taken
    np.testing.assert_array_equal(normalize_all(some)[0], normalize(some[0]))
    np.testing.assert_array_equal(normalize_all(some)[1], normalize(some[1]))


def test_nothing_gives_black() -> None:
    assert not normalize(np.zeros((5, 9), np.float32)).any()


@settings(max_examples=60)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1), st.floats(0.01, 1))
def test_any_ink_gives_28_pixels_a_side(height: int, width: int, seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    ink = (rng.random((height, width)) * (rng.random((height, width)) < share)).astype(np.float32)
    image = normalize(ink)
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert np.array_equal(normalize_all(np.stack((ink, ink)))[1], image)


def test_inverted_crops_give_the_same(mnist: Dataset) -> None:
    images = mnist.test.images[:300]
    difference = normalize_crops(images).astype(int) - normalize_crops(255 - images)
    assert np.abs(difference).mean() < 0.5


def test_a_gradient_of_light_is_taken_out(mnist: Dataset) -> None:
    images = mnist.test.images[:200]
    slope = np.linspace(0, 60, 28)
    lit = np.clip(40 + 0.6 * images + slope, 0, 255).astype(np.uint8)
    difference = np.abs(normalize_crops(lit).astype(int) - normalize_crops(images))
    assert difference.mean() < 6


def test_a_stroke_that_comes_in_from_the_border_is_left_out() -> None:
    crop = np.zeros((40, 40), np.uint8)
    crop[8:34, 18:22] = 255
    alone = normalize_crops(crop[None])
    crop[10:20, 38:] = 255
    assert np.array_equal(normalize_crops(crop[None]), alone)


def test_salt_and_pepper_does_not_decide_the_size() -> None:
    crop = np.zeros((28, 28), np.uint8)
    crop[8:22, 12:17] = 255
    rng = np.random.default_rng(0)
    struck = rng.random(crop.shape) < 0.1
    noisy = np.where(struck, rng.integers(0, 2, crop.shape) * 255, crop).astype(np.uint8)
    rows, _ = np.nonzero(normalize_crops(noisy[None])[0] > 127)
    assert rows.max() - rows.min() >= 17


def test_an_image_does_not_hang_on_those_beside_it() -> None:
    rng = np.random.default_rng(5)
    for height, width in rng.integers(1, 70, (40, 2)).tolist():
        # Drawn shapes too, whose middles lie between two pixels.
        inks = rng.random((6, height, width)).astype(np.float32).round(int(rng.integers(2)))
        for ink, image in zip(inks, normalize_all(inks), strict=True):
            np.testing.assert_array_equal(image, normalize(ink))
