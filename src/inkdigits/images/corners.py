"""Plain corners around a photo that was turned until it was straight: they become its paper.

Scanners' and other programs fill them with one colour, against which the photo's edges would be
ink.
"""

import numpy as np
import numpy.typing as npt

from inkdigits.images.levels import Mask, grey, of_other_colour
from inkdigits.images.regions import compactness, hull
from inkdigits.images.sheet import find_sheet

Pixels = npt.NDArray[np.uint8]

_LONGEST = 400  # pixels, longer side of the sampled picture that the photo is looked for in
_LEAST, _MOST = 0.6, 0.999  # of the picture, that the photo takes
_OTHER = 0.5  # of the photo, that is of another colour than the corners, at least
_CONVEX = 0.97  # of its hull, that the photo is at least
# As large as a rectangle of its spread, that the photo is; an oval, such as a 0, is larger.
_NARROWEST, _BROADEST = 0.96, 1.015
_SMALLEST = 100  # pixels of the picture's shorter side
_MIXED = 2  # pixels along its edges, in which corner and photo may be mixed
_EDGE = 8  # pixels of a row, further in, of which the mean goes on into the corner
_SHORTEST = 0.125  # of the width, that the photo takes of a row which does


def without_corners(pixels: Pixels) -> Pixels:
    """A picture `(H, W)` or `(H, W, 3)`, uint8, whose photo goes on into plain corners, if any."""
    planes = pixels.reshape(*pixels.shape[:2], -1)
    step = -(-max(planes.shape[:2]) // _LONGEST)
    if min(planes.shape[:2]) < _SMALLEST or not _is_photo(planes[::step, ::step]):
        return pixels
    if find_sheet(grey(pixels)) is not None:  # on a plain table, which is left out as such
        return pixels
    firsts, ends = _spans(of_other_colour(planes, planes[0, 0]))
    firsts, ends = firsts + _MIXED, ends - _MIXED
    shortest = max(2 * _EDGE, _SHORTEST * planes.shape[1])
    rows = np.flatnonzero(ends - firsts >= shortest)[_MIXED:-_MIXED]
    if not len(rows):
        return pixels
    continued = planes.copy()
    for row in rows.tolist():
        first, end = firsts[row], ends[row]
        continued[row, :first] = np.rint(planes[row, first : first + _EDGE].mean(0))
        continued[row, end:] = np.rint(planes[row, end - _EDGE : end].mean(0))
    continued[: rows[0]] = continued[rows[0]]
    continued[rows[-1] + 1 :] = continued[rows[-1]]
    return continued.reshape(pixels.shape)


def _is_photo(planes: Pixels) -> bool:
    """Whether a picture `(H, W, C)` has four corners of one colour and a convex photo in them."""
    others = of_other_colour(planes, planes[0, 0])
    if others[[0, -1, -1], [-1, 0, -1]].any():
        return False
    firsts, ends = _spans(others)
    columns = np.arange(planes.shape[1])
    photo = (columns >= firsts[:, None]) & (columns < ends[:, None])
    if not _LEAST <= photo.mean() <= _MOST or others[photo].mean() < _OTHER:
        return False
    if not _NARROWEST <= compactness(photo) <= _BROADEST:
        return False
    return bool(photo.sum() >= _CONVEX * hull(photo).sum())


def _spans(marked: Mask) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The first marked column of each row of a mask `(H, W)`, and the one after its last."""
    width = marked.shape[1]
    is_empty = ~marked.any(1)
    firsts, ends = marked.argmax(1), width - marked[:, ::-1].argmax(1)
    firsts[is_empty], ends[is_empty] = width, 0
    return firsts, ends
