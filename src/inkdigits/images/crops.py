"""Ready crops, one digit each, made as MNIST holds digits; many at once.

The same steps as for a page, on arrays of equal crops: polarity and paper, ink, what belongs to the
digit and not to its neighbours, size and place.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits.images.decode import MAX_PIXELS, Source, decode
from inkdigits.images.filters import box_mean, median_of_nine
from inkdigits.images.levels import grey
from inkdigits.images.normalize import EDGE, counted, normalize_all
from inkdigits.images.ownink import (
    LEAST_LINED,
    borders,
    central_ink,
    own_ink,
    without_box,
    without_lines,
)

Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]

EVEN = 10  # levels of 255 by which the border of a crop on clean paper varies at most
UNEVEN = 0.04  # standard deviation along the border, of white, above which paper is uneven
SPECKS = 0.01  # share of pixels that are single specks, above which a crop is noisy
CROP_PIXELS = 1 << 16  # a larger picture is reduced to about so many
_LEAST = 0.08  # contrast, of white, that becomes full ink at most
_MUCH = 0.3  # of a crop, that is unlike its border where that may be a line
_PAPER = 0.5  # ink that is weaker is paper, where there are two levels
_WITHIN = (0.04, 0.08, 0.12)  # of a side, that a way around is within the border
_AROUND = 0.9  # of that way, that is paper at least
_BATCH = 256  # crops at once: what a core's cache holds


def normalize_crops(crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Crops `(N, H, W) uint8`, dark on light or light on dark, normalised: `(N, 28, 28) uint8`."""
    starts = range(0, len(crops), _BATCH)
    parts = (normalize_all(own_ink(_ink(crops[start : start + _BATCH]))) for start in starts)
    return np.concatenate([np.zeros((0, 28, 28), np.uint8), *parts])


def is_doubtful(crops: npt.NDArray[np.uint8]) -> Bools:
    """Of which crops `(N, H, W) uint8` it is in doubt what is the digit's ink: `(N,)`.

    Ink is at the border, or paper is uneven; or the border is unlike much, as a box's line is.
    """
    border = borders(crops)
    away = np.abs(crops - border.mean(1, dtype=np.float32)[:, None, None])
    unlike = away > away.max((1, 2), keepdims=True) / 2
    doubtful: Bools = (border.max(1) - border.min(1) > EVEN) | (unlike.mean((1, 2)) > _MUCH)
    return doubtful


def normalize_close(crops: npt.NDArray[np.uint8], *, light_on_dark: bool) -> npt.NDArray[np.uint8]:
    """`normalize_crops` for digits cut out close: all of one of two levels is a digit's ink.

    Lines along most of a side are left out. All black where no ink reaches two opposite sides.
    """
    ink = without_lines(_at_two_levels(crops, light_on_dark))
    rows, columns = ink.max(2) >= EDGE, ink.max(1) >= EDGE
    reaches = (rows[:, 0] & rows[:, -1]) | (columns[:, 0] & columns[:, -1])
    return normalize_all(ink * reaches[:, None, None])


def normalize_boxed(crops: npt.NDArray[np.uint8], *, light_on_dark: bool) -> npt.NDArray[np.uint8]:
    """`normalize_crops` for digits within a box's line along the border, or close to it.

    All black where no paper goes around within a line.
    """
    ink = _at_two_levels(crops, light_on_dark)
    return normalize_all(own_ink(without_box(ink)) * _is_paper_within(ink)[:, None, None])


def _at_two_levels(crops: npt.NDArray[np.uint8], light_on_dark: bool) -> Floats:
    """Ink in [0, 1], where paper and ink are the means of what is darker and lighter than half."""
    levels = crops.astype(np.float32)
    if not light_on_dark:
        levels = 255 - levels
    middle = (levels.min((1, 2)) + levels.max((1, 2))) / 2
    inked = levels > middle[:, None, None]
    strong, weak = _mean_where(inked, levels), _mean_where(~inked, levels)
    ink: Floats = np.clip((levels - weak) / np.maximum(strong - weak, 1), 0, 1).astype(np.float32)
    return ink


def _is_paper_within(ink: Floats) -> Bools:
    """Whether a way around in crops, a little within the border, is paper, as is most within it."""
    paper = ink < _PAPER
    _, height, width = ink.shape
    is_within = np.zeros(len(ink), bool)
    for share in _WITHIN:
        down, across = (round(share * size) for size in (height, width))
        inner = paper[:, down : height - down, across : width - across]
        is_within |= (borders(inner).mean(1) >= _AROUND) & (inner.mean((1, 2)) > 0.5)
    return is_within


def _mean_where(marked: Bools, levels: Floats) -> Floats:
    """Each crop's mean `(N, 1, 1)` where it is marked, 0 where it is nowhere."""
    count = np.maximum(marked.sum((1, 2), keepdims=True), 1)
    mean: Floats = (levels * marked).sum((1, 2), keepdims=True) / count
    return mean


def normalize_central(crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """`normalize_crops` for digits beside others' strokes: those at the border are left out."""
    return normalize_all(central_ink(_ink(crops)))


def decode_crop(source: Source, *, max_pixels: int = MAX_PIXELS) -> npt.NDArray[np.uint8]:
    """A picture of one digit as a crop `(H, W) uint8`. Raises `PictureError`, as `decode` does."""
    pixels = decode(source, max_pixels=max_pixels, working_pixels=CROP_PIXELS).pixels
    return np.rint(255 * grey(pixels)).astype(np.uint8)


def _ink(crops: npt.NDArray[np.uint8]) -> Floats:
    """Ink `(N, H, W)` in [0, 1], 1 the full stroke, whatever the paper."""
    border = borders(crops)
    ink: Floats = crops.astype(np.float32)
    difficult = border.max(1) - border.min(1) > EVEN
    # On clean paper, as most crops are, there is little to do.
    paper = border.mean(1, dtype=np.float32)
    darkest, lightest = _extremes(crops)
    sign = np.where(lightest - paper >= paper - darkest, 1, -1).astype(np.float32)
    ink -= paper[:, None, None]
    ink *= (sign / 255)[:, None, None]
    if difficult.any():
        ink[difficult] = _difficult_ink(crops[difficult] / np.float32(255))
    ink *= (1 / np.maximum(_full_strength(ink), _LEAST))[:, None, None]
    np.clip(ink, 0, 1, out=ink)
    if difficult.any():
        ink[difficult] = _without_noise(ink[difficult])
    return ink


def _extremes(crops: npt.NDArray[np.uint8]) -> tuple[Floats, Floats]:
    flat = crops.reshape(len(crops), -1)
    return flat.min(1).astype(np.float32), flat.max(1).astype(np.float32)


def _full_strength(ink: Floats) -> Floats:
    """Each crop's strength of a full stroke, which 2% of its pixels exceed."""
    flat = ink.reshape(len(ink), -1)
    strongest: Floats = flat.max(1)
    # Where so many are as good as the strongest, there is no need to order them.
    many = counted(flat > 0.98 * strongest[:, None]) > 0.02 * flat.shape[1]
    rest = np.flatnonzero(~many)
    if len(rest):
        strongest[rest] = _quantile(ink[rest], 0.98)
    return strongest


def _difficult_ink(levels: Floats) -> Floats:
    """How much lighter, or darker, than the paper: paper is uneven, or ink reaches the border."""
    levels = _without_bands(levels)
    middle = _middle(levels)
    above = levels > middle
    inverted = 0.6 * borders(above).mean(1) + 0.4 * above.mean((1, 2)) > 0.5
    levels = np.where(inverted[:, None, None], 1 - levels, levels)
    middle = np.where(inverted[:, None, None], 1 - middle, middle)
    border = borders(levels)
    below = border <= middle[:, 0]
    count = np.maximum(below.sum(1), 1)
    mean = (border * below).sum(1) / count
    spread = np.sqrt((((border - mean[:, None]) * below) ** 2).sum(1) / count)
    uneven = spread > UNEVEN
    if uneven.any():
        levels[uneven] -= _paper(levels[uneven])
    ink: Floats = levels - _quantile(levels, 0.25)[:, None, None]
    return ink


def _middle(levels: Floats) -> Floats:
    """Half way between the darkest and the lightest of each crop: `(N, 1, 1)`."""
    flat = levels.reshape(len(levels), -1)
    places = [round(share * (flat.shape[1] - 1)) for share in (0.02, 0.98)]
    ordered = np.sort(flat, axis=1)[:, places]
    middle: Floats = ordered.mean(1)[:, None, None]
    return middle


def _without_bands(levels: Floats) -> Floats:
    """Crops with a band of the other polarity along both sides, all in one polarity."""
    above = levels > _middle(levels)
    height, width = above.shape[1:]
    if min(height, width) < LEAST_LINED:
        return levels
    ends = above[:, [0, 1, -2, -1]]
    light, dark, share = ends.all(1), ~ends.any(1), above.mean(1)
    light, dark = light & (share > 0.5), dark & (share < 0.5)
    for band, rest in ((light, dark), (dark, light)):
        # From either side inward: how many columns the band is wide.
        left, right = (~band).argmax(1), (~band[:, ::-1]).argmax(1)
        left[band.all(1)] = right[band.all(1)] = 0
        wide = np.minimum(left, right) >= max(2, width // 10)
        middle = np.arange(width)
        inside = (middle >= left[:, None]) & (middle < width - right[:, None])
        # The middle is of the other polarity where no ink reaches the ends.
        across = np.maximum(inside.sum(1), 1)
        clear = ((rest & inside).sum(1) >= 0.6 * across) & (across >= 0.3 * width)
        flip = (wide & clear)[:, None] & ~inside
        if flip.any():
            levels = np.where(flip[:, None, :], 1 - levels, levels)
            break
    return levels


def _paper(levels: Floats) -> Floats:
    """A quadratic surface under the ink of each crop: robust least squares, lighter ones left out.

    Holland and Welsch, 'Robust Regression Using Iteratively Reweighted Least-Squares', 1977.
    """
    count, height, width = levels.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack((np.ones_like(x), x, y, x * x, x * y, y * y), -1).reshape(-1, 6)
    products = (terms[:, :, None] * terms[:, None]).reshape(-1, 36)
    values = levels.reshape(count, -1).astype(np.float64)
    surface = np.quantile(values, 0.4, axis=1, keepdims=True)
    for _ in range(6):
        above = values - surface
        scale = np.maximum(1.5 * np.median(np.abs(above), 1, keepdims=True), 0.01)
        weights = 1 / (1 + (above / scale) ** 2) ** 2
        weights = np.where(above < 0, np.maximum(weights, 0.2), weights)
        normal = (weights @ products).reshape(-1, 6, 6) + 1e-6 * np.eye(6)
        solution = np.linalg.solve(normal, ((weights * values) @ terms)[..., None])
        surface = (terms @ solution)[..., 0]
    return surface.reshape(levels.shape).astype(np.float32)


def _without_noise(ink: Floats) -> Floats:
    """Crops strewn with specks, each pixel the median of those around."""
    if min(ink.shape[1:]) < 20:
        return ink  # strokes may be one pixel wide
    marked = ink > 0.5
    around = 9 * box_mean(marked.astype(np.float32), 3)
    specks = (marked & (around < 1.5)).sum((1, 2))
    noisy = specks > SPECKS * ink[0].size
    if noisy.any():
        ink = ink.copy()
        ink[noisy] = median_of_nine(ink[noisy])
    return ink


def _quantile(levels: Floats, share: float) -> Floats:
    flat = levels.reshape(len(levels), -1)
    place = round(share * (flat.shape[1] - 1))
    # On a few hundred pixels, many of them alike, sorting is several times as fast as partitioning.
    values: Floats = np.sort(flat, axis=1)[:, place]
    return values
