"""A study of a quantity as a picture: the share misread against images, or against wrong labels."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from inkdigits.evaluation.series import Kind, Point, Series
from inkdigits.figures.curves import name_ends
from inkdigits.figures.style import (
    FAINT,
    LARGE,
    MUTED,
    NORMAL,
    SERIES,
    SMALL,
    new_figure,
    place_axes,
    place_text,
    text_width,
    widest,
)
from inkdigits.words import counted

_MARGIN, _LEFT, _HEAD, _WIDE, _HIGH = 0.25, 0.8, 0.95, 5.6, 3.6  # inches
_MOST = 115.0  # percent where the panel ends, so that all of a mark at 100% is in it
_LEAST = 0.01  # percent misread that is drawn at the bottom, where it is less

_WORDS: dict[Kind, tuple[str, str]] = {
    "data": ("What more images are worth", "training images"),
    "noise": ("What wrong labels cost", "training labels that are wrong"),
}


def series_figure(series: Series, points: Sequence[Point], held_out: int) -> Figure:
    """The share misread of `held_out` images, logarithmic: each seed, mean, 95% interval."""
    title, below = _WORDS[series.kind]
    present = {point.variant.name: point.variant for point in points}
    curves = [[point for point in points if point.variant.name == name] for name in present]
    names = [
        f"{variant.says}  {curve[-1].mean:.2%}"
        for variant, curve in zip(present.values(), curves, strict=True)
    ]
    note = (
        f"recipe {series.recipe.name}, {counted(series.seeds, 'seed')}, "
        f"{held_out:,} held-out images   ○ a seed   ● mean   "
        f"{'| 95% interval   ' if any(point.interval for point in points) else ''}"
        "at the end: accuracy"
    )
    if any(100 * (1 - best) < _LEAST for point in points for best in point.accuracies):
        note += f"   at {_LEAST:g}%: none misread"
    width = max(_LEFT + _WIDE + 0.3 + widest(names), 2 * _MARGIN + text_width(note, SMALL))
    figure = new_figure(width + _MARGIN, _HEAD + _HIGH + 0.65)
    place_text(figure, _MARGIN, 0.22, title, size=LARGE, weight="bold")
    place_text(figure, _MARGIN, 0.52, note, size=SMALL, colour=MUTED)
    axes = place_axes(figure, _LEFT, _HEAD, _WIDE, _HIGH)
    for index, curve in enumerate(curves):
        aside = index - (len(curves) - 1) / 2  # none over another
        places = [_place(series.kind, point.amount, aside) for point in curve]
        _draw(axes, places, curve, SERIES[index % len(SERIES)])
    _finish(axes, series.kind, points)
    axes.set_xlabel(below, size=NORMAL, color=MUTED)
    name_ends(axes, names, [_misread(curve[-1].mean) for curve in curves], _HIGH)
    return figure


def _misread(accuracy: float) -> float:
    return max(_LEAST, 100 * (1 - accuracy))


def _place(kind: Kind, amount: int, aside: float) -> float:
    """Where an amount is on its axis, a hair aside."""
    return amount * 1.08**aside if kind == "data" else amount + 0.8 * aside


def _draw(axes: Axes, places: Sequence[float], curve: Sequence[Point], colour: str) -> None:
    axes.plot(places, [_misread(point.mean) for point in curve], "o-", color=colour, ms=5, lw=1.6)
    for place, point in zip(places, curve, strict=True):
        seeds = [_misread(accuracy) for accuracy in point.accuracies]
        axes.plot([place] * len(seeds), seeds, "o", color=colour, mfc="none", ms=4, mew=0.8)
        if point.interval:
            ends = [_misread(min(1.0, end)) for end in point.interval]
            axes.plot([place] * 2, ends, color=colour, lw=1.0)


def _finish(axes: Axes, kind: Kind, points: Sequence[Point]) -> None:
    amounts = sorted({point.amount for point in points})
    if kind == "data":
        axes.set_xscale("log")
    axes.set_xticks(amounts, [f"{each:,}" if kind == "data" else f"{each}%" for each in amounts])
    axes.xaxis.set_minor_locator(NullLocator())
    if len(amounts) == 1:  # what is a hair aside would lie at both ends
        (only,) = amounts
        axes.set_xlim((only / 2, only * 2) if kind == "data" else (only - 10, only + 10))
    misread = [_misread(accuracy) for point in points for accuracy in point.accuracies]
    axes.set_yscale("log")
    axes.set_ylim(min(misread) / 1.5, min(_MOST, max(misread) * 1.5))
    axes.yaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5), numticks=12))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}%"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylabel("misread (log)", size=NORMAL, color=MUTED)
    axes.grid(True, color=FAINT, lw=0.6)
    axes.set_axisbelow(True)
