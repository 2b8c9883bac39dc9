"""Print, brackets, ticks and bar codes beside MNIST's digits, each page on a canvas of its own."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import ImageDraw, ImageFont

from inkdigits.data import Dataset
from tests.recognition.scenes import FINE, Plane, drawn, lines, on_paper, written

# Modules of a bar code's bars and gaps in turn: UPC-A of 036000291452.
CODE = [1, 1, 1, 3, 2, 1, 1, 1, 4, 1, 1, 1, 1, 1, 4, 3, 2, 1, 1, 3, 2, 1, 1, 3, 2, 1, 1]
CODE += [1, 1, 1, 1, 1, 2, 1, 2, 2, 3, 1, 1, 2, 2, 2, 2, 1, 1, 1, 3, 2, 1, 2, 3, 1, 2, 1, 2, 2]
CODE += [1, 1, 1]


def labelled(
    mnist: Dataset, places: Sequence[int], height: int, label: str, size: float
) -> tuple[Plane, str]:
    """A number below a printed label, of `size` digits' heights."""
    page = written(mnist, [places], height)
    alpha = np.pad(page.alpha, ((height // 2, 0), (0, 3 * height)))
    font = ImageFont.load_default(FINE * size * height)
    place = FINE * 0.8 * height, FINE * 0.5 * height
    printed = drawn(alpha.shape, lambda pen: pen.text(place, label, 255, font))
    return on_paper(np.maximum(alpha, 0.85 * printed)), page.text


def form(
    mnist: Dataset, digits: Sequence[Sequence[int]], height: int, labels: Sequence[str], unit: str
) -> tuple[Plane, str]:
    """Numbers to the right of printed labels and before a unit, in letters half as high."""
    page = written(mnist, digits, height, line=2.0)
    left = round(2.5 * height)
    alpha = np.pad(page.alpha, ((0, 0), (left, 2 * height)))
    font = ImageFont.load_default(FINE * 0.6 * height)

    def draw(pen: ImageDraw.ImageDraw) -> None:
        for row, label in enumerate(labels):
            _, end, lowest = page.ends(row)
            foot = FINE * (lowest - 0.1 * height)
            pen.text((FINE * 0.5 * height, foot), label, 255, font, anchor="ls")
            pen.text((FINE * (left + end + 0.4 * height), foot), unit, 255, font, anchor="ls")

    return on_paper(np.maximum(alpha, 0.85 * drawn(alpha.shape, draw))), page.text


def letters(font: Path, size: int) -> Plane:
    """A page of words in a script, no digit among them."""
    words = "the of and to in is you that it he was for on are as with his they at be this have or"
    lines = textwrap.wrap(f"{words} one had by word but not what all were we when your can", 30)
    return printed("\n".join(lines), font, size)


def printed(text: str, font: Path, size: int) -> Plane:
    """Lines of text in a script."""
    lines = text.splitlines()
    shape = (2 * len(lines) + 2) * size, (max(map(len, lines)) // 2 + 2) * size
    script = ImageFont.truetype(font, FINE * size)

    def written(pen: ImageDraw.ImageDraw) -> None:
        for row, line in enumerate(lines):
            pen.text((FINE * size, FINE * size * (1.7 * row + 1)), line, 255, script)

    return on_paper(drawn(shape, written))


def bracketed(mnist: Dataset, places: Sequence[int], height: int, closes: int) -> tuple[Plane, str]:
    """A line whose first digits, so many, stand in brackets."""
    page = written(mnist, [places], height, gap=0.55, margin=1.2)
    left, top = page.boxes[0][0][:2]
    right = page.boxes[0][closes - 1][2]
    reach = 0.3 * height  # of the ellipse that an arc is taken of, to either side

    def draw(pen: ImageDraw.ImageDraw) -> None:
        for at, start in ((left - 0.35 * height, 100), (right + 0.35 * height, -80)):
            middle = at + reach if start > 0 else at - reach
            box = (middle - reach, top - 0.1 * height, middle + reach, top + 1.1 * height)
            fine = [FINE * edge for edge in box]
            pen.arc(fine, start, start + 160, 255, round(FINE * height / 11))

    return on_paper(np.maximum(page.alpha, drawn(page.alpha.shape, draw))), page.text


def columns(mnist: Dataset, digits: Sequence[Sequence[int]], height: int) -> tuple[Plane, str]:
    """Rows of two numbers, the first of two digits, the second where the first of all rows end."""
    page = written(mnist, digits, height, line=2.0)
    end = max(row[1][2] for row in page.boxes) + 2 * height
    alpha = np.zeros((page.alpha.shape[0], page.alpha.shape[1] + end))
    for row in page.boxes:
        top, bottom = min(box[1] for box in row), max(box[3] for box in row)
        cut = (row[1][2] + row[2][0]) // 2
        alpha[top:bottom, :cut] = page.alpha[top:bottom, :cut]
        rest = page.alpha[top:bottom, cut:]
        alpha[top:bottom, end : end + rest.shape[1]] = rest
    return on_paper(alpha), page.text


def ticked(mnist: Dataset, places: Sequence[int], height: int) -> tuple[Plane, str]:
    """A form's field whose places are parted by short ticks."""
    page = written(mnist, [places], height, gap=0.7, margin=1.2)
    low = page.ends(0)[2] + 0.2 * height
    edges = [box[0] - 0.35 * height for box in page.boxes[0]]
    edges.append(page.boxes[0][-1][2] + 0.35 * height)
    ticks = [(edge, low, edge, low - 0.3 * height) for edge in edges]
    return on_paper(np.maximum(page.alpha, 0.8 * lines(page.alpha.shape, ticks, 2))), page.text


def coded(mnist: Dataset, places: Sequence[int], height: int, module: int) -> tuple[Plane, str]:
    """A number below a bar code whose slimmest bars are `module` pixels wide."""
    page = written(mnist, [places], height)
    alpha = np.pad(page.alpha, ((2 * height, 0), (0, 0)))
    code, at = np.repeat([step % 2 == 0 for step in range(len(CODE))], CODE), round(0.7 * height)
    bars = np.repeat(code, module)
    alpha[at : at + 2 * height, at : at + len(bars)] = bars
    return on_paper(alpha), page.text
