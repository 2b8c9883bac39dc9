"""Forms: digits in boxes, frames and combs that are printed for them, as a scanner shows them."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from inkdigits.data import Dataset
from tests.recognition.pages import Plane

CELL = 56  # pixels
DIGIT = 36  # pixels that a digit is high
PAPER, LINE, INK = 240, 70, 50
Draw = Callable[[ImageDraw.ImageDraw, int, int, int, int], None]


def _boxes(pen: ImageDraw.ImageDraw, top: int, left: int, count: int, wide: int) -> None:
    for place in range(count):
        corner = left + CELL * place, top
        pen.rectangle((*corner, corner[0] + CELL, top + CELL), outline=255, width=wide)


def _gaps(pen: ImageDraw.ImageDraw, top: int, left: int, count: int, wide: int) -> None:
    for place in range(count):
        corner = left + CELL * place + 4, top
        pen.rectangle((*corner, corner[0] + CELL - 8, top + CELL), outline=255, width=wide)


def _field(pen: ImageDraw.ImageDraw, top: int, left: int, count: int, wide: int) -> None:
    pen.rectangle((left - 9, top, left + CELL * count + 9, top + CELL), outline=255, width=wide)


def _comb(pen: ImageDraw.ImageDraw, top: int, left: int, count: int, wide: int) -> None:
    foot = top + CELL
    pen.line((left, foot, left + CELL * count, foot), fill=255, width=wide)
    for place in range(count + 1):
        column = left + CELL * place
        pen.line((column, foot - CELL // 4, column, foot), fill=255, width=wide)


def _open(pen: ImageDraw.ImageDraw, top: int, left: int, count: int, wide: int) -> None:
    foot = top + CELL
    for place in range(count):
        start, end = left + CELL * place + 3, left + CELL * (place + 1) - 3
        pen.line((start, top, start, foot, end, foot, end, top), fill=255, width=wide)


KINDS: dict[str, Draw] = {
    "boxes": _boxes,
    "gaps": _gaps,
    "field": _field,
    "comb": _comb,
    "open": _open,
}


def form(
    mnist: Dataset,
    kind: str,
    rows: list[list[int]],
    *,
    wide: int = 2,
    turned: float = 0.8,
    low: int = 0,
    is_filled: bool = True,
) -> tuple[Plane, str]:
    """Test images in the printed fields of a form, a row below the other; and their digits.

    Args:
        kind: of `KINDS`.
        rows: the images' places.
        wide: pixels, the printed lines.
        turned: degrees, as sheets lie in a scanner.
        low: pixels that the digits are below the middle of their fields.
        is_filled: whether the digits are there.
    """
    size = 12 * CELL, (2 * len(rows) + 1) * CELL
    printed, written = Image.new("L", size), Image.new("L", size)
    pen = ImageDraw.Draw(printed)
    for number, places in enumerate(rows):
        top, left = (2 * number + 1) * CELL, (2 + number % 3) * CELL
        KINDS[kind](pen, top, left, len(places), wide)
        for place, image in enumerate(places if is_filled else []):
            digit = glyph(mnist.test.images[image], DIGIT, CELL - 12)
            across = left + CELL * place + (CELL - digit.width) // 2
            written.paste(255, (across, top + (CELL - DIGIT) // 2 + low), digit)
    ink = np.maximum(
        np.asarray(printed, float) * (PAPER - LINE), np.asarray(written, float) * (PAPER - INK)
    )
    levels = Image.fromarray((PAPER - ink / 255).astype(np.uint8))
    levels = levels.rotate(turned, Image.Resampling.BICUBIC, fillcolor=PAPER)
    text = "\n".join("".join(str(mnist.test.labels[place]) for place in row) for row in rows)
    return np.asarray(levels.filter(ImageFilter.GaussianBlur(0.6))), text


def glyph(image: Plane, height: int, widest: int) -> Image.Image:
    """A digit cut out, so many pixels high and at most so many wide."""
    rows, columns = np.flatnonzero((image > 90).any(1)), np.flatnonzero((image > 90).any(0))
    cut = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    width = max(1, round(cut.width * height / cut.height))
    return cut.resize((min(width, widest), height), Image.Resampling.BICUBIC)
