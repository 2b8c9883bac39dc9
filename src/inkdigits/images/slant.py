"""How a page's long lines slant, and the page sheared until they are level.

A photo is seldom straight. The slope is the one along which the marked pixels of narrow strips fall
into the fewest rows: the sum of squares of a projection, as in Postl, 'Detection of Linear Oblique
Structures and Skew Scan in Digitized Documents', 1986, but of strips, since paper bends.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]

STEEPEST = 0.2  # slope, in rows a column, that is looked for
COARSE, FINE = 0.04, 0.01  # steps of it
LEVEL = 0.015  # slope below which a page is as good as level
STRIP, STRIPS = 64, 12  # columns of a strip, and how many are looked at
SAMPLED = 4  # columns, of which one is looked at
MORE = 1.15  # `more` of a page; of one piece, strokes are as much as a line
_STEPS = round(STEEPEST / COARSE) - 1
_FINER = round(COARSE / FINE)


def slope_of(marked: Mask, more: float = MORE) -> float:
    """Rows that the lines along the rows of a mask `(H, W)` fall from column to column.

    0 where they are level, or where nothing slants more clearly than it is level.

    Args:
        more: times as much as a level page's, that a slope's sum of squares is.
    """
    width = marked.shape[1]
    apart = STRIP * max(1, width // (STRIP * STRIPS))
    looked_at = (np.arange(0, width, apart)[:, None] + np.arange(0, STRIP, SAMPLED)).ravel()
    columns, rows = np.nonzero(marked.T[looked_at[looked_at < width]])
    if not len(columns):
        return 0.0
    strips, within = np.divmod(columns, STRIP // SAMPLED)
    most = int(STEEPEST * STRIP) + 1  # rows that a strip falls
    places = strips * (len(marked) + 2 * most) + rows + most

    def sharpness(slope: float) -> float:
        falls = np.rint(slope * SAMPLED * np.arange(STRIP // SAMPLED)).astype(np.intp)
        counts = np.bincount(places - falls[within])
        return float((counts * counts).sum())

    found = {step * COARSE: sharpness(step * COARSE) for step in range(-_STEPS, _STEPS + 1)}
    near = max(found, key=found.__getitem__)
    slopes = near + FINE * np.arange(1 - _FINER, _FINER)
    found |= {slope: sharpness(slope) for slope in slopes.tolist() if slope != near}
    best = max(found, key=found.__getitem__)
    return best if abs(best) > LEVEL and found[best] > more * found[0.0] else 0.0


def levelling(marked: Mask, more: float = MORE) -> npt.NDArray[np.intp] | None:
    """How many rows down each column of a mask `(H, W)` goes, for its lines to be level.

    At least 0 each; None where they are level. `more` is that of `slope_of`.
    """
    slope = slope_of(marked, more)
    if not slope:
        return None
    falls = np.rint(slope * np.arange(marked.shape[1])).astype(np.intp)
    shifts: npt.NDArray[np.intp] = falls.max() - falls
    return shifts


def levelled(marked: Mask, look: Callable[[Mask], Mask | None]) -> Mask | None:
    """What `look` makes of a mask with its lines level, one of its shape or None, sheared back."""
    shifts = levelling(marked)
    if shifts is None:
        return look(marked)
    found = look(sheared(marked, shifts))
    return None if found is None else sheared_back(found, shifts)


def sheared(mask: Mask, shifts: npt.NDArray[np.intp]) -> Mask:
    """Each column `c` of a mask `(H, W)` moved down by `shifts[c] >= 0`: `(H + max(shifts), W)`."""
    height, width = mask.shape
    moved = np.zeros((width, height + int(shifts.max())), bool)
    for column, (shift, pixels) in enumerate(zip(shifts.tolist(), mask.T, strict=True)):
        moved[column, shift : shift + height] = pixels
    return np.ascontiguousarray(moved.T)


def sheared_back(mask: Mask, shifts: npt.NDArray[np.intp]) -> Mask:
    """What `sheared` made its argument, from what it gave."""
    height, width = len(mask) - int(shifts.max()), mask.shape[1]
    back = np.empty((width, height), bool)
    for column, (shift, pixels) in enumerate(zip(shifts.tolist(), mask.T, strict=True)):
        back[column] = pixels[shift : shift + height]
    return np.ascontiguousarray(back.T)
