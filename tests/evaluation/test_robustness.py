"""Corruptions and non-digits: counted again, and ranked by scikit-learn."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from inkdigits.data import Dataset
from inkdigits.evaluation import robustness
from inkdigits.evaluation.calibration import area_under_roc
from inkdigits.evaluation.corruptions import CORRUPTIONS, corrupt
from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.evaluation.robustness import (
    Refused,
    corrupted_accuracies,
    non_digits,
    refusal_areas,
)
from inkdigits.images.crops import normalize_crops
from inkdigits.recognition.network import Scores

NOTHING = np.zeros((0, 28, 28), np.uint8)


def by_brightness(images: np.ndarray) -> Scores:
    """A reader that tells a 1 by how little ink it has, and trusts what is dark."""
    ink = images.mean((1, 2)) / 255
    ones = np.clip(0.12 / np.maximum(ink, 0.01), 0, 1) / 2
    probabilities = np.full((len(images), 10), 0.0)
    probabilities[:, 1], probabilities[:, 0] = ones, 1 - ones
    return Scores(probabilities, 1 - ink)


def test_corrupted_images_are_counted_as_they_are_and_normalised(mnist: Dataset) -> None:
    images, labels = mnist.test.images[:20], (mnist.test.labels[:20] == 1).astype(int)
    told: list[float] = []
    found = corrupted_accuracies(
        by_brightness, images, labels, 5, normalised=True, report=told.append
    )
    assert [row.name for row in found] == list(CORRUPTIONS)
    assert told[-1] == 1
    for row in found:
        changed = corrupt(images, row.name, 5)
        read = by_brightness(changed).probabilities.argmax(1)
        assert row.right == (read == labels).sum()
        again = by_brightness(normalize_crops(changed)).probabilities.argmax(1)
        assert row.right_normalised == (again == labels).sum()
        low, high = row.interval
        assert low <= row.accuracy <= high
        np.testing.assert_array_equal(row.example, changed[0])


def test_areas_are_scikit_learns(mnist: Dataset) -> None:
    digits = mnist.test.images[:40]
    known = by_brightness(digits).digit
    found = refusal_areas(by_brightness, digits, known, 3, each=6)
    kinds = non_digits(digits, 3)
    assert [row.name for row in found] == list(kinds)
    for row, draw in zip(found, kinds.values(), strict=True):
        others = by_brightness(np.stack([draw() for _ in range(6)])).digit
        truth = np.repeat((1, 0), (len(known), 6))
        assert row.area == pytest.approx(roc_auc_score(truth, np.concatenate((known, others))))
        assert row.examples.shape == (4, 28, 28)
        assert row.interval == wilson_interval(6 * row.area, 6)  # non-digits are fewer than the 40


@pytest.mark.parametrize("apart", [0.0, 1.2, 2.5])
def test_the_interval_of_an_area_holds_the_true_one_nineteen_times_in_twenty(apart: float) -> None:
    rng = np.random.default_rng(0)
    true = stats.norm.cdf(apart / np.sqrt(2))  # of two normal distributions so far apart
    held = 0
    for _ in range(300):
        area = area_under_roc(rng.normal(apart, 1, 60), rng.normal(0, 1, 25))
        low, high = Refused("x", 25, area, NOTHING, 60).interval
        held += low <= true <= high
    assert held >= 0.95 * 300


def test_an_area_of_1_is_not_known_to_be_1() -> None:
    interval = Refused("x", 200, 1.0, NOTHING, 10_000).interval
    assert interval == pytest.approx((0.981, 1.0), abs=5e-4)
    assert Refused("x", 200, 1.0, NOTHING, 4).interval[0] < 0.6


def test_without_fonts_no_letters_are_drawn(
    mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robustness, "has_fonts", lambda: False)
    kinds = non_digits(mnist.test.images[:10], 0)
    assert not {"letters", "words", "signs in print"} & set(kinds)
    assert {"scribbles", "uniform noise"} < set(kinds)
