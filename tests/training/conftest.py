"""A small set that a small network learns in a second, and a quick recipe for it."""

from dataclasses import replace

import numpy as np
import pytest

from inkdigits.data import Dataset, Split
from inkdigits.networks.description import NetworkDescription, Stage
from inkdigits.training.engine import Engine
from inkdigits.training.recipe import Recipe


@pytest.fixture
def engine() -> Engine:
    """One thread of float32, the same on any machine."""
    return Engine("cpu", "float32", 1)


@pytest.fixture(scope="session")
def bars() -> Dataset:
    """330 training and 60 test images of 12x12: a bright line tells one of four classes."""
    rng = np.random.default_rng(5)

    def split(count: int) -> Split:
        images = rng.integers(0, 60, (count, 12, 12), dtype=np.uint8)
        labels = rng.integers(0, 4, count).astype(np.uint8)
        for image, label in zip(images, labels, strict=True):
            place = 3 if label < 2 else 8
            image[(slice(None), place) if label % 2 else place] = 255
        return Split(images, labels)

    return Dataset("bars", split(330), split(60), ("top", "left", "bottom", "right"), "a fixture")


@pytest.fixture(scope="session")
def recipe(bars: Dataset) -> Recipe:
    """Two small stages, batches of 64 with a last one of 10, three epochs."""
    network = NetworkDescription(stages=(Stage(4), Stage(6, pooling="none")), dropout=0.5)
    quick = Recipe(name="quick-test", network=network, batch_size=64, epochs=3)
    return replace(quick.for_data(4, bars.image_size))
