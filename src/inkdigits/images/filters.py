"""The few image filters that reading needs, in numpy: importing SciPy's takes longer than reading.

Tests hold each to SciPy's. Edges continue with their last pixel.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]


def quantile(values: npt.ArrayLike, share: float) -> float:
    """The value that a share of all lies below, between two values in proportion.

    NumPy's own imports its masked arrays, which takes 7 ms.
    """
    flat = np.asarray(values).ravel()
    place = share * (len(flat) - 1)
    low, high = int(np.floor(place)), int(np.ceil(place))
    ordered = np.partition(flat, (low, high))
    below, above = float(ordered[low]), float(ordered[high])
    return below + (above - below) * (place - low)


def median(values: npt.ArrayLike) -> float:
    """The middle of all values."""
    return quantile(values, 0.5)


def gaussian(plane: Floats, sigma: float, truncate: float = 4.0) -> Floats:
    """Gaussian means of a small plane `(H, W)`, a matrix product along each axis."""
    rows, columns = (_gaussian_matrix(size, sigma, truncate) for size in plane.shape)
    smooth: Floats = rows @ plane.astype(np.float32) @ columns.T
    return smooth


@functools.lru_cache(maxsize=32)
def _gaussian_matrix(size: int, sigma: float, truncate: float) -> Floats:
    """What each pixel of a line counts for each: `(size, size)`."""
    reach = int(truncate * sigma + 0.5)
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-(offsets**2) / (2 * sigma**2))
    matrix = np.zeros((size, size))
    places = np.clip(np.arange(size)[:, None] + offsets, 0, size - 1)
    np.add.at(matrix, (np.arange(size)[:, None], places), weights / weights.sum())
    return matrix.astype(np.float32)


def box_mean(plane: Floats, size: int) -> Floats:
    """Means of odd `size` x `size` windows, `(..., H, W)`."""
    for axis in (-2, -1):
        plane = _line_mean(plane, size, axis)
    return plane


def _line_mean(plane: Floats, size: int, axis: int) -> Floats:
    reach = size // 2
    padded = _padded(plane, reach, axis)
    length = plane.shape[axis]
    if size <= 5:
        total = sum(_cut(padded, shift, length, axis) for shift in range(size))
    else:
        sums = np.cumsum(padded, axis=axis, dtype=np.float64)
        first = np.zeros_like(_cut(sums, 0, 1, axis))
        sums = np.concatenate((first, sums), axis)
        total = _cut(sums, size, length, axis) - _cut(sums, 0, length, axis)
    mean: Floats = (np.asarray(total) / size).astype(plane.dtype)
    return mean


def largest(plane: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    """The largest of each odd `size` x `size` window, `(..., H, W)`."""
    return _extreme(plane, size, np.maximum)


def largest_within(plane: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    """The largest of each window that lies within a plane, `(..., H - size + 1, W - size + 1)`."""
    return _windows(plane, size, np.maximum)


def smallest_within(plane: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    """The smallest of each window that lies within a plane, `(..., H - size + 1, W - size + 1)`."""
    return _windows(plane, size, np.minimum)


def dilated(marked: Mask, reach: int = 1) -> Mask:
    """Marks with all pixels at most `reach` from one, corners included, `(..., H, W)`."""
    grown: Mask = _extreme(marked, 2 * reach + 1, np.logical_or)
    return grown


def lengthened(marked: Mask, reach: int) -> Mask:
    """Marks with all pixels at most `reach` to the left or right of one, `(..., H, W)`."""
    long: Mask = _extreme(marked, 2 * reach + 1, np.logical_or, (-1,))
    return long


def eroded(marked: Mask, reach: int = 1) -> Mask:
    """Marks all of whose neighbours at most `reach` away are marked; beyond edges none are."""
    height, width = marked.shape[-2:]
    around = np.zeros((*marked.shape[:-2], height + 2 * reach, width + 2 * reach), bool)
    around[..., reach : reach + height, reach : reach + width] = marked
    shrunk: Mask = _windows(around, 2 * reach + 1, np.logical_and)
    return shrunk


def continued(plane: npt.NDArray[Any], reach: int) -> npt.NDArray[Any]:
    """A plane `(..., H, W)` whose edges go on for `reach` pixels on all sides."""
    return _padded(_padded(plane, reach, -2), reach, -1)


def _extreme(
    plane: npt.NDArray[Any],
    size: int,
    choose: Callable[..., npt.NDArray[Any]],
    axes: tuple[int, ...] = (-2, -1),
) -> npt.NDArray[Any]:
    for axis in axes:
        plane = _line_windows(_padded(plane, size // 2, axis), size, choose, axis)
    return plane


def _windows(
    plane: npt.NDArray[Any], size: int, choose: Callable[..., npt.NDArray[Any]]
) -> npt.NDArray[Any]:
    return _line_windows(_line_windows(plane, size, choose, -2), size, choose, -1)


def _line_windows(
    plane: npt.NDArray[Any], size: int, choose: Callable[..., npt.NDArray[Any]], axis: int
) -> npt.NDArray[Any]:
    """By windows of 1, 2, 4, ... pixels along an axis, of which two cover any size."""
    length = plane.shape[axis] - size + 1
    width = 1
    while 2 * width <= size:
        rest = plane.shape[axis] - width
        plane = choose(_cut(plane, 0, rest, axis), _cut(plane, width, rest, axis))
        width *= 2
    return choose(_cut(plane, 0, length, axis), _cut(plane, size - width, length, axis))


def median_of_nine(planes: Floats) -> Floats:
    """The median of each 3x3 window, `(N, H, W)`."""
    height, width = planes.shape[-2:]
    padded = continued(planes, 1)
    shifted = [
        padded[..., down : down + height, right : right + width]
        for down in range(3)
        for right in range(3)
    ]
    median: Floats = np.partition(np.stack(shifted), 4, axis=0)[4]
    return median


def _padded(plane: npt.NDArray[Any], reach: int, axis: int) -> npt.NDArray[Any]:
    """A plane whose edges go on along one axis; NumPy's own takes three times as long."""
    shape, length = list(plane.shape), plane.shape[axis]
    shape[axis] += 2 * reach
    padded = np.empty(shape, plane.dtype)
    _cut(padded, reach, length, axis)[...] = plane
    _cut(padded, 0, reach, axis)[...] = _cut(plane, 0, 1, axis)
    _cut(padded, reach + length, reach, axis)[...] = _cut(plane, length - 1, 1, axis)
    return padded


def _cut(plane: npt.NDArray[Any], start: int, length: int, axis: int) -> npt.NDArray[Any]:
    """Along the last axis but one, -2, or the last, -1."""
    cut = slice(start, start + length)
    return plane[..., cut, :] if axis == -2 else plane[..., cut]
