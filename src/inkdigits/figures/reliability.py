"""Whether confidence can be believed, and how right the surest answers are."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inkdigits.evaluation.calibration import Reliability
from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.evaluation.selective import SelectiveCurve
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
)

_WIDTH = 4.6  # inches of a figure that a phone shows whole
_LEFT, _BODY = 0.7, 3.65


def reliability_figure(bins: Reliability) -> Figure:
    """Accuracy against confidence, a dot a bin with its interval, over how many readings it has."""
    figure = new_figure(_WIDTH, 4.5)
    axes = place_axes(figure, _LEFT, 0.15, _BODY, 2.75)
    below = place_axes(figure, _LEFT, 3.1, _BODY, 0.8)
    axes.plot((0, 1), (0, 1), color=MUTED, lw=1, ls="--")
    axes.annotate(
        "as right as sure",
        (0.62, 0.62),
        xytext=(3, -3),
        textcoords="offset points",
        size=SMALL,
        color=MUTED,
        rotation=36.7,
        rotation_mode="anchor",
        va="top",
    )
    for place in np.flatnonzero(bins.readings):
        count, right = int(bins.readings[place]), int(bins.right[place])
        sure, share = float(bins.confidence[place]), right / count
        axes.plot((sure, sure), (sure, share), color=WRONG, lw=3, alpha=0.45, solid_capstyle="butt")
        axes.plot((sure, sure), wilson_interval(right, count), color=RIGHT, lw=1)
        axes.plot(sure, share, "o", color=RIGHT, ms=5)
    _draw_counts(below, bins)
    for each in (axes, below):
        each.set_xlim(0, 1.02)
        each.xaxis.set_major_formatter(percent_ticks())
    axes.set_ylim(0, 1.03)
    axes.yaxis.set_major_formatter(percent_ticks())
    axes.tick_params(labelbottom=False)
    _name(axes, "", "share right")
    _name(below, "confidence", "readings")
    return figure


def _draw_counts(axes: Axes, bins: Reliability) -> None:
    edges = np.linspace(0, 1, len(bins.readings) + 1)
    width = 1 / len(bins.readings)
    axes.bar(edges[:-1] + width / 2, bins.readings, 0.82 * width, color=RIGHT, alpha=0.8)
    axes.set_yscale("symlog", linthresh=1)
    most = int(bins.readings.max())
    axes.set_ylim(0, 3 * most)
    ticks = [10**power for power in range(7) if 10**power <= most]
    axes.set_yticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()


def selective_figure(curve: SelectiveCurve) -> Figure:
    """Accuracy among those answered, against the share answered, as far as there are mistakes."""
    figure = new_figure(_WIDTH, 3.4)
    more = 0.08  # for labels such as 99.95%
    axes = place_axes(figure, _LEFT + more, 0.2, _BODY - more, 2.6)
    answered, wrong = curve.answered, 1 - curve.accuracies
    axes.fill_between(answered, 1 - wrong, 1, color=WRONG, alpha=0.15, lw=0)
    axes.plot(answered, 1 - wrong, color=RIGHT, lw=2)
    # As far as there is something to see: to where the surest are all right, at least an eighth.
    end = min(0.88, max(0.5, curve.most_answered(1.0)[0] - 0.02))
    visible = wrong[answered >= end]
    most = max(float(visible.max()), 1e-3) * 1.12
    axes.set_xlim(1.005, end)
    axes.set_ylim(1 - most, 1 + most / 40)
    labelled = -1.0
    for share in (1.0, 0.99, 0.95, 0.9):
        accuracy, _ = curve.at(share)
        axes.plot(share, accuracy, "o", color=RIGHT, ms=6, clip_on=False, zorder=4)
        if accuracy - labelled < most / 12:  # two labels would cover each other
            continue
        labelled = accuracy
        axes.annotate(
            f"{accuracy:.2%}",
            (share, accuracy),
            xytext=(7, -9),
            textcoords="offset points",
            size=SMALL,
            color=INK,
        )
    axes.xaxis.set_major_formatter(percent_ticks())
    axes.yaxis.set_major_formatter(percent_ticks())
    _name(axes, "share answered, the surest first to stay", "right of those answered")
    return figure


def _name(axes: Axes, across: str, upwards: str) -> None:
    axes.set_xlabel(across, size=NORMAL, color=MUTED)
    axes.set_ylabel(upwards, size=NORMAL, color=MUTED)
    axes.grid(color=FAINT, lw=0.6)
    axes.set_axisbelow(True)
