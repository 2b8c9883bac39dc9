"""One image beside what a network makes of it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inkdigits.figures.style import (
    FAINT,
    INK,
    LARGE,
    MUTED,
    NORMAL,
    RIGHT,
    SMALL,
    WRONG,
    bare,
    new_figure,
    place_axes,
    place_picture,
    place_text,
    shortened,
    text_width,
    widest,
)

_MARGIN, _PICTURE, _BARS, _HEAD = 0.25, 2.8, 3.2, 0.7
_OTHER = "#b5b5b5"


def prediction_figure(
    image: npt.NDArray[np.uint8],
    probabilities: npt.NDArray[np.floating],
    class_names: Sequence[str],
    label: int | None,
) -> Figure:
    """An image `(H, W) uint8`, white on black, beside bars of its probabilities `(C,)`.

    Blue: read rightly. Vermillion: read wrongly; the bar of the true class is then blue. Without
    a label the reading is dark grey.
    """
    read = int(np.argmax(probabilities))
    colour = INK if label is None else RIGHT if read == label else WRONG
    names = [shortened(name, 20) for name in class_names]
    step = 0.28
    height = _HEAD + max(_PICTURE, step * len(names)) + 0.3
    first = "No label" if label is None else f"Label: {class_names[label]}"
    second = f"Predicted label: {class_names[read]}"
    bars_left = _MARGIN + max(_PICTURE, text_width(first, LARGE, "bold")) + 0.35
    left = bars_left + widest(names) + 0.12
    right = max(left + _BARS + 0.65, bars_left + text_width(second, LARGE, "bold"))
    figure = new_figure(right + _MARGIN, height)
    place_text(figure, _MARGIN, 0.25, first, size=LARGE, weight="bold")
    place_text(figure, bars_left, 0.25, second, size=LARGE, weight="bold", colour=colour)
    place_picture(figure, image, _MARGIN, _HEAD, _PICTURE)
    axes = place_axes(figure, left, _HEAD, _BARS, height - _HEAD - 0.3)
    colours = [_OTHER] * len(names)
    if label is not None:
        colours[label] = RIGHT
    colours[read] = colour
    _draw_bars(axes, probabilities, names, colours, read)
    return figure


def _draw_bars(
    axes: Axes,
    probabilities: npt.NDArray[np.floating],
    names: Sequence[str],
    colours: Sequence[str],
    read: int,
) -> None:
    places = np.arange(len(names))
    axes.barh(places, np.ones(len(names)), height=0.66, color="#f2f2f2")
    axes.barh(places, probabilities, height=0.66, color=colours)
    axes.set_xlim(0, 1)
    axes.set_ylim(len(names) - 0.5, -0.5)
    bare(axes)
    axes.set_yticks(places, names, size=NORMAL)
    axes.tick_params(length=0)
    axes.vlines(0, -0.5, len(names) - 0.5, color=FAINT, lw=1)
    for tick in axes.get_yticklabels():
        tick.set_parse_math(False)
    axes.get_yticklabels()[read].set_fontweight("bold")
    for place, probability in zip(places, probabilities, strict=True):
        axes.annotate(
            f"{float(probability):.1%}",
            (1, float(place)),
            xytext=(46, 0),
            textcoords="offset points",
            size=NORMAL if place == read else SMALL,
            weight="bold" if place == read else "normal",
            color=INK if place == read else MUTED,
            ha="right",
            va="center",
            annotation_clip=False,
        )
