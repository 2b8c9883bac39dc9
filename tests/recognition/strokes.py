"""Digits drawn with a pen of even width, each alone on a picture, as on a drawing pad."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Strokes = Sequence[Sequence[tuple[float, float]]]  # corners in a box of 1 by 1, y downwards

# Corners of each digit's strokes in a box of its own.
STROKES: dict[int, list[list[tuple[float, float]]]] = {
    0: [[(0.5, 0.0), (0.1, 0.3), (0.1, 0.7), (0.5, 1.0), (0.9, 0.7), (0.9, 0.3), (0.5, 0.0)]],
    1: [[(0.3, 0.2), (0.5, 0.0), (0.5, 1.0)]],
    2: [[(0.1, 0.2), (0.5, 0.0), (0.9, 0.25), (0.6, 0.6), (0.1, 1.0), (0.95, 0.98)]],
    3: [[(0.1, 0.1), (0.5, 0.0), (0.85, 0.2), (0.45, 0.47), (0.9, 0.75), (0.5, 1.0), (0.1, 0.9)]],
    4: [[(0.6, 0.0), (0.1, 0.65), (0.95, 0.65)], [(0.7, 0.35), (0.65, 1.0)]],
    5: [[(0.9, 0.0), (0.2, 0.03), (0.15, 0.45), (0.6, 0.4), (0.9, 0.7), (0.5, 1.0), (0.1, 0.9)]],
    6: [[(0.7, 0.0), (0.2, 0.5), (0.2, 0.85), (0.5, 1.0), (0.85, 0.8), (0.5, 0.55), (0.2, 0.75)]],
    7: [[(0.05, 0.05), (0.9, 0.03), (0.4, 1.0)]],
    8: [[(0.8, 0.15), (0.45, 0.0), (0.2, 0.25), (0.8, 0.7), (0.5, 1.0), (0.15, 0.75), (0.8, 0.15)]],
    9: [[(0.85, 0.2), (0.5, 0.0), (0.15, 0.3), (0.5, 0.5), (0.85, 0.2), (0.75, 1.0)]],
}
# Ways of writing that MNIST hardly holds, with the digit that each is.
EUROPEAN = {
    length: [[(0.5 - length, 0.9 * length), (0.5, 0.0)], [(0.5, 0.0), (0.5, 1.0)]]
    for length in (0.5, 0.65, 0.8)
}


def ring(top: float, bottom: float, left: float, right: float) -> list[tuple[float, float]]:
    """An ellipse in a box."""
    turns = np.linspace(0, 2 * np.pi, 25)
    across, down = (left + right) / 2, (top + bottom) / 2
    xs, ys = across + (right - left) / 2 * np.sin(turns), down - (bottom - top) / 2 * np.cos(turns)
    return list(zip(xs.tolist(), ys.tolist(), strict=True))


APART: dict[str, tuple[int, Strokes]] = {
    "a 4 of a hook and a bar": (
        4,
        [
            [(0.3, 0.0), (0.05, 0.25), (0.1, 0.42), (0.4, 0.52), (0.72, 0.5)],
            [(0.8, 0.03), (0.78, 1.0)],
        ],
    ),
    "an 8 of two rings": (8, [ring(0, 0.44, 0.15, 0.75), ring(0.5, 1, 0.05, 0.85)]),
    "a 9 of a ring and a hook": (
        9,
        [ring(0, 0.5, 0.1, 0.8), [(0.88, 0.2), (0.88, 0.75), (0.8, 0.93), (0.5, 1), (0.1, 0.88)]],
    ),
}
CARET = [[(0.05, 1.0), (0.5, 0.0)], [(0.5, 0.0), (0.95, 1.0)]]


def drawn(
    strokes: Strokes, side: int, pen: int, share: float = 0.7, wide: float = 0.6
) -> npt.NDArray[np.uint8]:
    """A picture `(side, side)`, black on white, with a digit of these strokes in its middle.

    Args:
        strokes: the corners of each.
        side: of the picture, in pixels.
        pen: its width, in pixels.
        share: of the side, that the digit is high.
        wide: of its height, that the digit is wide.
    """
    image = Image.new("L", (side, side), 255)
    draw, high = ImageDraw.Draw(image), share * side
    start = np.array([(side - wide * high) / 2, (side - high) / 2])
    for stroke in strokes:
        corners = start + np.array(stroke) * [wide * high, high]
        draw.line([(x, y) for x, y in corners.tolist()], fill=0, width=pen, joint="curve")
    return np.asarray(image)


def digit(value: int, side: int, pen: int) -> npt.NDArray[np.uint8]:
    """The same of a digit as one would draw it."""
    return drawn(STROKES[value], side, pen)
