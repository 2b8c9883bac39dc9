"""Ways of writing digits that MNIST's writers hardly had, drawn apart from what training draws.

Corners in a box of 1 by 1, y downwards, as in `strokes.py`; a hand that shakes moves them.
"""

import math

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from tests.recognition.strokes import Strokes, ring

Levels = npt.NDArray[np.float64]  # how much of each pixel is ink, in [0, 1]

OVAL = ring(0, 1, 0.1, 0.9)
WAYS: dict[str, tuple[int, Strokes]] = {
    "a narrow 0": (0, [ring(0, 1, 0.27, 0.73)]),
    "a 0 with a slash": (0, [OVAL, [(0.7, 0.22), (0.3, 0.78)]]),
    "a 0 with a slash beyond it": (0, [OVAL, [(1.0, -0.08), (0.0, 1.08)]]),
    "a 1 with a short flag": (1, [[(0.36, 0.16), (0.5, 0), (0.5, 1)]]),
    "a 1 with a long flag": (1, [[(0.1, 0.45), (0.5, 0), (0.5, 1)]]),
    "a 1 with a level flag": (1, [[(0.2, 0.12), (0.5, 0), (0.5, 1)]]),
    "a 1 with flag and foot": (1, [[(0.28, 0.22), (0.5, 0), (0.5, 1)], [(0.22, 1), (0.78, 1)]]),
    "a 2 like a Z": (2, [[(0.1, 0.05), (0.85, 0.03), (0.12, 0.98), (0.9, 0.97)]]),
    "a 4 open above": (4, [[(0.3, 0), (0.12, 0.62), (0.95, 0.6)], [(0.72, 0.25), (0.68, 1)]]),
    "a 4 like a bolt": (4, [[(0.45, 0), (0.05, 0.6), (0.9, 0.55)], [(0.6, 0.35), (0.5, 1)]]),
    "a 5 of straight lines": (
        5,
        [[(0.85, 0), (0.2, 0), (0.18, 0.42), (0.8, 0.45), (0.82, 0.97), (0.1, 1)]],
    ),
    "a 7 with a bar": (7, [[(0.08, 0.03), (0.9, 0), (0.4, 1)], [(0.3, 0.5), (0.88, 0.47)]]),
    "a 7 with a serif and a bar": (
        7,
        [[(0.1, 0.2), (0.12, 0.03), (0.9, 0), (0.45, 1)], [(0.32, 0.5), (0.88, 0.48)]],
    ),
    "a 7 that stands upright": (7, [[(0.1, 0.02), (0.8, 0), (0.75, 1)]]),
}


def written(way: str, height: float, pen: float, rng: np.random.Generator) -> Levels:
    """A digit of so many pixels, by a pen as wide as that, as a hand writes it: cut to its ink."""
    _, strokes = WAYS[way]
    wide, slant = rng.uniform(0.5, 0.85), math.tan(math.radians(rng.normal(6, 8)))
    lines = []
    for stroke in strokes:
        x, y = (np.array(stroke) + rng.normal(0, 0.025, (len(stroke), 2))).T
        lines.append(np.stack((wide * (x - 0.5) - slant * (y - 0.5), y), 1))
    points = np.concatenate(lines)
    scale, margin = height / np.ptp(points[:, 1]), pen / 2 + 1
    size = np.ceil(np.ptp(points, axis=0) * scale + 2 * margin).astype(int)
    image = Image.new("L", (4 * int(size[0]), 4 * int(size[1])))
    draw, reach = ImageDraw.Draw(image), 2 * pen
    for line in lines:
        corners = 4 * ((line - points.min(0)) * scale + margin)
        draw.line([(x, y) for x, y in corners.tolist()], fill=255, width=round(4 * pen))
        for x, y in corners:  # round ends and corners
            draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=255)
    return np.asarray(image.reduce(4)) / 255


def alone(way: str, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """A picture of 200 by 200 pixels with one in its middle, black on white."""
    ink = written(way, 140, rng.uniform(5, 18), rng)
    page = np.zeros((220, 220))
    top, left = (220 - ink.shape[0]) // 2, (220 - ink.shape[1]) // 2
    page[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return np.rint(255 * (1 - page[10:-10, 10:-10])).astype(np.uint8)


def page_of(ways: list[list[str]], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Rows of them, on paper with some noise."""
    height = rng.uniform(30, 60)
    pen = height * rng.uniform(0.06, 0.12)
    rows = [[written(way, height * rng.uniform(0.92, 1.08), pen, rng) for way in row]
            for row in ways]  # fmt: skip
    widest = max(sum(ink.shape[1] for ink in row) + 0.45 * height * len(row) for row in rows)
    page = np.zeros((int((1.8 * len(rows) + 1.5) * height), int(widest + 2.5 * height)))
    for number, row in enumerate(rows):
        left = int(1.2 * height)
        for ink in row:
            top = int((1 + 1.8 * number + rng.normal(0, 0.03)) * height)
            part = page[top : top + ink.shape[0], left : left + ink.shape[1]]
            np.maximum(part, ink, out=part)
            left += int(ink.shape[1] + height * rng.uniform(0.25, 0.45))
    levels = 225 * (1 - 0.75 * page) + rng.normal(0, 2.5, page.shape)
    return levels.round().clip(0, 255).astype(np.uint8)
