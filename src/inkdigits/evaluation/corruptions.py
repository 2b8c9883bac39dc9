"""The 15 corruptions of MNIST-C, made anew from their description, each with a generator.

Mu and Gilmer, 'MNIST-C: A Robustness Benchmark for Computer Vision', 2019, at the strengths chosen
there; noise, blur and weather follow Hendrycks and Dietterich, 'Benchmarking Neural Network
Robustness to Common Corruptions and Perturbations', 2019. Images are `(28, 28) uint8`, white ink
on black.
"""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Image = npt.NDArray[np.uint8]
Plane = Any  # (28, 28) float64, 0 to 1; SciPy has no types
Corruption = Callable[[Plane, np.random.Generator], Plane]

SIDE = 28
_PLACES = np.arange(SIDE, dtype=np.float64)


def corrupt(images: Image, name: str, seed: int) -> Image:
    """Each of `images (N, 28, 28) uint8` by the corruption called `name`, one of `CORRUPTIONS`."""
    rng = np.random.default_rng(seed)
    change = CORRUPTIONS[name]
    corrupted = [np.clip(change(image / 255, rng), 0, 1) for image in images]
    return np.stack([(plane * 255).astype(np.uint8) for plane in corrupted])


def _shot_noise(plane: Plane, rng: np.random.Generator) -> Plane:
    """Photons counted: Poisson noise of 3 at full white."""
    return rng.poisson(plane * 3) / 3


def _impulse_noise(plane: Plane, rng: np.random.Generator) -> Plane:
    """Salt and pepper on 17% of the pixels."""
    struck = rng.random(plane.shape) < 0.17
    return np.where(struck, (rng.random(plane.shape) < 0.5).astype(np.float64), plane)


def _glass_blur(plane: Plane, rng: np.random.Generator) -> Plane:
    """Blurred, near pixels swapped at random twice, blurred again."""
    blurred = ndimage.gaussian_filter(plane, 0.7)
    for _ in range(2):
        for row in range(SIDE - 1, 1, -1):
            for column in range(SIDE - 1, 1, -1):
                if rng.random() < 0.5:
                    down, right = rng.integers(-1, 1, 2)
                    here, there = (row, column), (row + down, column + right)
                    blurred[here], blurred[there] = blurred[there], blurred[here]
    return ndimage.gaussian_filter(blurred, 0.7)


def _motion_blur(plane: Plane, rng: np.random.Generator) -> Plane:
    """Dragged along a direction within 45 degrees of the row, by half a Gaussian of 3 pixels."""
    angle = math.radians(rng.uniform(-45, 45))
    steps = np.arange(10)
    weights = np.exp(-(steps**2) / 18)
    dragged = sum(
        weight * ndimage.shift(plane, (step * math.sin(angle), step * math.cos(angle)), order=1)
        for step, weight in zip(steps, weights / weights.sum(), strict=True)
    )
    return np.asarray(dragged)


def _mapped(plane: Plane, matrix: Plane) -> Plane:
    """Each output pixel shows the place `matrix` (rows and columns from the middle) maps it to."""
    middle = np.full(2, (SIDE - 1) / 2)
    mapped: Plane = ndimage.affine_transform(plane, matrix, middle - matrix @ middle, order=1)
    return mapped


def _sign(rng: np.random.Generator) -> int:
    return int(rng.choice((-1, 1)))


def _shear(plane: Plane, rng: np.random.Generator) -> Plane:
    """Slanted by 0.4 radians to either side."""
    angle = 0.4 * _sign(rng)
    return _mapped(plane, np.array([[math.cos(angle), 0], [-math.sin(angle), 1]]))


def _scale(plane: Plane, rng: np.random.Generator) -> Plane:
    """Reduced to 0.7 of its size."""
    return _mapped(plane, np.eye(2) / 0.7)


def _rotate(plane: Plane, rng: np.random.Generator) -> Plane:
    """Turned by 0.4 radians to either side."""
    sine, cosine = math.sin(0.4) * _sign(rng), math.cos(0.4)
    return _mapped(plane, np.array([[cosine, sine], [-sine, cosine]]))


def _translate(plane: Plane, rng: np.random.Generator) -> Plane:
    """Moved by 3 pixels up or down and 3 to the left or right."""
    moved: Plane = ndimage.shift(plane, (3 * _sign(rng), 3 * _sign(rng)), order=0)
    return moved


def _brightness(plane: Plane, rng: np.random.Generator) -> Plane:
    """Half of full white added."""
    return plane + 0.5


def _stripe(plane: Plane, rng: np.random.Generator) -> Plane:
    """The seven columns at either side inverted."""
    striped = plane.copy()
    for columns in (slice(0, 7), slice(21, 28)):
        striped[:, columns] = 1 - striped[:, columns]
    return striped


def _fog(plane: Plane, rng: np.random.Generator) -> Plane:
    """Fractal fog, three times as strong as the ink, and the whole dimmed."""
    strength, decay = 3.0, 1.4
    fog = _plasma(256, decay, rng)[:SIDE, :SIDE]
    peak = plane.max()
    return (plane + strength * fog) * peak / (peak + strength)


def _plasma(size: int, decay: float, rng: np.random.Generator) -> Plane:
    """Heights `(size, size)` in [0, 1] by the diamond-square algorithm on a torus."""
    heights = np.zeros((size, size))
    step, wobble = size, 100.0

    def wobbled(sums: Plane) -> Plane:
        return sums / 4 + wobble * rng.uniform(-wobble, wobble, sums.shape)

    while step >= 2:
        half = step // 2
        corners = heights[::step, ::step]
        rows = corners + np.roll(corners, -1, 0)
        heights[half::step, half::step] = wobbled(rows + np.roll(rows, -1, 1))
        middles = heights[half::step, half::step]
        beside = corners + np.roll(corners, -1, 1)
        heights[::step, half::step] = wobbled(beside + middles + np.roll(middles, 1, 0))
        heights[half::step, ::step] = wobbled(
            corners + np.roll(corners, -1, 0) + middles + np.roll(middles, 1, 1)
        )
        step, wobble = half, wobble / decay
    heights -= heights.min()
    return heights / heights.max()


def _spatter(plane: Plane, rng: np.random.Generator) -> Plane:
    """Drops of grey mud."""
    drops = ndimage.gaussian_filter(rng.normal(0.65, 0.3, plane.shape), 1) > 0.65
    mud = ndimage.gaussian_filter(drops.astype(np.float64), 1.5)
    mud[mud < 0.8] = 0
    return plane * (1 - mud) + 63 / 255 * mud


def _segment(first: tuple[float, float], last: tuple[float, float]) -> Plane:
    """A fading line between two places (column, row)."""
    (left, top), (right, bottom) = first, last
    if left == right:
        return np.zeros((SIDE, SIDE))
    on_line = top + (bottom - top) / (right - left) * (_PLACES - left)
    distance = np.clip(np.abs(_PLACES[:, None] - on_line), 0, 2.3 - 1e-10)
    line = np.clip(np.log(1 - distance / 2.3) + 1, 0, 1)
    line[:, : max(0, math.floor(left))] = 0
    line[:, max(0, math.ceil(right)) :] = 0
    return line


def _dotted_line(plane: Plane, rng: np.random.Generator) -> Plane:
    """A dotted line from the left to the right border."""
    start, end = rng.integers(0, 27, 2)
    line = _segment((0, start), (27, end))
    line[:, (np.arange(SIDE) // 2) % 2 == 0] = 0
    return plane + line


def _zigzag(plane: Plane, rng: np.random.Generator) -> Plane:
    """A zigzag of 2 pixels' height from left to right."""
    start = rng.integers(0, 27)
    end = start + rng.integers(-5, 5)
    angle = math.atan((end - start) / 23)
    length = 23 / math.cos(angle)
    along = [0.0] + [2.0 * (2 * turn + 1) for turn in range(int((length - 2) // 4) + 1)]
    beside = [0.0] + [2.0 * (-1) ** turn for turn in range(len(along) - 1)]
    along.append(length)
    beside.append(0.0)
    columns = 2 + np.array(along) * math.cos(angle) - np.array(beside) * math.sin(angle)
    rows = start + np.array(along) * math.sin(angle) + np.array(beside) * math.cos(angle)
    points = list(zip(columns, rows, strict=True))
    for first, last in itertools.pairwise(points):
        plane = np.clip(plane + _segment(first, last), 0, 1)
    return plane


def _canny_edges(plane: Plane, rng: np.random.Generator) -> Plane:
    """Only the edges (Canny, 'A Computational Approach to Edge Detection', 1986)."""
    smooth = ndimage.gaussian_filter(plane, 1, mode="constant")
    down, right = ndimage.sobel(smooth, 0), ndimage.sobel(smooth, 1)
    slope = np.hypot(down, right)
    length = np.maximum(slope, 1e-12)
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    highest = slope > 0
    for side in (-1, 1):
        places = [rows + side * down / length, columns + side * right / length]
        beside = ndimage.map_coordinates(slope, places, order=1, mode="constant")
        highest &= slope >= beside if side < 0 else slope > beside
    faint = highest & (slope >= 0.1)
    labels, count = ndimage.label(faint, np.ones((3, 3)))
    strong = np.zeros(count + 1, bool)
    strong[labels[faint & (slope >= 0.2)]] = True
    strong[0] = False
    return strong[labels].astype(np.float64)


CORRUPTIONS: dict[str, Corruption] = {
    "shot_noise": _shot_noise,
    "impulse_noise": _impulse_noise,
    "glass_blur": _glass_blur,
    "motion_blur": _motion_blur,
    "shear": _shear,
    "scale": _scale,
    "rotate": _rotate,
    "brightness": _brightness,
    "translate": _translate,
    "stripe": _stripe,
    "fog": _fog,
    "spatter": _spatter,
    "dotted_line": _dotted_line,
    "zigzag": _zigzag,
    "canny_edges": _canny_edges,
}
