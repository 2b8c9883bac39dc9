"""What a convolutional network has inside: its kernels, and what each stage sees of a digit."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from inkdigits.figures.style import (
    LARGE,
    MUTED,
    SIGNED,
    SMALL,
    UNSIGNED,
    bare,
    mosaic,
    new_figure,
    place_axes,
    place_picture,
    place_text,
    text_width,
)
from inkdigits.words import counted

_MARGIN = 0.25
_FEW = 32  # filters of a layer are all shown; of more, at most two for each channel
_HOW_TO_READ = """Each map is the answer of one filter, at every place of the image.
The brighter (or redder), the more the filter finds what it looks for.
Pooling makes the maps smaller; each of their pixels then sees
more of the image: its receptive field."""
_GROUND = "#bdbdbd"  # between tiles: neither white (0) nor a colour of either scale


def filters_figure(kernels: npt.NDArray[np.floating], title: str) -> Figure:
    """Kernels `(F, C, kh, kw)`: numbered panels where C is 1, else a mosaic of filters x channels.

    Of many more filters than channels those are shown whose weights' squares sum to the most.

    One scale for all, symmetric around 0: red weighs ink positively, blue negatively.
    """
    single = kernels.shape[1] == 1
    return _first_layer(kernels[:, 0], title) if single else _deep_layer(kernels, title)


def maps_figure(
    image: npt.NDArray[np.uint8], stages: Sequence[tuple[str, npt.NDArray[np.floating]]]
) -> Figure:
    """An image `(H, W) uint8` and below it, for each stage, its feature maps `(C, h, w)`.

    A stage's name may say whatever belongs to it, such as its receptive field; the number and
    size of the maps are added. Each stage has one scale for all its maps: from 0 to the largest
    value, or symmetric around 0 where it has negative values.
    """
    columns = max(8, min(16, max((len(maps) for _, maps in stages), default=8)))
    side, gap = 0.62, 0.08
    head, first = 0.55, 1.4
    body = columns * (side + gap) - gap
    # Maps of a pixel or four need no more room than that.
    grids = [
        (columns, *_tile_size(maps, side))
        if max(maps.shape[1:]) > 2
        else (2 * columns, *_tile_size(maps, side / 2 - gap / 2))
        for _, maps in stages
    ]
    labels = [_stage_label(name, maps) for name, maps in stages]
    note = first + 0.25 + text_width(_HOW_TO_READ, SMALL)
    width = 2 * _MARGIN + max(
        [body + 0.75, note] + [text_width(text, weight="bold") for text in labels]
    )
    blocks = [
        math.ceil(len(maps) / across) * (high + gap) - gap
        for (_, maps), (across, _, high) in zip(stages, grids, strict=True)
    ]
    figure = new_figure(width, head + first + sum(block + 0.6 for block in blocks) + 0.25)
    height, ink_width = image.shape
    place_text(figure, _MARGIN, 0.22, f"The image, {ink_width} × {height}", weight="bold")
    place_picture(figure, image, _MARGIN, head, first)
    place_text(figure, _MARGIN + first + 0.25, head, _HOW_TO_READ, size=SMALL, colour=MUTED)
    top = head + first + 0.25
    for (_, maps), (across, wide, _), label, block in zip(
        stages, grids, labels, blocks, strict=True
    ):
        place_text(figure, _MARGIN, top, label, weight="bold")
        used = min(across, len(maps)) * (wide + gap) - gap
        axes = place_axes(figure, _MARGIN, top + 0.25, used, block)
        norm, colours = _scale(maps)
        _show_tiles(axes, _grid(maps, across), norm, colours)
        _draw_scale(figure, norm, colours, _MARGIN + used + 0.15, top + 0.25, block)
        top += block + 0.6
    return figure


def _first_layer(kernels: npt.NDArray[np.floating], title: str) -> Figure:
    count = len(kernels)
    columns = min(count, 8 if count <= 64 else 16)
    rows = math.ceil(count / columns)
    side, pitch, line = 0.85, 0.97, 0.22
    head = 0.85
    note = "one panel a filter; red raises the response to ink, blue lowers it"
    text = max(text_width(title, LARGE, "bold"), text_width(note, SMALL))
    figure = new_figure(
        2 * _MARGIN + max(columns * pitch + 0.75, text), head + rows * (pitch + line) + 0.1
    )
    place_text(figure, _MARGIN, 0.2, title, size=LARGE, weight="bold")
    place_text(figure, _MARGIN, 0.47, note, size=SMALL, colour=MUTED)
    norm, colours = _scale(kernels, signed=True)
    for index, kernel in enumerate(kernels):
        left = _MARGIN + index % columns * pitch
        top = head + index // columns * (pitch + line)
        place_text(
            figure, left + side / 2, top, str(index), size=SMALL, colour=MUTED, align="center"
        )
        axes = place_axes(figure, left, top + 0.17, side, side)
        axes.imshow(kernel, cmap=colours, norm=norm, interpolation="nearest")
        bare(axes)
        axes.patch.set_facecolor(_GROUND)
        _frame(axes)
    scale = rows * (pitch + line) - 0.17 - line
    _draw_scale(figure, norm, colours, _MARGIN + columns * pitch + 0.05, head + 0.17, scale)
    return figure


def _deep_layer(kernels: npt.NDArray[np.floating], title: str) -> Figure:
    shown = np.arange(len(kernels))
    note = "one row a filter, one column an input channel; all on one scale"
    most = max(_FEW, 2 * kernels.shape[1])
    if len(kernels) > most:
        strength = np.square(kernels).sum((1, 2, 3))
        shown = np.sort(np.argsort(-strength, kind="stable")[:most])
        note = f"the {most} strongest of {len(kernels)} filters, {note}"
    kernels = kernels[shown]
    filters, channels, height, width = kernels.shape
    pitch = max(0.1, min(0.4, 11 / max(filters, channels)))
    wide, high = pitch * channels, pitch * filters * height / width
    text = max(text_width(title, LARGE, "bold"), text_width(note, SMALL))
    left, head = _MARGIN + 0.55, 1.15
    figure = new_figure(max(left + wide + 0.9, 2 * _MARGIN + text), head + high + 0.3)
    place_text(figure, _MARGIN, 0.2, title, size=LARGE, weight="bold")
    place_text(figure, _MARGIN, 0.47, note, size=SMALL, colour=MUTED)
    axes = place_axes(figure, left, head, wide, high)
    norm, colours = _scale(kernels, signed=True)
    _show_tiles(axes, kernels, norm, colours)
    _number(axes, shown, channels)
    _draw_scale(figure, norm, colours, left + wide + 0.15, head, min(high, 2.5))
    return figure


def _number(axes: Axes, shown: npt.NDArray[np.integer], channels: int) -> None:
    """Number the rows and columns of a mosaic, all of them only where there is room.

    Args:
        shown: which filter each row is.
    """
    filters = len(shown)
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    across, down = (right - left) / channels, (bottom - top) / filters
    step = 1 if max(filters, channels) <= 12 else 4 if max(filters, channels) <= 64 else 16
    # Rows that are not all of them need their numbers.
    by = step if shown[-1] == filters - 1 else 1
    rows, columns = range(0, filters, by), range(0, channels, step)
    axes.set_yticks([(row + 0.5) * down for row in rows], [str(shown[row]) for row in rows])
    axes.set_xticks([(at + 0.5) * across for at in columns], [str(at) for at in columns])
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("input channel", size=SMALL, color=MUTED, labelpad=3)
    axes.set_ylabel("filter", size=SMALL, color=MUTED, labelpad=3)
    axes.tick_params(length=0, labelsize=SMALL, pad=2)


def _tile_size(maps: npt.NDArray[np.floating], side: float) -> tuple[float, float]:
    """Width and height of one of the maps `(C, h, w)` whose longer side is `side`."""
    height, width = maps.shape[1:]
    return width * side / max(height, width), height * side / max(height, width)


def _stage_label(name: str, maps: npt.NDArray[np.floating]) -> str:
    count, height, width = maps.shape
    return f"{name}: {counted(count, 'map')} of {width} × {height}"


def _grid(maps: npt.NDArray[np.floating], columns: int) -> npt.NDArray[np.float64]:
    """Maps `(C, h, w)` as `(rows, columns, h, w)`, the last row filled up with NaN."""
    count, height, width = maps.shape
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    padded = np.full((rows * columns, height, width), np.nan)
    padded[:count] = maps
    return padded.reshape(rows, columns, height, width)


def _scale(values: npt.NDArray[np.floating], *, signed: bool = False) -> tuple[Normalize, str]:
    most = float(np.abs(values).max()) or 1.0
    if signed or float(values.min()) < 0:
        return Normalize(-most, most), SIGNED
    return Normalize(0, most), UNSIGNED


def _show_tiles(axes: Axes, tiles: npt.NDArray[np.floating], norm: Normalize, colours: str) -> None:
    # Pixels of small kernels are repeated, so that the gap can be finer than one of them.
    times = max(1, math.ceil(14 / max(tiles.shape[2:])))
    picture = mosaic(tiles.repeat(times, axis=2).repeat(times, axis=3), 2)
    axes.imshow(picture, cmap=colours, norm=norm, interpolation="nearest", aspect="auto")
    bare(axes)
    if colours == SIGNED:
        axes.set_facecolor(_GROUND)  # a white gap would read as 0


def _frame(axes: Axes) -> None:
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color(_GROUND)
        spine.set_linewidth(0.6)


def _draw_scale(
    figure: Figure, norm: Normalize, colours: str, left: float, top: float, height: float
) -> None:
    """A slim colour bar with its ends (and 0) named."""
    axes = place_axes(figure, left, top, 0.1, height)
    low, high = float(norm.vmin or 0), float(norm.vmax or 0)
    ramp = np.linspace(low, high, 256)[:, None]
    axes.imshow(
        ramp, cmap=colours, norm=norm, aspect="auto", origin="lower", extent=(0, 1, low, high)
    )
    bare(axes)
    marks = [low, 0.0, high] if low < 0 else [low, high]
    axes.yaxis.tick_right()
    axes.set_yticks(marks, [f"{mark:.2g}" for mark in marks], size=SMALL)
    axes.tick_params(length=0, pad=3)
