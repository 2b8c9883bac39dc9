"""A plain frame around a photo, such as the bars above and below it in a screen's picture.

Against it the whole photo, or all paper, would be ink.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.images.levels import of_other_colour

_MIXED = 1  # row beyond, in which frame and photo may be mixed
_EDGE = 0.7  # of the photo's outermost row, and of all of it, of another colour at least
_LEFT = 0.05  # of the picture's height and width, that the photo takes at least
_SMALLEST = 24  # pixels of the photo's shorter side, at least
_TALLEST = 2.5  # times as tall as wide, that a photo is at most; a 1 that is cut out is more


class Margins(NamedTuple):
    """How broad a frame is on each side, in pixels; counterclockwise."""

    top: int
    left: int
    bottom: int
    right: int

    def turned(self, quarters: int) -> "Margins":
        """Those of the picture after so many quarter turns counterclockwise."""
        return Margins(*(self[(side - quarters) % 4] for side in range(4)))

    def within(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """What of a picture `(H, W)` or `(H, W, C)` the frame leaves."""
        height, width = pixels.shape[:2]
        return pixels[self.top : height - self.bottom, self.left : width - self.right]


NO_FRAME = Margins(0, 0, 0, 0)


def frame_of(pixels: npt.NDArray[np.uint8]) -> Margins:
    """The plain frame around a photo in a picture `(H, W)` or `(H, W, 3)`, uint8; or none.

    The paper around a drawing is no frame: what is within one begins along a straight edge, and is
    mostly of another colour.
    """
    planes = pixels.reshape(*pixels.shape[:2], -1)
    top, bottom = _margin(planes), _margin(planes[::-1])
    if top + bottom >= len(planes):  # all of one colour, or from one slowly to another
        return NO_FRAME
    rows = planes[top : len(planes) - bottom].swapaxes(0, 1)
    left, right = _margin(rows), _margin(rows[::-1])
    found = Margins(top, left, bottom, right)
    inner = found.within(planes)
    height, width = planes.shape[:2]
    is_small = min(inner.shape[:2]) < _SMALLEST
    is_small |= inner.shape[0] > _TALLEST * inner.shape[1]
    if is_small or inner.shape[0] < _LEFT * height or inner.shape[1] < _LEFT * width:
        return NO_FRAME
    colours = planes[0, 0], planes[top, 0], planes[-1, 0], planes[top, -1]
    outermost = inner[_MIXED], inner[:, _MIXED], inner[-1 - _MIXED], inner[:, -1 - _MIXED]
    sides = zip(found, colours, outermost, strict=True)
    return Margins(*(_broadened(margin, colour, line, inner) for margin, colour, line in sides))


def _broadened(
    margin: int,
    colour: npt.NDArray[np.uint8],
    outermost: npt.NDArray[np.uint8],
    inner: npt.NDArray[np.uint8],
) -> int:
    """A side's margin and what is mixed with it; 0 where it is no frame.

    Args:
        colour: of the margin, `(C,)`.
        outermost: what of the picture lies next to the margin, `(pixels, C)`.
        inner: all that lies within the margins, `(h, w, C)`.
    """
    shares = (of_other_colour(part, colour).mean() for part in (outermost, inner[::4, ::4]))
    return margin + 1 + _MIXED if margin and min(shares) >= _EDGE else 0


def _margin(planes: npt.NDArray[np.uint8]) -> int:
    """How many rows of a picture `(H, W, C)` are of the first one's colour, from the top."""
    place, count = 0, 4  # ever more rows at once: NumPy takes long to begin
    while place < len(planes):
        is_other = of_other_colour(planes[place : place + count], planes[0, 0]).any(1)
        if is_other.any():
            return place + int(is_other.argmax())
        place, count = place + count, 2 * count
    return len(planes)
