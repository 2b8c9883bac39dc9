"""Accuracy against the share answered: by hand, and by counting anew at each threshold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.errors import DataError
from inkdigits.evaluation.selective import selective_curve


def test_a_case_by_hand() -> None:
    curve = selective_curve(np.array([0.9, 0.6, 0.8, 0.7]), np.array([True, True, True, False]))
    np.testing.assert_allclose(curve.thresholds, [0.9, 0.8, 0.7, 0.6])
    np.testing.assert_allclose(curve.answered, [0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(curve.accuracies, [1, 1, 2 / 3, 3 / 4])
    assert curve.area == pytest.approx((0 + 0 + 1 / 3 + 1 / 4) / 4)
    assert curve.at(0.5) == (1.0, 0.8)
    np.testing.assert_allclose(curve.at(0.6), (2 / 3, 0.7))
    assert curve.most_answered(1.0) == (0.5, 0.8)
    assert curve.most_answered(0.75) == (1.0, 0.6)


def test_equal_confidences_are_answered_together() -> None:
    curve = selective_curve(np.array([0.9, 0.5, 0.5, 0.5]), np.array([True, False, True, False]))
    np.testing.assert_allclose(curve.accuracies, [1, 2 / 3, 5 / 9, 0.5])
    assert curve.most_answered(0.6) == (0.25, 0.9)  # 2/3 of two answers cannot be had


def test_none_can_be_answered_where_even_the_surest_are_wrong() -> None:
    curve = selective_curve(np.array([0.9, 0.8]), np.array([False, True]))
    assert curve.most_answered(0.99) == (0.0, 1.0)


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.4, 0.5, 0.8, 1.0]), st.booleans()), min_size=1))
def test_at_each_threshold_it_is_what_counting_gives(readings: list[tuple[float, bool]]) -> None:
    confidences = np.array([confidence for confidence, _ in readings])
    right = np.array([is_right for _, is_right in readings])
    curve = selective_curve(confidences, right)
    for threshold in set(confidences.tolist()):
        answered = confidences >= threshold
        accuracy, least = curve.at(float(answered.mean()))
        assert least == threshold
        assert accuracy == pytest.approx(right[answered].mean())
    assert curve.accuracies[-1] == pytest.approx(right.mean())


def test_confidences_without_their_readings_are_refused() -> None:
    with pytest.raises(DataError):
        selective_curve(np.ones(3), np.ones(2, bool))
