"""Which of one's own digits are taught, and which are held out to score on."""

from pathlib import Path

import numpy as np
import pytest

from inkdigits.data.dataset import Dataset, Split
from inkdigits.errors import DataError, UsageError
from inkdigits.teaching import _parted, prepare_lesson

HERE = Path("mine")


def digits(count: int, seed: int = 0) -> Split:
    """Noise, so that each image is another; labels 0 to 4 in turn."""
    images = np.random.default_rng(seed).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    return Split(images, (np.arange(count) % 5).astype(np.uint8))


def known(split: Split) -> set[bytes]:
    return {image.tobytes() for image in split.images}


def test_one_in_five_is_held_out_and_at_least_one_of_each_value_on_either_side() -> None:
    own = digits(1000)
    taught, held = _parted(own, HERE)
    assert known(taught) | known(held) == known(own)
    assert len(taught.labels) + len(held.labels) == 1000
    assert 150 < len(held.labels) < 250
    for seed in range(50):
        for part in _parted(digits(10, seed), HERE):
            assert set(part.labels) == set(range(5))
    twice = digits(5)
    same = Split(twice.images.repeat(2, axis=0), twice.labels.repeat(2))
    assert [len(part.labels) for part in _parted(same, HERE)] == [5, 5]
    with pytest.raises(DataError, match="one 0 only"):
        _parted(digits(5), HERE)


def test_what_was_taught_stays_taught_when_more_digits_come() -> None:
    before, more = digits(100), digits(400, seed=1)
    for order in (0, 1):
        parts = (before, more) if order else (more, before)
        together = Split(
            np.concatenate([part.images for part in parts]),
            np.concatenate([part.labels for part in parts]),
        )
        assert known(_parted(before, HERE)[0]) <= known(_parted(together, HERE)[0])


def test_no_other_set_is_taken_for_digits() -> None:
    for size, names in (((28, 28), "abcdefghij"), ((28, 28), "01"), ((40, 28), "0123456789")):
        split = Split(np.zeros((10, *size), np.uint8), np.arange(10, dtype=np.uint8) % len(names))
        other = Dataset("letters", split, split, tuple(names), "a file")
        with pytest.raises(UsageError, match="letters"):
            prepare_lesson("shipped", HERE, other, seed=0)
