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
_THIN = 2  # thicknesses of strokes, that ink there is high at most, the more so on a steep line
_BOWED = 1.5  # pixels that a straight line may be bowed
_REST = 0.15  # of what is beside such a line, that lies on either side of it
_SHORT, _LONG = 3.0, 4.5  # pixels of such a line with nothing beside, at each of its ends


class Stroke(IntEnum):
    """What may strike a mark out."""

    NONE = 0
    ENDS = 1  # something with thin ends at both sides
    SHORT = 2  # a straight line from one side to the other that hardly sticks out there
    LINE = 3  # one that does
    LONG = 4  # one that sticks out far


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
    near = thick / 2 + 1
    start, slope = _line_along(inked, near)
    highest, most = _highest(inked[:, :_ENDS], inked[:, -_ENDS:]), _THIN * thick + 0.5
    if highest <= most * np.hypot(1, slope) and (line := _line(inked, start, slope, near)):
        return line
    return Stroke.ENDS if highest <= most else Stroke.NONE


def _line_along(inked: Mask, near: float) -> tuple[float, float]:
    """The row at place 0 and the slope of the line along the ink near the one between its ends."""
    rows, places = np.nonzero(inked)
    first, last = _middle(inked[:, :2]), _middle(inked[:, -2:])
    slope = (last - first) / (inked.shape[1] - 2)
    start = first - slope / 2
    # Ends by themselves lead astray, round or cut as they are.
    is_near = np.abs(rows - start - slope * places) <= near * np.hypot(1, slope)
    if len(np.unique(places[is_near])) < 2:
        return start, slope
    return _fitted(places[is_near], rows[is_near])


def _line(inked: Mask, start: float, slope: float, near: float) -> Stroke:
    """What a line is that ink is on in all columns, and on either side of it; else none."""
    rows, places = np.nonzero(inked)
    below, steep = rows - start - slope * places, float(np.hypot(1, slope))
    has_gap = len(np.unique(places[np.abs(below) <= _BOWED])) < inked.shape[1]
    is_beside = np.abs(below) > near * steep
    above = float((below[is_beside] < 0).mean()) if is_beside.any() else 0.0
    if has_gap or min(above, 1 - above) <= _REST:
        return Stroke.NONE
    along = (places + slope * rows) / steep
    beside = along[is_beside]
    free = min(beside.min() - along.min(), along.max() - beside.max())
    if free < _SHORT:
        return Stroke.SHORT
    return Stroke.LINE if free < _LONG else Stroke.LONG


def _fitted(places: npt.NDArray[np.intp], rows: npt.NDArray[np.intp]) -> tuple[float, float]:
    """The line with the least squares of rows from it: the row at place 0, and its slope."""
    count, across, down = len(places), int(places.sum()), int(rows.sum())
    spread = count * int(places @ places) - across**2
    slope = (count * int(places @ rows) - across * down) / spread
    return (down - slope * across) / count, slope


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
