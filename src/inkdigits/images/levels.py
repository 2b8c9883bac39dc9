"""Levels of a picture: grey, reduced to blocks, enlarged again, parted by a threshold."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Map = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]

PLAIN = 8  # levels of 255 by which pixels of one plain colour differ at most
COARSE = 160  # pixels, long side of the reduced picture that paper is estimated on


def grey(pixels: npt.NDArray[np.uint8]) -> Map:
    """Lightness in [0, 1] by ITU-R 601-2 luma, of `(H, W)` or `(H, W, 3)`."""
    if pixels.ndim == 2:
        return pixels.astype(np.float32) / 255
    weights = np.array([0.299, 0.587, 0.114], np.float32) / 255
    return pixels.astype(np.float32) @ weights


def reduce_to(plane: Map, longest: int) -> Map:
    """Means of blocks, so that the long side is at most about `longest` pixels."""
    size = factor(plane.shape, longest)
    if size == 1:
        return plane
    # Along one axis after the other, which takes numpy a quarter of the time.
    means: Map = blocks(plane, size).mean(1).mean(2)
    return means


def factor(shape: tuple[int, ...], longest: int) -> int:
    """How many pixels a side a block has, for the long side to be at most about `longest`."""
    return max(1, -(-max(shape) // longest))


def blocks(plane: Map, factor: int) -> Map:
    """Blocks of `factor` pixels a side, `(h, factor, w, factor)`, the last ones filled up."""
    height, width = (-(-size // factor) for size in plane.shape)
    margins = (0, height * factor - plane.shape[0]), (0, width * factor - plane.shape[1])
    return np.pad(plane, margins, mode="edge").reshape(height, factor, width, factor)


def enlarged(small: Map, shape: tuple[int, ...], factor: int) -> Map:
    """A reduced picture at its size again, `shape`, between its pixels by cubic splines."""
    if factor == 1:
        return small
    image = Image.fromarray(small)
    # The last blocks may hang over the edge, by edge padding.
    grown = image.resize(
        (small.shape[1] * factor, small.shape[0] * factor), Image.Resampling.BICUBIC
    )
    return np.asarray(grown, dtype=np.float32)[: shape[0], : shape[1]]


def as_blocks(mask: Mask, shape: tuple[int, ...], factor: int) -> Mask:
    """A mask of a reduced picture at its size again, `shape`, each pixel as a block."""
    large = np.repeat(np.repeat(mask, factor, 0), factor, 1)
    return np.ascontiguousarray(large[: shape[0], : shape[1]])


def otsu(values: Map) -> float:
    """Otsu's threshold of values in [0, 1] ('A Threshold Selection Method', 1979)."""
    # NumPy's histogram of any bins takes four times as long; 1 itself is in the last.
    counts = np.bincount((values.ravel() * 128).astype(np.intp), minlength=129)
    counts[127] += counts[128]
    counts = counts[:128]
    levels = (np.arange(128) + 0.5) / 128
    weight = np.cumsum(counts)
    total = np.cumsum(counts * levels)
    rest = weight[-1] - weight
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (total[-1] * weight / weight[-1] - total) ** 2 / (weight * rest)
    best = np.nanmax(np.where(np.isfinite(between), between, -1))
    if best <= 0:
        return float(levels[np.argmax(counts)])
    # Of the first equally good ones in a row, as between two far levels, the one in the middle.
    is_tie = between >= best * 0.999
    first = int(np.argmax(is_tie))
    last = first + int(np.argmin(np.append(is_tie[first:], False))) - 1
    return ((first + last + 1) // 2 + 1) / 128


def has_two_levels(small: Map, light: Mask, most: float = 0.12) -> bool:
    """Whether two levels far apart, with little between them, make up a picture.

    Args:
        small: `(h, w)` in [0, 1].
        light: `(h, w)`, which of its pixels are above a threshold.
        most: share of its pixels that lie between.
    """
    if light.all() or not light.any():
        return False
    low, high = float(small[~light].mean()), float(small[light].mean())
    between = (small > low + (high - low) / 3) & (small < high - (high - low) / 3)
    return high - low > 0.4 and float(between.mean()) < most


def of_other_colour(pixels: npt.NDArray[np.uint8], colour: npt.NDArray[np.uint8]) -> Mask:
    """Which of pixels `(..., C)` differ from a colour `(C,)` by more than `PLAIN` levels."""
    others: Mask = np.abs(pixels - colour.astype(np.int16)).max(-1) > PLAIN
    return others


def border(plane: Mask) -> Mask:
    """The outermost pixels, `(2 * (H + W) - 4,)`."""
    return np.concatenate((plane[0], plane[-1], plane[1:-1, 0], plane[1:-1, -1]))
