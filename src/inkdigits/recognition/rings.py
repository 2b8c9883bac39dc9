"""Circles around digits, of marked answers and numbered items, which would be read as zeros.

So would the rims of other drawings, such as of faces.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import Box
from inkdigits.recognition.segmentation import Candidate

_DIGIT = 0.5  # the probability of what is inside
_FILLING = 0.35  # its height, as a share of the circle's
_ALIKE = 1.33  # circles on one page differ by no more
_PART, _PARTS = 0.08, 2  # its height again, of so many things within a rim; a zero may have a dot


def without_rings(singles: Sequence[Candidate]) -> list[Candidate]:
    """All but what is around a digit, and digits that are around several things.

    Around a 1 it may be a zero with a stroke through it; it is a circle where what is around
    another digit is of its size.
    """
    everything = _Boxes([single.box for single in singles])
    digits = [single for single in singles if single.confidence > _DIGIT]
    digit_boxes = _Boxes([digit.box for digit in digits])
    is_one = np.array([digit.value == 1 for digit in digits], bool)
    around, around_others = [], []
    for single in singles:
        inside = digit_boxes.within(single.box, _FILLING)
        around.append(bool(inside.any()))
        around_others.append(bool((inside & ~is_one).any()))
    sizes = [
        single.box.size for single, is_ring in zip(singles, around_others, strict=True) if is_ring
    ]
    return [
        single
        for single, is_around in zip(singles, around, strict=True)
        if not (is_around and any(_are_alike(single.box.size, size) for size in sizes))
        and not (
            single.confidence > _DIGIT and everything.within(single.box, _PART).sum() >= _PARTS
        )
    ]


class _Boxes:
    """Many boxes, to be looked through at once."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        edges = [(box.top, box.left, box.bottom, box.right) for box in boxes]
        self._tops, self._lefts, self._bottoms, self._rights = np.array(edges, int).reshape(-1, 4).T

    def within(self, box: Box, share: float) -> npt.NDArray[np.bool_]:
        """Which lie within another and have more than a share of its height."""
        inside = (self._tops > box.top) & (self._lefts > box.left)
        inside &= (self._bottoms < box.bottom) & (self._rights < box.right)
        inside &= self._bottoms - self._tops > share * box.height
        return inside


def _are_alike(one: int, other: int) -> bool:
    return max(one, other) < _ALIKE * min(one, other)
