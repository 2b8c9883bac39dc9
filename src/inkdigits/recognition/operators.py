"""Which operator a mark's shape is."""

import numpy as np
import numpy.typing as npt

from inkdigits.images.beside import Mark
from inkdigits.recognition.reading import SIGNS

_, _, _, DASH, _, EQUALS, PLUS, TIMES, _, OTHER = SIGNS

_CROSS_SQUARE = 0.5  # shorter side of the longer, at least
_CROSS_ARMS = 2  # ink in them, of that between, at least
_EQUALS_PARTED = 0.4  # of its columns, in which its bars do not touch, at least
_EQUALS_MIDST = 1 / 9  # of its ink, in the middle of it, at most


def bars_of(mark: Mark) -> str:
    """Whether a flat mark is one dash, or two that touch somewhere: equals."""
    edged = np.pad(mark.own, ((1, 0), (0, 0)))
    runs = np.count_nonzero(edged[1:] & ~edged[:-1], axis=0)
    are_parted = np.count_nonzero(runs > 1) > _EQUALS_PARTED * mark.box.width
    return EQUALS if are_parted and _ninths(mark)[1, 1] < _EQUALS_MIDST else DASH


def operator_of(mark: Mark) -> str:
    """Which operator a large mark is: equals, plus, times or none of these, `OTHER`."""
    if mark.box.width > mark.box.height and bars_of(mark) == EQUALS:
        return EQUALS
    if min(mark.own.shape) < _CROSS_SQUARE * max(mark.own.shape):
        return OTHER
    ink = _ninths(mark)
    corners, edges = ink[::2, ::2].sum(), ink[1, ::2].sum() + ink[::2, 1].sum()
    if edges > _CROSS_ARMS * corners:
        return PLUS
    return TIMES if corners > _CROSS_ARMS * edges else OTHER


def _ninths(mark: Mark) -> npt.NDArray[np.float64]:
    """The share of its ink in each ninth of its box: `(3, 3)`."""
    rows, columns = (
        (np.arange(size) * 3 // size == np.arange(3)[:, None]).astype(float)
        for size in mark.own.shape
    )
    ink: npt.NDArray[np.float64] = rows @ mark.own @ columns.T / np.count_nonzero(mark.own)
    return ink
