"""Changed writing: what each way does to shapes whose outcome is known."""

from dataclasses import replace

import numpy as np
import pytest

from inkdigits.evaluation import sensitivity as ways
from inkdigits.evaluation.sensitivity import WAYS, Way, sensitivity
from inkdigits.recognition.network import Scores

STROKE, TILT, SCALE, SHIFT = WAYS


def bar(left: int, right: int) -> np.ndarray:
    """A white bar of columns `left` to below `right`, rows 8 to below 20."""
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 8:20, left:right] = 255
    return image


def changed(images: np.ndarray, way: Way, value: float) -> np.ndarray:
    """Images changed by one amount."""
    only: np.ndarray = ways.changed(images, replace(way, values=(value,)))[0]
    return only


def area(image: np.ndarray) -> float:
    return float(image.sum() / 255)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_unchanged_is_unchanged(way: Way) -> None:
    assert way.unchanged in way.values
    image = np.random.default_rng(0).integers(0, 256, (2, 28, 28)).astype(np.uint8)
    np.testing.assert_array_equal(changed(image, way, way.unchanged), image)


@pytest.mark.parametrize("wider", [-2, -1, 1, 2])
def test_strokes_grow_by_as_many_pixels_as_said(wider: float) -> None:
    image = changed(bar(12, 16), STROKE, wider)
    assert area(image[0, 14]) == pytest.approx(4 + wider, abs=0.3)
    assert area(image[0, :, 13]) == pytest.approx(12 + wider, abs=0.3)


def test_a_shift_moves_whole_pixels_exactly() -> None:
    np.testing.assert_array_equal(changed(bar(12, 16), SHIFT, 3), bar(15, 19))
    np.testing.assert_array_equal(changed(bar(12, 16), SHIFT, -4), bar(8, 12))


def test_a_scale_multiplies_the_area_by_its_square() -> None:
    for times in (0.7, 1.3):
        assert area(changed(bar(8, 20), SCALE, times)) == pytest.approx(144 * times**2, rel=0.08)


def test_a_tilt_turns_anticlockwise() -> None:
    image = changed(bar(13, 15), TILT, 45)
    rows, columns = np.nonzero(image[0] > 100)
    # Upright becomes a stroke from the upper left to the lower right.
    assert np.corrcoef(rows, columns)[0, 1] > 0.8
    np.testing.assert_array_equal(changed(bar(12, 16), TILT, 90), np.rot90(bar(12, 16), 1, (1, 2)))


def test_blank_and_full_images_have_no_strokes_to_change() -> None:
    for level in (0, 255):
        image = np.full((1, 28, 28), level, np.uint8)
        np.testing.assert_array_equal(changed(image, STROKE, 2), image)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_all_amounts_at_once_are_each_alone(way: Way) -> None:
    images = np.concatenate((bar(12, 16), np.zeros((1, 28, 28), np.uint8), bar(2, 4)))
    seen: list[float] = []
    alone = [
        np.concatenate([changed(image[None], way, value) for image in images])
        for value in way.values
    ]
    np.testing.assert_array_equal(ways.changed(images, way, seen.append), alone)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_what_is_read_is_counted_at_each_amount() -> None:
    """A reader that is sure of a 1 where there is ink in the middle column, of a 0 elsewhere."""

    def score(images: np.ndarray) -> Scores:
        ones = images[:, :, 13:15].max((1, 2)) > 0
        probabilities = np.where(ones[:, None], [0.2, 0.8], [0.9, 0.1])
        return Scores(probabilities, np.ones(len(images)))

    images = np.concatenate((bar(12, 16), bar(2, 4)))
    seen: list[float] = []
    found = sensitivity(score, images, np.array([1, 0]), SHIFT, images[0], seen.append)
    by_value = dict(zip(SHIFT.values, found.accuracy.tolist(), strict=True))
    assert by_value[0] == 1.0
    assert by_value[8] == 0.5  # the first has left the middle
    sure = dict(zip(SHIFT.values, found.confidence.tolist(), strict=True))
    assert sure[0] == pytest.approx(0.85)
    assert sure[8] == pytest.approx(0.9)
    np.testing.assert_array_equal(found.examples[SHIFT.values.index(2)], bar(14, 18)[0])
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
