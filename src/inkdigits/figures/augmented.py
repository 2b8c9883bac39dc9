"""Augmentation as a picture: training images, and what training makes of them."""

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from inkdigits.figures.style import (
    LARGE,
    MUTED,
    SMALL,
    new_figure,
    place_picture,
    place_text,
    text_width,
)

_MARGIN, _SIDE, _GAP, _HEAD = 0.25, 0.7, 0.06, 0.85


def augmented_figure(
    images: npt.NDArray[np.uint8], changed: npt.NDArray[np.uint8], title: str, settings: str
) -> Figure:
    """A row an image `(R, H, W)`, white on black: itself, a gap, its versions `(R, C, H, W)`.

    `settings` is the line below the title.
    """
    rows, columns = changed.shape[:2]
    pitch = _SIDE + _GAP
    width = pitch * (columns + 1) + 4 * _GAP
    width = max(width, text_width(title, LARGE, "bold"), text_width(settings, SMALL))
    figure = new_figure(width + 2 * _MARGIN, _HEAD + rows * pitch + _MARGIN)
    place_text(figure, _MARGIN, 0.22, title, size=LARGE, weight="bold")
    place_text(figure, _MARGIN, 0.52, settings, size=SMALL, colour=MUTED)
    for row in range(rows):
        top = _HEAD + row * pitch
        place_picture(figure, images[row], _MARGIN, top, _SIDE)
        for column in range(columns):
            left = _MARGIN + pitch * (column + 1) + 4 * _GAP
            place_picture(figure, changed[row, column], left, top, _SIDE)
    return figure
