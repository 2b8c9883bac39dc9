"""A study as a picture: each variant's difference from its counterpart, with its interval."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from inkdigits.evaluation.study import StudyRow
from inkdigits.figures.style import (
    FAINT,
    INK,
    LARGE,
    MUTED,
    RIGHT,
    SMALL,
    WRONG,
    new_figure,
    place_axes,
    place_text,
    text_width,
    widest,
)
from inkdigits.words import counted

_MARGIN, _LINE, _WIDE = 0.25, 0.3, 5.0
_LINEAR_POINTS = 1.0  # differences up to so many points are drawn to scale, larger ones by power


def study_figure(rows: Sequence[StudyRow], held_out: int) -> Figure:
    """Differences in points of accuracy on `held_out` images: each seed, mean, 95% interval.

    Coloured is what is found to be better or worse once all claims are corrected for.

    The axis is linear near zero and logarithmic further out, so that a collapse and a hair's
    breadth can be read off one picture.
    """
    variants = [row for row in rows if row.claim]
    seeds = len(rows[0].accuracies)
    names = [f"{row.claim.says}  ({row.name})" for row in variants if row.claim]
    verdicts = [row.verdict for row in variants]
    left, head = _MARGIN + widest(names) + 0.2, 0.95
    body = _LINE * max(1, len(variants))
    title = "What the notebook's comments claim, against its own network"
    note = (
        f"points of accuracy on {held_out:,} held-out images, variant minus baseline (or what "
        "follows /)   ○ a seed   ● mean"
    )
    if any(row.comparison and row.comparison.interval for row in variants):
        note += "   — 95% interval   verdicts: corrected for the number of claims (Holm)"
    width = max(left + _WIDE + 0.2 + widest([*verdicts, ""]), _MARGIN + text_width(note, SMALL))
    figure = new_figure(width + _MARGIN, head + body + 0.6)
    place_text(
        figure, _MARGIN, 0.22, f"{title} ({counted(seeds, 'seed')})", size=LARGE, weight="bold"
    )
    place_text(figure, _MARGIN, 0.52, note, size=SMALL, colour=MUTED)
    axes = place_axes(figure, left, head, _WIDE, body)
    for line, row in enumerate(variants):
        _draw_row(axes, line, row, 100 * np.array(row.differences))
        middle = head + (line + 0.5) * _LINE - 0.07
        place_text(figure, left - 0.15, middle, names[line], align="right")
        place_text(figure, left + _WIDE + 0.2, middle, verdicts[line], colour=_colour(row))
    _finish(axes, len(variants))
    return figure


def _colour(row: StudyRow) -> str:
    if row.found is None:
        return MUTED
    return RIGHT if row.found == "better" else WRONG


def _draw_row(axes: Axes, line: int, row: StudyRow, differences: npt.NDArray[np.float64]) -> None:
    colour = _colour(row)
    axes.plot(differences, [line] * len(differences), "o", color=colour, mfc="none", ms=4, mew=0.8)
    axes.plot(differences.mean(), line, "o", color=colour, ms=6)
    if row.comparison and row.comparison.interval:
        # The interval of few seeds may reach further than accuracy can.
        low, high = (max(-100.0, min(100.0, 100 * end)) for end in row.comparison.interval)
        axes.plot([low, high], [line, line], color=colour, lw=1.2)


def _finish(axes: Axes, lines: int) -> None:
    axes.set_xscale("symlog", linthresh=_LINEAR_POINTS, linscale=2)
    axes.axvline(0, color=INK, lw=0.8)
    low, high = axes.get_xlim()
    ticks = [tick for tick in (-100, -10, -1, -0.5, 0, 0.5, 1, 10, 100) if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:+g}" if tick else "0" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks([])
    axes.set_ylim(max(lines, 1) - 0.5, -0.5)
    axes.grid(axis="x", color=FAINT, lw=0.6)
    axes.set_axisbelow(True)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
