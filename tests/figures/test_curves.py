"""Curves of losses and accuracies: what is drawn of them, and what no axis reaches."""

import dataclasses

import numpy as np
import pytest

from inkdigits.errors import UsageError
from inkdigits.figures.curves import Curve, curves_figure, running_mean, spread
from inkdigits.figures.style import png_bytes
from tests.figures.drawing import a_curve, texts


def test_curves_show_raw_and_smoothed_values_and_name_each_run() -> None:
    first, second = a_curve("first", seed=1), a_curve("second", seed=2)
    figure = curves_figure([first, second], title="Two runs")
    losses, accuracies = figure.axes
    assert losses.get_yscale() == "log"
    for axes, name in ((losses, "losses"), (accuracies, "accuracies")):
        drawn = [np.asarray(line.get_ydata()) for line in axes.lines]
        for curve in (first, second):
            raw = getattr(curve, name)
            assert any(np.array_equal(values, raw) for values in drawn)
            assert any(np.array_equal(values, running_mean(raw, 5)) for values in drawn)
            epochs = getattr(curve, f"epoch_{name}")
            assert any(np.array_equal(values, epochs) for values in drawn)
    assert {"first", "second", "first  95.00%", "second  95.00%", "Two runs"} <= set(texts(figure))


def test_curves_of_an_interrupted_run_and_of_none_are_drawn() -> None:
    none, nothing = np.zeros(0), np.zeros(0, int)
    short = Curve("short", np.array([1]), np.array([2.3]), np.array([0.1]), nothing, none, none)
    assert "short  10.00%" in texts(curves_figure([short]))
    assert png_bytes(curves_figure([Curve("empty", nothing, none, none, nothing, none, none)]))
    assert png_bytes(curves_figure([]))


def test_curve_with_parts_of_different_length_is_refused() -> None:
    with pytest.raises(UsageError, match="'bad' has parts of 2, 1 and 2"):
        Curve("bad", np.arange(2), np.ones(1), np.ones(2), np.arange(0), np.ones(0), np.ones(0))


def test_running_mean_is_the_mean_of_the_neighbours() -> None:
    values = np.random.default_rng(0).random(20)
    expected = [values[max(0, i - 2) : i + 3].mean() for i in range(20)]
    np.testing.assert_allclose(running_mean(values, 5), expected)


def test_spread_labels_keep_their_order_and_distance() -> None:
    heights = [0.98, 0.99, 0.1, 0.985, 1.0]
    placed = spread(heights, 0.1)
    assert np.argsort(placed).tolist() == np.argsort(heights).tolist()
    assert np.diff(sorted(placed)).min() >= 0.1 - 1e-12
    assert min(placed) >= 0
    assert max(placed) <= 1 + 1e-12
    assert placed[2] == pytest.approx(0.1)


def test_a_short_run_of_great_losses_lies_within_the_panel() -> None:
    long, short = a_curve("long", steps=20_000), a_curve("short", steps=10)
    great = dataclasses.replace(
        short, losses=short.losses + 30, epoch_losses=short.epoch_losses + 30
    )
    panel = curves_figure([long, great]).axes[0]
    assert panel.get_ylim()[1] > great.epoch_losses.max()


def test_no_batch_of_a_run_of_few_is_cut_off() -> None:
    losses, accuracies = np.array([2.9, 1.4, 1.2, 0.9]), np.array([0.08, 0.7, 0.8, 0.85])
    nothing, none = np.zeros(0, int), np.zeros(0)
    curve = Curve("few", np.arange(1, 5), losses, accuracies, nothing, none, none)
    for axes, values in zip(curves_figure([curve]).axes, (losses, accuracies), strict=True):
        low, high = axes.get_ylim()
        assert low <= values.min() < values.max() <= high


@pytest.mark.parametrize("worst", [np.nan, np.inf, 1e308])
def test_losses_that_no_axis_reaches_are_left_out_and_the_rest_is_drawn(worst: float) -> None:
    losses, ends = np.array([2.0, worst, 1.0]), np.array([3])
    curve = Curve("x", np.arange(3), losses, np.full(3, 0.5), ends, np.array([worst]), np.ones(1))
    figure = curves_figure([curve])
    assert png_bytes(figure)
    low, high = figure.axes[0].get_ylim()
    assert low < 1.0 < 2.0 < high < 4


def test_rings_of_many_epochs_do_not_hide_the_line() -> None:
    steps = np.arange(1, 201)
    curve = dataclasses.replace(
        a_curve(), epoch_ends=steps, epoch_losses=np.ones(200), epoch_accuracies=np.ones(200)
    )
    sizes = [
        [
            line.get_markersize()
            for line in curves_figure([each]).axes[0].lines
            if line.get_marker() == "o"
        ]
        for each in (a_curve(), curve)
    ]
    assert sizes == [[6.0], [2.5]]
