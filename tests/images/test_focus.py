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


def test_edges_become_steeper_where_they_were() -> None:
    ink = np.linspace(0, 1, 9, dtype=np.float32)[None]
    expected = [0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1]
    assert sharpened(ink)[0].tolist() == expected
