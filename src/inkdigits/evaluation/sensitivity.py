"""How sure and how right a reader is as writing grows thicker, tilted, larger or moves off centre.

Each way of changing a digit has one number that says how much; at its `unchanged` the images are as
they were. Images are `(N, H, W) uint8`, white ink on black.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from inkdigits.recognition.network import Scores

Image = npt.NDArray[np.uint8]
Plane = Any  # (H, W) float64, 0 to 1; SciPy has no types
_FINE = 4  # parts of a pixel that strokes are measured in


def _as_it_is(plane: Plane) -> Any:
    return plane


@dataclass(frozen=True)
class Way:
    """One way of changing digits."""

    name: str
    unit: str
    values: tuple[float, ...]  # how much, rising
    unchanged: float  # one of them
    change: Callable[[Any, float], Plane]  # what `prepare` made of an image, by one value
    prepare: Callable[[Plane], Any] = _as_it_is  # what is the same for all values


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """What V amounts of one way of changing N images do."""

    way: Way
    accuracy: npt.NDArray[np.float64]  # (V,)
    confidence: npt.NDArray[np.float64]  # (V,), mean
    quartiles: npt.NDArray[np.float64]  # (V, 2), of the confidences
    examples: Image  # (V, H, W): the first image, changed


def sensitivity(
    score: Callable[[Image], Scores],
    images: Image,
    labels: npt.NDArray[np.integer],
    way: Way,
    example: Image,
    report: Callable[[float], None] = lambda done: None,
) -> Sensitivity:
    """Read images of the classes `(N,)`, changed by each of a way's values.

    Args:
        example: one image, which is kept in all its changes.
        report: is told the share done, 0 to 1.
    """
    accuracy, confidence, quartiles = [], [], []
    in_all = changed(images, way, lambda done: report(done / 2))
    for number, those in enumerate(in_all, 1):
        probabilities = score(those).probabilities
        sure = probabilities.max(1)
        accuracy.append(float(np.mean(probabilities.argmax(1) == labels)))
        confidence.append(float(sure.mean()))
        quartiles.append(np.quantile(sure, (0.25, 0.75)))
        report((1 + number / len(way.values)) / 2)
    examples = changed(example[None], way)[:, 0]
    return Sensitivity(way, np.array(accuracy), np.array(confidence), np.stack(quartiles), examples)


def changed(images: Image, way: Way, report: Callable[[float], None] = lambda done: None) -> Image:
    """Images `(N, H, W)` changed by each of a way's V values: `(V, N, H, W)`.

    At the way's `unchanged` they are as they were. Image by image, so that what all values need of
    it is found once, and not kept.

    Args:
        report: is told the share done, 0 to 1.
    """
    found = np.empty((len(way.values), *images.shape), np.uint8)
    for number, image in enumerate(images):
        prepared = way.prepare(image / 255)
        for those, value in zip(found, way.values, strict=True):
            if value == way.unchanged:
                those[number] = image
            else:
                those[number] = np.rint(255 * np.clip(way.change(prepared, value), 0, 1))
        report((number + 1) / len(images))
    return found


def _edges(plane: Plane) -> tuple[Plane, Plane | None]:
    """A digit, and in parts of a pixel how far inside its strokes each fine pixel lies.

    That is below 0 outside, and None where there are no strokes, or nothing else.
    """
    ink = ndimage.zoom(plane, _FINE, order=1, grid_mode=True, mode="grid-constant") > 0.5
    if not ink.any() or ink.all():
        return plane, None
    return plane, ndimage.distance_transform_edt(ink) - ndimage.distance_transform_edt(~ink)


def _thickened(edges: tuple[Plane, Plane | None], pixels: float) -> Plane:
    """Strokes wider by so many pixels, or thinner: their edge, at half of white, is moved."""
    plane, inside = edges
    if inside is None:
        return plane
    height, width = plane.shape
    edge = np.clip(inside + _FINE * pixels / 2 + 0.5, 0, 1)  # the fine pixel's share of ink
    return edge.reshape(height, _FINE, width, _FINE).mean((1, 3))


def _mapped(plane: Plane, matrix: Plane, offset: Plane) -> Plane:
    """Each output pixel shows the place that `matrix` about the middle, and `offset`, map it to."""
    middle = (np.array(plane.shape) - 1) / 2
    start = middle - matrix @ middle + offset
    return ndimage.affine_transform(plane, matrix, start, order=1)


def _tilted(plane: Plane, degrees: float) -> Plane:
    """Turned counterclockwise about the middle."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return _mapped(plane, np.array([[cosine, sine], [-sine, cosine]]), np.zeros(2))


def _scaled(plane: Plane, times: float) -> Plane:
    """Enlarged about the middle, or reduced."""
    return _mapped(plane, np.eye(2) / times, np.zeros(2))


def _shifted(plane: Plane, pixels: float) -> Plane:
    """Moved to the right; to the left below 0."""
    return _mapped(plane, np.eye(2), np.array([0.0, -pixels]))


WAYS = (
    Way("stroke width", "pixels wider", (-2, -1.5, -1, -0.5, 0, 1, 2, 3, 4), 0, _thickened, _edges),
    Way("tilt", "degrees, anticlockwise", (-60, -45, -30, -15, 0, 15, 30, 45, 60), 0, _tilted),
    Way("scale", "times as large", (0.4, 0.55, 0.7, 0.85, 1, 1.15, 1.3, 1.45, 1.6), 1, _scaled),
    Way("shift", "pixels to the right", (-8, -6, -4, -2, 0, 2, 4, 6, 8), 0, _shifted),
)
