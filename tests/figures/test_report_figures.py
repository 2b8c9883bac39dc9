"""The charts of a report: what they show is what was measured, and none of it is cut off."""

from collections.abc import Callable
from functools import cache, partial

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from inkdigits.evaluation.calibration import reliability
from inkdigits.evaluation.robustness import Corrupted, Refused
from inkdigits.evaluation.selective import selective_curve
from inkdigits.evaluation.sensitivity import WAYS, Sensitivity
from inkdigits.figures.reliability import reliability_figure, selective_figure
from inkdigits.figures.robustness import (
    attack_figure,
    corruptions_figure,
    refusal_figure,
    sensitivity_figure,
)
from inkdigits.figures.style import DPI, png_bytes
from tests.figures.drawing import digits, texts

CORRUPTED = [
    Corrupted("shot_noise", 200, 190, 196, digits(1)[0]),
    Corrupted("fog", 200, 20, 150, digits(1)[0]),
    Corrupted("glass_blur", 200, 200, None, digits(1)[0]),
]
REFUSED = [
    Refused("letters", 50, 0.99, digits(4), 100),
    Refused("digits side by side", 50, 0.7, digits(4), 100),
]


def some_probabilities(sharpness: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, 500)
    logits = rng.normal(size=(500, 10))
    logits[np.arange(500), labels] += 3
    powers = np.exp(sharpness * logits)
    return powers / powers.sum(1, keepdims=True), labels


def curve_figure(sharpness: float) -> Figure:
    probabilities, labels = some_probabilities(sharpness)
    return selective_figure(
        selective_curve(probabilities.max(1), probabilities.argmax(1) == labels)
    )


def changes(way: int) -> Sensitivity:
    values = np.linspace(0.2, 1, len(WAYS[way].values))
    quartiles = np.stack((values - 0.1, np.minimum(values + 0.1, 1)), 1)
    return Sensitivity(WAYS[way], values, values[::-1], quartiles, digits(len(values)))


def change_figure(way: int) -> Figure:
    return sensitivity_figure(changes(way))


# Drawn when a test asks, like those of test_figures.
FIGURES: dict[str, Callable[[], Figure]] = {
    "reliability": lambda: reliability_figure(reliability(*some_probabilities(1))),
    "reliability of one bin": lambda: reliability_figure(reliability(np.eye(3), np.arange(3))),
    "selective": lambda: curve_figure(1),
    "selective without a mistake": lambda: selective_figure(
        selective_curve(np.ones(5), np.ones(5, bool))
    ),
    "selective of all wrong": lambda: selective_figure(
        selective_curve(np.ones(5), np.zeros(5, bool))
    ),
    "corruptions": lambda: corruptions_figure(CORRUPTED, 0.99),
    "refusal": lambda: refusal_figure(REFUSED),
    "attacks": lambda: attack_figure((0.1, 0.2, 0.3), (100, 60, 1, 0), 100),
    **{f"changes {way}": partial(change_figure, way) for way in range(4)},
}


@cache
def figure_named(name: str) -> Figure:
    return FIGURES[name]()


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_cut_off(name: str) -> None:
    figure = figure_named(name)
    png_bytes(figure)
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]  # of an Agg canvas
    width, height = figure.get_size_inches() * DPI
    undrawn = {label for axes in figure.axes for label in ticks(axes) if not is_inside(axes, label)}
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if text in undrawn or not text.get_visible() or not text.get_text().strip():
            continue
        box = text.get_window_extent(renderer)
        assert 0 <= box.x0 < box.x1 <= width, text
        assert 0 <= box.y0 < box.y1 <= height, text


def ticks(axes: Axes) -> list[Text]:
    return [*axes.get_xticklabels(), *axes.get_yticklabels()]


def is_inside(axes: Axes, label: Text) -> bool:
    is_x = label in axes.get_xticklabels()
    low, high = sorted(axes.get_xlim() if is_x else axes.get_ylim())
    return bool(low <= label.get_position()[0 if is_x else 1] <= high)


def test_bars_are_as_long_as_accuracies_and_the_worst_comes_first() -> None:
    figure = figure_named("corruptions")
    axes = next(axes for axes in figure.axes if axes.patches)
    bars = sorted((round(bar.get_y() + 0.31), bar.get_width()) for bar in axes.patches)  # type: ignore[attr-defined]
    assert bars == [(0, 0.1), (1, 0.95), (2, 1.0)]
    found = texts(figure)
    assert [text for text in found if text in ("fog", "shot noise", "glass blur")] == [
        "fog",
        "shot noise",
        "glass blur",
    ]
    rings = [
        line.get_xydata().tolist()[0]  # type: ignore[union-attr]
        for line in axes.lines
        if line.get_marker() == "o"
    ]
    assert rings == [[0.75, 0], [0.98, 1]]


def test_a_kind_of_non_digit_has_a_dot_at_its_area() -> None:
    axes = next(axes for axes in figure_named("refusal").axes if axes.lines)
    dots = [
        line.get_xydata().tolist()[0]  # type: ignore[union-attr]
        for line in axes.lines
        if line.get_marker() == "o"
    ]
    assert dots == [[0.7, 0], [0.99, 1]]
    lines = [
        tuple(np.asarray(line.get_xdata()).tolist())
        for line in axes.lines
        if line.get_marker() != "o"
    ]
    assert lines == [row.interval for row in reversed(REFUSED)]
    assert axes.get_xlim()[0] <= REFUSED[1].interval[0]


def test_a_bin_has_its_accuracy_over_its_confidence() -> None:
    bins = reliability(*some_probabilities(1))
    axes, below = figure_named("reliability").axes
    dots = sorted(
        tuple(line.get_xydata().tolist()[0])  # type: ignore[union-attr]
        for line in axes.lines
        if line.get_marker() == "o"
    )
    filled = np.flatnonzero(bins.readings)
    expected = zip(bins.confidence[filled], bins.accuracy[filled], strict=True)
    np.testing.assert_allclose(dots, sorted(expected))
    assert [bar.get_height() for bar in below.patches] == bins.readings.tolist()  # type: ignore[attr-defined]


def test_confidence_and_accuracy_are_told_apart_without_colours() -> None:
    lines = [line for line in figure_named("changes 1").axes[0].lines if len(line.get_xdata()) > 2]  # type: ignore[arg-type]
    assert {(line.get_marker(), line.get_linestyle()) for line in lines} == {
        ("o", "-"),
        ("s", "--"),
    }


def test_attacks_say_what_still_stands() -> None:
    assert {"100.0%", "60.0%", "1.0%", "0.0%", "no attack", "0.3"} < set(
        texts(figure_named("attacks"))
    )
