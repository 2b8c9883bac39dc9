"""The ink of a page that lies askew, turned until its lines are level."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import Box
from inkdigits.images.ink import Ink

_Places = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Straight:
    """A page turned level, and where what is on it is on the page as it lies."""

    ink: Ink
    slope: float  # of the lines on the page as it lies: pixels down, a pixel to the right
    shape: tuple[int, int]  # of the page as it lies

    def back(self, box: Box) -> Box:
        """The box, on the page as it lies, of what is inked within one."""
        own = self.ink.marked[box.top : box.bottom, box.left : box.right]
        rows, columns = np.nonzero(own if own.any() else np.ones_like(own))
        places = _before(rows + box.top, columns + box.left, self.slope, self.shape)
        down, across = (
            place.clip(0, size - 1) for place, size in zip(places, self.shape, strict=True)
        )
        return Box(*map(int, (down.min(), across.min(), down.max() + 1, across.max() + 1)))


def straightened(ink: Ink, slope: float) -> Straight:
    """A page whose lines fall by a slope, turned level; each of its pixels is the page's nearest.

    So no stroke becomes fainter or softer. Beyond the page is paper.

    Args:
        ink: the page's, `(H, W)`.
        slope: pixels down, a pixel to the right.
    """
    height, width = ink.marked.shape
    rows, columns = np.indices(_turned((height, width), slope), sparse=True)
    down, across = _before(rows, columns, slope, (height, width))
    is_beyond = (down < 0) | (down >= height) | (across < 0) | (across >= width)
    places = down.clip(0, height - 1) * width + across.clip(0, width - 1)

    def of_page(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
        gathered: npt.NDArray[Any] = plane.ravel()[places]
        return gathered

    strength, marked = of_page(ink.strength), of_page(ink.marked)
    strength[is_beyond], marked[is_beyond] = 0, False
    planes = tuple(map(of_page, ink.planes))
    level = replace(ink, strength=strength, full=of_page(ink.full), marked=marked, planes=planes)
    return Straight(level, slope, (height, width))


def _turned(shape: tuple[int, int], slope: float) -> tuple[int, int]:
    """The height and width of a page that is turned level, corners included."""
    (height, width), length = shape, math.hypot(1, slope)
    return (
        math.ceil((height + width * abs(slope)) / length),
        math.ceil((width + height * abs(slope)) / length),
    )


def _before(
    rows: _Places, columns: _Places, slope: float, shape: tuple[int, int]
) -> tuple[_Places, _Places]:
    """Rows and columns of pixels before their page, of a `shape`, was turned about its middle."""
    (height, width), length = _turned(shape, slope), math.hypot(1, slope)
    down, across = rows - (height - 1) / 2, columns - (width - 1) / 2
    return (
        np.rint((shape[0] - 1) / 2 + (down + slope * across) / length).astype(np.intp),
        np.rint((shape[1] - 1) / 2 + (across - slope * down) / length).astype(np.intp),
    )
