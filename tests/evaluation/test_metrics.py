"""Metrics against SciPy and scikit-learn, computed independently."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats
from sklearn import metrics as sklearn_metrics

from inkdigits.errors import DataError
from inkdigits.evaluation.metrics import (
    Evaluation,
    confusion_matrix,
    cross_entropy,
    evaluate_logits,
    per_class,
    softmax,
    wilson_interval,
    worst_mistakes,
)

NAMES = tuple("0123456789")


def random_scores(seed: int, images: int, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, images).astype(np.uint8)
    logits = generator.normal(size=(images, classes)).astype(np.float32)
    logits[np.arange(images), labels] += 1.5
    return logits, labels


@given(st.integers(1, 20_000), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_interval_equals_scipys(trials: int, share: float, confidence: float) -> None:
    successes = round(trials * share)
    expected = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    low, high = wilson_interval(successes, trials, confidence)
    assert low == pytest.approx(expected.low, abs=1e-12)
    assert high == pytest.approx(expected.high, abs=1e-12)
    assert 0 <= low <= successes / trials <= high <= 1


@pytest.mark.parametrize(
    ("successes", "trials", "confidence", "message"),
    [
        (1, 0, 0.95, "^1 successes in 0 trials"),
        (-1, 5, 0.95, "^-1 successes in 5"),
        (6, 5, 0.95, "^6 successes in 5"),
        (1, 2, 1.0, r"not be 1\.0\.$"),
        (1, 2, 0.0, r"not be 0\.0\.$"),
    ],
)
def test_wilson_interval_refuses_what_is_no_proportion(
    successes: int, trials: int, confidence: float, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        wilson_interval(successes, trials, confidence)


@given(st.integers(0, 2**32 - 1), st.integers(1, 300), st.integers(2, 12))
def test_confusion_and_class_scores_equal_scikit_learns(
    seed: int, images: int, classes: int
) -> None:
    logits, labels = random_scores(seed, images, classes)
    read = logits.argmax(axis=1)
    matrix = confusion_matrix(labels, read, classes)
    everything = list(range(classes))
    assert matrix.dtype == np.int64
    np.testing.assert_array_equal(
        matrix, sklearn_metrics.confusion_matrix(labels, read, labels=everything)
    )
    expected = sklearn_metrics.precision_recall_fscore_support(
        labels, read, labels=everything, zero_division=0
    )
    rows = per_class(matrix, [str(i) for i in everything])
    ours = np.array([(row.precision, row.recall, row.f1, row.support) for row in rows]).T
    np.testing.assert_allclose(ours, np.array(expected), atol=1e-12)


def test_scores_without_images_or_readings_are_zero() -> None:
    rows = per_class(np.array([[0, 3], [0, 0]]), ["a", "b"])
    assert [(row.precision, row.recall, row.f1, row.support) for row in rows] == [
        (0.0, 0.0, 0.0, 3),
        (0.0, 0.0, 0.0, 0),
    ]


def test_cross_entropy_equals_scikit_learns_log_loss() -> None:
    logits, labels = random_scores(1, 500)
    expected = sklearn_metrics.log_loss(
        labels, special.softmax(logits.astype(np.float64), axis=1), labels=range(10)
    )
    assert cross_entropy(logits, labels) == pytest.approx(expected, rel=1e-12)


def test_huge_logits_neither_overflow_nor_lose_the_loss() -> None:
    logits = np.array([[1e4, -1e4], [3e38, -3e38]], np.float32)
    assert cross_entropy(logits[:1], np.array([1])) == pytest.approx(2e4)
    assert cross_entropy(logits[1:], np.array([0])) == 0.0
    np.testing.assert_array_equal(softmax(logits), [[1, 0], [1, 0]])


@pytest.mark.parametrize("row", [[np.inf, 1], [np.nan, 1], [-np.inf, -np.inf]])
def test_a_softmax_of_no_finite_number_is_refused(row: list[float]) -> None:
    with pytest.raises(DataError, match=r"greatest of a row of logits is no finite number"):
        softmax([[0.0, 1.0], row])


def test_a_softmax_takes_the_largest_numbers_and_minus_infinity() -> None:
    with np.errstate(all="raise"):
        rows = softmax([[1e308, -1e308], [0.0, -1000.0], [0.0, -np.inf]])
    np.testing.assert_array_equal(rows, [[1, 0]] * 3)


@given(st.integers(0, 2**32 - 1))
def test_softmax_rows_are_distributions_that_keep_the_order(seed: int) -> None:
    logits, _ = random_scores(seed, 20)
    probabilities = softmax(logits)
    np.testing.assert_allclose(probabilities, special.softmax(logits.astype(np.float64), axis=1))
    np.testing.assert_array_equal(probabilities.argmax(axis=1), logits.argmax(axis=1))


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (0, 4)])
def test_softmax_is_over_the_last_axis(shape: tuple[int, ...]) -> None:
    logits = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    expected = special.softmax(logits.astype(np.float64), axis=-1)
    np.testing.assert_allclose(softmax(logits), expected)
    np.testing.assert_allclose(softmax(logits.tolist() or np.zeros((0, 4))), expected)
    np.testing.assert_allclose(softmax(torch.from_numpy(logits)), expected)


@pytest.mark.parametrize(
    ("logits", "words"),
    [
        (1.0, r"shape \(\)"),
        ([], r"shape \(0,\)"),
        (["a", "b"], "type <U1"),
        ([1j], "type complex128"),
        ([[1.0], [1.0, 2.0]], "^The logits make no array: .*inhomogeneous"),
        (torch.zeros(2, requires_grad=True), "^The logits make no array: .*requires grad"),
    ],
)
def test_softmax_refuses_what_are_no_logits(logits: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        softmax(logits)


def test_lists_and_tensors_are_scored_as_arrays_are() -> None:
    logits, labels = random_scores(3, 20)
    expected = evaluate_logits(logits, labels, NAMES).to_json()
    forms: tuple[Callable[[Any], Any], ...] = (lambda each: each.tolist(), torch.from_numpy)
    for form in forms:
        assert evaluate_logits(form(logits), form(labels), NAMES).to_json() == expected
        assert np.array_equal(
            worst_mistakes(form(logits), form(labels)), worst_mistakes(logits, labels)
        )
    for wrong in ([[1.0], [1.0, 2.0]], "logits", None, torch.zeros(1, 10, requires_grad=True)):
        with pytest.raises(DataError, match=r"^The logits (have|make)"):
            evaluate_logits(wrong, labels, NAMES)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"^The labels have"):
        evaluate_logits(logits, None, NAMES)  # type: ignore[arg-type]


def test_evaluation_holds_accuracy_interval_and_counts() -> None:
    logits, labels = random_scores(2, 400)
    evaluation = evaluate_logits(logits, labels, NAMES)
    correct = int(sklearn_metrics.accuracy_score(labels, logits.argmax(axis=1), normalize=False))
    assert (evaluation.images, evaluation.correct) == (400, correct)
    assert evaluation.accuracy == correct / 400
    assert evaluation.interval == wilson_interval(correct, 400)
    assert evaluation.loss == cross_entropy(logits, labels)
    assert [score.name for score in evaluation.scores] == list(NAMES)


def test_evaluation_survives_json() -> None:
    evaluation = evaluate_logits(*random_scores(3, 100), NAMES)
    stored = json.loads(json.dumps(evaluation.to_json()))
    assert set(stored) == {
        "accuracy",
        "accuracy_interval_95",
        "correct",
        "images",
        "loss",
        "per_class",
        "confusion_matrix",
    }
    assert set(stored["per_class"][0]) == {"class", "precision", "recall", "f1", "support"}
    again = Evaluation.from_json(stored)
    assert again.classes == NAMES
    assert again.to_json() == evaluation.to_json()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": 99}, "contradicts itself: it claims .* of 99 right"),
        ({"correct": 1}, "claims 1 of 100 right .* holds .* of 100"),
        ({"loss": math.nan}, "loss nan"),
        ({"loss": "high"}, "incomplete or damaged: ValueError.*high"),
        ({"per_class": []}, "has 0 classes"),
        ({"per_class": [], "confusion_matrix": []}, "has 0 classes"),
        ({"per_class": 7}, "incomplete or damaged: TypeError"),
        ({"confusion_matrix": [[1, 2], [3]]}, "incomplete or damaged"),
        ({"confusion_matrix": [[100, 0], [0, 0]]}, r"10 classes but a .* shape \(2, 2\)"),
        ({"confusion_matrix": [[1.0] * 10] * 10}, "and type float64"),
        ({"confusion_matrix": [[0] * 10] * 10, "images": 0, "correct": 0}, "0 of 0 right"),
    ],
)
def test_damaged_stored_evaluation_is_refused(change: dict[str, object], message: str) -> None:
    stored = evaluate_logits(*random_scores(3, 100), NAMES).to_json()
    with pytest.raises(DataError, match=message):
        Evaluation.from_json({**stored, **change})
    with pytest.raises(DataError, match="incomplete or damaged: KeyError"):
        Evaluation.from_json({key: stored[key] for key in stored if key not in change})


def test_an_evaluation_of_one_image_is_one() -> None:
    stored = evaluate_logits(np.array([[1.0, 0.0]]), np.array([0]), ["a", "b"]).to_json()
    assert Evaluation.from_json(stored).accuracy == 1


@pytest.mark.parametrize(
    ("labels", "predictions", "message"),
    [
        ([3], [0], r"^The labels hold 3, out of range for 3 classes \(0 to 2\)\.$"),
        ([0], [3], r"^The predictions hold 3, out of range for 3 classes \(0 to 2\)\.$"),
        ([0, 1], [0], r"^There are 2 labels but 1 predictions\.$"),
        ([0.5], [0], r"^The labels have shape \(1,\) .* needed is \(N,\) integers\.$"),
        ([0], [0.5], r"^The predictions have shape \(1,\) and type float64"),
    ],
)
def test_a_confusion_matrix_of_what_are_no_classes_is_refused(
    labels: list[float], predictions: list[float], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        confusion_matrix(np.array(labels), np.array(predictions), 3)


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (np.zeros((2, 3)), np.array([0, 3]), "hold 3, out of range for 3 classes"),
        (np.zeros((2, 3)), np.array([0, -1]), "^The labels hold -1"),
        (np.zeros((2, 3)), np.array([0]), "2 images but 1 labels"),
        (np.zeros((2, 3)), np.array([0.0, 1.0]), "integers"),
        (np.array([[0, 1], [np.nan, 0]]), np.array([0, 1]), "image 1"),
        (np.array([[0, np.inf]]), np.array([0]), "image 0"),
        (np.zeros((0, 3)), np.zeros(0, int), "at least one image"),
        (np.zeros(3), np.array([0]), r"shape \(3,\)"),
    ],
)
def test_logits_that_do_not_fit_the_labels_are_refused(
    logits: np.ndarray, labels: np.ndarray, message: str
) -> None:
    names = [str(i) for i in range(logits.shape[-1])]
    with pytest.raises(DataError, match=message):
        evaluate_logits(logits, labels, names)
    with pytest.raises(DataError, match=message):
        worst_mistakes(logits, labels)


def test_class_names_must_be_as_many_as_the_logits_columns() -> None:
    with pytest.raises(DataError, match="2 class names for logits of 3"):
        evaluate_logits(np.zeros((1, 3)), np.array([0]), ["a", "b"])


def test_worst_mistakes_come_first_and_right_readings_never() -> None:
    logits = np.array([[0, 1.0], [0, 900.0], [5.0, 0], [0, 800.0], [3.0, 0]])
    labels = np.array([0, 0, 0, 0, 1], np.uint8)
    assert worst_mistakes(logits, labels).tolist() == [1, 3, 4, 0]
    assert worst_mistakes(logits[:1], np.array([1])).tolist() == []
    # Of equals the first comes first, however many there are.
    equal = np.tile([0, 1.0], (100, 1))
    assert worst_mistakes(equal, np.zeros(100, np.uint8)).tolist() == list(range(100))


def test_metrics_need_neither_torch_nor_matplotlib() -> None:
    code = (
        "import sys, inkdigits.evaluation.metrics; "
        "print([name for name in ('torch', 'matplotlib', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_frequent_mistakes_are_those_off_the_diagonal_the_most_frequent_first() -> None:
    confusion = np.array([[9, 2, 0], [5, 8, 1], [0, 0, 7]])
    evaluation = Evaluation(("a", "b", "c"), 0.5, confusion)
    assert evaluation.frequent_mistakes(2) == [("b", "a", 5), ("a", "b", 2)]
    assert len(evaluation.frequent_mistakes(9)) == 3
