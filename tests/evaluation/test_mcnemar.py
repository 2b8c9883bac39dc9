"""McNemar's test and Holm's correction against exact fractions, SciPy and hand-computed cases."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from inkdigits.errors import DataError
from inkdigits.evaluation.mcnemar import binomial_p, holm, mcnemar


def exact(one: int, other: int) -> float:
    """Twice the tail of the fair coin, in fractions."""
    count = one + other
    tail = sum(math.comb(count, each) for each in range(min(one, other) + 1))
    return float(min(Fraction(1), Fraction(2 * tail, 2**count)))


@given(st.integers(0, 120), st.integers(0, 120))
def test_p_is_the_exact_binomial_s(one: int, other: int) -> None:
    assert binomial_p(one, other) == pytest.approx(exact(one, other), rel=1e-9)
    if one + other:
        assert binomial_p(one, other) == pytest.approx(
            stats.binomtest(one, one + other, 0.5).pvalue, rel=1e-9
        )


def test_p_by_hand() -> None:
    assert binomial_p(0, 0) == 1.0
    assert binomial_p(1, 5) == pytest.approx(2 * (1 + 6) / 64)
    assert binomial_p(0, 10) == pytest.approx(2 / 1024)
    assert binomial_p(7, 7) == 1.0


def test_p_of_many_approaches_the_chi_square_of_mcnemar() -> None:
    one, other = 5_100, 4_900
    corrected = (abs(one - other) - 1) ** 2 / (one + other)
    assert binomial_p(one, other) == pytest.approx(stats.chi2.sf(corrected, 1), rel=1e-3)


def test_counts_of_a_case_by_hand() -> None:
    labels = np.array([0, 1, 2, 3, 4, 5])
    first = np.array([0, 1, 2, 3, 9, 9])
    second = np.array([0, 1, 9, 9, 4, 8])
    found = mcnemar(labels, first, second)
    assert (found.both_right, found.only_first, found.only_second, found.both_wrong) == (2, 2, 1, 1)
    assert (found.images, found.discordant) == (6, 3)
    assert found.p_value == 1.0


def test_a_model_and_itself_do_not_differ() -> None:
    labels, read = np.arange(10), np.arange(10)[::-1]
    found = mcnemar(labels, read, read)
    assert (found.discordant, found.p_value) == (0, 1.0)


def test_readings_of_other_counts_are_refused() -> None:
    with pytest.raises(DataError, match="3 labels"):
        mcnemar(np.arange(3), np.arange(3), np.arange(2))
    with pytest.raises(DataError, match="0 labels"):
        mcnemar(np.arange(0), np.arange(0), np.arange(0))


def test_holm_by_hand() -> None:
    # 3 x 0.01; 2 x 0.03; 0.04 is raised to what the one before it has.
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([0.2]) == [0.2]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_lies_between_no_correction_and_bonferroni_s(p_values: list[float]) -> None:
    corrected = holm(p_values)
    for p_value, each in zip(p_values, corrected, strict=True):
        assert p_value <= each <= 1
    assert min(corrected) == min(1.0, len(p_values) * min(p_values))
    by_size = [each for _, each in sorted(zip(p_values, corrected, strict=True))]
    assert by_size == sorted(corrected)
