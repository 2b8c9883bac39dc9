"""Boxes and combs that a form prints for its digits, taken out of the ink.

They are too short for rulings of the page. What hangs together is a box, or several side by side,
where its outlines, seen from above, below, the left and the right, are nearly straight lines; lines
that go from side to side between them part the boxes. What is written may hide one of the outlines,
and boxes may be open above. A comb is a line with bars on it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.images.filters import dilated, quantile
from inkdigits.images.regions import regions
from inkdigits.images.ruled import MOST_PIECES, Ruling, parabola, widened
from inkdigits.images.rulings import stripes_of, without_both
from inkdigits.images.slant import STEEPEST

Mask = npt.NDArray[np.bool_]
Line = npt.NDArray[np.float64]  # the row at each column, or the column at each row

# Chosen on made forms of digits held out; photos are read as before.
SMALLEST = 20  # pixels, of a box's sides
LOWEST = 6  # pixels that a comb is high at least
STRAIGHT = 0.8  # of an outline, that lies on its line at least: digits may hang over it
BEND = 0.03  # of its length, that it is bent by at most
APART = 0.5  # of the piece, from one outline to the one across at least
CORNER = 0.12  # of an outline from its ends, that may be another's
THICKEST = 0.15  # of the shorter side, that lines are thick at most
FREE = 0.25  # of a line, that nothing stands on at least
LOW_THICKEST = 0.25  # of a comb's height, that its line and its bars are thick at most
WHOLE = 0.9  # of a line between boxes, that is ink at least
JOINED = 2  # pixels: what is up to twice as far apart is one piece
HELD = 0.3  # of a lone box's height, that something in it is high at least
BROAD = 2  # times as thick as others, that sides of two open boxes are together at most
FLAT = 0.05  # of its length, that a side is bent at most by whose ends tell where another is
OFF = 1.0  # pixels, that its ink is off it at most
NARROWEST = 0.5  # of its height, that an open box is wide at least
WIDE = 1.5  # of its height, that no digit is wide, and a comb is at least
AROUND = 4  # pixels of paper around a piece, beyond which no stroke crosses its outlines
BARS = 3  # of a comb, at least
AS_HIGH = 0.8  # of its height, that an open box's sides are at least
FLUSH = 1  # pixels, that the line goes on beyond these at most: ones may stand on a line, too
TIE = 1e-6  # pixels: what is as near to two rows is nearer to the next
UNEVEN = 0.35  # of the height of a comb's bars, that one is higher or lower at most


def without_boxes(marked: Mask) -> Mask:
    """The marked pixels `(H, W)` without boxes' lines; strokes that cross or touch these are left.

    A lone box that holds nothing and is no field is left as well, since so may a digit look.
    """
    found = regions(marked)
    is_high, is_wide = found.bottoms - found.tops >= LOWEST, found.rights - found.lefts >= SMALLEST
    kept = marked
    for place in np.flatnonzero(is_high & is_wide)[:MOST_PIECES].tolist():
        rows, columns, own = found.part(place)
        others = marked[rows, columns] & ~own
        written = _without_box(own, others)
        written = _without_comb(own) if written is None else written
        if written is not None:
            kept = marked.copy() if kept is marked else kept
            kept[rows, columns] &= ~own | written
    return kept


class _Sides(NamedTuple):
    """Where a box's lines are, or those around several."""

    top: Line
    bottom: Line
    left: Line
    right: Line
    is_open: bool  # above, where there is no line then


def _without_box(own: Mask, others: Mask) -> Mask | None:
    """The pixels `(H, W)` of one piece without the lines of the boxes that it is; else None.

    Args:
        others: other pieces' pixels within.
    """
    height, width = own.shape
    if height < SMALLEST:
        return None
    thickest = max(3.0, THICKEST * min(height, width))
    turned = np.ascontiguousarray(own.T)
    sides = _sides_of(own, turned, thickest)
    if sides is None:
        return None
    top, bottom, left, right, is_open = sides
    if (bottom - top).min() < APART * height or (right - left).min() < APART * width:
        return None
    across = _from_side_to_side(own, top, bottom, left, right, thickest)[is_open:]
    broadest = BROAD * thickest if is_open else thickest
    down = _from_side_to_side(turned, left, right, top, bottom, broadest)
    written = without_lines(own, across, down)
    # One box, or an 8 of straight strokes.
    is_lone = width <= WIDE * height and len(down) == 2 and len(across) <= 3
    return None if (is_lone or is_open) and not holds(written | others, height) else written


def _sides_of(own: Mask, turned: Mask, thickest: float) -> _Sides | None:
    """The outlines of a piece `(H, W)`, where they are lines; else None.

    One of them may be hidden by what is written over it, or the upper one not be there.

    Args:
        turned: the same pixels `(W, H)`.
        thickest: pixels that a line is thick at most.
    """
    height, width = own.shape
    left, right = outline_of(turned, thickest), outline_of(turned[::-1], thickest)
    if left is None and right is None:  # as of most digits
        return None
    top, bottom = outline_of(own, thickest), outline_of(own[::-1], thickest)
    bottom = None if bottom is None else height - 1 - bottom
    right = None if right is None else width - 1 - right
    if top is not None and top.max() > APART * height:
        top = None  # nothing hides the lower one from above
    if left is not None and right is not None:
        bottom = _between(own, turned, (left, right), -1) if bottom is None else bottom
        if top is None and bottom is not None:
            heads = _heads_of(own, turned, bottom, (left, right))
            if heads is not None:
                return _Sides(heads, bottom, left, right, True)
            top = _between(own, turned, (left, right), 0)
    elif top is not None and bottom is not None:
        left = _between(turned, own, (top, bottom), 0) if left is None else left
        right = _between(turned, own, (top, bottom), -1) if right is None else right
    if top is None or bottom is None or left is None or right is None:
        return None
    return _Sides(top, bottom, left, right, False)


def _between(own: Mask, turned: Mask, sides: tuple[Line, Line], end: int) -> Line | None:
    """The line along the rows of a piece `(H, W)` from one side's end to the other's, if one is.

    Args:
        turned: the same pixels `(W, H)`.
        sides: the left and the right one, the column at each row.
        end: 0 for the upper ones, -1 for the lower ones.
    """
    width, ends = own.shape[1], _ends_of(turned, sides)
    if ends is None:
        return None
    half = (thickness_of(turned, sides[0]) - 1) / 2
    line = np.linspace(ends[0][end], ends[1][end], width) + (-half if end else half)
    inked = widened(own, 1)[nearest(line).clip(0, len(own) - 1), np.arange(width)]
    return line if inked.mean() >= WHOLE else None


def _heads_of(own: Mask, turned: Mask, bottom: Line, sides: tuple[Line, Line]) -> Line | None:
    """The line between the upper ends of the sides of boxes that are open above, if they are."""
    height, width = own.shape
    ends, foot = _ends_of(turned, sides), _extent(own, bottom)
    if ends is None or foot is None or width <= NARROWEST * height:
        return None
    heads = ends[0][0], ends[1][0]
    level = height - abs(bottom[-1] - bottom[0])
    if min(bottom[0] - heads[0], bottom[-1] - heads[1]) < AS_HIGH * level:
        return None
    at_left, at_right = nearest(bottom[[0, -1]]).clip(0, height - 1)
    over = max(abs(foot[0] - sides[0][at_left]), abs(foot[1] - sides[1][at_right]))
    thick = max(thickness_of(turned, side) for side in sides)
    is_flush = over <= thick / 2 + 1 + FLUSH + TIE and thick <= thickness_of(own, bottom) + 2
    return np.linspace(*heads, width) if is_flush else None


def _ends_of(own: Mask, lines: tuple[Line, Line]) -> list[tuple[int, int]] | None:
    """Where two lines begin and end; None where one is bent, or is not ink."""
    ends = []
    for line in lines:
        bend = np.abs(line - np.linspace(line[0], line[-1], len(line))).max()
        extent = _extent(own, line)
        if extent is None or bend > max(1.0, FLAT * len(line)):
            return None
        ends.append(extent)
    return ends


def _extent(own: Mask, line: Line) -> tuple[int, int] | None:
    """The first and the last column in which a line is ink; None where it is not all between."""
    near = np.abs(np.arange(len(own))[:, None] - line) <= OFF + TIE
    (inked,) = np.nonzero((own & near).any(0))
    if len(inked) == 0 or len(inked) < WHOLE * (inked[-1] + 1 - inked[0]):
        return None
    return int(inked[0]), int(inked[-1])


def _without_comb(own: Mask) -> Mask | None:
    """The same of a line with bars on it, between digits and at its ends; else None."""
    height, width = own.shape
    thickest = max(3.0, LOW_THICKEST * height)
    below = outline_of(own[::-1], thickest) if width > WIDE * height else None
    if below is None:
        return None
    line = height - 1 - below
    written = without_lines(own, [line], [])
    found = regions(written)
    foot = line[(found.lefts + found.rights) // 2]
    tall = foot - found.tops
    wide = found.rights - found.lefts
    are_bars = (wide <= thickest + 2) & (np.abs(found.bottoms - foot) <= thickest)
    are_at_ends = (found.lefts <= thickest) | (found.rights >= width - thickest)
    ends = tall[are_bars & are_at_ends]
    if len(ends) != 2:
        return None
    are_bars &= np.abs(tall - ends.mean()) <= UNEVEN * ends.mean()
    return written & ~found.those(are_bars) if are_bars.sum() >= BARS else None


def holds(marks: Mask, height: int) -> bool:
    """Whether something in a box of such a height is high enough to be a digit."""
    within = regions(dilated(np.pad(marks, JOINED), JOINED))
    return bool((within.bottoms - within.tops - 2 * JOINED >= HELD * height).any())


def outline_of(own: Mask, thickest: float, slack: float = 0) -> Line | None:
    """The middle of the line that a piece `(H, W)` is from above; None where it is none.

    Args:
        thickest: pixels that it is thick at most.
        slack: pixels that it is off a parabola at most, where less than 2.5 count as none; and that
            it may be bent more.
    """
    height, width = own.shape
    corner = round(CORNER * width)
    inner = slice(corner, width - corner)
    rows = own.argmax(0)[inner]
    line, near = parabola(rows, np.arange(width)[inner], width)
    near |= np.abs(line[inner] - rows) < slack
    if near.mean() < STRAIGHT:
        return None
    seen = line[inner]
    rise = (seen[-1] - seen[0]) / (len(seen) - 1)
    bend = np.abs(seen - seen[0] - rise * np.arange(len(seen))).max()
    if abs(rise) > STEEPEST or bend > max(2.0 + slack, BEND * width):
        return None
    numbers = np.arange(height)[:, None]
    ends = np.where(own[:, inner] | (numbers < rows), height, numbers).min(0)
    thick = float(quantile((ends - rows)[near], FREE))
    return line + (thick - 1) / 2 if thick <= thickest else None


def nearest(places: Line) -> npt.NDArray[np.intp]:
    """The row, or the column, that is nearest; half a pixel, to the last bit or not, is one."""
    return np.asarray(np.floor(places + 0.5 + TIE), np.intp)


def thickness_of(own: Mask, line: Line) -> float:
    """Pixels that the ink near a line usually is thick."""
    rows = np.arange(len(own))[:, None]
    thick = (own & (np.abs(rows - line) <= min(own.shape) / 6)).sum(0)
    return quantile(thick[thick > 0], 0.4)


def _from_side_to_side(
    own: Mask, first: Line, last: Line, start: Line, end: Line, thickest: float
) -> list[Line]:
    """The lines along the rows of a piece `(H, W)`, from its first to its last outline.

    Args:
        first: the row of the upper outline at each column, and so `last` of the lower one.
        start: the column of the left outline at each row, and so `end` of the right one.
        thickest: pixels that a line is thick at most.
    """
    height, width = own.shape
    wide = widened(own, 1)
    steps = int(np.ceil((last - first).max()))
    lines = first + np.linspace(0, 1, steps + 1)[:, None] * (last - first)
    rows = nearest(lines).clip(0, height - 1)
    columns = np.arange(width)
    is_within = (columns > start[rows]) & (columns < end[rows])
    inked = (wide[rows, columns] & is_within).sum(1)
    is_line = np.pad(inked >= np.maximum(1, WHOLE * is_within.sum(1)), 1)
    edges = np.flatnonzero(is_line[1:] != is_line[:-1]).reshape(-1, 2)
    between = [
        first + (begin + stop - 1) / 2 / steps * (last - first)
        for begin, stop in edges
        if stop - begin <= thickest + 2 and thickest + 2 < begin and stop < steps - thickest - 2
    ]
    return [first, *between, last]


def without_lines(
    own: Mask, across: Sequence[Line], down: Sequence[Line], are_near: bool = False
) -> Mask:
    """A piece without lines along its rows and its columns; strokes that cross them are left.

    Args:
        are_near: whether one line may be next to another, which then is no stroke that crosses it.
    """
    marked = np.pad(own, AROUND)
    turned = np.ascontiguousarray(marked.T)
    rows, columns = (
        [Ruling(np.pad(line + AROUND, AROUND, "edge"), len(line), False) for line in lines]
        for lines in (across, down)
    )
    stripes, upright = stripes_of(marked, None, rows), stripes_of(turned, None, columns)
    written = without_both(marked, stripes, turned, upright, are_near)
    return written[AROUND:-AROUND, AROUND:-AROUND]
