"""Filters and regions against SciPy's."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial import Delaunay

from inkdigits.images import filters
from inkdigits.images.levels import otsu
from inkdigits.images.regions import filled, hull, regions
from inkdigits.images.shadows import closed

RNG = np.random.default_rng(0)
PLANE = RNG.random((37, 53)).astype(np.float32)
EIGHT = np.ones((3, 3), int)


@pytest.mark.parametrize("sigma", [0.7, 3.0, 12.0])
def test_gaussian_is_scipys(sigma: float) -> None:
    expected = ndimage.gaussian_filter(PLANE, sigma, mode="nearest")
    np.testing.assert_allclose(filters.gaussian(PLANE, sigma), expected, atol=1e-5)


@pytest.mark.parametrize("reach", [1, 3, 8, 30])
@pytest.mark.parametrize("part", [np.s_[:, :], np.s_[0:11, 20:53], np.s_[5:6, 0:60]])
def test_closing_is_scipys_also_of_a_part(reach: int, part: tuple[slice, slice]) -> None:
    around = np.pad(PLANE, 2 * reach, mode="edge")
    expected = ndimage.grey_closing(around, 2 * reach + 1)
    expected = expected[2 * reach : -2 * reach, 2 * reach : -2 * reach]
    assert np.array_equal(closed(PLANE, reach, part), expected[part])


@pytest.mark.parametrize("size", [3, 5, 9, 17])
def test_means_and_extremes_are_scipys(size: int) -> None:
    mean = ndimage.uniform_filter(PLANE, size, mode="nearest")
    np.testing.assert_allclose(filters.box_mean(PLANE, size), mean, atol=1e-5)
    assert np.array_equal(filters.largest(PLANE, size), ndimage.maximum_filter(PLANE, size))


def test_the_median_is_scipys() -> None:
    stack = RNG.random((4, 9, 11)).astype(np.float32)
    expected = ndimage.median_filter(stack, size=(1, 3, 3), mode="nearest")
    assert np.array_equal(filters.median_of_nine(stack), expected)


@pytest.mark.parametrize("reach", [1, 2, 5])
def test_morphology_is_scipys(reach: int) -> None:
    marked = PLANE > 0.9
    grown = ndimage.binary_dilation(marked, EIGHT, iterations=reach)
    assert np.array_equal(filters.dilated(marked, reach), grown)
    solid = PLANE > 0.02
    shrunk = ndimage.binary_erosion(solid, EIGHT, iterations=reach)
    assert np.array_equal(filters.eroded(solid, reach), shrunk)


@pytest.mark.parametrize("reach", [1, 4, 60])
def test_marks_are_lengthened_as_scipy_dilates_along_rows(reach: int) -> None:
    marked = PLANE > 0.97
    expected = ndimage.binary_dilation(marked, np.ones((1, 3)), iterations=reach)
    assert np.array_equal(filters.lengthened(marked, reach), expected)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 255), min_size=1, max_size=300))
@example([0, 6, 7, 12])  # as well parted at either end
def test_otsus_threshold_parts_levels_as_well_as_any(values: list[int]) -> None:
    levels = np.array(values) / 255
    binned = (np.minimum(127, np.floor(levels * 128)) + 0.5) / 128

    def between(threshold: float) -> float:
        low, high = binned[levels <= threshold], binned[levels > threshold]
        if not len(low) or not len(high):
            return 0.0
        return float(len(low) * len(high) * (high.mean() - low.mean()) ** 2)

    best = max(between(edge / 128) for edge in range(129))
    assert between(otsu(levels)) >= 0.99 * best


def test_white_that_rounding_made_more_than_white_counts() -> None:
    levels = np.array([0.25] * 10 + [1 + 1e-7] * 90, np.float32)
    assert otsu(levels) == pytest.approx((0.25 + 1) / 2, abs=0.01)


@settings(max_examples=150)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_regions_are_scipys(height: int, width: int, seed: int, share: float) -> None:
    marked = np.random.default_rng(seed).random((height, width)) < share
    found = regions(marked)
    labels, count = ndimage.label(marked, EIGHT)
    assert found.count == count
    assert np.array_equal(found.labels > 0, marked)
    pairs = set(zip(labels[marked].tolist(), found.labels[marked].tolist(), strict=True))
    assert len(pairs) == count
    for theirs, ours in pairs:
        rows, columns = ndimage.find_objects(labels)[theirs - 1]
        box = (found.tops, found.lefts, found.bottoms, found.rights)
        expected = (rows.start, columns.start, rows.stop, columns.stop)
        assert tuple(int(edge[ours - 1]) for edge in box) == expected
        assert found.areas[ours - 1] == (labels == theirs).sum()
    seeds = marked & (np.arange(width) % 5 == 0)
    counts = found.counts(seeds)
    assert counts.tolist() == [(found.labels[seeds] == place + 1).sum() for place in range(count)]
    reached = ndimage.binary_propagation(seeds, EIGHT, mask=marked)
    assert np.array_equal(found.those(counts > 0), reached)


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.floats(0.3, 0.9))
def test_holes_are_filled_as_scipy_does(seed: int, share: float) -> None:
    marked = np.random.default_rng(seed).random((20, 30)) < share
    expected = ndimage.binary_fill_holes(marked)
    # SciPy's holes are closed by sides alone; here what touches by a corner is open.
    assert not (filled(marked) & ~expected).any()
    assert not (marked & ~filled(marked)).any()


def test_a_spiral_is_one_region() -> None:
    spiral = np.zeros((60, 60), bool)
    for turn in range(0, 28, 4):
        low, high = turn, 59 - turn
        spiral[low, low - 4 if turn else 0 : high + 1] = True
        spiral[low : high + 1, high] = True
        spiral[high, low : high + 1] = True
        spiral[low + 4 : high + 1, low] = True
    assert regions(spiral).count == ndimage.label(spiral, EIGHT)[1]


@settings(max_examples=60)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30), st.floats(0, 1))
def test_quantiles_are_numpys(values: list[float], share: float) -> None:
    assert filters.quantile(values, share) == pytest.approx(np.quantile(values, share), abs=1e-9)
    assert filters.median(values) == pytest.approx(np.median(values), abs=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_the_hull_is_scipys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((30, 40)) < rng.choice([0.004, 0.01, 0.1])
    points = np.argwhere(mask)
    shape = Delaunay(points)
    everywhere = np.argwhere(np.ones(mask.shape, bool))
    # On its border only sums of floats decide.
    expected = shape.find_simplex(everywhere, tol=1e-9).reshape(mask.shape) >= 0
    np.testing.assert_array_equal(hull(mask), expected)


def test_the_hull_of_a_line_or_less_is_itself() -> None:
    for places in ([], [(3, 4)], [(3, 4), (3, 9)], [(0, 0), (5, 5)]):
        mask = np.zeros((10, 10), bool)
        for row, column in places:
            mask[row, column] = True
        np.testing.assert_array_equal(hull(mask), mask)
