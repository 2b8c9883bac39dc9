"""Planes at other sizes: SciPy's own zoom is the oracle."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from inkdigits.images.splines import zoomed

SIDES = st.integers(2, 40)


@settings(max_examples=80)
@given(SIDES, SIDES, SIDES, SIDES, st.sampled_from([1, 3]), st.integers(0, 9))
def test_a_plane_becomes_what_scipy_makes_of_it(
    height: int, width: int, tall: int, wide: int, order: int, seed: int
) -> None:
    plane = np.random.default_rng(seed).random((height, width))
    expected = ndimage.zoom(plane, (tall / height, wide / width), order=order)
    np.testing.assert_allclose(zoomed(plane, (tall, wide), order), expected, atol=1e-12)


def test_what_is_put_in_comes_out_in_its_own_type_at_its_own_size() -> None:
    plane = np.random.default_rng(0).random((7, 9), np.float32)
    same = zoomed(plane, (7, 9), order=3)
    assert same.dtype == np.float32
    np.testing.assert_allclose(same, plane, atol=1e-6)
