"""Where a page's rulings are, the sides of its boxes, and lines that somebody drew.

A ruling is long, thin and nearly straight. It is found as runs of marked pixels along its
direction, a run's neighbours above and below counting as its own so that it may be a little slant;
runs in line with each other are joined and a parabola fitted through them, since paper bends. The
sides of a box are shorter, but go from one ruling to another.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.images.filters import lengthened, quantile
from inkdigits.images.regions import regions, run_ends
from inkdigits.images.slant import levelled, levelling, sheared, sheared_back

Mask = npt.NDArray[np.bool_]
Places = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]  # rows and columns

SHORTEST = 48  # pixels across the page, that a ruling takes
COVERED = 0.75  # of a ruling with gaps, that is not gap
MOST_PIECES = 500  # of rulings, that are looked at
SEEN = 0.3  # of a ruling in an even pattern
UNEVEN = 0.15  # of a spacing, by which rulings lie off even ones at most
SHORT = 0.5  # of the length of even rulings, that a line of somebody's own is shorter than
BETWEEN = 0.2  # of their distance, that it is from all of them
STRICT = 0.05  # the same, where nothing else tells them from strokes
FEW = 2  # upright strokes of one digit; with one that crosses them no more
AT_SIDE = 0.05  # of a picture's width, within which from its side a line is a sheet's edge
SHORTEST_SIDE = 16  # pixels of a box's side
NEAR, NEAR_SHARE = 8, 0.1  # pixels, and share of a side, from its ends to rulings at most
BROADEST = 0.15  # of a side's length, that it is thick at most
CROOKED = 1.0  # pixels that a side's middle lies off a straight line, on average, at most
DRAWN = 0.8  # of a piece's width, that a line takes by which its digits hang together
DRAWN_RUN = 0.25  # of a piece's width, that one run of such a line takes at least
ON_LINE = 0.3  # of those runs' pixels, that lie on the line at least


class Ruling(NamedTuple):
    line: npt.NDArray[np.float64]  # the row at each column
    length: int  # pixels that are marked
    is_across: bool  # from border to border of the picture
    first: int = 0  # the columns that it takes, where it is the side of a box
    last: int | None = None

    @property
    def middle(self) -> float:
        """Its row in the middle of the picture."""
        return float(self.line[len(self.line) // 2])


def of_paper(
    found: list[Ruling], longest: int, others: int, width: int | None = None
) -> list[Ruling]:
    """Without the few lines that may be somebody's own, such as that of a sum.

    Args:
        found: all that may be rulings along one axis.
        longest: side of the picture, in pixels.
        others: how many were found along the other axis.
        width: of the picture, where they run down it, as the strokes of a digit all over it do.
    """
    # Lines across the picture's shorter side may be strokes, but not if they make a pattern.
    across = [each for each in found if each.is_across]
    is_pattern = len(across) >= 3 and others >= 3
    is_pattern |= len(across) >= 4 and _spacing(across, STRICT) is not None
    enough = 0.25 if sum(each.length >= 0.25 * longest for each in found) >= 3 else 0.55
    # So few, and short of the borders, they may be the strokes of one digit.
    if width is not None and len(found) <= FEW and len(found) + others <= FEW + 1:
        margin = AT_SIDE * width
        found = [
            each for each in found if each.is_across or not margin < each.middle < width - margin
        ]
    kept = [
        each for each in found if each.length >= enough * longest or (is_pattern and each.is_across)
    ]
    pattern = _spacing(across, UNEVEN)
    if pattern is None:
        return kept
    least = SHORT * min(each.length for each in across)
    return [each for each in kept if each.length >= least or not _is_between(each, *pattern)]


def _is_between(line: Ruling, distance: float, first: float) -> bool:
    """Whether a line lies between even rulings, where somebody struck something out."""
    place = (line.middle - first) / distance
    return abs(place - round(place)) > BETWEEN


def box_sides(marked: Mask, others: list[Ruling]) -> list[Ruling]:
    """Sides of boxes along the rows: straight from one ruling of the columns to another.

    Two at least that lie between the same two rulings, since a box has two.

    Args:
        others: rulings along the other axis, each with its column at each row.
    """
    if len(others) < 2:
        return []
    apart = np.diff(np.sort([each.middle for each in others]))
    longest = quantile(apart, 0.9)  # of the sides
    broadest = max(3.0, BROADEST * longest)
    thin = levelled(marked, lambda level: thin_runs(level, 0, broadest))
    if thin is None:
        return []
    height, width = marked.shape
    found = regions(thin)
    long = np.flatnonzero(found.rights - found.lefts >= SHORTEST_SIDE)[:MOST_PIECES]
    between: dict[tuple[int, int], list[Ruling]] = {}
    for place in long.tolist():
        top, bottom = int(found.tops[place]), int(found.bottoms[place])
        left, right = int(found.lefts[place]), int(found.rights[place])
        near = max(NEAR, NEAR_SHARE * (right - left))
        ends = np.array([each.line[(top + bottom) // 2] for each in others])
        at_left, at_right = (int(np.abs(ends - end).argmin()) for end in (left, right - 1))
        first, last = ends[at_left], ends[at_right]
        if at_left == at_right or abs(first - left) > near or abs(last - right + 1) > near:
            continue
        rows, columns = np.nonzero(found.labels[top:bottom, left:right] == place + 1)
        middles = np.bincount(columns, rows) / np.bincount(columns)
        slope, first_row = np.polyfit(np.arange(len(middles)), middles, 1)
        if np.abs(first_row + slope * np.arange(len(middles)) - middles).mean() > CROOKED:
            continue
        line = top + first_row + slope * (np.arange(width) - left)
        # A 1 that nearly fills its box has paper between its ends and the rulings; the corners of a
        # box that slants are round.
        start, end = max(0, round(min(first, left))), min(width, round(max(last, right)))
        whole = np.arange(start + 1, end - 1)
        rows = np.rint(line[whole] + np.array([[-1], [0], [1]])).astype(int)
        if not marked[rows.clip(0, height - 1), whole].any(0).all():
            continue
        side = Ruling(line, right - left, False, left, right)
        between.setdefault((at_left, at_right), []).append(side)
    return [side for sides in between.values() if len(sides) > 1 for side in sides]


def drawn_lines(own: Mask) -> list[Ruling]:
    """Lines along the rows, nearly straight, that hold the digits of one piece together.

    Args:
        own: `(H, W)`, the piece's pixels in its box.
    """
    height, width = own.shape
    # No stroke of a digit is longer than digits are high.
    length = min(max(DRAWN_RUN * width, height), DRAWN * width)
    runs = _runs(widened(own, 1), int(length), int(length))
    if runs is None:
        return []
    found = regions(runs & own)
    lines = []
    for place in np.flatnonzero(found.rights - found.lefts >= length).tolist():
        rows, columns = np.nonzero(found.labels == place + 1)
        line, near = parabola(rows, columns, width)
        seen = len(np.unique(columns[near]))
        if near.mean() >= ON_LINE and seen >= DRAWN * width:
            lines.append(Ruling(line, seen, False))
    return lines


def _spacing(rulings: list[Ruling], uneven: float) -> tuple[float, float] | None:
    """The even distance of rulings and the place of the first; None if they are not even."""
    places = np.sort([each.middle for each in rulings])
    places = places[np.diff(places, prepend=-np.inf) > 3]  # one may be found twice
    if len(places) < 3:
        return None
    steps = np.diff(places)
    numbers = np.concatenate(([0], np.cumsum(np.rint(steps / steps.min()))))
    distance, first = np.polyfit(numbers, places, 1)
    if np.abs(places - first - distance * numbers).max() > uneven * distance:
        return None
    return float(distance), float(first)


def missed_rulings(rulings: list[Ruling], thin: Mask) -> list[Ruling]:
    """Rulings that continue an even pattern, of which strokes leave less to see."""
    height, width = thin.shape
    pattern = _spacing(rulings, UNEVEN)
    if pattern is None:
        return []
    distance, first = pattern
    columns = np.arange(width)
    reach = max(1, int(UNEVEN * distance))
    missed = []
    for place in np.arange(first % distance, height, distance):
        nearest = min(rulings, key=lambda each: abs(each.middle - place))
        if abs(nearest.middle - place) < 2 * UNEVEN * distance:
            continue
        lines = nearest.line + (place - nearest.middle) + np.arange(-reach, reach + 1)[:, None]
        rows = np.rint(lines).astype(int)
        seen = thin[np.clip(rows, 0, height - 1), columns] & (rows >= 0) & (rows < height)
        lengths = seen.sum(1)
        best = int(np.argmax(lengths))
        if lengths[best] >= SEEN * width:
            missed.append(Ruling(lines[best], int(lengths[best]), False))
    return missed


def thin_runs(marked: Mask, least: int | None = None, thickest: float = 3.0) -> Mask | None:
    """Pixels of long thin marks along the rows; None where they are too few for a ruling.

    Args:
        least: how many they are at least; without it as many as half of a ruling has.
        thickest: pixels that a mark is thick at most, on a small page.
    """
    width, longest = marked.shape[1], max(marked.shape)
    if width < SHORTEST:
        return None
    thickest = max(thickest, width / 160)
    least = min(longest // 2, int(1.5 * width)) if least is None else least
    runs = _runs(widened(marked, 1), max(16, width // 40), least)
    if runs is None:
        return None
    thick = _runs(np.ascontiguousarray(marked.T), int(1.6 * thickest) + 2, 0)
    assert thick is not None
    thin: Mask = runs & ~lengthened(widened(np.ascontiguousarray(thick.T), 1), 1)
    return thin


def slanting_rulings(marked: Mask) -> tuple[list[Ruling], Mask | None]:
    """What may be rulings along the rows, which may slant, and the thin runs that they are of."""
    shifts = levelling(marked)
    if shifts is None:
        thin = thin_runs(marked)
        return find_rulings(thin), thin
    thin = thin_runs(sheared(marked, shifts))
    found = [each._replace(line=each.line - shifts) for each in find_rulings(thin)]
    return found, None if thin is None else sheared_back(thin, shifts)


def find_rulings(thin: Mask | None) -> list[Ruling]:
    """What may be rulings, along the rows."""
    if thin is None:
        return []
    width, longest = thin.shape[1], max(thin.shape)
    reach = min(0.3 * longest, 0.95 * width)
    found = []
    for rows, columns in _chains(_pieces(thin), width):
        if columns.max() - columns.min() < reach - 1 or len(columns) < 0.5 * reach:
            continue
        line, near = parabola(rows, columns, width)
        length = len(np.unique(columns[near]))
        is_across = columns.min() <= 0.03 * width and columns.max() >= 0.97 * width - 1
        is_across &= length >= 0.5 * width
        if near.mean() >= 0.6 and (length >= 0.25 * longest or is_across):
            found.append(Ruling(line, length, bool(is_across)))
    return found


def _pieces(thin: Mask) -> list[Places]:
    """The longest regions of runs in line with each other: their pixels' rows and columns."""
    width = thin.shape[1]
    joined = regions(lengthened(thin, max(5, width // 60)))
    lengths = joined.rights - joined.lefts
    order = np.argsort(-lengths, kind="stable")[:MOST_PIECES]
    pieces = []
    for place in order[lengths[order] >= max(16, 0.06 * width)].tolist():
        top, bottom = int(joined.tops[place]), int(joined.bottoms[place])
        own = (joined.labels[top:bottom] == place + 1) & thin[top:bottom]
        rows, columns = np.nonzero(own)
        if len(columns):
            pieces.append((rows + top, columns))
    return pieces


def _chains(pieces: list[Places], width: int) -> list[Places]:
    """Pieces, those put together that continue each other beyond what is written between."""
    chains: list[list[Places]] = []
    ends: list[tuple[float, int, int]] = []  # row at the right end, its column, pixels so far
    for rows, columns in sorted(pieces, key=lambda piece: int(piece[1].min())):
        left, right = int(columns.min()), int(columns.max())
        at_left = float(np.mean(rows[columns <= left + 10]))
        at_right = float(np.mean(rows[columns >= right - 10]))
        length = right - left + 1
        for place, (row, end, before) in enumerate(ends):
            gap = left - end
            if 0 < gap < min(0.4 * width, before + length) and abs(at_left - row) < 2 + 0.01 * gap:
                chains[place].append((rows, columns))
                ends[place] = (at_right, right, before + length)
                break
        else:
            chains.append([(rows, columns)])
            ends.append((at_right, right, length))
    put_together = [
        (np.concatenate([r for r, _ in c]), np.concatenate([q for _, q in c])) for c in chains
    ]
    # Bars of a row of digits are in line too, but most of it is between them.
    return [
        chain
        for chain, parts, (_, _, length) in zip(put_together, chains, ends, strict=True)
        if len(parts) == 1 or length >= COVERED * (chain[1].max() - chain[1].min() + 1)
    ]


def parabola(
    rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], width: int
) -> tuple[npt.NDArray[np.float64], Mask]:
    """The row at each column of a robust fit, and which of the pixels lie on it."""
    # Around the pixels' own middle, so that their moments, three by three, are enough to fit by.
    first, last = columns.min(), columns.max()
    middle, half = (first + last) / 2, max((last - first) / 2, 1)
    across, everywhere = (columns - middle) / half, (np.arange(width) - middle) / half
    terms = np.stack((across * across, across, np.ones(len(across))))
    weighted = terms
    for _ in range(3):
        bend, slope, level = np.linalg.lstsq(weighted @ terms.T, weighted @ rows, rcond=None)[0]
        distance = np.abs((bend * across + slope) * across + level - rows)
        # The residuals are weighted, so their squares are by the weights' squares.
        weighted = terms / (1 + (distance / 2) ** 2) ** 2
    line: npt.NDArray[np.float64] = (bend * everywhere + slope) * everywhere + level
    return line, distance < 2.5


def _runs(marked: Mask, length: int, least: int) -> Mask | None:
    """Pixels of horizontal runs of at least `length`; None where they are fewer than `least`."""
    height, width = marked.shape
    starts, ends = run_ends(marked)
    long = ends - starts >= length
    starts, ends = starts[long], ends[long]
    if (ends - starts).sum() < least:
        return None
    changes = np.zeros(height * (width + 2) + 1, np.int8)
    changes[starts] = 1
    changes[ends] = -1
    painted = np.cumsum(changes[:-1], dtype=np.int8).reshape(height, width + 2)
    return np.ascontiguousarray(painted[:, :width] > 0)


def widened(marked: Mask, pixels: int) -> Mask:
    """Dilated up and down."""
    wide = marked.copy()
    for shift in range(1, pixels + 1):
        wide[shift:] |= marked[:-shift]
        wide[:-shift] |= marked[shift:]
    return wide
