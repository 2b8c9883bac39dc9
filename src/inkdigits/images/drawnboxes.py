"""Boxes that somebody drew for digits, taken out of the ink.

Their sides are neither straight nor parallel, go beyond corners or do not reach them, and meet
those of the next box. So their upper and lower sides are followed through the ink, and what goes
through it from one to the other is a side as well.
"""

import itertools

import numpy as np
import numpy.typing as npt

from inkdigits.images.boxes import (
    APART,
    JOINED,
    SMALLEST,
    THICKEST,
    WIDE,
    Line,
    Mask,
    holds,
    nearest,
    outline_of,
    thickness_of,
    without_lines,
)
from inkdigits.images.filters import dilated, median
from inkdigits.images.regions import regions
from inkdigits.images.ruled import MOST_PIECES, widened
from inkdigits.images.seams import cheapest_way

# Chosen on made pages of digits held out, and on zeros in print; photos are read as before.
SLACK = 0.08  # of the shorter side, that a side is off its line at most
NEAR = 0.02  # of it, that its ink is off the curve through its outline at most
INK, AGAIN, PAPER = 1, 12, 50  # what a pixel of a side costs; again if it is another's already
INKED = 0.9  # of the upper or the lower side, that is ink at least: zeros side by side are round
CLOSED = 0.93  # of the same, where nothing is written in the boxes
GAPS = 0.1  # of an upright side, that may be paper
OWN = 0.4  # of it, that is no other's at least, and no thicker than the others
OVER = 0.3  # of the height, that a side goes beyond the one that it meets, at most
SHORT = 0.09  # of the height, that it ends before it, at most
# Less will do next to another side, at a piece's ends and where a side is missed:
SHORTER, MORE_GAPS = 0.2, 0.25  # as SHORT and GAPS
UPRIGHT = 0.15  # as STEEP, since so may a digit's stroke look
BROAD = 2  # times as thick as others: it is two boxes'
EDGE = 0.12  # of the height, from a piece's ends at most
MOST = 4  # sides that hang together
BENT = 0.1  # of its length, that a side is off the line from end to end at most
STEEP = 0.4  # of its length, that a side leans at most
AT_END = 0.2  # of a piece's width, in which its first and last side are
MISSED = 2.5  # of what boxes are wide, in which these are where there are several
DOUBLE = 0.25  # of the height, that sides of two boxes are apart at most
ROWS = 0.2  # of the height, from a piece's upper and lower side to lines between at least
ROW = 0.75  # of the width, that such a line is ink at least
THIN = 0.01  # of the height, that such lines are off their place at most
CELL = 0.55  # of the height, that boxes are wide at least: there is one row of them
REACHING = 0.95  # of the height, that sides are ink which tell how wide boxes usually are
NARROW = 1.4  # of that, that what lies on both sides of a stroke within a box is wide at most
STUB = 0.15  # of the height, that what is left of a piece is at least


def without_drawn_boxes(marked: Mask, left: Mask) -> Mask:
    """What is `left` of the marked pixels `(H, W)`, without the sides of drawn boxes.

    Strokes that cross or touch these stay. So do boxes that hold nothing and may be zeros.

    Args:
        left: the pixels of `marked` that are no printed box's.
    """
    found = regions(dilated(marked, JOINED))
    smallest = SMALLEST + 2 * JOINED
    are_large = np.minimum(found.bottoms - found.tops, found.rights - found.lefts) >= smallest
    kept = left
    for place in np.flatnonzero(are_large)[:MOST_PIECES].tolist():
        # What is dilated is larger than the piece, but at the picture's edges.
        rows = _inner(found.tops[place], found.bottoms[place], len(marked))
        columns = _inner(found.lefts[place], found.rights[place], marked.shape[1])
        near = found.labels[rows, columns] == place + 1
        own, others = marked[rows, columns] & near, marked[rows, columns] & ~near
        if _is_done(own & left[rows, columns]):
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


def _is_done(left: Mask) -> bool:
    """Whether nothing high is left of a piece `(H, W)`, which then was printed boxes'."""
    found = regions(left)
    return bool((found.bottoms - found.tops).max(initial=0) < STUB * len(left))


def _without_sides(own: Mask, others: Mask) -> Mask | None:
    """The pixels `(H, W)` of one piece without the sides of the boxes that it is; else None.

    Args:
        others: other pieces' pixels within.
    """
    level = _level_sides(own)
    if level is None:
        return None
    inked = max(_inked(own, side, 1) for side in level)
    if inked < INKED:
        return None
    height, width = own.shape
    half, tall = thickness_of(own, level[0]) / 2 + 1, _height_of(level)
    sure, unsure = _upright_sides(own, level, half)
    upright = _in_one_row(own, level, sure, unsure, half)
    places = _means(upright)
    gaps = np.diff(places)
    cells = gaps[gaps > DOUBLE * tall]
    # The sides of a box at either end may not be found.
    end = max(AT_END * width, MISSED * median(cells)) if len(cells) > 1 else AT_END * width
    if len(cells) == 0 or places[0] > end or places[-1] < width - end:
        return None
    found = regions(without_lines(own, level, upright, True))
    sizes = np.maximum(found.bottoms - found.tops, found.rights - found.lefts)
    written = found.those(sizes >= STUB * tall)
    may_be_zeros = width <= WIDE * height if len(cells) == 1 else inked < CLOSED
    if may_be_zeros:
        are_inside = (found.rights > places[0]) & (found.lefts < places[-1])
        if not holds(written & found.those(are_inside) | others, height):
            return None
    return written


def _height_of(level: tuple[Line, Line]) -> float:
    """Pixels that the lower side is below the upper one, on the whole."""
    return float((level[1] - level[0]).mean())


def _level_sides(own: Mask) -> tuple[Line, Line] | None:
    """The upper and the lower side of the boxes in one row that a piece `(H, W)` is; else None."""
    height, width = own.shape
    shorter = min(height, width)
    thickest, slack = max(3.0, THICKEST * shorter), SLACK * shorter
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
    reach = max(2.0, NEAR * shorter) + thickness_of(own, top) / 2 + 1
    above, below = _centre(own, top, reach), _centre(own, bottom, reach)
    return None if above is None or below is None else (above, below)


def _has_rows(own: Mask, top: Line, bottom: Line) -> bool:
    """Whether lines from side to side part a piece into rows of boxes."""
    shares = np.linspace(ROWS, 1 - ROWS, len(own))[:, None]
    rows = nearest(top + shares * (bottom - top)).clip(0, len(own) - 1)
    inked = widened(own, max(2, round(THIN * len(own))))[rows, np.arange(own.shape[1])].mean(1)
    return bool(inked.max() > ROW)


def _upright_sides(
    own: Mask, level: tuple[Line, Line], half: float
) -> tuple[list[Line], list[Line]]:
    """The column at each row of what goes from the upper side to the lower one, and of what may.

    None at all where there are more than boxes in one row can have.

    Args:
        own: the pixels of the piece `(H, W)`.
        level: its upper and its lower side.
        half: pixels, of the sides' thickness, with some margin.
    """
    top, bottom = level
    between = without_lines(own, level, [], True)
    found = regions(dilated(between))
    on_level = own & ~between
    sides, unsure = list[Line](), list[Line]()
    most = MOST * (own.shape[1] / (CELL * _height_of(level)) + 1)
    for place in range(found.count):
        rows, columns, near = found.part(place)
        centre = (columns.start + columns.stop) // 2
        first, last = top[centre], bottom[centre]
        tall = last - first
        gaps = rows.start + 1 - first, last + 2 - rows.stop
        if min(gaps) < -OVER * tall or max(gaps) > SHORTER * tall + half + 1:
            continue
        is_sure = max(gaps) <= SHORT * tall + half + 1 and (on_level[rows, columns] & near).any()
        inner = slice(int(np.ceil(first + half)), int(last - half) + 1)
        part = between[inner, columns] & (found.labels[inner, columns] == place + 1)
        for way, is_side in _ways_down(part, half):
            line = _continued(way + columns.start, inner, len(own))
            (sides if is_sure and is_side else unsure).append(line)
        if len(sides) > most:
            return [], []
    return sides, unsure


def _ways_down(own: Mask, half: float) -> list[tuple[Line, bool]]:
    """Ways through the ink of a piece from its top to its bottom, the column in each row.

    With each, whether it surely is a side; else it may be one.
    """
    numbers, columns = np.arange(len(own)), np.arange(own.shape[1])
    cost, turned = np.where(own, INK, PAPER), np.ascontiguousarray(own.T)
    ways, straight = list[tuple[Line, bool]](), max(2, BENT * len(own))
    for _ in range(MOST * (1 + int(own.shape[1] / (CELL * len(own))))):
        if (cost == INK).any(1).mean() < OWN:
            break
        way = np.array(cheapest_way(cost))
        costs = cost[numbers, way]
        (new,) = np.nonzero(costs == INK)  # the rest may be another's, up to where they part
        share, lean = (costs == PAPER).mean(), abs(way[0] - way[-1]) / len(own)
        if share > MORE_GAPS or lean > STEEP or len(new) < OWN * len(own):
            break
        if _bend(way[new[0] : new[-1] + 1]) > straight:
            break
        is_side = share <= GAPS and _bend(way) <= straight
        line = _centre(turned, way.astype(float), half)
        if line is None:
            line, is_side = _centre(turned, way.astype(float), BROAD * half), False
        if line is None:
            break
        cost[own & (np.abs(columns - line[:, None]) <= half)] = AGAIN
        if is_side or lean <= UPRIGHT:
            ways.append((line, bool(is_side)))
    return ways


def _bend(way: npt.NDArray[np.intp]) -> float:
    """Pixels that a way is off the line from end to end at most."""
    return float(np.abs(way - np.linspace(way[0], way[-1], len(way))).max())


def _continued(way: Line, rows: slice, height: int) -> Line:
    """A way that goes on above and below its rows as it leans on the whole."""
    lean = (way[-1] - way[0]) / len(way)
    before, after = np.arange(-rows.start, 0), np.arange(1, height - rows.stop + 1)
    line: Line = np.concatenate((way[0] + lean * before, way, way[-1] + lean * after))
    return line


def _in_one_row(
    own: Mask, level: tuple[Line, Line], sides: list[Line], unsure: list[Line], half: float
) -> list[Line]:
    """Sides from left to right without those that halve a box, as a 1 does that is as high.

    And with those that are less sure, where a side must be. None at all where the others are nearer
    to each other than boxes' in one row.

    Args:
        own: the pixels of the piece `(H, W)`.
        level: its upper and its lower side.
        sides: what goes from one to the other.
        unsure: what nearly does so, and is a side next to another or where one is missed.
        half: pixels, of the sides' thickness, with some margin.
    """
    tall = _height_of(level)
    groups = list[list[Line]]()  # of one side, or of two boxes' next to each other
    for side in sorted(sides, key=lambda side: float(side.mean())):
        if groups and side.mean() - groups[-1][-1].mean() <= DOUBLE * tall:
            groups[-1].append(side)
        else:
            groups.append([side])
    places = np.array([float(np.mean(group)) for group in groups])
    are_whole = [
        max(_reach(own, level, side, half) for side in group) >= REACHING for group in groups
    ]
    gaps = np.diff(places[are_whole] if sum(are_whole) > 1 else places)
    usual = median(gaps) if len(gaps) else float(own.shape[1])
    if usual < CELL * tall:
        return []
    are_halves = np.zeros(len(groups), bool)
    are_halves[1:-1] = places[2:] - places[:-2] < NARROW * usual
    kept = [group for group, is_half in zip(groups, are_halves, strict=True) if not is_half]
    row = [side for group in kept for side in group]
    width, beside = own.shape[1], DOUBLE * tall
    inner = np.array([*_means(row), *_missed(places[~are_halves], usual, width)])
    inner = inner[(inner > beside) & (inner < width - beside)]
    for side, place in zip(unsure, _means(unsure), strict=True):
        is_at_end = min(place, width - 1 - place) <= EDGE * tall
        if is_at_end or np.abs(inner - place).min(initial=np.inf) <= beside:
            row.append(side)
    return sorted(row, key=lambda side: float(side.mean()))


def _missed(places: npt.NDArray[np.float64], usual: float, width: int) -> list[float]:
    """Where sides are missed, between these, and a piece's ends, if boxes are as wide as usual."""
    missed = list[float]()
    for first, last in itertools.pairwise([0.0, *places.tolist(), float(width)]):
        count = max(1, round((last - first) / usual))
        missed += [first + (last - first) * number / count for number in range(1, count)]
    return missed


def _means(sides: list[Line]) -> list[float]:
    """The columns of upright sides on the whole."""
    return [float(side.mean()) for side in sides]


def _reach(own: Mask, level: tuple[Line, Line], side: Line, half: float) -> float:
    """The share of the rows between the upper and the lower side in which an upright one is ink."""
    column = int(nearest(side.mean()).clip(0, own.shape[1] - 1))
    rows = slice(max(0, int(np.ceil(level[0][column]))), int(level[1][column]) + 1)
    return _inked(own[rows].T, side[rows], half)


def _inked(own: Mask, line: Line, half: float) -> float:
    """The share of a line along the columns `(W,)` that is ink within `half` pixels of it."""
    near = np.abs(np.arange(len(own))[:, None] - line) <= half
    return float((own & near).any(0).mean())


def _centre(own: Mask, line: Line, reach: float) -> Line | None:
    """The middle of the ink `(H, W)` next to a line, that is off it by at most `reach` pixels.

    None where most of it is thicker than that.
    """
    height, width = own.shape
    columns, far = np.arange(width), int(np.ceil(reach))
    offsets = np.arange(-far, far + 1)
    rows = nearest(line) + offsets[:, None]
    band = own[rows.clip(0, height - 1), columns] & (rows >= 0) & (rows < height)
    way = np.array(cheapest_way(np.where(band.T, INK, PAPER)))
    # From the ink's first row there to its last.
    first, last = way.copy(), way.copy()
    for _ in range(far):
        first -= band[np.maximum(first - 1, 0), columns] & (first > 0)
        last += band[np.minimum(last + 1, 2 * far), columns] & (last < 2 * far)
    is_line = band[way, columns] & (last - first < 2 * reach)
    if is_line.mean() < OWN:
        return None
    middles = (rows[first, columns] + rows[last, columns]) / 2
    found: Line = np.interp(columns, columns[is_line], middles[is_line])
    return found
