"""The paper's own lines, rulings and boxes, taken out of the ink, and what is written left in.

Where a stroke crosses a ruling, there is ink on both sides of it, and it is left; rulings of the
other direction are no such ink.

So are lines that somebody drew under a number, or over it, and that touch it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.images.filters import dilated, quantile
from inkdigits.images.regions import regions
from inkdigits.images.ruled import (
    MOST_PIECES,
    SHORTEST,
    Ruling,
    box_sides,
    drawn_lines,
    missed_rulings,
    of_paper,
    slanting_rulings,
)
from inkdigits.images.slant import levelling, sheared, sheared_back

Mask = npt.NDArray[np.bool_]

# Of a piece that a line under digits makes of them:
WIDE = 1.5  # its width at least, of its height
LOWEST = 16  # pixels that it is high at least
MIDDLE = 0.25  # of its height: so near to its top or bottom is a line that strikes nothing out
TALL = 0.45  # of its height, that two of the digits have at least that the line has held together


class Stripe(NamedTuple):
    """Where a ruling lies."""

    rows: slice
    on: Mask  # of these rows
    above: npt.NDArray[np.intp]  # (2, W), the rows next to it, at each column
    below: npt.NDArray[np.intp]
    half: float  # of its thickness


def without_rulings(marked: Mask) -> Mask:
    """The marked pixels `(H, W)` without those of long straight lines, along either axis."""
    turned = np.ascontiguousarray(marked.T)
    across, thin = slanting_rulings(marked)
    down, thin_turned = slanting_rulings(turned)
    of_rows = of_paper(across, max(marked.shape), len(down))
    of_columns = of_paper(down, max(marked.shape), len(across), marked.shape[1])
    stripes = stripes_of(marked, thin, of_rows)
    upright = stripes_of(turned, thin_turned, of_columns)
    upright += stripes_of(turned, None, box_sides(turned, of_rows))
    stripes += stripes_of(marked, None, box_sides(marked, of_columns))
    if not stripes and not upright:
        return marked
    return without_both(marked, stripes, turned, upright)


def without_underlines(marked: Mask) -> Mask:
    """The marked pixels `(H, W)` without lines drawn under numbers, or over them, that touch them.

    A line that somebody drew is too short for a ruling of the page, but takes all of the piece that
    it makes of the digits.
    """
    found = regions(marked)
    heights, widths = found.bottoms - found.tops, found.rights - found.lefts
    wide = (widths >= SHORTEST) & (widths > WIDE * heights) & (heights >= LOWEST)
    kept = marked
    for place in np.flatnonzero(wide)[:MOST_PIECES].tolist():
        rows, columns, own = found.part(place)
        digits = _without_line(own)
        if digits is None:
            continue
        if kept is marked:
            kept = marked.copy()
        kept[rows, columns] &= ~own | digits
    return kept


def _without_line(own: Mask) -> Mask | None:
    """The pixels `(H, W)` of one piece without the line by which digits hang together in it.

    None where there is no such line, or where without it there are no two digits.
    """
    digits = _without_level_line(own)
    shifts = levelling(own, 1) if digits is None else None
    if shifts is None:
        return digits
    level = sheared(own, shifts)
    rows = np.flatnonzero(level.any(1))
    held = slice(rows[0], rows[-1] + 1)
    digits = _without_level_line(level[held])
    if digits is None:
        return None
    level[held] = digits
    return sheared_back(level, shifts)


def _without_level_line(own: Mask) -> Mask | None:
    """The same of a piece that is level."""
    lines = [line for line in drawn_lines(own) if not _strikes_out(line, len(own))]
    if not lines:
        return None
    digits = erased(own, stripes_of(own, None, lines), np.ones(own.shape, bool))
    parts = regions(digits)
    tall = (parts.bottoms - parts.tops) >= TALL * len(own)
    return digits if tall.sum() >= 2 else None


def _strikes_out(line: Ruling, height: int) -> bool:
    """Whether a line goes through the middle of digits, which do not count then."""
    ends = len(line.line) // 20, -len(line.line) // 20  # where a line by hand may bend
    return bool(MIDDLE <= line.line[slice(*ends)].mean() / height <= 1 - MIDDLE)


def stripes_of(marked: Mask, thin: Mask | None, rulings: list[Ruling]) -> list[Stripe]:
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
        stripes.append(Stripe(slice(first, last), distance <= half, above, below, half))
    return stripes


def without_both(
    marked: Mask,
    stripes: list[Stripe],
    turned: Mask,
    upright: list[Stripe],
    are_near: bool = False,
) -> Mask:
    """The marked pixels `(H, W)` without rulings along the rows and along the columns.

    Args:
        turned: the same pixels `(W, H)`.
        upright: the rulings along these.
        are_near: whether rulings may be so near to each other that one is beside the next.
    """
    on_rows, on_columns = _covered(marked, stripes), _covered(turned, upright).T
    if are_near:
        on_rows = on_columns = on_rows | on_columns
    kept = erased(marked, stripes, ~on_columns)
    kept &= erased(turned, upright, ~on_rows.T).T
    return kept


def _covered(marked: Mask, stripes: list[Stripe]) -> Mask:
    """The pixels that lie on a ruling."""
    covered = np.zeros(marked.shape, bool)
    for stripe in stripes:
        covered[stripe.rows] |= stripe.on
    return covered


def erased(marked: Mask, stripes: list[Stripe], free: Mask) -> Mask:
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
