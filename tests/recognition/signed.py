"""Pages of numbers with points, dashes and other signs, as a pen writes them."""

from collections.abc import Sequence

import numpy as np

from inkdigits.data import Dataset
from tests.recognition import scenes

_PEN = 0.13  # heights, the width of its strokes
SHORT = "\N{FRACTION SLASH}"  # a slash hardly longer than the digits
_GAP = 0.3  # heights between two signs or digits
# Strokes from x, y to x, y in heights, y from the digits' top; a dot is a short one.
STROKES: dict[str, Sequence[tuple[float, float, float, float]]] = {
    ".": [(0.05, 0.93, 0.1, 0.94)],
    ",": [(0.16, 0.85, 0.02, 1.2)],
    ":": [(0.05, 0.28, 0.08, 0.28), (0.05, 0.88, 0.08, 0.88)],
    "-": [(0, 0.52, 0.5, 0.5)],
    "/": [(0.4, -0.12, 0, 1.15)],
    SHORT: [(0.36, 0.02, 0, 1.02)],
    "=": [(0, 0.4, 0.5, 0.38), (0, 0.68, 0.5, 0.66)],
    "+": [(0, 0.55, 0.6, 0.55), (0.3, 0.25, 0.3, 0.85)],
    "×": [(0, 0.3, 0.5, 0.85), (0.5, 0.3, 0, 0.85)],
    "÷": [(0, 0.55, 0.6, 0.55), (0.28, 0.22, 0.31, 0.22), (0.28, 0.88, 0.31, 0.88)],
    "!": [(0.12, 0, 0.08, 0.68), (0.05, 0.94, 0.08, 0.94)],
    "?": [
        (0, 0.15, 0.2, 0),
        (0.2, 0, 0.42, 0.12),
        (0.42, 0.12, 0.4, 0.3),
        (0.4, 0.3, 0.2, 0.48),
        (0.2, 0.48, 0.2, 0.7),
        (0.2, 0.94, 0.22, 0.94),
    ],
    "w": [
        (0, 0.4, 0.12, 0.9),
        (0.12, 0.9, 0.26, 0.5),
        (0.26, 0.5, 0.4, 0.9),
        (0.4, 0.9, 0.52, 0.4),
    ],
}


def numbers(mnist: Dataset, lines: Sequence[str], height: int, first: int = 0) -> scenes.Plane:
    """Lines of digits and signs on paper; of each digit that MNIST's `first` has, in turn.

    A space is a gap of a height and a half.
    """
    places = {digit: np.flatnonzero(mnist.test.labels == digit)[first:] for digit in range(10)}
    used = dict.fromkeys(places, 0)
    shape = round((2 * len(lines) + 1) * height), round((max(map(len, lines)) + 2) * height)
    alpha, ends = np.zeros(shape), []
    for row, text in enumerate(lines):
        top, left = round((2 * row + 1) * height), float(height)
        for mark in text:
            if mark == " ":
                left += 1.5 * height
                continue
            if mark.isdigit():
                place = places[int(mark)][used[int(mark)]]
                used[int(mark)] += 1
                glyph = scenes.glyph(mnist.test.images[place], height)
                part = alpha[top : top + height, round(left) : round(left) + glyph.shape[1]]
                part[:] = np.maximum(part, glyph)
                left += glyph.shape[1]
            else:
                strokes = np.array(STROKES[mark]) * height + [left, top, left, top]
                ends += [tuple(map(float, stroke)) for stroke in strokes]
                left = strokes[:, ::2].max()
            left += _GAP * height
    drawn = scenes.lines(shape, [_long(each, height) for each in ends], _PEN * height)
    return scenes.on_paper(np.maximum(alpha, drawn))


def _long(stroke: tuple[float, ...], height: int) -> tuple[float, float, float, float]:
    """A stroke at least as long as the pen is wide, so that dots are seen."""
    x, y, end, foot = stroke
    least = _PEN * height / 2
    if abs(end - x) + abs(foot - y) < 2 * least:
        return (x + end) / 2 - least, y, (x + end) / 2 + least, foot
    return x, y, end, foot


def hanging(mnist: Dataset, rows: Sequence[Sequence[int]], height: int) -> tuple[scenes.Plane, str]:
    """Rows of test digits with commas between that begin at the digits' foot."""
    page = scenes.written(mnist, rows, height, gap=0.5)
    ends = [
        (right + 0.26 * height, bottom - 1.0, right + 0.16 * height, bottom + 0.46 * height)
        for row in page.boxes
        for _, _, right, bottom in row[:-1]
    ]
    commas = scenes.lines(page.alpha.shape, ends, _PEN * height)
    return scenes.on_paper(np.maximum(page.alpha, commas)), page.text
