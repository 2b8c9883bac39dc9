"""Calibration and ranking; scikit-learn is the oracle where it has the same."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from inkdigits.evaluation.calibration import (
    area_under_roc,
    brier_score,
    calibration_error,
    fit_temperature,
    negative_log_likelihood,
    reliability,
)
from inkdigits.evaluation.corruptions import CORRUPTIONS, corrupt
from inkdigits.evaluation.metrics import cross_entropy, softmax

RNG = np.random.default_rng(0)


def test_the_calibration_error_counted_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    # Sure twice and right once: |0.5 - 0.9|; less sure twice, right both times: |1 - 0.6|.
    assert calibration_error(probabilities, np.array([0, 1, 0, 0])) == pytest.approx(0.4)


def test_probabilities_that_are_true_have_no_calibration_error() -> None:
    probabilities = softmax(RNG.normal(scale=2, size=(200_000, 4)))
    labels = (probabilities.cumsum(1) < RNG.random((200_000, 1))).sum(1)
    assert calibration_error(probabilities, labels) < 0.005


def test_the_likelihood_is_scikit_learns_log_loss() -> None:
    probabilities = softmax(RNG.normal(size=(500, 6)))
    labels = RNG.integers(0, 6, 500)
    expected = log_loss(labels, probabilities, labels=range(6))
    assert negative_log_likelihood(probabilities, labels) == pytest.approx(expected)


def test_a_likelihood_of_1_costs_0_and_not_minus_0() -> None:
    losses = (
        negative_log_likelihood(np.eye(3), np.arange(3)),
        cross_entropy(1e3 * np.eye(3), np.arange(3)),
    )
    assert [f"{loss:.4f}" for loss in losses] == ["0.0000", "0.0000"]


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_the_temperature_that_made_the_logits_is_found(temperature: float) -> None:
    logits = RNG.normal(scale=3, size=(100_000, 5))
    labels = (softmax(logits).cumsum(1) < RNG.random((100_000, 1))).sum(1)
    assert fit_temperature(logits * temperature, labels) == pytest.approx(temperature, rel=0.03)


@pytest.mark.parametrize("count", [20, 300])
def test_few_images_all_read_rightly_do_not_make_a_network_sure_of_everything(count: int) -> None:
    labels = RNG.integers(0, 10, count)
    logits = RNG.normal(size=(count, 10))
    logits[np.arange(count), labels] += 20
    assert 0.3 < fit_temperature(logits, labels) <= 1.01


def test_the_area_is_scikit_learns_ties_included() -> None:
    positive, negative = RNG.integers(3, 12, 300) / 10, RNG.integers(0, 9, 200) / 10
    truth = np.r_[np.ones(300), np.zeros(200)]
    expected = roc_auc_score(truth, np.r_[positive, negative])
    assert area_under_roc(positive, negative) == pytest.approx(expected)


def test_corruptions_are_fifteen_and_repeat_with_their_seed() -> None:
    digit = np.zeros((3, 28, 28), np.uint8)
    digit[:, 6:22, 12:16] = 255
    assert len(CORRUPTIONS) == 15
    for name in CORRUPTIONS:
        changed = corrupt(digit, name, seed=4)
        assert changed.shape == digit.shape
        assert changed.dtype == np.uint8
        assert not np.array_equal(changed, digit)
        assert np.array_equal(changed, corrupt(digit, name, seed=4))


def test_corruptions_do_what_their_names_say() -> None:
    digit = np.zeros((1, 28, 28), np.uint8)
    digit[:, 6:22, 12:16] = 255
    stripe = corrupt(digit, "stripe", 0)[0]
    assert (stripe[:, :7] == 255).all()
    assert not stripe[0, 7:21].any()
    rows, columns = np.nonzero(corrupt(digit, "translate", 0)[0])
    assert {int(rows.min()), int(columns.min())} <= {3, 9, 15}
    assert corrupt(digit, "brightness", 0)[0, 0, 0] == 127
    assert not corrupt(digit, "canny_edges", 0)[0, 13:15, 13:15].any()
    assert corrupt(digit, "scale", 0)[0, 6:22].sum() < 0.6 * digit.sum()


def test_brier_score_is_scikit_learns() -> None:
    rng = np.random.default_rng(5)
    probabilities = rng.dirichlet(np.ones(4), 200)
    labels = rng.integers(0, 4, 200)
    # Over all classes: the sum of the two-class scores of each class against the rest.
    expected = sum(brier_score_loss(labels == each, probabilities[:, each]) for each in range(4))
    assert brier_score(probabilities, labels) == pytest.approx(expected)
    assert brier_score(np.eye(3), np.arange(3)) == 0
    assert brier_score(np.eye(3), np.array([1, 2, 0])) == 2


def test_reliability_by_hand() -> None:
    probabilities = np.array([[0.5, 0.5], [0.55, 0.45], [0.1, 0.9], [0.0, 1.0]])
    found = reliability(probabilities, np.array([0, 1, 1, 1]), bins=2)
    assert found.readings.tolist() == [1, 3]  # 0.5 belongs to the lower bin
    assert found.right.tolist() == [1, 2]
    assert found.accuracy.tolist() == [1, pytest.approx(2 / 3)]
    assert found.confidence.tolist() == [0.5, pytest.approx((0.55 + 0.9 + 1) / 3)]
    expected = (abs(1 - 0.5) + 3 * abs(2 / 3 - 2.45 / 3)) / 4
    assert calibration_error(probabilities, np.array([0, 1, 1, 1]), 2) == pytest.approx(expected)


def test_empty_bins_have_no_accuracy() -> None:
    found = reliability(np.array([[0.0, 1.0]]), np.array([1]), bins=3)
    assert found.readings.tolist() == [0, 0, 1]
    assert found.accuracy.tolist() == [0, 0, 1]
