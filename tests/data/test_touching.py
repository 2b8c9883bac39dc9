"""Marks of digits that touch, and others: what they hold, and that they hang together."""

import numpy as np
import pytest
from scipy import ndimage

from inkdigits.data import Dataset
from inkdigits.data.touching import NONE, Marks
from inkdigits.data.touchingparts import Part, touching


@pytest.fixture(scope="module")
def drawn(mnist: Dataset) -> list[tuple[np.ndarray, tuple[int, ...]]]:
    images, labels = mnist.train.images[:3_000], mnist.train.labels[:3_000]
    marks = Marks(images, labels, np.random.default_rng(1))
    return [marks.draw() for _ in range(400)]


def test_they_are_strips_of_one_to_five_digits_or_of_none(
    drawn: list[tuple[np.ndarray, tuple[int, ...]]],
) -> None:
    for image, values in drawn:
        assert image.dtype == np.uint8
        assert image.shape[0] == 32
        assert image.shape[1] % 4 == 0
        assert image.max() > 150
        assert values == (NONE,) or set(values) <= set(range(10))
    lengths = [0 if values == (NONE,) else len(values) for _, values in drawn]
    assert set(lengths) == {0, 1, 2, 3, 4, 5}


def test_digits_side_by_side_hang_together(
    drawn: list[tuple[np.ndarray, tuple[int, ...]]],
) -> None:
    together = [
        ndimage.label(image > 60, np.ones((3, 3)))[1] == 1
        for image, values in drawn
        if len(values) > 1
    ]
    assert np.mean(together) > 0.9  # a 5's flag may be apart, and grain may part a thin stroke


def test_the_same_generator_draws_the_same(mnist: Dataset) -> None:
    one, other = (
        Marks(mnist.train.images[:50], mnist.train.labels[:50], np.random.default_rng(7))
        for _ in range(2)
    )
    for _ in range(20):
        (image, values), (again, said) = one.draw(), other.draw()
        assert np.array_equal(image, again)
        assert values == said


def test_parts_touch_where_they_first_meet() -> None:
    bar, hook = np.ones((20, 3), np.float32), np.zeros((20, 10), np.float32)
    hook[:, 7:] = 1
    hook[15:] = 1  # which reaches to the left at its foot
    rng = np.random.default_rng(0)
    ink = touching([Part(bar, 0), Part(hook, 0)], 0.0, rng)
    # The hook's foot lies over the bar's last column; above there is paper between them.
    assert ink.shape == (20, 12)
    assert ink[15:].all()
    assert not ink[:15, 3:9].any()
    lower = touching([Part(bar, 0), Part(bar, 40)], 0.0, rng)  # nothing beside it
    assert lower.shape == (60, 6)
    assert lower[:20, :3].all()
    assert lower[40:, 3:].all()
