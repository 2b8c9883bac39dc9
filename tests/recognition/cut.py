"""Crops of one digit as programs cut them out: close, along a box's lines, beside other strokes."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

Plane = npt.NDArray[np.uint8]
Cut = Callable[[Plane, np.random.Generator], Plane]
FACTOR = 3  # as large as MNIST holds them
CLEAR = 60  # of 255; ink that programs find


def enlarged(image: Plane) -> Plane:
    """An image `(H, W) uint8`, white ink on black, three times as large."""
    size = (FACTOR * image.shape[1], FACTOR * image.shape[0])
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def close(image: Plane, _rng: np.random.Generator) -> Plane:
    """Without any paper around."""
    rows, columns = np.nonzero(image > CLEAR)
    return enlarged(image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1])


def in_a_box(image: Plane, rng: np.random.Generator) -> Plane:
    """With all of the box's line, which is not at the crop's border."""
    box = np.pad(enlarged(image), 14)
    top, bottom, left, right = rng.integers(2, 11, 4).tolist()
    thick, level = int(rng.integers(1, 5)), int(rng.integers(120, 256))
    line = np.full((len(box) - top - bottom, len(box) - left - right), level, np.uint8)
    line[thick:-thick, thick:-thick] = 0
    framed: Plane = np.maximum(box, np.pad(line, ((top, bottom), (left, right))))
    return framed


def along_a_box(image: Plane, rng: np.random.Generator) -> Plane:
    """With the box's lines at some of the borders, whole or in part."""
    crop = enlarged(image).copy()
    level = int(rng.integers(120, 256))
    for quarters in np.flatnonzero(rng.random(4) < 0.6).tolist():
        side = np.rot90(crop, quarters)[: rng.integers(1, 5)]
        start, end = np.sort(rng.integers(0, crop.shape[1] + 1, 2)).tolist()
        part = side[:, start:end] if rng.random() < 0.3 else side
        np.maximum(part, level, out=part)
    return crop


def near_a_box(image: Plane, rng: np.random.Generator) -> Plane:
    """Close within the line of a box along all of the border."""
    return np.pad(np.pad(close(image, rng), 4), int(rng.integers(2, 5)), constant_values=220)


def beside_others(image: Plane, rng: np.random.Generator) -> Plane:
    """With strokes at both sides that have as much ink as the digit."""
    crop = np.pad(close(image, rng), ((9, 9), (18, 18)))
    for columns in (slice(0, int(rng.integers(5, 13))), slice(-int(rng.integers(5, 13)), None)):
        top = int(rng.integers(0, 20))
        crop[top : top + int(rng.integers(30, 60)), columns] = 255
    return crop


CUTS: dict[str, Cut] = {
    "close": close,
    "in a box": in_a_box,
    "along a box": along_a_box,
    "near a box": near_a_box,
    "beside others": beside_others,
}
