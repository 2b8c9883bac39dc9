"""Small planes at other sizes, by splines."""

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Floats = npt.NDArray[np.floating[Any]]


def zoomed(plane: Floats, shape: tuple[int, int], order: int) -> Floats:
    """What `scipy.ndimage.zoom` makes of `(H, W)`: the corners' middles stay the corners' middles.

    A spline's values are sums of the pixels, with weights that depend on the sizes only. These are
    kept, so that planes of one size after the other cost two products each.

    Args:
        plane: `(H, W)`, floating.
        shape: of the result, which has the same dtype.
        order: of the spline: 1 is linear, 3 cubic.
    """
    down, across = (
        _weights(before, after, order) for before, after in zip(plane.shape, shape, strict=True)
    )
    values: Floats = (down @ plane @ across.T).astype(plane.dtype)
    return values


@functools.lru_cache(maxsize=1024)
def _weights(before: int, after: int, order: int) -> npt.NDArray[np.float64]:
    """How much each of `before` places counts for each of `after`: `(after, before)`."""
    return np.asarray(ndimage.zoom(np.eye(before), (after / before, 1), order=order))
