"""How signs between digits are told: points, commas, colons, dashes, slashes and operators.

    python benchmarks/signs.py

Made pages of four lines each, from the 5,000 training images that the shipped network was not
trained on, with signs as a pen of the digits' width draws them, each a little other than the last;
a third of the pages are ruled, all are blurred, noisy and compressed. Lines count as right if all
digits and all signs are. Writes benchmarks/results/signs.json.
"""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from inkdigits import Recognizer, load_mnist
from inkdigits.teaching import HELD_OUT

PAGES, LINES = 60, 4
FINE = 4  # times the size that strokes are drawn in
LEAST, MOST = 24, 70  # a digit's height, in pixels
Alpha = npt.NDArray[np.float64]
Stroke = tuple[float, float, float, float]  # from x, y to x, y in heights, y from the digits' top
Draw = Callable[[float, float], float]  # a number from a range


def _digits(rng: np.random.Generator, least: int, most: int) -> str:
    return "".join(map(str, rng.integers(0, 10, rng.integers(least, most + 1))))


TEXTS: dict[str, Callable[[np.random.Generator], str]] = {
    "3.75": lambda rng: f"{_digits(rng, 1, 3)}.{_digits(rng, 1, 2)}",
    "3,75": lambda rng: f"{_digits(rng, 1, 3)},{_digits(rng, 1, 3)}",
    "1,204.50": lambda rng: f"{_digits(rng, 1, 2)},{_digits(rng, 3, 3)}.{_digits(rng, 2, 2)}",
    "24.06.2025": lambda rng: f"{_digits(rng, 2, 2)}.{_digits(rng, 2, 2)}.{_digits(rng, 4, 4)}",
    "12:30": lambda rng: f"{_digits(rng, 1, 2)}:{_digits(rng, 2, 2)}",
    "-5": lambda rng: f"-{_digits(rng, 1, 3)}",
    "555-1234": lambda rng: f"{_digits(rng, 3, 3)}-{_digits(rng, 4, 4)}",
    "7/10": lambda rng: f"{_digits(rng, 1, 2)}/{_digits(rng, 1, 2)}",
    "12+34": lambda rng: f"{_digits(rng, 1, 3)}{rng.choice(list('+×÷='))}{_digits(rng, 1, 3)}",
    "none": lambda rng: _digits(rng, 3, 6),
    "24/6/2025": lambda rng: f"{_digits(rng, 1, 2)}/{_digits(rng, 1, 2)}/{_digits(rng, 4, 4)}",
}


def main() -> None:
    """Measure, print, keep."""
    images, labels = (np.array(part[-HELD_OUT:]) for part in load_mnist().train)
    recognizer = Recognizer()
    table: list[dict[str, str | int]] = []
    for kind, text in TEXTS.items():
        counts = np.zeros(3, int)
        for number in range(PAGES):
            rng = np.random.default_rng([number, len(table)])
            lines = [text(rng) for _ in range(LINES)]
            reading = recognizer.read(page(lines, images, labels, rng))
            found = reading.written.splitlines(), reading.text.splitlines()
            wanted = lines, ["".join(filter(str.isdigit, line)) for line in lines]
            counts[0] += LINES
            for place in (0, 1):
                if len(found[place]) == LINES:
                    pairs = zip(found[place], wanted[place], strict=True)
                    counts[place + 1] += sum(one == other for one, other in pairs)
        row = dict(zip(("lines", "right", "digits_right"), map(int, counts), strict=True))
        table.append({"like": kind, **row})
        print(table[-1])
    target = Path(__file__).parent / "results" / "signs.json"
    target.write_text(json.dumps({"pages": PAGES, "rows": table}, indent=2) + "\n")


def page(
    lines: list[str],
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.uint8],
    rng: np.random.Generator,
) -> Image.Image:
    """Lines of digits and signs on paper."""
    height = int(rng.integers(LEAST, MOST))
    ink = written(lines, images, labels, height, rng)
    return photographed(np.asarray(ink, float) / 255, height, rng)


def written(
    lines: list[str],
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.uint8],
    height: int,
    rng: np.random.Generator,
) -> Image.Image:
    """Lines of digits, so many pixels high, and signs, white on black."""
    pen, gap = height * rng.uniform(0.09, 0.13), height * rng.uniform(0.15, 0.4)
    canvas = Image.new("L", (17 * height, 2 * (len(lines) + 1) * height))
    for row, text in enumerate(lines):
        top, left = (2 * row + 1) * height, height * rng.uniform(0.8, 2)
        for mark in text:
            if mark.isdigit():
                image = images[rng.choice(np.flatnonzero(labels == int(mark)))]
                glyph = digit(image, round(height * rng.uniform(0.9, 1.1)))
                down = top + (height - glyph.height) // 2 + height * rng.normal(0, 0.04)
                canvas.paste(255, (round(left), round(down)), glyph)
                left += glyph.width
            else:
                left = sign(canvas, mark, left, top, height, pen, rng.uniform)
            left += gap * rng.uniform(0.6, 1.3)
    return canvas


def digit(image: npt.NDArray[np.uint8], height: int) -> Image.Image:
    """One of MNIST's digits, cut to its ink and enlarged, as a mask with sharp edges."""
    rows, columns = np.flatnonzero((image > 90).any(1)), np.flatnonzero((image > 90).any(0))
    cut = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    size = max(1, round(cut.width * height / cut.height)), height
    grown = np.asarray(cut.resize(size, Image.Resampling.BICUBIC), float) / 255
    sharp = np.clip((grown - 0.5) * max(1.2, height / 40) + 0.5, 0, 1)
    return Image.fromarray((255 * sharp).astype(np.uint8))


def strokes(mark: str, draw: Draw) -> list[Stroke]:
    """How a pen may write a sign."""
    wide, middle = draw(0.35, 0.7), draw(0.45, 0.6)
    if mark in ".:":
        dots = [draw(0.88, 0.98)] if mark == "." else [draw(0.2, 0.35), draw(0.75, 0.95)]
        return [(0.05, dot, 0.05 + draw(0, 0.05), dot) for dot in dots]
    if mark == ",":
        top = draw(0.82, 0.95)
        return [(draw(0.08, 0.2), top, 0, top + draw(0.22, 0.38))]
    if mark == "/":
        return [(draw(0.25, 0.5), -draw(0.04, 0.2), 0, 1 + draw(0.04, 0.2))]
    if mark == "×":
        low, high = middle - wide / 2, middle + wide / 2
        return [(0, low, wide, high), (wide, low, 0, high)]
    across: list[Stroke] = [(0, middle, wide, middle + draw(-0.05, 0.05))]
    if mark == "=":
        return [(x, y + k, end, foot + k) for x, y, end, foot in across for k in (-0.14, 0.14)]
    if mark == "+":
        return [*across, (wide / 2, middle - wide / 2, wide / 2, middle + wide / 2)]
    if mark == "÷":
        return [*across, *((wide / 2, middle + k, wide / 2, middle + k) for k in (-0.3, 0.3))]
    return across


def sign(
    canvas: Image.Image, mark: str, left: float, top: float, height: int, pen: float, draw: Draw
) -> float:
    """A sign onto the page; says where it ends."""
    drawn = strokes(mark, draw)
    wide, tall = max(max(each[0], each[2]) for each in drawn), 1.6
    size = round(FINE * (wide * height + 2 * pen)), round(FINE * (tall * height + 2 * pen))
    mask = Image.new("L", size)
    brush, half = ImageDraw.Draw(mask), FINE * pen * draw(0.9, 1.2) / 2
    for stroke in drawn:
        x, y, end, foot = (FINE * (share * height + pen) for share in stroke)
        y, foot = y + FINE * 0.2 * height, foot + FINE * 0.2 * height
        brush.line((x, y, end, foot), 255, round(2 * half))
        for across, down in ((x, y), (end, foot)):
            brush.ellipse((across - half, down - half, across + half, down + half), 255)
    mask = mask.resize((size[0] // FINE, size[1] // FINE), Image.Resampling.BOX)
    canvas.paste(255, (round(left - pen), round(top - pen - 0.2 * height)), mask)
    return left + wide * height


def photographed(ink: Alpha, height: int, rng: np.random.Generator) -> Image.Image:
    """Ink on paper as a camera shows it; every third page is ruled."""
    paper = rng.uniform(200, 245) * (1 - rng.uniform(0, 0.3) * np.linspace(0, 1, ink.shape[1]))
    levels = np.broadcast_to(paper, ink.shape).copy()
    if rng.random() < 1 / 3:
        for foot in range(2 * height, len(ink), 2 * height):
            levels[foot + 2 : foot + 2 + max(1, height // 25)] *= rng.uniform(0.7, 0.85)
    levels += (rng.uniform(20, 90) - levels) * ink * rng.uniform(0.75, 1)
    soft = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
    soft = soft.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1)))
    noisy = np.asarray(soft, float) + rng.normal(0, rng.uniform(1, 4), ink.shape)
    stream = io.BytesIO()
    levels_of_paper = np.clip(noisy, 0, 255).astype(np.uint8)
    Image.fromarray(levels_of_paper).save(stream, "JPEG", quality=int(rng.integers(60, 95)))
    return Image.open(stream)


if __name__ == "__main__":
    main()
