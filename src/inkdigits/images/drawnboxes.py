"""Boxes that somebody drew for digits, taken out of the ink.

Their sides are neither straight nor parallel, go beyond corners or do not reach them, and meet
those of the next box. So their upper and lower sides are followed through the ink, and what goes
through it from one to the other is a side as well.
"""

import itertools

import numpy as np

from inkdigits.images.boxes import (
    APART,
    SMALLEST,
    THICKEST,
    WIDE,
    Line,
    Mask,
    holds,
    outline_of,
    without_lines,
)
from inkdigits.images.filters import dilated, median, quantile
from inkdigits.images.regions import regions
from inkdigits.images.ruled import MOST_PIECES, widened
from inkdigits.images.seams import cheapest_way

# Chosen on made pages of digits held out; photos are read as before.
JOINED = 2  # pixels: what is up to twice as far apart is one piece
SLACK = 0.08  # of the shorter side, that a side is off its line at most
NEAR = 0.02  # of it, that its ink is off the curve through its outline at most
INK, AGAIN, PAPER = 1, 12, 50  # what a pixel of a side costs; again if it is another's already
GAPS = 0.1  # of a side, that may be paper
OWN = 0.4  # of a side, that is no other's at least
OVER = 0.2  # of the height, that a side goes beyond the one that it meets, at most
SHORT = 0.09  # of the height, that it ends before it, at most
MOST = 4  # sides that hang together
BENT = 0.1  # of its length, that a side is off the line from end to end at most
STEEP = 0.4  # of its length, that a side leans at most
AT_END = 0.2  # of a piece's width, in which its first and last side are
DOUBLE = 0.25  # of the height, that sides of two boxes are apart at most
ROWS = 0.2  # of the height, from a piece's upper and lower side to lines between at least
ROW = 0.6  # of the width, that such a line is ink at least
CELL = 0.55  # of the height, that boxes are wide at least: there is one row of them
NARROW = 0.7  # of what sides usually are apart, that two parts of one box are at most
STUB = 0.15  # of the height, that what is left of a piece is at least


def without_drawn_boxes(marked: Mask, left: Mask) -> Mask:
    """What is `left` of the marked pixels `(H, W)`, without the sides of drawn boxes.

    Strokes that cross or touch these stay. So does a lone box that holds nothing, since so may a
    digit look.

    Args:
        left: the pixels of `marked` that are no printed box's.
    """
    found = regions(dilated(marked, JOINED))
    are_large = np.minimum(found.bottoms - found.tops, found.rights - found.lefts) >= SMALLEST
    kept = left
    for place in np.flatnonzero(are_large)[:MOST_PIECES].tolist():
        # What is dilated is larger than the piece, but at the picture's edges.
        rows = _inner(found.tops[place], found.bottoms[place], len(marked))
        columns = _inner(found.lefts[place], found.rights[place], marked.shape[1])
        near = found.labels[rows, columns] == place + 1
        own, others = marked[rows, columns] & near, marked[rows, columns] & ~near
        if _is_done(own, left[rows, columns]):
            continue
        written = _without_sides(own, others)
        if written is not None:
            kept = left.copy() if kept is left else kept
            kept[rows, columns] &= ~own | written
    return kept


def _inner(first: int, end: int, length: int) -> slice:
    """Where a piece is that was dilated to such places of so many."""
    start = int(first) + JOINED if first else 0
    return slice(start, int(end) - JOINED if end < length else length)


def _is_done(own: Mask, left: Mask) -> bool:
    """Whether a piece was a printed box's, of which nothing is left."""
    rest = own & left
    if rest.sum() == own.sum():
        return False
    found = regions(rest)
    return bool((found.bottoms - found.tops).max(initial=0) < STUB * len(own))


def _without_sides(own: Mask, others: Mask) -> Mask | None:
    """The pixels `(H, W)` of one piece without the sides of the boxes that it is; else None.

    Args:
        others: other pieces' pixels within.
    """
    level = _level_sides(own)
    if level is None:
        return None
    height, width = own.shape
    half, tall = _thickness(own, level[0]) / 2 + 1, float((level[1] - level[0]).mean())
    between = without_lines(own, level, [], True)
    upright = _regular(_upright_sides(own, between, *level, half), tall)
    places = [float(side.mean()) / width for side in upright]
    if len(places) < 2 or places[0] > AT_END or places[-1] < 1 - AT_END:
        return None
    found = regions(without_lines(own, level, upright, True))
    sizes = np.maximum(found.bottoms - found.tops, found.rights - found.lefts)
    written = found.those(sizes >= STUB * tall)
    # One box, or a digit.
    is_lone = width <= WIDE * height and len(upright) == 2
    return None if is_lone and not holds(written | others, height) else written


def _level_sides(own: Mask) -> tuple[Line, Line] | None:
    """The upper and the lower side of the boxes in one row that a piece `(H, W)` is; else None."""
    height, width = own.shape
    shorter = min(height, width)
    thickest, slack = max(3.0, THICKEST * shorter), max(2.0, SLACK * shorter)
    turned = np.ascontiguousarray(own.T)
    # A long row's left and right side are those of single boxes, which say little of it.
    views = [own, own[::-1]] if width > WIDE * height else [own, own[::-1], turned, turned[::-1]]
    outlines = list[Line]()
    for view in views:
        outline = outline_of(view, thickest, slack)
        if outline is None:
            return None
        outlines.append(outline)
    top, bottom = outlines[0], height - 1 - outlines[1]
    if (bottom - top).min() < APART * height or _has_rows(own, top, bottom):
        return None
    reach = max(2.0, NEAR * shorter) + _thickness(own, top) / 2 + 1
    return _middle(own, top, reach), _middle(own, bottom, reach)


def _has_rows(own: Mask, top: Line, bottom: Line) -> bool:
    """Whether lines from side to side part a piece into rows of boxes."""
    shares = np.linspace(ROWS, 1 - ROWS, len(own))[:, None]
    rows = np.rint(top + shares * (bottom - top)).astype(int).clip(0, len(own) - 1)
    inked = widened(own, 2)[rows, np.arange(own.shape[1])].mean(1)
    return bool(inked.max() > ROW)


def _upright_sides(own: Mask, between: Mask, top: Line, bottom: Line, half: float) -> list[Line]:
    """The column at each row of what goes from the upper side to the lower one.

    Args:
        own: the pixels of the piece `(H, W)`.
        between: those without the two sides.
        half: pixels, of the sides' thickness, with some margin.
    """
    found = regions(dilated(between))
    level = own & ~between
    sides = list[Line]()
    for place in range(found.count):
        columns = slice(int(found.lefts[place]), int(found.rights[place]))
        middle = (columns.start + columns.stop) // 2
        first, last = top[middle], bottom[middle]
        tall = last - first
        before, after = found.tops[place] + 1 - first, last + 2 - found.bottoms[place]
        if not all(-OVER * tall <= gap <= SHORT * tall + half + 1 for gap in (before, after)):
            continue
        if not (level[:, columns] & (found.labels[:, columns] == place + 1)).any():
            continue
        rows = slice(int(np.ceil(first + half)), int(last - half) + 1)
        part = between[rows, columns] & (found.labels[rows, columns] == place + 1)
        for way in _ways_down(part, half):
            sides.append(_continued(way + columns.start, rows, len(own)))
    return sides


def _ways_down(own: Mask, half: float) -> list[Line]:
    """The ways through the ink of a piece from its top to its bottom, the column in each row."""
    numbers, columns = np.arange(len(own)), np.arange(own.shape[1])
    cost = np.where(own, INK, PAPER)
    ways = list[Line]()
    for _ in range(MOST):
        if (cost == INK).any(1).mean() < OWN:
            break
        way = np.array(cheapest_way(cost))
        costs = cost[numbers, way]
        is_whole = (costs == PAPER).mean() <= GAPS and (costs == INK).mean() >= OWN
        chord = np.linspace(way[0], way[-1], len(way))
        is_straight = np.abs(way - chord).max() <= max(2, BENT * len(way))
        if not is_whole or not is_straight or abs(way[0] - way[-1]) > STEEP * len(own):
            break
        line = _middle(np.ascontiguousarray(own.T), way.astype(float), half)
        cost[own & (np.abs(columns - line[:, None]) <= half)] = AGAIN
        ways.append(line)
    return ways


def _continued(way: Line, rows: slice, height: int) -> Line:
    """A way that goes on above and below its rows as it leans on the whole."""
    lean = (way[-1] - way[0]) / len(way)
    before, after = np.arange(-rows.start, 0), np.arange(1, height - rows.stop + 1)
    line: Line = np.concatenate((way[0] + lean * before, way, way[-1] + lean * after))
    return line


def _regular(sides: list[Line], tall: float) -> list[Line]:
    """Sides from left to right without those that halve a box, as a 1 does that is as high.

    None at all where they are nearer to each other than boxes' in one row.
    """
    ordered = sorted(sides, key=lambda side: float(side.mean()))
    places = [float(side.mean()) for side in ordered]
    gaps = [after - before for before, after in itertools.pairwise(places)]
    wide = [gap for gap in gaps if gap > DOUBLE * tall]
    if not wide:
        return ordered
    usual = median(wide)
    if usual < CELL * tall:
        return []
    is_narrow = [DOUBLE * tall < gap < NARROW * usual for gap in gaps]
    halves = [before and after for before, after in itertools.pairwise([False, *is_narrow, False])]
    return [side for side, is_half in zip(ordered, halves, strict=True) if not is_half]


def _thickness(own: Mask, line: Line) -> float:
    """Pixels that the ink near a line usually is thick."""
    rows = np.arange(len(own))[:, None]
    thick = (own & (np.abs(rows - line) <= len(own) / 6)).sum(0)
    return quantile(thick[thick > 0], 0.4)


def _middle(own: Mask, line: Line, reach: float) -> Line:
    """The middle of the ink `(H, W)` next to a line, that is off it by at most `reach` pixels."""
    height, width = own.shape
    columns, far = np.arange(width), int(np.ceil(reach))
    offsets = np.arange(-far, far + 1)
    rows = np.rint(line).astype(int) + offsets[:, None]
    band = own[rows.clip(0, height - 1), columns] & (rows >= 0) & (rows < height)
    nearest = np.array(cheapest_way(np.where(band.T, INK, PAPER)))
    # From the ink's first row there to its last.
    first, last = nearest.copy(), nearest.copy()
    for _ in range(far):
        first -= band[np.maximum(first - 1, 0), columns] & (first > 0)
        last += band[np.minimum(last + 1, 2 * far), columns] & (last < 2 * far)
    is_line = band[nearest, columns] & (last - first < 2 * reach)
    if not is_line.any():
        return line
    middles = (rows[first, columns] + rows[last, columns]) / 2
    found: Line = np.interp(columns, columns[is_line], middles[is_line])
    return found
