"""The paper's own lines, rulings and boxes, taken out of the ink, and what is written left in.

Where a stroke crosses a ruling, there is ink on both sides of it, and it is left; rulings of the
other direction are no such ink.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.images.filters import dilated, quantile
from inkdigits.images.ruled import (
    Ruling,
    box_sides,
    find_rulings,
    missed_rulings,
    of_paper,
    thin_runs,
)

Mask = npt.NDArray[np.bool_]


class _Stripe(NamedTuple):
    """Where a ruling lies."""

    rows: slice
    on: Mask  # of these rows
    above: npt.NDArray[np.intp]  # (2, W), the rows next to it, at each column
    below: npt.NDArray[np.intp]
    half: float  # of its thickness


def without_rulings(marked: Mask) -> Mask:
    """The marked pixels `(H, W)` without those of long straight lines, along either axis."""
    turned = np.ascontiguousarray(marked.T)
    thin, thin_turned = thin_runs(marked), thin_runs(turned)
    across, down = find_rulings(thin), find_rulings(thin_turned)
    of_rows = of_paper(across, max(marked.shape), len(down))
    of_columns = of_paper(down, max(marked.shape), len(across))
    stripes = _stripes(marked, thin, of_rows)
    upright = _stripes(turned, thin_turned, of_columns)
    upright += _stripes(turned, None, box_sides(turned, of_rows))
    stripes += _stripes(marked, None, box_sides(marked, of_columns))
    if not stripes and not upright:
        return marked
    kept = _erased(marked, stripes, ~_covered(turned, upright).T)
    kept &= _erased(turned, upright, ~_covered(marked, stripes).T).T
    return kept


def _stripes(marked: Mask, thin: Mask | None, rulings: list[Ruling]) -> list[_Stripe]:
    """Where rulings lie, with their thickness."""
    height, width = marked.shape
    reach = max(4, width // 150)
    stripes = []
    if thin is not None:
        rulings = rulings + missed_rulings(rulings, thin)
    for line, _, _, left, right in rulings:
        first = max(0, int(line[left:right].min()) - 2 * reach)
        last = min(height, int(line[left:right].max()) + 2 * reach + 1)
        distance = np.abs(np.arange(first, max(first, last))[:, None] - line)
        distance[:, :left] = np.inf
        if right is not None:
            distance[:, right:] = np.inf
        thickness = (marked[first:last] & (distance <= reach)).sum(0)
        if not thickness.any():
            continue
        half = quantile(thickness[thickness > 0], 0.4) / 2 + 1.2
        above, below = (
            np.clip(np.rint(line + side * (half + np.array([[1], [2]]))), 0, height - 1).astype(int)
            for side in (-1, 1)
        )
        stripes.append(_Stripe(slice(first, last), distance <= half, above, below, half))
    return stripes


def _covered(marked: Mask, stripes: list[_Stripe]) -> Mask:
    """The pixels that lie on a ruling."""
    covered = np.zeros(marked.shape, bool)
    for stripe in stripes:
        covered[stripe.rows] |= stripe.on
    return covered


def _erased(marked: Mask, stripes: list[_Stripe], free: Mask) -> Mask:
    """Without the pixels on rulings, but where a stroke crosses one.

    Args:
        free: `(H, W)`, where ink beside a ruling is a stroke's.
    """
    columns = np.arange(marked.shape[1])
    strokes = marked & free
    kept = marked.copy()
    for stripe in stripes:
        crossed = np.ones(len(columns), bool)
        for side in (stripe.above, stripe.below):
            beyond = strokes[side, columns].any(0, keepdims=True)
            crossed &= dilated(np.asarray(beyond), max(1, int(stripe.half)))[0]
        kept[stripe.rows] &= ~stripe.on | crossed
    return kept
