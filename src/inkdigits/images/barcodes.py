"""Bar codes, whose bars would be read as ones: many, as high as each other, slim and broad."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import Piece
from inkdigits.images.filters import median
from inkdigits.images.runs import runs

FEWEST = 12  # bars of a code
SLIM = 0.4  # of a bar's height, its width at most
APART = 0.6  # of its height, from its middle to the next's, at most
TOPS, BOTTOMS = 0.05, 0.2  # of its height, by which the next may begin and end elsewhere
BROADER = 1.8  # times the slimmest bar, the broadest at least; a tally's are alike
LOWEST = 16  # pixels of a bar's height
Places = npt.NDArray[np.intp]


def without_bar_codes(pieces: Sequence[Piece]) -> list[Piece]:
    """All but the bars of bar codes, standing or lying, and what else is among those.

    Neighbours' tops are in line, as no hand would write a dozen ones; some bars reach further down.
    """
    if len(pieces) < FEWEST:
        return list(pieces)
    boxes = np.array(
        [(piece.box.top, piece.box.left, piece.box.bottom, piece.box.right) for piece in pieces]
    )
    areas = np.array([piece.area for piece in pieces])
    lying = boxes[:, [1, 0, 3, 2]]  # rows and columns changed over
    among = _among_bars(boxes, areas) | _among_bars(lying, areas)
    return [piece for piece, is_bar in zip(pieces, among, strict=True) if not is_bar]


def _among_bars(boxes: Places, areas: Places) -> npt.NDArray[np.bool_]:
    """Which of N pieces lie in a code whose bars stand; `boxes` `(N, 4)`: top, left and so on."""
    tops, lefts, bottoms, rights = boxes.T
    heights = bottoms - tops
    slim = np.flatnonzero((rights - lefts <= SLIM * heights) & (heights >= LOWEST))
    slim = slim[np.argsort((lefts + rights)[slim], kind="stable")]
    among = np.zeros(len(boxes), bool)
    for bars in _rows(boxes[slim]):
        places = slim[bars]
        widths = areas[places] / heights[places]  # whatever its tilt
        if len(places) < FEWEST or widths.max() < BROADER * widths.min():
            continue
        middles = (tops + bottoms) / 2
        inside = (middles > tops[places].min()) & (middles < median(bottoms[places]))
        among |= inside & (lefts >= lefts[places[0]]) & (rights <= rights[places[-1]])
        among[places] = True
    return among


def _rows(boxes: Places) -> list[list[int]]:
    """Runs of slim pieces, left to right, each in line with the next."""
    tops, lefts, bottoms, rights = boxes.T
    heights = bottoms - tops

    def is_in_line(near: slice, place: int) -> npt.NDArray[np.bool_]:
        high, low = np.abs(tops[near] - tops[place]), np.abs(bottoms[near] - bottoms[place])
        tops_meet, bottoms_meet = high <= TOPS * heights[place], low <= BOTTOMS * heights[place]
        return np.asarray(tops_meet & bottoms_meet)

    return runs((lefts + rights) / 2, APART * heights, is_in_line)
