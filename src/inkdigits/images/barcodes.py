"""Bar codes, whose bars would be read as ones: many, as high as each other, slim and broad."""

import numpy as np
import numpy.typing as npt

from inkdigits.images.filters import median
from inkdigits.images.regions import Regions
from inkdigits.images.runs import runs

FEWEST = 12  # bars of a code
MOST = 10_000  # regions of a picture that may be bars; more are texture
SLIM = 0.4  # of a bar's height, its width at most
SOLID, WIDE = 0.65, 1.5  # share of its box that several have at least which merged; their width
APART = 1.25  # of its height, from its middle to the next's; bars between may have merged
TOPS, BOTTOMS = 0.05, 0.2  # of its height, by which the next may begin and end elsewhere
TILT = 0.12  # of the way to the next, by which that may begin higher or lower, too
EVEN, AT_LEAST = 0.03, 1.5  # of its height, and pixels: how far from between its neighbours' tops
IN_LINE = 0.8  # share of the bars that begin so near there, at least
CUT = 0.2  # of its height, by which bars that were cut may begin elsewhere at a code's ends
NEAR = 0.4  # the same, from one's middle to such a bar's, at most
BROADER = 1.8  # times the slimmest bar, the broadest at least; a tally's are alike
LOWEST = 16  # pixels of a bar's height
Places = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]


def bar_codes(found: Regions) -> Mask:
    """Which of N regions of ink are bars of bar codes, standing or lying, or are among those.

    Neighbours' tops are in line, as no hand would write a dozen ones; some bars reach further down.

    Returns:
        `(N,)`.
    """
    boxes = np.stack([found.tops, found.lefts, found.bottoms, found.rights], axis=1)
    lying = boxes[:, [1, 0, 3, 2]]  # rows and columns changed over
    return _among_bars(boxes, found.areas) | _among_bars(lying, found.areas)


def _among_bars(boxes: Places, areas: Places) -> Mask:
    """Which of N regions lie in a code whose bars stand; `boxes` `(N, 4)`: top, left and so on."""
    tops, lefts, bottoms, rights = boxes.T
    heights, widths = bottoms - tops, rights - lefts
    merged = (areas >= SOLID * heights * widths) & (widths <= WIDE * heights)
    likely = np.flatnonzero(((widths <= SLIM * heights) | merged) & (heights >= LOWEST))
    likely = likely[np.argsort((lefts + rights)[likely], kind="stable")]
    among = np.zeros(len(boxes), bool)
    if not FEWEST <= len(likely) <= MOST:
        return among
    for bars in _rows(boxes[likely]):
        if len(bars) < FEWEST or not _are_bars(boxes[likely[bars]], areas[likely[bars]]):
            continue
        places = likely[_with_ends(boxes[likely], bars)]
        middles = (tops + bottoms) / 2
        inside = (middles > tops[places].min()) & (middles < median(bottoms[places]))
        among |= inside & (lefts >= lefts[places[0]]) & (rights <= rights[places[-1]])
        among[places] = True
    return among


def _are_bars(boxes: Places, areas: Places) -> bool:
    """Whether regions, left to right, are as unlike in breadth and as much in line as bars."""
    tops, lefts, bottoms, rights = boxes.T
    heights, columns = bottoms - tops, (lefts + rights) / 2
    widths = areas / heights  # whatever its tilt
    if widths.max() < BROADER * widths.min():
        return False
    share = (columns[1:-1] - columns[:-2]) / np.maximum(columns[2:] - columns[:-2], 1)
    between = tops[:-2] + share * (tops[2:] - tops[:-2])
    in_line = np.abs(tops[1:-1] - between) <= np.maximum(EVEN * heights[1:-1], AT_LEAST)
    return bool(in_line.mean() >= IN_LINE)


def _with_ends(boxes: Places, bars: list[int]) -> list[int]:
    """A code's bars, left to right, with those on either side that hardly begin where it does."""
    tops, lefts, bottoms, rights = boxes.T
    heights, columns = bottoms - tops, (lefts + rights) / 2

    def beyond(places: range, last: int) -> list[int]:
        found = []
        for place in places:
            height = heights[last]
            if abs(columns[place] - columns[last]) > NEAR * height:
                break
            high, low = abs(tops[place] - tops[last]), abs(bottoms[place] - bottoms[last])
            if high <= CUT * height and low <= BOTTOMS * height:
                found.append(place)
                last = place
        return found

    before = beyond(range(bars[0] - 1, -1, -1), bars[0])
    return [*before[::-1], *bars, *beyond(range(bars[-1] + 1, len(boxes)), bars[-1])]


def _rows(boxes: Places) -> list[list[int]]:
    """Runs of regions, left to right, each in line with the next."""
    tops, lefts, bottoms, rights = boxes.T
    heights, columns = bottoms - tops, (lefts + rights) / 2

    def is_in_line(near: slice, place: int) -> Mask:
        high, low = np.abs(tops[near] - tops[place]), np.abs(bottoms[near] - bottoms[place])
        rise = TILT * (columns[place] - columns[near])
        tops_meet = high <= TOPS * heights[place] + rise
        bottoms_meet = low <= BOTTOMS * heights[place]
        return np.asarray(tops_meet & bottoms_meet)

    return runs(columns, APART * heights, is_in_line)
