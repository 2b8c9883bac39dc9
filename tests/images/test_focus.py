"""What is out of focus, and that it becomes sharper where it was."""

import numpy as np
import pytest
from scipy import ndimage

from inkdigits.data import Dataset
from inkdigits.images.focus import is_soft, sharpened
from inkdigits.images.normalize import normalize
from tests.recognition.scenes import glyph


def test_none_of_mnists_own_digits_is_out_of_focus(mnist: Dataset) -> None:
    assert not any(is_soft(image) for image in mnist.test.images[:500])


def test_nothing_is_not_out_of_focus() -> None:
    assert not is_soft(np.zeros((28, 28), np.uint8))


@pytest.mark.parametrize(("share", "expected"), [(0.0, False), (0.02, False), (0.1, True)])
def test_digits_are_out_of_focus_from_a_share_of_their_height_on(
    mnist: Dataset, share: float, expected: bool
) -> None:
    for place in range(20):
        alpha = np.pad(glyph(mnist.test.images[place], 80), 20)
        image = normalize(ndimage.gaussian_filter(alpha, 80 * share))
        assert is_soft(image) == expected


@pytest.mark.parametrize("share", [0.09, 0.12])
def test_what_is_made_sharper_is_nearer_to_the_digit_in_focus(mnist: Dataset, share: float) -> None:
    nearer = []
    for place in range(60):
        alpha = np.pad(glyph(mnist.test.images[place], 80), 40)
        soft = ndimage.gaussian_filter(alpha, 80 * share)
        in_focus, blurred = normalize(alpha), normalize(soft / soft.max())
        before, after = (
            np.abs(image.astype(int) - in_focus).mean() for image in (blurred, sharpened(blurred))
        )
        nearer.append(after / before)
    assert np.mean(nearer) < 0.75
    assert np.max(nearer) < 1


def test_a_loop_that_blur_had_filled_opens() -> None:
    down, across = np.indices((80, 80)) - 39.5
    ring = np.abs(np.hypot(down, across) - 14) < 6  # of a digit 40 pixels high
    blurred = normalize(ndimage.gaussian_filter(ring.astype(float), 5.5))
    assert blurred[12:16, 12:16].mean() > 0.5 * blurred.max()
    sharp = sharpened(blurred)
    assert sharp[12:16, 12:16].mean() < 0.25 * sharp.max()


def test_it_is_what_van_cittert_wrote_with_another_blur(mnist: Dataset) -> None:
    soft = normalize(ndimage.gaussian_filter(np.pad(glyph(mnist.test.images[0], 80), 40), 8))
    levels = soft / 255
    guess = levels
    for _ in range(5):
        guess = (guess + levels - ndimage.gaussian_filter(guess, 2, mode="nearest")).clip(0, 1)
    expected = normalize((2 * guess / guess.max() - 0.75).clip(0, 1))
    np.testing.assert_allclose(sharpened(soft), expected, atol=2)
