"""A ruler that lies beside a line of writing."""

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
SHAPE = (420, 760)
DEEP = 80  # pixels of the ruler
LONG = 36, 28, 20  # pixels of its marks: every tenth, every fifth, the others


def beside_ruler(line: Picture, side: str, gap: int) -> Picture:
    """A line of white on black, written on a page, and a ruler along one side of the page.

    Args:
        line: the writing.
        side: top, bottom, left or right.
        gap: pixels from one of the ruler's marks to the next.
    """
    height, width = SHAPE
    ink = np.zeros(SHAPE)
    ink[150 : 150 + line.shape[0], 120 : 120 + line.shape[1]] = line / 255
    page = 225 - 170 * ink
    along = width if side in ("top", "bottom") else height
    ruler = np.full((DEEP, along), 205.0)
    for number, place in enumerate(range(5, along - 2, gap)):
        long = LONG[0] if number % 10 == 0 else LONG[1] if number % 5 == 0 else LONG[2]
        ruler[2 : 2 + long, place : place + 2] = 40
    if side == "bottom":
        page[height - DEEP :] = ruler
    elif side == "top":
        page[:DEEP] = ruler[::-1]
    elif side == "right":
        page[:, width - DEEP :] = ruler.T
    else:
        page[:, :DEEP] = ruler[::-1].T
    grain = np.random.default_rng(0).normal(0, 2, SHAPE)
    return np.asarray((page + grain).clip(0, 255).astype(np.uint8))
