"""Paper with creases, stains or squares that are fainter than the digits on it."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import KDTree

from inkdigits.data import Dataset
from tests.recognition.scenes import INK, PAPER, Plane, Written, photographed, written

Light = npt.NDArray[np.float64]  # of each pixel, as a share of white paper's
Rows = Sequence[Sequence[int]]


def lit(page: Written, light: Light) -> tuple[Plane, str]:
    """Digits on paper in that light."""
    return photographed(light * (PAPER * (1 - page.alpha) + INK * page.alpha), 2), page.text


def folded(mnist: Dataset, rows: Rows, height: int, depth: float = 0.45) -> tuple[Plane, str]:
    """Folded twice: beside each crease one side is lighter, and along it a dark line, lit beside.

    Args:
        depth: by which a crease is darker, as a share of the paper's light.
    """
    page = written(mnist, rows, height)
    middle = [0.47 * size for size in page.alpha.shape]
    light = np.ones(page.alpha.shape)
    for degrees, side in ((-7, 0.06), (84, -0.05)):
        apart = _beyond(page.alpha.shape, middle, degrees)
        light *= 1 + side * np.sign(apart) * np.exp(-np.abs(apart) / 60)
        light *= 1 - depth * _line(apart, 1.2) + 0.3 * depth * _line(apart - 3, 1.2)
    return lit(page, light)


def crumpled(
    mnist: Dataset, rows: Rows, height: int, seed: int, depth: float = 0.3
) -> tuple[Plane, str]:
    """Crumpled and smoothed again: facets, each lit in its own way, with edges dark or light."""
    page = written(mnist, rows, height)
    rng = np.random.default_rng(seed)
    count, size = 24, page.alpha.shape
    middles = rng.uniform(-0.1, 1.1, (count, 2)) * np.array(size)
    pixels = np.indices(size).reshape(2, -1).T
    apart, nearest = KDTree(middles).query(pixels, k=2)
    facet = nearest[:, 0]
    tilt = rng.normal(0, 0.12, (count, 2))
    tone = 1 + (tilt[facet] * (pixels - middles[facet]) / np.array(size)).sum(1)
    tone += rng.normal(0, 0.03, count)[facet]
    edge = rng.choice([-0.5, 1.0], count)[facet] * _line((apart[:, 1] - apart[:, 0]) / 2, 1.5)
    light = (tone * (1 - depth * edge)).reshape(size)
    return lit(page, ndimage.gaussian_filter(light, 1))


def stained(mnist: Dataset, rows: Rows, height: int, depth: float = 0.25) -> tuple[Plane, str]:
    """With the rings that two cups left."""
    return stained_page(written(mnist, rows, height), height, depth)


def stained_page(page: Written, height: int, depth: float) -> tuple[Plane, str]:
    """The same of a page with digits of such a height."""
    light = np.ones(page.alpha.shape)
    for share, radius in (((0.4, 0.35), 1.6), ((0.6, 0.7), 1.1)):
        down, across = (np.indices(light.shape).T - np.multiply(share, light.shape)).T
        light *= 1 - depth * _line(np.hypot(down, across) - radius * height, 0.04 * height)
    return lit(page, light)


def squared_askew(mnist: Dataset, rows: Rows, height: int, degrees: float) -> tuple[Plane, str]:
    """On squared paper that lies askew, its lines light grey."""
    page = written(mnist, rows, height)
    light = np.ones(page.alpha.shape)
    for turn in (degrees, degrees + 90):
        apart = _beyond(light.shape, [0, 0], turn)
        gap = 0.7 * height
        light *= 1 - 0.22 * _line((apart + gap / 2) % gap - gap / 2, 1)
    return lit(page, light)


def _beyond(size: Sequence[int], middle: Sequence[float], degrees: float) -> Light:
    """How far each pixel is beyond a line through a place; at 0 degrees the line is upright."""
    down, across = (np.indices(size).T - middle).T
    turn = math.radians(degrees)
    return np.asarray(across * math.cos(turn) + down * math.sin(turn))


def _line(apart: Light, width: float) -> Light:
    return np.asarray(np.exp(-0.5 * (apart / width) ** 2))
