"""Circles around digits, of marked answers and numbered items, which would be read as zeros."""

from collections.abc import Sequence

import numpy as np

from inkdigits.recognition.segmentation import Candidate

_DIGIT = 0.5  # the probability of what is inside
_FILLING = 0.35  # its height, as a share of the circle's
_ALIKE = 1.33  # circles on one page differ by no more


def without_rings(singles: Sequence[Candidate]) -> list[Candidate]:
    """All but what is around a digit.

    Around a 1 it may be a zero with a stroke through it; it is a circle where what is around
    another digit is of its size.
    """
    digits = [single for single in singles if single.confidence > _DIGIT]
    edges = [(box.top, box.left, box.bottom, box.right) for box in (each.box for each in digits)]
    tops, lefts, bottoms, rights = np.array(edges, int).reshape(-1, 4).T
    is_one = np.array([digit.value == 1 for digit in digits], bool)
    around, around_others = [], []
    for single in singles:
        box = single.box
        inside = (tops > box.top) & (lefts > box.left) & (bottoms < box.bottom)
        inside &= (rights < box.right) & (bottoms - tops > _FILLING * box.height)
        around.append(bool(inside.any()))
        around_others.append(bool((inside & ~is_one).any()))
    sizes = [
        single.box.size for single, is_ring in zip(singles, around_others, strict=True) if is_ring
    ]
    return [
        single
        for single, is_around in zip(singles, around, strict=True)
        if not is_around or not any(_are_alike(single.box.size, size) for size in sizes)
    ]


def _are_alike(one: int, other: int) -> bool:
    return max(one, other) < _ALIKE * min(one, other)
