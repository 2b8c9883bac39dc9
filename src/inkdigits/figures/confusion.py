"""The confusion matrix, drawn so that the mistakes are what one sees first."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from inkdigits.evaluation.metrics import Evaluation
from inkdigits.figures.style import (
    FAINT,
    INK,
    LARGE,
    MUTED,
    NORMAL,
    SMALL,
    WRONG,
    new_figure,
    place_axes,
    place_text,
    shortened,
    text_width,
    widest,
)

_MISTAKES = LinearSegmentedColormap.from_list("mistakes", ["#ffffff", "#f6c9a6", WRONG, "#8a3c00"])
_DIAGONAL = "#e3ecf3"
_MARGIN = 0.25
_DARK = 0.68  # of the scale, from where white stands out more than ink; neither below 3.9 to 1
_FULL_SHADE = 5  # so that a single mistake never looks like a catastrophe


def confusion_figure(evaluation: Evaluation, class_names: Sequence[str] | None = None) -> Figure:
    """Counts of a confusion matrix, rows true, columns read, with the recall beside each row.

    Only the mistakes are shaded, on a scale of their own: on a good network the diagonal is a
    thousand times darker than they are. `class_names` replaces the evaluation's own names.
    """
    names = [
        shortened(name, 16) for name in (evaluation.classes if class_names is None else class_names)
    ]
    count = len(names)
    digits = len(str(int(evaluation.confusion.max())))
    size = NORMAL if count <= 20 else SMALL
    cell = max(0.42 if count <= 20 else 0.3, text_width("0" * digits, size) + 0.12)
    title, detail = _heading(evaluation)
    slanted = widest(names, size) > cell - 0.06
    label = widest(names, size)
    head, left = 0.95, _MARGIN + 0.3 + label + 0.15
    foot = (0.75 * label + 0.2 if slanted else 0.3) + 0.35
    body = cell * count
    width = max(left + body + 0.95, 2 * _MARGIN + text_width(detail, NORMAL))
    figure = new_figure(width, head + body + foot)
    place_text(figure, _MARGIN, 0.2, title, size=LARGE, weight="bold")
    place_text(figure, _MARGIN, 0.45, detail, colour=MUTED)
    axes = place_axes(figure, left, head, body, body)
    _draw_cells(axes, evaluation, size)
    _label(axes, names, size, slanted)
    _draw_recalls(axes, evaluation, size)
    _name_axes(figure, left + body / 2, head + body / 2)
    return figure


def _heading(evaluation: Evaluation) -> tuple[str, str]:
    low, high = evaluation.interval
    return (
        f"{evaluation.accuracy:.2%} right: {evaluation.correct:,} of {evaluation.images:,}",
        f"95% interval {low:.2%} to {high:.2%} (Wilson), loss {evaluation.loss:.4f}",
    )


def _name_axes(figure: Figure, across: float, down: float) -> None:
    """Name both axes outside their labels, centred on the matrix."""
    width, height = figure.get_size_inches()
    place_text(figure, across, height - 0.3, "class read", colour=MUTED, align="center")
    figure.text(
        (_MARGIN + 0.05) / width,
        1 - down / height,
        "true class",
        rotation=90,
        size=NORMAL,
        color=MUTED,
        ha="center",
        va="center",
    )


def _draw_cells(axes: Axes, evaluation: Evaluation, size: float) -> None:
    counts = evaluation.confusion
    mistakes = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    most = max(int(mistakes.max()), _FULL_SHADE)
    axes.imshow(mistakes, cmap=_MISTAKES, vmin=0, vmax=most, interpolation="nearest")
    for (row, column), number in np.ndenumerate(counts):
        if row == column:
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, color=_DIAGONAL, lw=0))
        if row == column or number:
            dark = row != column and number / most >= _DARK
            axes.text(
                column,
                row,
                str(int(number)),
                size=size,
                color="white" if dark else (MUTED if row == column else INK),
                weight="normal" if row == column else "bold",
                ha="center",
                va="center",
            )
    lines = np.arange(len(counts) + 1) - 0.5
    axes.hlines(lines, -0.5, len(counts) - 0.5, color=FAINT, lw=0.6, clip_on=False)
    axes.vlines(lines, -0.5, len(counts) - 0.5, color=FAINT, lw=0.6, clip_on=False)


def _label(axes: Axes, names: Sequence[str], size: float, slanted: bool) -> None:
    places = range(len(names))
    axes.set_yticks(places, names, size=size)
    if slanted:
        axes.set_xticks(places, names, size=size, rotation=45, ha="right", rotation_mode="anchor")
    else:
        axes.set_xticks(places, names, size=size)
    axes.tick_params(length=0)
    for text in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        text.set_parse_math(False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_recalls(axes: Axes, evaluation: Evaluation, size: float) -> None:
    """The share of each row that is right, beside the row; a dash for a class without images."""
    edge = len(evaluation.classes) - 0.5
    axes.annotate(
        "recall",
        (edge, -0.5),
        xytext=(8, 4),
        textcoords="offset points",
        size=size,
        color=MUTED,
        annotation_clip=False,
    )
    for row, score in enumerate(evaluation.scores):
        axes.annotate(
            f"{score.recall:.1%}" if score.support else "–",
            (edge, row),
            xytext=(8, 0),
            textcoords="offset points",
            size=size,
            color=INK,
            va="center",
            annotation_clip=False,
        )
