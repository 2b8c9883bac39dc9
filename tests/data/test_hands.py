"""Digits in many hands, drawn by a pen: looked at by eye, held to their kinds here."""

import itertools

import numpy as np
import pytest

from inkdigits import Recognizer
from inkdigits.data import hands
from inkdigits.data.hands import HANDS, Hand, penned

EACH = [(value, hand) for value, kinds in enumerate(HANDS) for hand, _ in kinds]


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


def test_all_ten_values_are_drawn_in_turn_and_again_from_the_seed() -> None:
    drawn = penned(40, np.random.default_rng(3))
    assert drawn.images.shape == (40, 28, 28)
    assert drawn.images.dtype == np.uint8
    assert drawn.labels.tolist() == 4 * list(range(10))
    assert len({image.tobytes() for image in drawn.images}) == 40
    again = penned(40, np.random.default_rng(3))
    assert np.array_equal(again.images, drawn.images)
    assert np.array_equal(again.labels, drawn.labels)
    other = penned(40, np.random.default_rng(4))
    assert not np.array_equal(other.images, drawn.images)


@pytest.mark.parametrize(("value", "hand"), EACH, ids=lambda each: getattr(each, "__name__", each))
def test_a_hand_is_read_as_what_it_writes(
    value: int, hand: Hand, recognizer: Recognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the network that ships: what is drawn is the digit that it is said to be."""
    monkeypatch.setattr(hands, "HANDS", {value: ((hand, 1.0),)})
    rng = np.random.default_rng(20_000 + value)
    drawn = np.stack([hands._drawn(value, rng) for _ in range(100)])
    scores = recognizer.network.score(drawn)
    read = (scores.probabilities.argmax(1) == value) & (scores.digit > 0.5)
    assert read.mean() >= 0.9


def test_each_value_has_hands_whose_shares_are_a_whole() -> None:
    assert len(HANDS) == 10
    for kinds in HANDS:
        assert sum(share for _, share in kinds) == pytest.approx(1)
    names = [hand.__name__ for _, hand in EACH]
    assert len(set(names)) == len(names)


def test_a_curve_goes_through_its_corners_and_swings_nowhere_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hands, "_ASTRAY", 0.0)
    corners = [(0.1, 0.2), (0.5, 0.0), (0.9, 0.3), (0.1, 1.0), (0.9, 0.95)]
    line = hands._curve(np.random.default_rng(0), *corners)
    gaps = [np.linalg.norm(line - corner, axis=1).min() for corner in corners]
    assert max(gaps) < 0.03
    assert line.min() > -0.25
    assert line.max() < 1.25
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    length = sum(np.hypot(*np.subtract(one, other)) for one, other in itertools.pairwise(corners))
    assert length < steps.sum() < 1.5 * length
