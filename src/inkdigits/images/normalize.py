"""Ink becomes what MNIST holds: 20x20 pixels, aspect kept, centre of mass in the middle of 28x28.

LeCun, Bottou, Bengio and Haffner, 'Gradient-Based Learning Applied to Document Recognition', 1998:
digits 'were size normalized to fit in a 20x20 pixel box while preserving their aspect ratio', with
'grey levels as a result of the anti-aliasing technique', and 'centered in a 28x28 image by
computing the center of mass of the pixels'. MNIST's centres of mass lie in row and column 14,
counted from 0, to half a pixel; its own images come back as they are.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

SIDE = 28  # pixels of the result
FIT = 20  # pixels of the digit's longer side
CENTRE = 14  # row and column of the centre of mass, counted from 0
EDGE = 0.25  # ink weaker than this does not count towards a digit's extent
_FULL = 0.98  # the share of a digit's pixels that are no stronger than what becomes white
INKED = 0.1  # of full strength; weaker is paper

Floats = npt.NDArray[np.floating[Any]]
Pixels = npt.NDArray[np.uint8]


def normalize(ink: Floats) -> Pixels:
    """One digit's ink `(H, W)` in [0, 1], 1 the full stroke, as MNIST would hold it: `(28, 28)`.

    White ink on black; all black where there is none.
    """
    image: Pixels = normalize_all(ink[None])[0]
    return image


def normalize_all(inks: Floats) -> Pixels:
    """`normalize` for digits of one size at once, `(N, H, W)` to `(N, 28, 28)`."""
    levels = np.asarray(inks, np.float32)
    # The largest of floats is found several times as fast as whether any of booleans is true.
    rows, row_scale = _extents(levels.max(2) >= EDGE)
    columns, column_scale = _extents(levels.max(1) >= EDGE)
    scale = np.minimum(row_scale, column_scale)
    down = _weights(levels.sum(2, dtype=np.float64), rows, scale)
    across = _weights(levels.sum(1, dtype=np.float64), columns, scale)
    fitted = down @ levels @ across.transpose(0, 2, 1)
    return _whitened(fitted)


def _extents(marked: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The first inked pixel of each of `(N, L)`, and the scale that makes the ink `FIT` long."""
    first = marked.argmax(1)
    last = marked.shape[1] - marked[:, ::-1].argmax(1)
    length = np.where(marked.any(1), last - first, marked.shape[1])
    return first.astype(np.float32), (FIT / length).astype(np.float32)


def _weights(masses: Floats, first: Floats, scale: Floats) -> Floats:
    """How much each input pixel of an axis counts for each output pixel: `(N, 28, L)`."""
    # From the first inked pixel, and exact: the same wherever the ink lies.
    places = np.arange(masses.shape[1]) - first[:, None]
    middle = (masses * places).sum(1) / np.maximum(masses.sum(1), 1e-6)
    # Where an input pixel's middle lies in the 20 pixels of the fitted digit, and those in the 28.
    in_fit = scale * (middle + 0.5) - 0.5
    start = np.rint(CENTRE - in_fit) - 0.5 + 0.5 * scale
    return triangles(start.astype(np.float32), scale, places.astype(np.float32), SIDE)


def triangles(start: Floats, scale: Floats, places: Floats, outputs: int) -> Floats:
    """How much each input pixel of an axis counts for each output pixel: `(N, outputs, inputs)`.

    A triangle as wide as two input or two output pixels, whichever are larger: bilinear
    interpolation where ink grows, anti-aliasing where it shrinks.

    Args:
        start: `(N,)`, the place among the output pixels of the middle of input pixel 0.
        scale: `(N,)`, output pixels an input pixel.
        places: of the input pixels, `(N, inputs)` or, the same for all, `(inputs,)`.
    """
    there = start[:, None] + scale[:, None] * places
    reach = np.maximum(scale, np.float32(1))
    weights: Floats = np.abs(there[:, None] - np.arange(outputs, dtype=np.float32)[:, None])
    weights *= (-1 / reach)[:, None, None]
    weights += 1
    np.maximum(weights, 0, out=weights)
    # Beyond the input's edge there is paper: such a pixel's weights sum to less than others'.
    ones = np.ones(places.shape[-1], np.float32)
    sums = np.maximum((weights @ ones)[:, :, None], (reach / scale)[:, None, None])
    weights /= sums
    return weights


def _whitened(fitted: Floats) -> Pixels:
    """Thin strokes have lost strength in being reduced: each image's strongest become white."""
    flat = fitted.reshape(len(fitted), -1)
    inked, white = counted(flat > INKED), counted(flat >= _FULL)
    dim = np.flatnonzero(white <= (1 - _FULL) * inked)
    if len(dim):
        ordered = np.sort(flat[dim], axis=1)
        place = flat.shape[1] - 1 - np.floor((1 - _FULL) * inked[dim]).astype(int)
        peak = np.take_along_axis(ordered, place[:, None], 1)
        flat[dim] = np.where(peak > INKED, flat[dim] / np.maximum(peak, INKED), flat[dim])
    scaled = flat * np.float32(255)
    np.clip(scaled, 0, 255, out=scaled)
    whitened: Pixels = np.rint(scaled, out=scaled).astype(np.uint8).reshape(fitted.shape)
    return whitened


def counted(marks: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint32]:
    """How many of each row `(N, L)` are marked."""
    counts: npt.NDArray[np.uint32] = marks.view(np.uint8).sum(1, dtype=np.uint32)
    return counts
