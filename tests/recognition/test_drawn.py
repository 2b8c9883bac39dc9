"""Digits in boxes that somebody drew."""

import numpy as np
import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset
from tests.recognition.drawn import KINDS, PAPER, boxes, page
from tests.recognition.scenes import rows


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


@pytest.mark.parametrize("kind", KINDS)
def test_nearly_all_digits_in_drawn_boxes_are_read(
    recognizer: Recognizer, mnist: Dataset, kind: str
) -> None:
    """If their sides were left, 38 of these 40 lines of boxes apart would be wrong, of others 7."""
    wrong = 0
    for seed in range(10):
        places = [list(row) for row in rows(24 * seed, 4, 5)]
        picture, text = page(mnist, kind, places, seed)
        found = recognizer.read(picture).text.split("\n")
        assert len(found) == len(places)
        wrong += sum(one != other for one, other in zip(found, text.split("\n"), strict=True))
    assert wrong <= 3


@pytest.mark.parametrize("kind", ["row", "field"])
def test_empty_drawn_boxes_hold_no_digits(recognizer: Recognizer, kind: str) -> None:
    """If their sides were left, on eight of these twelve pages, and on six of fields."""
    for seed in range(12):
        ink = boxes(kind, [3, 5, 4], np.random.default_rng(seed))
        assert recognizer.read((PAPER - ink * 0.7).astype(np.uint8)).text == ""
