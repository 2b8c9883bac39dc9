"""How readings fare with corruptions, attacks, what is no digit, and writing that changes."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.evaluation.robustness import Corrupted, Refused
from inkdigits.evaluation.sensitivity import Sensitivity
from inkdigits.figures.style import (
    FAINT,
    INK,
    MUTED,
    NORMAL,
    RIGHT,
    SMALL,
    WRONG,
    new_figure,
    percent_ticks,
    place_axes,
    place_picture,
    place_text,
    widest,
)

_WIDTH = 4.6  # inches of a figure that a phone shows whole
_ROW, _PICTURE = 0.4, 0.34


def corruptions_figure(rows: Sequence[Corrupted], plain: float) -> Figure:
    """A bar a corruption, worst first, beside what it does to a digit; `plain`: without any.

    Rings: read after the normalisation that reading does first, where that was measured.
    """
    rows = sorted(rows, key=lambda row: row.accuracy)
    names = [row.name.replace("_", " ") for row in rows]
    left = widest(names) + _PICTURE + 0.2
    wide = _WIDTH - left - 0.65
    figure = new_figure(_WIDTH, 0.1 + _ROW * len(rows) + 0.5)
    axes = place_axes(figure, left, 0.1, wide, _ROW * len(rows))
    for place, row in enumerate(rows):
        top = 0.1 + _ROW * place
        place_text(figure, left - _PICTURE - 0.15, top + 0.12, names[place], align="right")
        place_picture(figure, row.example, left - _PICTURE - 0.07, top + 0.03, _PICTURE)
        place_text(figure, left + wide + 0.1, top + 0.12, f"{row.accuracy:.1%}")
        axes.barh(place, row.accuracy, 0.62, color=RIGHT)
        axes.plot(row.interval, (place, place), color=INK, lw=1)
        if row.right_normalised is not None:
            share = row.right_normalised / row.images
            axes.plot(share, place, "o", ms=5.5, mfc="none", mec=WRONG, mew=1.8, clip_on=False)
    axes.axvline(plain, color=MUTED, lw=1, ls="--")
    _finish_rows(axes, len(rows), (0, 1))
    axes.set_xlabel("read rightly", size=NORMAL, color=MUTED)
    return figure


def refusal_figure(rows: Sequence[Refused]) -> Figure:
    """A dot a kind of non-digit with its interval, worst first, beside examples of it."""
    rows = sorted(rows, key=lambda row: row.area)
    names = [row.name for row in rows]
    shown = max(len(row.examples) for row in rows)
    pictures = shown * (_PICTURE + 0.03)
    left = widest(names) + pictures + 0.2
    wide = _WIDTH + 0.6 - left - 0.65
    figure = new_figure(_WIDTH + 0.6, 0.1 + _ROW * len(rows) + 0.5)
    low = min(0.98, np.floor(50 * min(row.interval[0] for row in rows) - 0.5) / 50)
    low = max(0.0, low)
    axes = place_axes(figure, left, 0.1, wide, _ROW * len(rows))
    for place, row in enumerate(rows):
        top = 0.1 + _ROW * place
        place_text(figure, left - pictures - 0.12, top + 0.12, names[place], align="right")
        for number, example in enumerate(row.examples):
            start = left - pictures - 0.05 + number * (_PICTURE + 0.03)
            place_picture(figure, example, start, top + 0.03, _PICTURE)
        place_text(figure, left + wide + 0.1, top + 0.12, f"{row.area:.4f}")
        axes.plot(row.interval, (place, place), color=INK, lw=1)
        axes.plot(row.area, place, "o", color=RIGHT, ms=6, clip_on=False)
    _finish_rows(axes, len(rows), (float(low), 1))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("area under ROC, against digits", size=NORMAL, color=MUTED)
    return figure


def _finish_rows(axes: Axes, rows: int, limits: tuple[float, float]) -> None:
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_xlim(*limits)
    axes.set_yticks([])
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(percent_ticks())
    axes.grid(axis="x", color=FAINT, lw=0.6)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)


def attack_figure(epsilons: Sequence[float], right: Sequence[int], images: int) -> Figure:
    """A bar a radius, the first without an attack, with its interval."""
    figure = new_figure(_WIDTH, 2.9)
    axes = place_axes(figure, 0.7, 0.25, 3.7, 2.1)
    names = ["no attack", *(f"{epsilon:g}" for epsilon in epsilons)]
    for place, count in enumerate(right):
        share, (low, high) = count / images, wilson_interval(count, images)
        axes.bar(place, share, 0.62, color=RIGHT if place == 0 else WRONG)
        axes.plot((place, place), (low, high), color=INK, lw=1)
        axes.text(
            place, max(share, high) + 0.03, f"{share:.1%}", ha="center", size=NORMAL, color=INK
        )
    axes.set_xticks(range(len(names)), names, size=NORMAL)
    axes.set_ylim(0, 1.12)
    axes.set_yticks((0, 0.25, 0.5, 0.75, 1))
    axes.yaxis.set_major_formatter(percent_ticks())
    axes.grid(axis="y", color=FAINT, lw=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("a pixel changes by at most (white is 1)", size=NORMAL, color=MUTED)
    axes.set_ylabel("still read rightly", size=NORMAL, color=MUTED)
    return figure


def sensitivity_figure(found: Sensitivity) -> Figure:
    """Accuracy and confidence against one way of changing digits, an example below each amount."""
    values = np.arange(len(found.way.values))
    figure = new_figure(_WIDTH, 3.35)
    left, wide = 0.6, 3.8
    axes = place_axes(figure, left, 0.25, wide, 1.95)
    low, high = found.quartiles.T
    axes.fill_between(values, low, high, color=WRONG, alpha=0.18, lw=0)
    # Told apart in grey, too.
    axes.plot(values, found.confidence, "s--", color=WRONG, lw=1.8, ms=4, clip_on=False)
    axes.plot(values, found.accuracy, "o-", color=RIGHT, lw=1.8, ms=4, clip_on=False)
    axes.axvline(found.way.values.index(found.way.unchanged), color=MUTED, lw=1, ls="--")
    axes.set_xlim(-0.5, len(values) - 0.5)
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(percent_ticks())
    axes.set_xticks(values, [f"{value:g}" for value in found.way.values])
    axes.grid(axis="y", color=FAINT, lw=0.6)
    axes.set_axisbelow(True)
    pitch = wide / len(values)
    for place, example in enumerate(found.examples):
        start = left + pitch * place + (pitch - _PICTURE) / 2
        place_picture(figure, example, start, 2.48, _PICTURE)
    place_text(figure, left + wide / 2, 2.95, found.way.unit, colour=MUTED, align="center")
    place_text(figure, left, 0.02, "● share right", size=SMALL, colour=RIGHT)
    text = "■ confidence: mean, middle half"
    place_text(figure, left + 1.05, 0.02, text, size=SMALL, colour=WRONG)
    return figure
