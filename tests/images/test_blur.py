"""Pages out of focus or moved, and that they become sharper where they were."""

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from inkdigits.data import Dataset
from inkdigits.images import blur
from inkdigits.images.ink import find_ink
from tests.recognition.blurred import HIGH, along, blurred_page

Floats = npt.NDArray[np.float64]


@pytest.fixture
def ink(mnist: Dataset) -> Floats:
    """Of a page, 1 where it is full; its digits are 20 pixels high."""
    picture, _ = blurred_page(mnist, 5)
    small: Floats = ndimage.zoom(picture.astype(np.float64), 1 / 3, order=1)
    return ((235 - small) / 200).clip(0, 1)


def test_a_page_out_of_focus_or_moved_is_soft_and_a_sharp_one_is_not(mnist: Dataset) -> None:
    for seed in range(5):
        for kind, expected in (({}, False), ({"focus": 0.09}, True), ({"moved": 0.4}, True)):
            ink = find_ink(blurred_page(mnist, seed, degrees=30, **kind)[0])
            assert blur.is_soft(ink, HIGH) == expected, (seed, kind)


def test_nothing_is_not_soft() -> None:
    assert not blur.is_soft(find_ink(np.full((60, 80), 230, np.uint8)), 20)


@pytest.mark.parametrize("sigma", [0.9, 2.0, 3.3])
def test_a_lens_spreads_as_scipys_gaussian(ink: Floats, sigma: float) -> None:
    spread = blur.spread(ink.astype(np.float32), blur.lens(sigma))
    reach = math.ceil(3 * sigma)
    expected = ndimage.gaussian_filter(ink, sigma, mode="nearest", radius=reach)
    assert np.abs(spread - expected).max() < 1e-5


@pytest.mark.parametrize("degrees", [0, 37, 90, 160])
def test_a_movement_spreads_along_its_line_and_hardly_beside_it(degrees: int) -> None:
    point = np.zeros((41, 41), np.float32)
    point[20, 20] = 1
    angle = math.radians(degrees)
    spread = blur.spread(point, blur.line(9, angle)).astype(np.float64)
    down, right = np.indices(spread.shape) - 20
    forward = right * math.cos(angle) + down * math.sin(angle)
    beside = right * math.sin(angle) - down * math.cos(angle)
    assert spread.sum() == pytest.approx(1, abs=1e-5)
    assert np.abs(spread - spread[::-1, ::-1]).max() < 1e-6
    assert (spread * forward**2).sum() == pytest.approx(9**2 / 12, rel=0.05)
    assert (spread * beside**2).sum() < 0.3


def test_ink_is_restored_as_richardson_and_lucy_wrote(ink: Floats) -> None:
    soft = ndimage.gaussian_filter(ink, 2, mode="nearest")
    found = blur.restored(soft.astype(np.float32), blur.lens(2))
    guess = soft
    for _ in range(20):
        seen = ndimage.gaussian_filter(guess, 2, mode="nearest", radius=6)
        ratio = (soft + 0.005) / (seen + 0.005)
        guess = (guess * ndimage.gaussian_filter(ratio, 2, mode="nearest", radius=6)).clip(0, 2)
    assert np.abs(found - guess).max() < 1e-3


def test_restored_ink_is_nearer_to_the_page_before(ink: Floats) -> None:
    for kernel, soft in (
        (blur.lens(2), ndimage.gaussian_filter(ink, 2, mode="nearest")),
        (blur.line(7, math.radians(60)), along(ink, 7, math.radians(60))),
    ):
        found = blur.restored(soft.astype(np.float32), kernel)
        assert np.abs(found - ink).mean() < 0.6 * np.abs(soft - ink).mean()


@pytest.mark.parametrize("degrees", [0, 20, 45, 90, 135, 170])
def test_a_page_changes_least_along_its_movement(ink: Floats, degrees: int) -> None:
    moved = along(ink, 9, math.radians(degrees))
    found = math.degrees(blur.least_change(moved.astype(np.float32)))
    assert abs((found - degrees + 90) % 180 - 90) < 15


def test_light_ink_on_dark_paper_becomes_dark_ink_on_light(mnist: Dataset) -> None:
    picture, _ = blurred_page(mnist, 3, focus=0.12)
    dark = list(blur.sharper(picture, HIGH, light_on_dark=False))
    light = list(blur.sharper(255 - picture, HIGH, light_on_dark=True))
    assert len(dark) == len(light) == 3
    for one, other in zip(dark, light, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 1
        assert np.median(one) > 250
        assert one.shape == picture.shape
    for one, other in pairwise(dark):
        assert np.abs(one.astype(int) - other).max() > 20


def test_marks_too_small_beside_their_page_are_left(mnist: Dataset) -> None:
    picture, _ = blurred_page(mnist, 3, focus=0.12)
    large = np.pad(picture, ((0, 4_500), (0, 0)), constant_values=235)
    assert not list(blur.sharper(large, HIGH, light_on_dark=False))
