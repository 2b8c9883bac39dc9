"""What is inked beside a line's digits and is none of them: dots, dashes, and whatever else."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import Box, Page, Piece, around
from inkdigits.images.filters import eroded, median

# Shares of the digits' height:
_AROUND = (0.4, 1.5, 0.6, 0.8)  # above the digits, left of them, below and right
_DUST, _LEAST = 0.06, 3  # longer side of a mark, at least; in pixels
_SMALL = 0.3  # longer side of a small mark
_NEAR = 0.04  # between a mark and a digit, at least: what broke off one is nearer
_FAINT = 0.45  # strength of a mark, of the digits', at least
_LONGER, _SHORTER = 0.65, 0.4  # sides of a mark, in widths of the digits' strokes, at least


class Mark(NamedTuple):
    """Ink that hangs together."""

    box: Box
    own: npt.NDArray[np.bool_]  # (h, w), its pixels in the box


def marks_beside(
    page: Page, pieces: Sequence[Piece], height: float, taken: Collection[int]
) -> list[Mark]:
    """The marks around the digits of a line, as dark as these and as broad as their strokes.

    None where there are more small ones than digits: each may be a speck.

    Args:
        page: with all that was cut in it.
        pieces: of which the digits are, at least one.
        height: of a typical one, in pixels.
        taken: labels of what is no mark: of other lines' digits, and these.
    """
    found, labels = page.regions, page.labels
    whole = around([piece.box for piece in pieces])
    up, before, down, after = (share * height for share in _AROUND)
    is_near = (found.tops >= whole.top - up) & (found.bottoms <= whole.bottom + down)
    is_near &= (found.lefts >= whole.left - before) & (found.rights <= whole.right + after)
    longer = np.maximum(found.bottoms - found.tops, found.rights - found.lefts)
    is_near &= longer >= max(_LEAST, _DUST * height)
    is_near &= page.strengths >= _FAINT * median([piece.strength for piece in pieces])
    is_near[[label - 1 for label in taken if label <= found.count]] = False
    if np.count_nonzero(is_near & (longer < _SMALL * height)) > len(pieces) + 1:
        return []
    stroke = _stroke(page, pieces)
    reach = max(1, round(_NEAR * height))
    marks = []
    for place in np.flatnonzero(is_near & (longer >= _LONGER * stroke)).tolist():
        edges = (found.tops, found.lefts, found.bottoms, found.rights)
        box = Box(*(int(edge[place]) for edge in edges))
        own = labels[box.top : box.bottom, box.left : box.right] == place + 1
        is_broad = min(box.height, box.width) >= _SHORTER * stroke
        if is_broad and own.any() and not _touches(page, box, reach, pieces):
            marks.append(Mark(box, own))
    return marks


def _touches(page: Page, box: Box, reach: int, pieces: Sequence[Piece]) -> bool:
    """Whether a piece's ink is in a box or at most `reach` pixels from it."""
    rows = slice(max(0, box.top - reach), box.bottom + reach)
    columns = slice(max(0, box.left - reach), box.right + reach)
    return bool(np.isin(page.labels[rows, columns], [piece.label for piece in pieces]).any())


def _stroke(page: Page, pieces: Sequence[Piece]) -> float:
    """The width of the pieces' strokes, in pixels: twice their ink for all that is at its edge."""
    boxes = [piece.box for piece in pieces]
    masks = [
        page.labels[box.top : box.bottom, box.left : box.right] == piece.label
        for piece, box in zip(pieces, boxes, strict=True)
    ]
    area = sum(int(own.sum()) for own in masks)
    inner = sum(int(eroded(own).sum()) for own in masks)
    return 2 * area / max(1, area - inner)
