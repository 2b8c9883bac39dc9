"""The rings or holes of a notebook's binding, and of torn off paper: marks made by machine.

They are as large as each other, stand as far apart, in a straight line near the picture's edge; no
hand writes so many digits so evenly.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import Piece

FEWEST = 6  # marks of a row
FEWEST_CUT = 4  # the same, where the picture's border cuts all of them, as digits seldom are
MOST = 200  # pieces near an edge; more are texture, in which some are in rows by chance
SMALLEST = 8  # pixels of a mark's longer side
LONG = 0.6  # of the way from the first to the last piece of the page, that a row is long at least
EDGE = 0.2  # of the picture's height or width, that a row is from its edge at most
CUT_EDGE = 0.4  # the same of marks that the border cuts: wires that are seen close by
CUT = 0.01  # of it, from the border, and two pixels, that what is cut begins at most
ALIKE = 0.12  # of the longer side, by which the next mark's sides may differ
INKED = 0.16  # of its ink, the same; or a line of pixels along its longer side
EVEN = 0.1  # of the way from mark to mark, by which the next may stand elsewhere
LEAST = 1.5  # pixels, of both
FURTHEST = 6  # of the longer side, from mark to mark
STEPS = 4  # marks to the right that may be the next: wires may come in twos
MISSING = 1.5  # steps between two marks, at least, where one is missing
ASIDE = 0.35  # of a mark and of a step, that what is left of a mark is from its place
CLEAR = 1.0  # of a mark's longer side, between it and what is written, at least
LIKE_IT = 0.4  # of its longer side, that what is written is long at least; and the other way about
CROWDED = 0.25  # of a row's marks, that are nearer to it at most
KIN = 1.5  # times a mark's sides, or as much less, that those of what is not unlike it are at most
Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


def without_bindings(pieces: Sequence[Piece], height: int, width: int) -> list[Piece]:
    """All but the marks of bindings along any edge; all where nothing else is left.

    Args:
        height: of the page in pixels; so is `width`.
    """
    boxes = np.array(
        [(piece.box.top, piece.box.left, piece.box.bottom, piece.box.right) for piece in pieces],
        float,
    ).reshape(-1, 4)
    areas = np.array([piece.area for piece in pieces], float)
    lying = _in_rows(boxes, areas, height) | _in_rows(boxes[:, [1, 0, 3, 2]], areas, width)
    if lying.all():
        return list(pieces)
    return [piece for piece, is_mark in zip(pieces, lying, strict=True) if not is_mark]


def _in_rows(boxes: Numbers, areas: Numbers, height: float) -> npt.NDArray[np.bool_]:
    """Which of N boxes are marks in rows along the upper or the lower edge of a page."""
    found = np.zeros(len(boxes), bool)
    sizes = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    above, below = boxes[:, [0, 2]].T, height - boxes[:, [2, 0]].T
    for starts, ends in (above, below):
        is_cut = starts <= max(2, CUT * height)
        is_near = ends < np.where(is_cut, CUT_EDGE, EDGE) * height
        near = np.flatnonzero(is_near & (sizes >= SMALLEST))
        if len(near) > MOST:
            continue
        near = near[np.argsort((boxes[:, 1] + boxes[:, 3])[near], kind="stable")]
        for row in _rows(boxes[near], areas[near], is_cut[near]):
            marks = near[_among(boxes[near], areas[near], row)]
            is_long = np.ptp(boxes[near][row, 1]) >= LONG * (boxes[:, 3].max() - boxes[:, 1].min())
            if is_long and _stands_clear(boxes, near[row], marks):
                found[marks] = True
    return found


def _among(boxes: Numbers, areas: Numbers, row: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Which boxes are in a row of marks: like these, or where one is missing.

    There a line may have cut it, or beyond the row's ends the picture's border.
    """
    sides = np.column_stack((boxes[:, 2:] - boxes[:, :2], areas))
    middles, size = (boxes[:, :2] + boxes[:, 2:]) / 2, sides[row, :2].max()
    step = np.median(np.diff(middles[row], axis=0), axis=0)
    places = [middles[row[0]] - step, *middles[row], middles[row[-1]] + step]
    places += [
        (middles[one] + middles[other]) / 2
        for one, other in itertools.pairwise(row)
        if middles[other, 1] - middles[one, 1] > MISSING * step[1]
    ]
    line = np.interp(middles[:, 1], middles[row, 1], middles[row, 0])
    is_in = np.abs(middles[:, 0] - line) <= ASIDE * size
    is_in &= middles[:, 1] >= places[0][1] - ASIDE * size
    is_in &= middles[:, 1] <= places[len(row) + 1][1] + ASIDE * size
    usual = np.median(sides[row], axis=0)
    is_alike = np.abs(sides[:, :2] - usual[:2]).max(1) <= max(LEAST, ALIKE * size)
    is_alike &= np.abs(sides[:, 2] - usual[2]) <= max(2 * INKED * usual[2], size)
    is_small = sides[:, :2].max(1) <= (1 + ALIKE) * size
    away = np.abs(middles[:, None, 1] - np.array(places)[None, :, 1]).min(1)
    among: npt.NDArray[np.bool_] = is_in & (is_alike | (is_small & (away <= ASIDE * step[1])))
    return among


def _stands_clear(boxes: Numbers, row: Places, marks: Places) -> bool:
    """Whether there is paper between most marks of a row and what else is as large or larger.

    What stands between two of them and is much like them makes the row one of digits, too.
    """
    others = np.delete(boxes, marks, axis=0)
    sizes = np.maximum(others[:, 2] - others[:, 0], others[:, 3] - others[:, 1])
    size = (boxes[row, 2:] - boxes[row, :2]).max()
    others = others[(sizes >= LIKE_IT * size) & (sizes <= size / LIKE_IT)]
    tops, lefts, bottoms, rights = boxes[row].T[:, :, None]
    down = np.maximum(others[:, 0] - bottoms, tops - others[:, 2])
    is_close = (down < CLEAR * size) & (others[:, 1] < rights) & (others[:, 3] > lefts)
    return bool(is_close.any(1).sum() + _kin(others, boxes[row]) <= CROWDED * len(row))


def _kin(others: Numbers, row: Numbers) -> int:
    """How many others stand in a row's line, not unlike its marks."""
    middles, places = (others[:, :2] + others[:, 2:]) / 2, (row[:, :2] + row[:, 2:]) / 2
    sides, usual = others[:, 2:] - others[:, :2], np.median(row[:, 2:] - row[:, :2], axis=0)
    line = np.interp(middles[:, 1], places[:, 1], places[:, 0])
    is_kin = np.abs(middles[:, 0] - line) <= ASIDE * usual.max()
    is_kin &= (middles[:, 1] > places[0, 1]) & (middles[:, 1] < places[-1, 1])
    is_kin &= (np.maximum(sides / usual, usual / sides) <= KIN).all(1)
    return int(is_kin.sum())


def _rows(boxes: Numbers, areas: Numbers, is_cut: npt.NDArray[np.bool_]) -> list[list[int]]:
    """The rows of marks among boxes that are given from left to right."""
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    sides = np.column_stack((boxes[:, 2:] - boxes[:, :2], areas))  # and their ink
    rows: list[list[int]] = []
    taken: set[int] = set()
    for start in range(len(boxes)):
        for second in _near(middles, sides, start)[:STEPS] if start not in taken else ():
            row = _row(middles, sides, start, second)
            if len(row) >= (FEWEST_CUT if is_cut[row].all() else FEWEST):
                rows.append(row)
                taken.update(row)
                break
    return rows


def _row(middles: Numbers, sides: Numbers, first: int, second: int) -> list[int]:
    """The row that begins with two marks; one by itself may lack, where a line runs over it."""
    row, step = [first, second], middles[second] - middles[first]
    while True:
        for steps in (1, 2):
            reach = steps * step[1] + max(LEAST, EVEN * step[1])
            places, away = _alike(middles, sides, row[-1], reach)
            uneven = np.abs(away - steps * step).max(1)
            following = places[uneven <= max(LEAST, EVEN * step[1])]
            if len(following):
                break
        else:
            return row
        row.append(int(following[0]))
        step = (middles[row[-1]] - middles[row[-2]]) / steps


def _near(middles: Numbers, sides: Numbers, last: int) -> list[int]:
    """The marks like one that are beside it to the right, from left to right."""
    places, away = _alike(middles, sides, last, FURTHEST * sides[last, :2].max())
    beside = (away[:, 1] > 0) & (np.abs(away[:, 0]) <= ALIKE * away[:, 1])
    return [int(place) for place in places[beside]]


def _alike(middles: Numbers, sides: Numbers, last: int, reach: float) -> tuple[Places, Numbers]:
    """The marks like one to the right of it, up to so many pixels, and where they are from it."""
    end = int(np.searchsorted(middles[:, 1], middles[last, 1] + reach, "right"))
    other, size = np.abs(sides[last + 1 : end] - sides[last]), sides[last, :2].max()
    fits = other[:, :2].max(1) <= max(LEAST, ALIKE * size)
    fits &= other[:, 2] <= max(INKED * sides[last, 2], size)
    places = last + 1 + np.flatnonzero(fits)
    return places, middles[places] - middles[last]
