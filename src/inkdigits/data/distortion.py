"""Changes that make a drawing another: bolder, thinner, turned, slanted, stretched and bent."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from inkdigits.images.normalize import normalize
from inkdigits.images.splines import zoomed

Plane = npt.NDArray[np.uint8]
Ink = npt.NDArray[np.floating[Any]]


def other_weight(plane: Plane, rng: np.random.Generator) -> Plane:
    """Sometimes bolder, sometimes thinner: `(H, W) uint8`, as given."""
    draw = rng.random()
    if draw < 0.2:
        return np.asarray(ndimage.grey_dilation(plane, size=int(rng.integers(2, 6))))
    return np.asarray(ndimage.grey_erosion(plane, size=2)) if draw < 0.35 else plane


def distorted(plane: Ink | Plane, rng: np.random.Generator, *, bend: bool = True) -> Plane:
    """Turned, slanted, stretched and bent a little, then normalised: `(28, 28) uint8`.

    Args:
        plane: `(H, W)` of any size, white on black, uint8 or floats from 0 to 1.
        bend: whether it may be bent.
    """
    ink: Any = plane / np.float32(255) if plane.dtype == np.uint8 else plane
    ink = np.pad(ink, int(0.35 * max(ink.shape)) + 2)
    angle, slant, stretch = math.radians(rng.uniform(-10, 10)), *rng.uniform(-0.25, 0.25, 2)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    matrix = turn @ np.array([[1, 0], [slant, 1]]) @ np.diag([1, math.exp(stretch)])
    middle = (np.array(ink.shape) - 1) / 2
    ink = ndimage.affine_transform(ink, matrix, middle - matrix @ middle, order=1)
    if bend and rng.random() < 0.7:
        ink = _bent(ink, rng.uniform(0, 0.06) * max(plane.shape), rng)
    return normalize(np.clip(ink, 0, 1))


def _bent(ink: Ink, pixels: float, rng: np.random.Generator) -> Ink:
    """Displaced smoothly, by `pixels` of standard deviation at the nodes of a coarse grid."""
    height, width = ink.shape
    places = np.mgrid[:height, :width].astype(np.float64)
    for axis in (0, 1):
        coarse = rng.normal(size=(5, 5)) * pixels
        places[axis] += zoomed(coarse, (height, width), order=3)
    bent: Ink = ndimage.map_coordinates(ink, places, order=1)
    return bent
