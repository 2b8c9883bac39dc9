"""What looks like a digit and is the edge of something: of a shadow, a glare, a sheet, a facet.

Paper is estimated less finely than the picture, and so what is left of it beside such an edge may
pass for a bar, or for a ring around a glare. Ink is darker than the paper on all of its sides.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import Box
from inkdigits.images.filters import median, quantile
from inkdigits.images.ink import Ink
from inkdigits.images.shadows import closed
from inkdigits.images.strokes import thickness
from inkdigits.recognition.marks import BARS_AND_RINGS
from inkdigits.recognition.segmentation import Candidate, ReadLine

# Chosen on digits and on blank paper in light, shadows and creases of many kinds, and on photos.
_DEEP = 0.5  # of its contrast with the paper, that ink is darker than what is on all sides of it
_EVEN = 0.85  # of the same in the middle, that it is nearly everywhere, though paper is lighter yet
_EVERYWHERE = 0.75  # of its pixels
_FEW = 8  # digits on a page of which each is looked at; of more, bars and rings
_SIDES = 3  # of the picture, that a digit reaches where it is cut out close
_MORE = 2  # pixels, beyond the thickness of strokes, that is looked at on either side


def without_edges(lines: Sequence[ReadLine], ink: Ink) -> list[ReadLine]:
    """Lines without digits that are no ink; such as are nothing else are left out."""
    few = sum(len(line.digits) for line in lines) <= _FEW
    kept = []
    for line in lines:
        digits = [
            digit
            for digit in line.digits
            if not (few or digit.value in BARS_AND_RINGS) or not is_edge(digit, ink)
        ]
        if digits:
            kept.append(replace(line, digits=tuple(digits)))
    return kept


def is_edge(digit: Candidate, ink: Ink) -> bool:
    """Whether it is no darker than what is on one of its sides, and so no stroke.

    Of digits that touch each other, or are cut out close, that cannot be told.
    """
    if digit.is_cut or any(piece.borders >= _SIDES for piece in digit.pieces):
        return False
    box = digit.box
    window = _window(ink.marked, box, 0)
    own = ink.marked[window]
    strength = ink.strength[window][own]
    if not len(strength):
        return False
    depth = np.full_like(strength, -np.inf)
    reach = int(np.ceil(thickness(own))) + _MORE
    for plane in ink.planes:
        np.maximum(
            depth, _depth(plane, own, box, reach, light_on_dark=ink.light_on_dark), out=depth
        )
        if depth.sum() >= _DEEP * strength.sum():  # in one colour is enough
            return False
    shares = depth / np.maximum(strength, 1e-6)
    return quantile(shares, 1 - _EVERYWHERE) <= _EVEN * median(shares)


def _depth(
    plane: npt.NDArray[np.uint8],
    own: npt.NDArray[np.bool_],
    box: Box,
    reach: int,
    *,
    light_on_dark: bool,
) -> npt.NDArray[np.float32]:
    """How much darker the pixels of a digit are, as a share of white, than both sides of a stroke.

    A morphological closing fills a stroke up to the darker side, and leaves an edge as it is.
    """
    around = _window(plane, box, 2 * reach)
    levels = plane[around].astype(np.float32) / 255
    levels = 1 - levels if light_on_dark else levels
    down, across = box.top - around[0].start, box.left - around[1].start
    within = slice(down, down + own.shape[0]), slice(across, across + own.shape[1])
    depth = (closed(levels, reach) - levels)[within]
    paper = depth[~own]
    grain = np.float32(median(paper) if len(paper) else 0)  # what it alone makes
    return np.asarray(depth[own] - grain)


def _window(plane: npt.NDArray[np.generic], box: Box, margin: int) -> tuple[slice, slice]:
    rows, columns = plane.shape
    return (
        slice(max(0, box.top - margin), min(rows, box.bottom + margin)),
        slice(max(0, box.left - margin), min(columns, box.right + margin)),
    )
