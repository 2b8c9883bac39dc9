"""Pages of numbers with units behind them, in print or by the pen that wrote the numbers."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
from PIL import ImageDraw, ImageFont

from inkdigits.data import Dataset
from tests.recognition import scenes

_PEN = 0.11  # heights, the width of its strokes
_GAP, _LETTER_GAP = 0.32, 0.12  # heights between digits, and between letters
_BEFORE, _BEHIND = 0.5, 1.2  # heights before a unit, and behind it

JOINED, LONG = "\N{ARABIC PERCENT SIGN}", "\N{COMMERCIAL MINUS SIGN}"  # percents of other hands

Points = Sequence[tuple[float, float]]


def _arc(x: float, y: float, wide: float, high: float, start: int, end: int) -> Points:
    """Part of an ellipse, clockwise from 3 o'clock, in degrees."""
    turns = [math.radians(start + (end - start) * step / 12) for step in range(13)]
    return [(x + wide * math.cos(turn), y + high * math.sin(turn)) for turn in turns]


# Strokes by their points, x and y in heights, y from the digits' top.
LETTERS: dict[str, Sequence[Points]] = {
    "C": [_arc(0.33, 0.5, 0.33, 0.48, -50, -310)],
    "F": [[(0.5, 0.05), (0.02, 0.05), (0, 1)], [(0.02, 0.5), (0.4, 0.5)]],
    "N": [[(0, 1), (0, 0), (0.5, 1), (0.5, 0)]],
    "R": [[(0, 1), (0, 0), (0.35, 0.05), (0.38, 0.35), (0.02, 0.5), (0.45, 1)]],
    "T": [[(0, 0.03), (0.6, 0)], [(0.3, 0), (0.28, 1)]],
    "W": [[(0, 0), (0.2, 1), (0.38, 0.3), (0.56, 1), (0.76, 0)]],
    "a": [_arc(0.2, 0.72, 0.2, 0.27, 0, 360), [(0.42, 0.45), (0.43, 1)]],
    "c": [_arc(0.24, 0.72, 0.24, 0.28, -50, -310)],
    "g": [
        _arc(0.22, 0.68, 0.22, 0.26, 0, -360),
        [(0.45, 0.45), (0.43, 1.2), (0.3, 1.4), (0.02, 1.3)],
    ],
    "h": [[(0, 0), (0, 1)], [(0, 0.65), (0.2, 0.45), (0.38, 0.55), (0.4, 1)]],
    "k": [[(0, 0), (0, 1)], [(0.4, 0.42), (0.02, 0.72), (0.42, 1)]],
    "l": [[(0.02, 0), (0, 1)]],
    "m": [
        [(0, 0.45), (0, 1)],
        [(0, 0.6), (0.15, 0.45), (0.27, 0.55), (0.28, 1)],
        [(0.28, 0.6), (0.42, 0.45), (0.54, 0.55), (0.56, 1)],
    ],
    "o": [_arc(0.22, 0.72, 0.22, 0.27, 0, 360)],
    "s": [[(0.34, 0.5), (0.16, 0.43), (0.03, 0.56), (0.3, 0.8), (0.22, 0.98), (0, 0.92)]],
    "t": [[(0.14, 0.15), (0.14, 0.9), (0.32, 0.98)], [(0, 0.45), (0.32, 0.45)]],
    "/": [[(0.36, -0.1), (0, 1.15)]],
    "°": [_arc(0.13, 0.13, 0.13, 0.13, 0, 360)],
    "%": [
        _arc(0.13, 0.2, 0.13, 0.16, 0, 360),
        [(0.62, 0.02), (0.05, 0.98)],
        _arc(0.56, 0.8, 0.13, 0.16, 0, 360),
    ],
    JOINED: [
        _arc(0.13, 0.2, 0.13, 0.16, 0, 360),
        [(0.24, 0.12), (0.6, 0.02), (0.1, 0.98)],
        _arc(0.56, 0.78, 0.13, 0.17, 0, 360),
    ],
    LONG: [
        _arc(0.13, 0.16, 0.13, 0.16, 0, 360),
        [(0.72, 0), (-0.08, 1)],
        _arc(0.5, 0.84, 0.13, 0.16, 0, 360),
    ],
    "€": [
        _arc(0.45, 0.5, 0.34, 0.48, -50, -310),
        [(0, 0.4), (0.5, 0.4)],
        [(0, 0.6), (0.45, 0.6)],
    ],
}  # fmt: skip


def quantities(
    mnist: Dataset,
    lines: Sequence[str],
    height: int,
    first: int = 0,
    size: float | None = None,
    before: float = _BEFORE,
) -> scenes.Plane:
    """Lines of numbers and units, parted by spaces, on paper.

    Of each digit the one that MNIST's `first` has, and further ones in turn.

    Args:
        height: of digits, in pixels.
        size: of a printer's letters, in heights; None for letters by a pen.
        before: heights from a number to its unit.
    """
    places = {digit: np.flatnonzero(mnist.test.labels == digit)[first:] for digit in range(10)}
    used = dict.fromkeys(places, 0)
    shape = round((2.2 * len(lines) + 1) * height), round((max(map(len, lines)) + 2) * height)
    alpha = np.zeros(shape)
    strokes: list[tuple[float, float, float, float]] = []
    printed: list[tuple[float, int, str]] = []
    font = ImageFont.load_default(scenes.FINE * (size or 1) * height)
    for row, line in enumerate(lines):
        top, left = round((2.2 * row + 1) * height), float(height)
        for word in line.split():
            if not word[0].isdigit():
                left += (before - _GAP) * height
                if size is None:
                    left = _write(word, left, top, height, strokes)
                else:
                    printed.append((left, top + height, word))
                    left += font.getlength(word) / scenes.FINE
                left += _BEHIND * height
                continue
            for mark in word:
                if mark == ".":
                    x, y = left + 0.05 * height, top + 0.93 * height
                    strokes.append((x, y, x + 0.05 * height, y + 0.01 * height))
                    left += 0.42 * height
                    continue
                value = int(mark)
                image = mnist.test.images[places[value][used[value]]]
                used[value] += 1
                glyph = scenes.glyph(image, height)
                part = alpha[top : top + height, round(left) : round(left) + glyph.shape[1]]
                part[:] = np.maximum(part, glyph)
                left += glyph.shape[1] + _GAP * height
    alpha = np.maximum(alpha, scenes.lines(shape, strokes, _PEN * height))
    fine = scenes.FINE

    def print_units(pen: ImageDraw.ImageDraw) -> None:
        for left, foot, word in printed:
            pen.text((fine * left, fine * foot), word, 255, font, anchor="ls")

    return scenes.on_paper(np.maximum(alpha, 0.9 * scenes.drawn(shape, print_units)))


def _write(
    word: str, left: float, top: int, height: int, strokes: list[tuple[float, float, float, float]]
) -> float:
    """Adds a word's strokes, from point to point, and says where it ends."""
    for letter in word:
        edges = []
        for points in LETTERS[letter]:
            placed = [(left + x * height, top + y * height) for x, y in points]
            edges += [x for x, _ in placed]
            strokes += [(*one, *other) for one, other in itertools.pairwise(placed)]
        left = max(edges) + _LETTER_GAP * height
    return left - _LETTER_GAP * height
