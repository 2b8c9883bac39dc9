"""Paired comparisons against SciPy's paired t test."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from inkdigits.errors import DataError
from inkdigits.evaluation.paired import paired_comparison


@given(st.integers(0, 2**32 - 1), st.integers(2, 30))
def test_paired_comparison_equals_scipys_paired_t_test(seed: int, count: int) -> None:
    generator = np.random.default_rng(seed)
    first, second = generator.normal(0.98, 0.01, count), generator.normal(0.97, 0.01, count)
    expected = stats.ttest_rel(first, second)
    interval = expected.confidence_interval(0.95)
    ours = paired_comparison(first, second)
    assert ours.seeds == count
    assert ours.mean_difference == pytest.approx(np.mean(first - second), rel=1e-9)
    assert ours.standard_deviation == pytest.approx(np.std(first - second, ddof=1), rel=1e-9)
    assert ours.interval == pytest.approx((interval.low, interval.high), rel=1e-6, abs=1e-12)
    assert ours.p_value == pytest.approx(expected.pvalue, rel=1e-6)


def test_one_seed_or_equal_differences_give_no_interval() -> None:
    one = paired_comparison(np.array([0.9]), np.array([0.8]))
    assert (one.seeds, one.standard_deviation, one.interval, one.p_value) == (1, None, None, None)
    assert one.mean_difference == pytest.approx(0.1)
    # 0.3 - 0.2 and 0.2 - 0.1 differ in floating point.
    same = paired_comparison(np.array([0.3, 0.2]), np.array([0.2, 0.1]))
    assert (same.seeds, same.standard_deviation, same.interval, same.p_value) == (
        2,
        0.0,
        None,
        None,
    )
    assert same.mean_difference == pytest.approx(0.1)
    # Rounding grows with what is rounded: differences of a million's last digit are none.
    large = paired_comparison(np.array([1e6 + 0.3, 1e6 + 0.2]), np.array([1e6 + 0.2, 1e6 + 0.1]))
    assert large.interval is None


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([1.0], [1.0, 2.0], r"the shapes are \(1,\) and \(2,\)\.$"),
        ([], [], r"the shapes are \(0,\) and \(0,\)\.$"),
        ([math.nan, 1.0], [1.0, 1.0], "^A paired comparison needs finite values"),
        ([1.0, 1.0], [1.0, math.inf], "^A paired comparison needs finite values"),
    ],
)
def test_paired_comparison_refuses_unpaired_values(
    first: list[float], second: list[float], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        paired_comparison(np.array(first), np.array(second))
