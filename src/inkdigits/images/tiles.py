"""Light digits on dark tiles, such as the wheels of a counter: tiles become paper, digits ink."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import Box
from inkdigits.images.filters import median
from inkdigits.images.levels import Mask, factor, grey, otsu, reduce_to
from inkdigits.images.regions import regions

_LONGEST = 400  # pixels, long side of the reduced picture that tiles are looked for in
_LOWEST = 12  # pixels of that, a tile's height at least
_NARROWEST, _WIDEST = 0.35, 1.8  # of its height
_DARK = 0.5  # of a tile at least
_WRITTEN = 0.03  # of a tile, that is light within it at least
_RIM = 0.06  # of its shorter side, inside of which its sides are looked at
_SIDE = 0.6  # of each side, that is dark
_ROWS_SIDE = 0.85  # the same, of half of a row's tiles; a bold 8 has less
_ALIKE = 0.2  # of a neighbour's height, by which tiles beside each other differ at most
_GAP = 0.6  # of a tile's width, between neighbours at most


def without_tiles(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A picture `(H, W)` or `(H, W, 3)`, uint8, in which dark tiles side by side are paper.

    What is light on them becomes dark. One tile alone may be anything, and stays.
    """
    step = max(1, max(pixels.shape[:2]) // (2 * _LONGEST))
    level = grey(pixels[::step, ::step])
    small = reduce_to(level, _LONGEST)
    dark = small <= otsu(small)
    sides = _tiles(dark)
    tiles = [one for one in sides if any(_are_neighbours(one, other) for other in sides)]
    tiles = [one for one in tiles if _least_in_row(one, sides) >= _ROWS_SIDE]
    if not tiles:
        return pixels
    painted = pixels.copy()
    planes = painted.reshape(*pixels.shape[:2], -1)  # the same memory
    for tile in tiles:
        _paint(planes, tile, step * factor(level.shape, _LONGEST), dark)
    return painted


def _tiles(dark: Mask) -> dict[Box, float]:
    """Dark boxes with something light in them, and how much of its lightest side each has dark."""
    found = regions(dark)
    heights, widths = found.bottoms - found.tops, found.rights - found.lefts
    likely = (heights >= _LOWEST) & (widths >= _NARROWEST * heights) & (widths <= _WIDEST * heights)
    likely &= found.areas >= _DARK * heights * widths
    tiles = {}
    for place in np.flatnonzero(likely).tolist():
        edges = found.tops, found.lefts, found.bottoms, found.rights
        tile = Box(*(int(edge[place]) for edge in edges))
        own = dark[tile.top : tile.bottom, tile.left : tile.right]
        rim = _rim(tile)
        inner = own[rim:-rim, rim:-rim]
        sides = inner[0], inner[-1], inner[:, 0], inner[:, -1]
        least = float(min(side.mean() for side in sides))
        if least >= _SIDE and (~inner).mean() >= _WRITTEN:
            tiles[tile] = least
    return tiles


def _least_in_row(one: Box, sides: Mapping[Box, float]) -> float:
    """How much of its lightest side a tile has dark, as a rule, in the row of this one."""
    return median([least for other, least in sides.items() if _are_level(one, other)])


def _are_level(one: Box, other: Box) -> bool:
    """Whether two tiles are of one height and stand in one row."""
    if abs(one.height - other.height) > _ALIKE * one.height:
        return False
    return abs(one.top + one.bottom - other.top - other.bottom) <= 2 * _ALIKE * one.height


def _are_neighbours(one: Box, other: Box) -> bool:
    """Whether two tiles stand side by side and are alike."""
    if one is other or not _are_level(one, other):
        return False
    return 0 <= max(one.left, other.left) - min(one.right, other.right) <= _GAP * one.width


def _paint(planes: npt.NDArray[np.uint8], tile: Box, size: int, dark: Mask) -> None:
    """Make a tile of `(H, W, C)` of the level around it, and what is lighter on it darker."""
    inner, outer = (
        tuple(slice(max(0, start * size), end * size) for start, end in _grown(tile, by))
        for by in (-_rim(tile), 1)
    )
    paper = _medians(planes[::size, ::size], tile, ~dark)
    own = [median(plane) for plane in np.moveaxis(planes[inner][::size, ::size], 2, 0)]
    turned = np.clip(np.add(paper, own) - planes[inner], 0, 255)
    planes[outer] = paper  # with the blur of its edges
    planes[inner] = turned


def _medians(sampled: npt.NDArray[np.uint8], tile: Box, light: Mask) -> list[float]:
    """The middle of what is light around a tile, in each channel."""
    window = tuple(slice(max(0, start), end) for start, end in _grown(tile, 3 * _rim(tile)))
    around = sampled[window]
    chosen = around[light[window][: around.shape[0], : around.shape[1]]]
    return [median(channel) if channel.size else 255.0 for channel in chosen.T]


def _rim(tile: Box) -> int:
    """How far inside of its edges a tile is looked at, in pixels of the reduced picture."""
    return max(1, round(_RIM * min(tile.height, tile.width)))


def _grown(tile: Box, by: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """First and last row, and column, of a box so much larger on every side."""
    return (tile.top - by, tile.bottom + by), (tile.left - by, tile.right + by)
