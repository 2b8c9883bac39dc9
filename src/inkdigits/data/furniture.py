"""What stands on pages beside digits: lines, boxes, brackets, rings, signs, labels, words."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from inkdigits.data.fonts import font_files

Alpha = npt.NDArray[np.floating[Any]]  # how much of each pixel is ink, in [0, 1]
Box = tuple[float, float, float, float]  # left, top, right, bottom
Ends = tuple[float, float, float, float]  # of a line: x, y, x, y

_FINE = 2  # times the size that lines and letters are drawn in
_LETTERS = tuple("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_BEYOND = 9  # pixels that a page's rulings reach beyond it


@dataclass(frozen=True)
class Rows:
    """Where a page's digits stand.

    Attributes:
        shape: of the page, height and width in pixels.
        boxes: of each row's digits, from left to right; no row is empty.
        height: of a digit, in pixels.
    """

    shape: tuple[int, int]
    boxes: Sequence[Sequence[Box]]
    height: int

    def one(self, rng: np.random.Generator) -> Sequence[Box]:
        """Any row's boxes."""
        return self.boxes[int(rng.integers(len(self.boxes)))]


Piece = Callable[[Rows, np.random.Generator], Alpha]


def _underlines(rows: Rows, rng: np.random.Generator) -> Alpha:
    low, reach = rng.normal(0, 0.1) * rows.height, rng.uniform(0, 0.5) * rows.height
    lines = []
    for row in rows.boxes:
        foot = _bottom(row) + low
        slope = rng.normal(0, 0.05) * rows.height
        lines.append((row[0][0] - reach, foot, row[-1][2] + reach, foot + slope))
    return _lines(rows, lines, _pen(rows, rng))


def _ruling(rows: Rows, rng: np.random.Generator) -> Alpha:
    """Fainter lines across the page, sometimes both ways."""
    pitch, (tall, wide) = rng.uniform(0.5, 2.2) * rows.height, rows.shape
    first = rng.uniform(0, pitch, 2)
    lines = [(-_BEYOND, y, wide + _BEYOND, y) for y in np.arange(first[0], tall, pitch)]
    if rng.random() < 0.3:
        lines += [(x, -_BEYOND, x, tall + _BEYOND) for x in np.arange(first[1], wide, pitch)]
    return np.float32(rng.uniform(0.15, 0.8)) * _lines(rows, lines, _pen(rows, rng, 0.5))


def _boxes(rows: Rows, rng: np.random.Generator) -> Alpha:
    """A box for each digit, side by side."""
    pad, lines = rng.uniform(0.02, 0.35) * rows.height, []
    for row in rows.boxes:
        top, bottom = min(box[1] for box in row) - pad, _bottom(row) + pad
        edges = [row[0][0] - pad, *_between(row), row[-1][2] + pad]
        lines += [(x, top, x, bottom) for x in edges]
        lines += [(edges[0], y, edges[-1], y) for y in (top, bottom)]
    return _lines(rows, lines, _pen(rows, rng))


def _ticks(rows: Rows, rng: np.random.Generator) -> Alpha:
    """Short upright lines that part the places of a number."""
    lines = []
    for row in rows.boxes:
        low = _bottom(row) + rng.uniform(-0.05, 0.25) * rows.height
        lines += [(x, low, x, low - 0.35 * rows.height) for x in _between(row)]
    return _lines(rows, lines, _pen(rows, rng))


def _brackets(rows: Rows, rng: np.random.Generator) -> Alpha:
    """Round ones about some digits of a row."""
    row = rows.one(rng)
    first = int(rng.integers(len(row)))
    last = int(rng.integers(first, len(row)))
    above, below, away = rng.uniform((0, 0, 0.1), (0.2, 0.2, 0.3)) * rows.height
    reach, width = rng.uniform(0.15, 0.4) * rows.height, _pen(rows, rng)
    # A row may rise by more than a digit's height.
    top, bottom = sorted((row[first][1] - above, row[last][3] + below))
    left, right = row[first][0] - away, row[last][2] + away

    def draw(pen: ImageDraw.ImageDraw) -> None:
        for middle, start in ((left + reach, 100), (right - reach, -80)):
            box = (middle - reach, top, middle + reach, bottom)
            pen.arc(_fine(box), start, start + 160, 255, width)

    return _drawn(rows.shape, draw)


def _rings(rows: Rows, rng: np.random.Generator) -> Alpha:
    """Drawn around digits."""
    pad, width = rng.uniform(0.1, 0.4) * rows.height, _pen(rows, rng)
    rounded = [box for row in rows.boxes for box in row[:: int(rng.integers(1, 4))]]

    def draw(pen: ImageDraw.ImageDraw) -> None:
        for left, top, right, bottom in rounded:
            around = (left - pad, top - pad, right + pad, bottom + pad)
            pen.ellipse(_fine(around), outline=255, width=width)

    return _drawn(rows.shape, draw)


def _strike(rows: Rows, rng: np.random.Generator) -> Alpha:
    """A line through a row."""
    row, reach = rows.one(rng), 0.2 * rows.height
    y = row[0][1] + rng.uniform(0.3, 0.7) * rows.height
    end = y + rng.normal(0, 0.1) * rows.height
    return _lines(rows, [(row[0][0] - reach, y, row[-1][2] + reach, end)], _pen(rows, rng))


def _signs(rows: Rows, rng: np.random.Generator) -> Alpha:
    """Dashes, slashes, points, pluses and crosses between digits."""
    lines: list[Ends] = []
    for row in rows.boxes:
        for x, (_, top, _, bottom) in zip(_between(row), row, strict=False):
            if rng.random() < 0.4:
                half = rng.uniform(0.05, 0.25) * rows.height
                lines += _sign(x, (top + bottom) / 2, half, bottom, int(rng.integers(5)))
    return _lines(rows, lines, _pen(rows, rng))


def _sign(x: float, y: float, half: float, foot: float, kind: int) -> list[Ends]:
    dash = (x - half, y, x + half, y)
    falling, rising = (
        (x - half, y - half, x + half, y + half),
        (x - half, y + half, x + half, y - half),
    )
    signs: list[list[Ends]] = [
        [dash],
        [(x - half / 2, y + 2 * half, x + half / 2, y - 2 * half)],
        [dash, (x, y - half, x, y + half)],
        [(x, foot - 1, x + 1, foot)],
        [falling, rising],
    ]
    return signs[kind]


def _label(rows: Rows, rng: np.random.Generator) -> Alpha:
    """A word before, above or behind a row."""
    row, height = rows.one(rng), rows.height
    size, word = rng.uniform(0.3, 0.9) * height, _word(rng)
    places = (
        (row[0][0] - 0.55 * len(word) * size, row[0][3] - size),
        (row[0][0] + rng.normal() * height, row[0][1] - rng.uniform(1.1, 1.8) * size),
        (row[-1][2] + 0.3 * height, row[-1][3] - size),
    )
    return _text(rows.shape, [(*places[rng.integers(3)], word)], size, rng)


def _words(rows: Rows, rng: np.random.Generator) -> Alpha:
    """Lines of words, anywhere."""
    size, places = rng.uniform(0.4, 1.3) * rows.height, []
    for _ in range(int(rng.integers(1, 4))):
        text = " ".join(_word(rng) for _ in range(int(rng.integers(1, 4))))
        down, across = rng.uniform(0, (1, 0.5)) * rows.shape
        places.append((across, down, text))
    return _text(rows.shape, places, size, rng)


# Each with its chance to stand on a page.
PIECES: tuple[tuple[Piece, float], ...] = (
    (_underlines, 0.12),
    (_ruling, 0.12),
    (_boxes, 0.08),
    (_ticks, 0.05),
    (_brackets, 0.12),
    (_rings, 0.06),
    (_strike, 0.05),
    (_signs, 0.12),
    (_label, 0.20),
    (_words, 0.15),
)


def _bottom(row: Sequence[Box]) -> float:
    return max(box[3] for box in row)


def _between(row: Sequence[Box]) -> list[float]:
    """The middle of the gap between each digit and the next."""
    return [(one[2] + other[0]) / 2 for one, other in itertools.pairwise(row)]


def _word(rng: np.random.Generator) -> str:
    return "".join(rng.choice(_LETTERS, int(rng.integers(1, 8))))


def _pen(rows: Rows, rng: np.random.Generator, share: float = 1.0) -> int:
    """A width, in fine pixels."""
    return max(1, round(_FINE * share * rng.uniform(0.03, 0.13) * rows.height))


def _fine(box: Box) -> list[float]:
    return [_FINE * edge for edge in box]


def _lines(rows: Rows, lines: Sequence[Ends], width: int) -> Alpha:
    def draw(pen: ImageDraw.ImageDraw) -> None:
        for ends in lines:
            pen.line(_fine(ends), 255, width)

    return _drawn(rows.shape, draw)


def _text(
    shape: tuple[int, int],
    places: Sequence[tuple[float, float, str]],
    size: float,
    rng: np.random.Generator,
) -> Alpha:
    files = font_files()
    path = files[rng.integers(len(files))]
    font = ImageFont.truetype(str(path), max(8, round(_FINE * size)))

    def draw(pen: ImageDraw.ImageDraw) -> None:
        for x, y, text in places:
            pen.text((_FINE * x, _FINE * y), text, 255, font)

    return np.float32(rng.uniform(0.6, 1)) * _drawn(shape, draw)


def _drawn(shape: tuple[int, int], draw: Callable[[ImageDraw.ImageDraw], None]) -> Alpha:
    canvas = Image.new("L", (_FINE * shape[1], _FINE * shape[0]))
    draw(ImageDraw.Draw(canvas))
    return np.asarray(canvas.resize(shape[::-1], Image.Resampling.BOX)) / np.float32(255)
