"""A mark that may be several digits, as high as one: what the network for touching digits sees."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.images.filters import quantile
from inkdigits.images.normalize import EDGE, INKED, Floats, triangles

HIGH = 32  # pixels of a strip
STEP = 4  # pixels that its width is a multiple of
FIT = 24  # pixels of the mark's height
MARGIN = (HIGH - FIT) // 2  # on all sides at least
WIDEST = 12  # times as wide as high; what is wider is no strip
_FULL = 0.9  # the share of the ink that is no stronger than what becomes white


class Strip(NamedTuple):
    """A mark scaled to a height.

    Attributes:
        image: `(32, W) uint8`, white ink on black; W is a multiple of 4.
        start, scale: the place among its columns of the ink's first column's middle, and columns of
            it a column of the ink.
    """

    image: npt.NDArray[np.uint8]
    start: float
    scale: float

    def column(self, place: float) -> float:
        """The column of the ink that a column of the strip shows."""
        return (place - self.start) / self.scale


def strip(ink: Floats) -> Strip | None:
    """A mark's ink `(H, W)` in [0, 1], 1 the full stroke, 24 pixels high; None where there is none.

    Its aspect is kept; of what is more than `WIDEST` times as wide as high there is no strip.
    """
    levels = np.asarray(ink, np.float32)
    (rows, columns) = (np.flatnonzero((levels >= EDGE).any(axis)) for axis in (1, 0))
    if not len(rows):
        return None
    scale = FIT / float(rows[-1] + 1 - rows[0])
    wide = scale * float(columns[-1] + 1 - columns[0])
    if wide > WIDEST * FIT:
        return None
    width = STEP * int(np.ceil((wide + 2 * MARGIN) / STEP))
    starts = [
        margin + scale * (0.5 - float(first)) - 0.5
        for margin, first in ((MARGIN, rows[0]), ((width - wide) / 2, columns[0]))
    ]
    scales, places = np.array([scale], np.float32), np.arange(max(levels.shape), dtype=np.float32)
    down, across = (
        triangles(np.array([start], np.float32), scales, places[:inputs], outputs)[0]
        for start, inputs, outputs in zip(starts, levels.shape, (HIGH, width), strict=True)
    )
    fitted = down @ levels @ across.T
    inked = fitted[fitted > INKED]
    full = max(quantile(inked, _FULL), INKED) if len(inked) else 1.0
    image = np.rint(np.clip(fitted / full, 0, 1) * 255).astype(np.uint8)
    return Strip(image, starts[1], scale)
