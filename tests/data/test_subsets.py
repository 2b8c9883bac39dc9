"""Subsets within subsets, classes in their proportions; wrong labels as many as asked for."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from inkdigits.data import Dataset
from inkdigits.data.subsets import nested_order, wrong_labels


@given(st.lists(st.integers(1, 30), min_size=2, max_size=6), st.integers(0, 99), st.data())
@settings(max_examples=60)
def test_each_beginning_holds_the_classes_as_webster_seats_them(
    counts: list[int], seed: int, data: st.DataObject
) -> None:
    labels = np.repeat(np.arange(len(counts)), counts).astype(np.uint8)
    order = nested_order(labels, np.random.default_rng(seed))
    assert sorted(order) == list(range(len(labels)))
    size = data.draw(st.integers(1, len(labels)))
    had = np.bincount(labels[order[:size]], minlength=len(counts))
    # The definition: no class that got a seat had less claim to it than one to a further seat.
    claims = [Fraction(n, 2 * s - 1) for n, s in zip(counts, had.tolist(), strict=True) if s]
    further = [Fraction(n, 2 * s + 1) for n, s in zip(counts, had.tolist(), strict=True)]
    assert min(claims) >= max(further)


def test_ten_of_mnist_are_one_of_each_and_seeds_choose_others(mnist: Dataset) -> None:
    labels = mnist.train.labels
    orders = [nested_order(labels, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    for order in orders:
        assert sorted(labels[order[:10]]) == list(range(10))
    np.testing.assert_array_equal(orders[0], orders[1])
    assert set(orders[0][:100]) != set(orders[2][:100])


@given(st.integers(1, 300), st.floats(0, 1), st.integers(2, 12), st.integers(0, 99))
@settings(max_examples=60)
def test_so_many_labels_are_wrong_and_those_of_a_smaller_share_among_them(
    count: int, share: float, classes: int, seed: int
) -> None:
    labels = (np.arange(count) % classes).astype(np.uint8)
    noisy = wrong_labels(labels, share, classes, np.random.default_rng(seed))
    assert (noisy != labels).sum() == round(share * count)
    assert noisy.max() < classes
    fewer = wrong_labels(labels, share / 2, classes, np.random.default_rng(seed))
    wrong = fewer != labels
    np.testing.assert_array_equal(fewer[wrong], noisy[wrong])


@pytest.mark.parametrize("true", [0, 3, 9])
def test_a_wrong_label_is_any_of_the_others_with_the_same_chance(true: int) -> None:
    labels = np.full(20_000, true, np.uint8)
    noisy = wrong_labels(labels, 0.5, 10, np.random.default_rng(3))
    counts = np.bincount(noisy, minlength=10)
    assert counts[true] == 10_000
    assert stats.chisquare(np.delete(counts, true)).pvalue > 0.001
