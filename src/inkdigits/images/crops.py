"""Ready crops, one digit each, made as MNIST holds digits; many at once.

The same steps as for a page, on arrays of equal crops: polarity and paper, ink, what belongs to the
digit and not to its neighbours, size and place.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from inkdigits.images.normalize import normalize_all

Floats = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]

_TOUCHING = np.zeros((3, 3, 3), int)  # pixels of one crop touch, by corners too; crops do not
_TOUCHING[1] = 1
UNEVEN = 0.04  # standard deviation along the border, of white, above which paper is uneven
SPECKS = 0.01  # share of pixels that are single specks, above which a crop is noisy
_BATCH = 256  # crops at once: what a core's cache holds


def normalize_crops(crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Crops `(N, H, W) uint8`, dark on light or light on dark, normalised: `(N, 28, 28) uint8`."""
    parts = [np.zeros((0, 28, 28), np.uint8)]
    for start in range(0, len(crops), _BATCH):
        levels = crops[start : start + _BATCH].astype(np.float32) / 255
        parts.append(normalize_all(_own_ink(_ink(levels))))
    return np.concatenate(parts)


def _ink(levels: Floats) -> Floats:
    """Ink `(N, H, W)` in [0, 1], 1 the full stroke, whatever the paper."""
    levels = _without_bands(levels)
    above = levels > _middle(levels)
    inverted = 0.6 * _border(above).mean(1) + 0.4 * above.mean((1, 2)) > 0.5
    levels = np.where(inverted[:, None, None], 1 - levels, levels)
    border, above = _border(levels), _border(levels > _middle(levels))
    uneven = np.ma.std(np.ma.array(border, mask=above), 1).filled(0) > UNEVEN
    if uneven.any():
        levels[uneven] -= _paper(levels[uneven])
    paper = _quantile(levels, 0.25)[:, None, None]
    contrast = np.maximum(_quantile(levels, 0.98)[:, None, None] - paper, 0.08)
    ink: Floats = np.clip((levels - paper) / contrast, 0, 1)
    return _without_noise(ink)


def _middle(levels: Floats) -> Floats:
    """Half way between the darkest and the lightest of each crop: `(N, 1, 1)`."""
    return ((_quantile(levels, 0.02) + _quantile(levels, 0.98)) / 2)[:, None, None]


def _border(planes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The outermost pixels of each crop, `(N, 2 (H + W))`."""
    return np.concatenate((planes[:, 0], planes[:, -1], planes[:, :, 0], planes[:, :, -1]), 1)


def _without_bands(levels: Floats) -> Floats:
    """Crops with a band of the other polarity along both sides, all in one polarity."""
    above = levels > _middle(levels)
    height, width = above.shape[1:]
    if min(height, width) < 12:
        return levels  # a band cannot be told from a stroke
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
    around = ndimage.uniform_filter(marked.astype(np.float32), size=(0, 3, 3)) * 9
    specks = (marked & (around < 1.5)).sum((1, 2))
    noisy = specks > SPECKS * ink[0].size
    if noisy.any():
        ink = ink.copy()
        ink[noisy] = ndimage.median_filter(ink[noisy], size=(1, 3, 3))
    return ink


def _quantile(levels: Floats, share: float) -> Floats:
    flat = levels.reshape(len(levels), -1)
    place = round(share * (flat.shape[1] - 1))
    values: Floats = np.partition(flat, place, axis=1)[:, place]
    return values


def _own_ink(ink: Floats) -> Floats:
    """Without specks, and without strokes that come in from beyond the border."""
    labels, count = ndimage.label(ink > 0.3, _TOUCHING)
    if count == 0:
        return ink
    number = np.arange(len(ink))
    areas = np.bincount(labels.ravel(), weights=ink.ravel(), minlength=count + 1)
    areas[0] = 0
    crop_of = np.zeros(count + 1, int)
    crop_of[labels] = number[:, None, None]
    largest = np.zeros(len(ink))
    np.maximum.at(largest, crop_of, areas)
    at_border = np.zeros(count + 1, bool)
    at_border[_border(labels)] = True
    share = areas / np.maximum(largest[crop_of], 1e-6)
    own = (share > 0.99) | (share > np.where(at_border, 0.5, 0.05))
    own[0] = False
    kept = own[labels]
    reach = ndimage.maximum_filter(kept, size=(1, 3, 3))
    alone: Floats = ink * (kept | (reach & (labels == 0)))
    return alone
