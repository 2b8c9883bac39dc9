"""Boxes that somebody drew for digits: crooked, a little open or beyond their corners."""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from inkdigits.data import Dataset
from tests.recognition.forms import glyph
from tests.recognition.pages import Plane

CELL = 60  # pixels
DIGIT = 36  # pixels that a digit is high
FINER = 3  # times, that sides are drawn larger
OFF, OVER = 1.8, 3.6  # pixels that a side bends, and that it ends beyond or before a corner
PAPER, INK = 240, 50
Point = tuple[float, float]
Sides = list[tuple[Point, Point]]  # column and row


def _row(top: float, left: float, count: int, rng: np.random.Generator) -> Sides:
    """Boxes side by side, with one line between two of them."""
    right, foot = left + count * CELL, top + CELL
    level: Sides = [((left - OVER, row), (right + OVER, row)) for row in (top, foot)]
    upright: Sides = []
    for place in range(count + 1):
        above, below = left + place * CELL + rng.normal(0, 1.5, 2)
        upright.append(((above, top - OVER / 2), (below, foot + OVER / 2)))
    return level + upright


def _apart(top: float, left: float, count: int, rng: np.random.Generator) -> Sides:
    """Each with sides of its own, that may meet the next one's."""
    places = [left + (place + 0.06) * CELL for place in range(count)]
    return [side for place in places for side in _box(top, place, 0.88 * CELL, rng)]


def _field(top: float, left: float, count: int, rng: np.random.Generator) -> Sides:
    """One for all digits."""
    return _box(top, left - 12, count * CELL + 24, rng)


def _box(top: float, left: float, width: float, rng: np.random.Generator) -> Sides:
    right, foot = left + width, top + CELL
    sides: Sides = []
    for row in (top, foot):
        first, last = row + rng.normal(0, 1.2, 2)
        over = rng.uniform(-OVER / 2, OVER / 2, 2)
        sides.append(((left - over[0], first), (right + over[1], last)))
    for column in (left, right):
        first, last = column + rng.normal(0, 1.2, 2)
        over = rng.uniform(-OVER / 2, OVER / 2, 2)
        sides.append(((first, top - over[0]), (last, foot + over[1])))
    return sides


KINDS: dict[str, Callable[[float, float, int, np.random.Generator], Sides]] = {
    "row": _row,
    "apart": _apart,
    "field": _field,
}


def boxes(kind: str, counts: Sequence[int], rng: np.random.Generator, pen: float = 2.5) -> Plane:
    """Rows of so many drawn boxes, one below the other, as `page` has them: 255 is ink.

    Args:
        kind: of `KINDS`.
        pen: pixels that sides are thick.
    """
    size = FINER * (max(counts) + 3) * CELL, FINER * (2 * len(counts) + 1) * CELL
    large = Image.new("L", size)
    draw = ImageDraw.Draw(large)
    for number, count in enumerate(counts):
        for start, end in KINDS[kind]((2 * number + 1) * CELL, 1.5 * CELL, count, rng):
            _stroke(draw, np.array(start), np.array(end), pen, rng)
    return np.asarray(large.reduce(FINER))


def _stroke(
    draw: ImageDraw.ImageDraw,
    start: np.ndarray[tuple[int], np.dtype[np.float64]],
    end: np.ndarray[tuple[int], np.dtype[np.float64]],
    pen: float,
    rng: np.random.Generator,
) -> None:
    along = np.linspace(0, 1, 24)
    length = float(np.hypot(*(end - start)))
    bend = sum(
        rng.normal(0, OFF / wave) * np.sin(np.pi * wave * along + rng.uniform(0, 3))
        for wave in (1, 2, 3)
    )
    aside = np.array([-1, 1]) * (end - start)[::-1] / length
    points = start + along[:, None] * (end - start) + np.asarray(bend)[:, None] * aside
    places = [(float(column), float(row)) for column, row in FINER * points]
    draw.line(places, 255, round(FINER * pen), joint="curve")


def page(mnist: Dataset, kind: str, rows: list[list[int]], seed: int = 0) -> tuple[Plane, str]:
    """Test images in drawn boxes, a row below the other; and their digits.

    Args:
        rows: the images' places.
    """
    rng = np.random.default_rng(seed)
    drawn = boxes(kind, [len(places) for places in rows], rng)
    written = Image.new("L", drawn.shape[::-1])
    for number, places in enumerate(rows):
        for place, image in enumerate(places):
            digit = glyph(mnist.test.images[image], DIGIT, CELL - 16)
            across = (1.5 + place) * CELL + (CELL - digit.width) / 2
            written.paste(255, (round(across), round((2 * number + 1.2) * CELL)), digit)
    levels = PAPER - np.maximum(drawn, np.asarray(written)) / 255.0 * (PAPER - INK)
    picture = Image.fromarray(levels.astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.6))
    text = "\n".join("".join(str(mnist.test.labels[place]) for place in row) for row in rows)
    return np.asarray(picture), text
