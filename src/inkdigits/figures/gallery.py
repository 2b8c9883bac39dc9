"""Contact sheets: many small pictures, each with a caption below."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from inkdigits.errors import UsageError
from inkdigits.figures.style import (
    LARGE,
    LINE_HEIGHT,
    MUTED,
    NORMAL,
    SMALL,
    new_figure,
    place_picture,
    place_text,
    text_width,
    widest,
)

_MARGIN = 0.25
_LINE = LINE_HEIGHT * SMALL / 72  # inches that a caption line takes


def gallery_figure(
    images: npt.NDArray[np.uint8],
    captions: Sequence[str],
    title: str,
    *,
    empty: str = "no mistakes",
) -> Figure:
    """A sheet of images `(N, H, W) uint8`, white on black, each over its caption.

    Captions may have several lines. Without images the sheet says `empty`.

    Raises:
        UsageError: if there is not one caption an image.
    """
    count = len(images)
    if count != len(captions):
        raise UsageError(f"There are {count} images but {len(captions)} captions.")
    if count == 0:
        return _empty_figure(title, empty)
    side = 2.2 if count == 1 else 1.15 if count <= 12 else 0.8
    pitch = max(side, widest(captions, SMALL)) + 0.15
    columns = min(count, max(1, math.ceil(math.sqrt(1.6 * count))), max(1, int(12 / pitch)))
    if count > 40:
        columns = min(columns, 10)
    rows = math.ceil(count / columns)
    below = _LINE * max(caption.count("\n") + 1 for caption in captions) + 0.2
    head = 0.65
    width = max(columns * pitch - 0.15, text_width(title, LARGE, "bold")) + 2 * _MARGIN
    figure = new_figure(width, head + rows * (side + below) + 0.1)
    place_text(figure, _MARGIN, 0.22, title, size=LARGE, weight="bold")
    start = _MARGIN + (pitch - 0.15 - side) / 2
    for index, (image, caption) in enumerate(zip(images, captions, strict=True)):
        left = start + index % columns * pitch
        top = head + index // columns * (side + below)
        place_picture(figure, image, left, top, side)
        place_text(figure, left + side / 2, top + side + 0.06, caption, size=SMALL, align="center")
    return figure


def images_figure(
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.integer],
    class_names: Sequence[str],
    *,
    title: str = "A look at the data",
) -> Figure:
    """A sample sheet of images `(N, H, W) uint8`, white on black, with labels `(N,)` as names.

    Raises:
        UsageError: if there is not one label an image.
    """
    captions = [class_names[int(label)] for label in labels]
    return gallery_figure(images, captions, title, empty="no images")


def _empty_figure(title: str, empty: str) -> Figure:
    figure = new_figure(max(4.0, text_width(title, LARGE, "bold") + 2 * _MARGIN), 1.3)
    place_text(figure, _MARGIN, 0.22, title, size=LARGE, weight="bold")
    place_text(figure, _MARGIN, 0.7, empty, size=NORMAL, colour=MUTED)
    return figure
