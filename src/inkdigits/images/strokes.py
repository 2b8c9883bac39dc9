"""What a mark's strokes tell: how thick they are, and whether one goes through all of it."""

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from inkdigits.images.normalize import Floats
from inkdigits.images.strips import strip

Mask = npt.NDArray[np.bool_]

# Chosen on digits of training and of drawn hands, as they are and struck out in eight ways.
_INKED = 90  # level of 255
_ENDS = 3  # columns at either side
_THIN = 2  # thicknesses of strokes, that ink there is high at most
_BOWED = 1.5  # pixels that a straight line may be bowed
_REST = 0.15  # of what is beside such a line, that lies on either side of it


class Stroke(IntEnum):
    """What may strike a mark out."""

    NONE = 0
    ENDS = 1  # something with thin ends at both sides
    LINE = 2  # a straight line from one side to the other


def stroke_along(ink: Floats) -> Stroke:
    """What may strike out several digits in a mark's ink `(H, W)` in [0, 1], 1 the full stroke."""
    shown = strip(ink)
    return stroke_through(shown.image) if shown else Stroke.NONE


def stroke_through(image: npt.NDArray[np.uint8]) -> Stroke:
    """What may strike out white ink on black `(H, W)`."""
    inked = image > _INKED
    columns = np.flatnonzero(inked.any(0))
    if not len(columns) or columns[-1] - columns[0] < 2 * _ENDS:
        return Stroke.NONE
    inked = inked[:, columns[0] : columns[-1] + 1]
    thick = thickness(inked)
    if _highest(inked[:, :_ENDS], inked[:, -_ENDS:]) > _THIN * thick + 0.5:
        return Stroke.NONE
    start, end = _middle(inked[:, :2]), _middle(inked[:, -2:])
    slope = (end - start) / (inked.shape[1] - 2)
    rows, places = np.ogrid[: inked.shape[0], : inked.shape[1]]
    below = rows - (start + slope * (places - 0.5))
    if not (inked & (np.abs(below) <= _BOWED)).any(0).all():
        return Stroke.ENDS
    apart = below / np.hypot(1, slope)
    near = thick / 2 + 1
    sides = [int((inked & side).sum()) for side in (apart < -near, apart > near)]
    return Stroke.LINE if min(sides) > _REST * sum(sides) else Stroke.ENDS


def _highest(*parts: Mask) -> int:
    """The pixels of the longest run of ink down a column."""
    columns = np.concatenate(parts, 1).T
    apart = np.zeros((columns.shape[0], columns.shape[1] + 2), np.int8)
    apart[:, 1:-1] = columns
    ends = np.flatnonzero(np.diff(apart.ravel()))
    return int((ends[1::2] - ends[::2]).max())


def _middle(inked: Mask) -> float:
    """The row that some columns' ink lies around."""
    counts = inked.sum(1)
    return float(counts @ np.arange(len(counts)) / counts.sum())


def thickness(own: Mask) -> float:
    """Pixels, of a mask's strokes: twice their area by the length of their outline."""
    padded = np.pad(own, 1)
    outline = sum(int((padded ^ np.roll(padded, 1, axis)).sum()) for axis in (0, 1))
    return float(2 * own.sum() / outline)
