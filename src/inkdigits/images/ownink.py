"""Which ink of ready crops is the digit's: no speck, no box's line, no neighbour's stroke."""

from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits.images.filters import dilated
from inkdigits.images.regions import Regions, regions

Floats = npt.NDArray[np.floating[Any]]
Labels = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

LEAST_LINED = 12  # pixels a side of a crop; in a smaller one a line cannot be told from a stroke
_PIECE = 0.3  # ink as strong belongs to a piece
_PART = 0.05  # of the largest piece, that a digit's part is more than
_COMING_IN = 0.5  # the same of a piece at the border
_EDGE = 0.1  # of a side, that a line's ink is away from the edge at most
_ALONG = 0.9  # of a line's ink, that is no further away, at least
_BESIDE = 0.5  # of its length, that touches the border
_BAND = 0.12  # of a side, that a box's line ends away from the edge at most
_HELD = 0.03  # of what is in a box, that is ink at least
_SPANNED = 0.7  # of a side, that a frame, or a whole line, is long at least


def own_ink(ink: Floats) -> Floats:
    """The digits' ink in crops `(N, H, W)` in [0, 1]; the array is changed."""
    crop_of = _stacked(ink > _PIECE)[1]
    several = np.bincount(crop_of, minlength=len(ink)) > 1
    several |= borders(ink).max(1) > _PIECE
    if several.any():
        ink[several] = _own(ink[several])
    return ink


def without_box(ink: Floats) -> Floats:
    """The ink of crops `(N, H, W)` without a line near all four sides, if there is more within."""
    _, height, width = ink.shape
    if min(height, width) < LEAST_LINED:
        return ink
    marked = ink > _PIECE
    rows, columns = marked.mean(2) >= _SPANNED, marked.mean(1) >= _SPANNED
    down, across = round(_BAND * height), round(_BAND * width)
    sides = ((rows, down), (rows[:, ::-1], down), (columns, across), (columns[:, ::-1], across))
    ends = np.stack([_line_ends(lined, band) for lined, band in sides], 1)
    only = ink.copy()
    for place in np.flatnonzero((ends > 0).all(1)):
        top, bottom, left, right = ends[place].tolist()
        inner = slice(top, height - bottom), slice(left, width - right)
        if marked[place][inner].mean() >= _HELD:
            only[place] = 0
            only[place][inner] = ink[place][inner]
    return only


def _line_ends(lined: Bools, band: int) -> npt.NDArray[np.intp]:
    """How far from an edge on a line ends that is in a band along it; 0 where none does.

    Args:
        lined: `(N, L)`, whether so much is inked as of a line, from the edge on.
        band: pixels.
    """
    is_end = lined[:, :band] & ~lined[:, 1 : band + 1]
    last = band - is_end[:, ::-1].argmax(1)
    return np.where(is_end.any(1), last, 0)


def without_lines(ink: Floats) -> Floats:
    """The ink of crops `(N, H, W)` without lines of which each goes along most of a side."""
    found, _ = _stacked(ink > _PIECE)
    labels = _labels(found, ink.shape)
    high, wide = found.bottoms - found.tops, found.rights - found.lefts
    whole = np.maximum(high / ink.shape[1], wide / ink.shape[2]) >= _SPANNED
    return _only(ink, labels, ~(_lines(found, labels) & whole))


def central_ink(ink: Floats) -> Floats:
    """The largest piece across the middle of crops `(N, H, W)`, and what is not at the border.

    Nothing where there is no such piece.
    """
    found, crop_of = _stacked(ink > _PIECE)
    labels = _labels(found, ink.shape)
    _, height, width = ink.shape
    first = crop_of * (height + 1)
    is_central = (found.tops - first <= height / 2) & (found.bottoms - first >= height / 2)
    is_central &= (found.lefts <= width / 2) & (found.rights >= width / 2)
    areas = _areas(ink, found, labels)
    largest = _largest(np.where(is_central, areas, 0), crop_of)
    is_inside = _counts(borders(labels), found) == 0
    is_own = (is_central & (areas >= largest)) | (is_inside & (areas > _PART * largest))
    return _only(ink, labels, is_own & (largest > 0))


def borders(planes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The outermost pixels of each of `(N, H, W)`, `(N, 2 (H + W))`."""
    return np.concatenate((planes[:, 0], planes[:, -1], planes[:, :, 0], planes[:, :, -1]), 1)


def _own(ink: Floats) -> Floats:
    """Each crop's largest piece of ink, with those that are not much smaller."""
    found, crop_of = _stacked(ink > _PIECE)
    labels = _labels(found, ink.shape)
    areas = _areas(ink, found, labels)
    is_frame = _frames(found, labels)
    beside = _largest(np.where(is_frame, 0, areas), crop_of)
    areas[is_frame & (beside > _PART * areas)] = 0
    share = areas / np.maximum(_largest(areas, crop_of), 1e-6)
    least = np.where(_counts(borders(labels), found) > 0, _COMING_IN, _PART)
    return _only(ink, labels, (share > 0.99) | (share > least))


def _areas(ink: Floats, found: Regions, labels: Labels) -> npt.NDArray[Any]:
    """How much ink each piece has; a line has none of a digit's."""
    areas = np.bincount(labels.ravel(), ink.ravel(), found.count + 1)[1:]
    areas[_lines(found, labels)] = 0
    return areas


def _lines(found: Regions, labels: Labels) -> Bools:
    """Which pieces lie along the border, one side's or several's."""
    height, width = labels.shape[1:]
    if min(height, width) < LEAST_LINED:
        return np.zeros(found.count, bool)
    down, across = round(_EDGE * height), round(_EDGE * width)
    inner = _counts(labels[:, down:-down, across:-across], found)
    longer = np.maximum(found.bottoms - found.tops, found.rights - found.lefts)
    touching = _counts(borders(labels), found)
    is_line: Bools = (inner <= (1 - _ALONG) * found.areas) & (touching >= _BESIDE * longer)
    return is_line


def _frames(found: Regions, labels: Labels) -> Bools:
    """Which pieces go around what is in a crop."""
    high, wide = found.bottoms - found.tops, found.rights - found.lefts
    is_frame: Bools = (high >= _SPANNED * labels.shape[1]) & (wide >= _SPANNED * labels.shape[2])
    for place in np.flatnonzero(is_frame):
        rows = found.labels[found.tops[place] : found.bottoms[place]]
        ink = rows[:, found.lefts[place] : found.rights[place]] == place + 1
        down, across = (max(1, round(_EDGE * size)) for size in ink.shape)
        inner = np.count_nonzero(ink[down:-down, across:-across])
        is_frame[place] = inner <= (1 - _ALONG) * found.areas[place]
    return is_frame


def _stacked(marked: Bools) -> tuple[Regions, npt.NDArray[np.intp]]:
    """The regions of crops one below the other, with an empty row between, and whose each is."""
    count, height, width = marked.shape
    spaced = np.zeros((count, height + 1, width), bool)
    spaced[:, :height] = marked
    found = regions(spaced.reshape(-1, width))
    return found, found.tops // (height + 1)


def _labels(found: Regions, shape: tuple[int, ...]) -> Labels:
    """The labels of stacked crops `(N, H, W)`, whose shape that is."""
    count, height, width = shape
    return found.labels.reshape(count, height + 1, width)[:, :height]


def _counts(labels: Labels, found: Regions) -> npt.NDArray[np.intp]:
    """Of each piece, how many of these pixels are its own."""
    return np.bincount(labels.ravel(), minlength=found.count + 1)[1:]


def _largest(areas: npt.NDArray[Any], crop_of: npt.NDArray[np.intp]) -> Floats:
    """For each piece, the area of its crop's largest."""
    largest: Floats = np.zeros(crop_of.max(initial=0) + 1)
    np.maximum.at(largest, crop_of, areas)
    return largest[crop_of]


def _only(ink: Floats, labels: Labels, own: Bools) -> Floats:
    """The ink of a digit's own pieces, and the weaker along their edges."""
    kept = np.append(False, own)[labels]
    only: Floats = ink * (kept | (dilated(kept) & (labels == 0)))
    return only
