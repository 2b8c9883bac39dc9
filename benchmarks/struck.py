"""How digits that are struck out are left out, and those behind them read.

    python benchmarks/struck.py

Made pages of three lines each, from the 5,000 training images that the shipped network was not
trained on: one to four digits, most of them struck out by a pen of about the digits' width, and one
to four others behind them; ruled, blurred, noisy and compressed as in `signs.py`. Writes
benchmarks/results/struck.json.
"""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from signs import FINE, digit, photographed

from inkdigits import Recognizer, load_mnist
from inkdigits.recognition.reading import Reading
from inkdigits.teaching import HELD_OUT

PAGES, LINES = 60, 3
KINDS = ("a line", "two lines", "a wave", "a cross", "a slash", "a slash each", "a scribble")
LEAST, MOST = 28, 70  # a digit's height, in pixels
Box = tuple[float, float, float, float]  # left, top, right, bottom
Points = list[tuple[float, float]]


def main() -> None:
    """Measure, print, keep."""
    images, labels = (np.array(part[-HELD_OUT:]) for part in load_mnist().train)
    recognizer, table = Recognizer(), []
    for kind in KINDS:
        counts = np.zeros(4, int)
        for number in range(PAGES):
            rng = np.random.default_rng([number, KINDS.index(kind)])
            picture, struck, kept = page(kind, images, labels, rng)
            counts += len(struck), len(kept), *compared(recognizer.read(picture), struck, kept)
        names = "struck", "others", "struck_read", "others_misread"
        table.append({"kind": kind, **dict(zip(names, map(int, counts), strict=True))})
        print(table[-1])
    target = Path(__file__).parent / "results" / "struck.json"
    target.write_text(json.dumps({"pages": PAGES, "rows": table}, indent=2) + "\n")


def compared(reading: Reading, struck: list[Box], kept: list[tuple[Box, int]]) -> tuple[int, int]:
    """How many digits are read that are struck out, and how many others are lost or wrong."""
    middles = [
        (x + wide / 2, y + high / 2, each.value)
        for each in reading.digits
        for x, y, wide, high in [each.box]
    ]
    misread = 0
    for (left, top, right, bottom), value in kept:
        inside = [v for x, y, v in middles if left <= x <= right and top <= y <= bottom]
        misread += inside != [value]
    out = sum(
        any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in struck)
        for x, y, _ in middles
    )
    return out, misread


def page(
    kind: str,
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.uint8],
    rng: np.random.Generator,
) -> tuple[Image.Image, list[Box], list[tuple[Box, int]]]:
    """A page, the boxes of what is struck out on it, and those of all else with their values."""
    height = int(rng.integers(LEAST, MOST))
    gap = height * rng.uniform(0.15, 0.4)
    canvas = Image.new("L", (15 * height, (2 * LINES + 1) * height))
    struck: list[Box] = []
    kept: list[tuple[Box, int]] = []
    for line in range(LINES):
        top, left = (2 * line + 1) * height, float(height)
        counts = rng.integers(1, 5, 2)
        boxes: list[Box] = []
        values = []
        for place, image in enumerate(rng.integers(0, len(images), counts.sum())):
            left += height if place == counts[0] else 0
            glyph = digit(images[image], height)
            down = top + round(height * rng.normal(0, 0.04))
            canvas.paste(255, (round(left), down), glyph)
            boxes.append((left, down, left + glyph.width, down + height))
            values.append(int(labels[image]))
            left += glyph.width + gap
        is_struck = rng.random() < 0.75
        first = boxes[: counts[0]]
        if is_struck:
            groups = [[box] for box in first] if kind == "a slash each" else [first]
            for group in groups:
                strike(canvas, kind, group, height, rng)
            struck += first
        start = counts[0] if is_struck else 0
        kept += zip(boxes[start:], values[start:], strict=True)
    return photographed(np.asarray(canvas, float) / 255, height, rng), struck, kept


def strike(
    canvas: Image.Image, kind: str, boxes: list[Box], height: int, rng: np.random.Generator
) -> None:
    """Strike out what is in some boxes side by side."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    beyond, pen = height * rng.uniform(0.1, 0.35), height * rng.uniform(0.06, 0.11)
    left, top, right, bottom = min(lefts), min(tops), max(rights), max(bottoms)
    mask = Image.new("L", (FINE * canvas.width, FINE * canvas.height))
    brush = ImageDraw.Draw(mask)
    for points in ways(kind, (left, top, right, bottom), beyond, height, rng):
        corners = [(FINE * x, FINE * y) for x, y in points]
        brush.line(corners, 255, round(FINE * pen), joint="curve")
    canvas.paste(255, (0, 0), mask.resize(canvas.size, Image.Resampling.BOX))


def ways(kind: str, box: Box, beyond: float, height: int, rng: np.random.Generator) -> list[Points]:
    """The lines that strike out a box."""
    left, top, right, bottom = box
    start, end, middle = left - beyond, right + beyond, (top + bottom) / 2
    rising = [(start, bottom + 0.7 * beyond), (end, top - 0.7 * beyond)]
    if kind in ("a slash", "a slash each"):
        return [rising]
    if kind == "a cross":
        return [rising, [(start, top - 0.7 * beyond), (end, bottom + 0.7 * beyond)]]
    if kind == "a scribble":
        count = int(12 + 10 * (right - left) / height)
        across = np.linspace(left, right, count) + rng.normal(0, 0.2 * height, count)
        return [list(zip(across, rng.uniform(top, bottom, count), strict=True))]
    places = np.linspace(0, 1, 80)
    across = start + (end - start) * places
    if kind == "a wave":
        waves = 0.25 * height * np.sin((across - start) / height * rng.uniform(5, 9))
        return [list(zip(across, middle + waves, strict=True))]
    tilt, bow = rng.normal(0, 0.06) * height, rng.normal(0, 0.04) * height
    bent = tilt * (2 * places - 1) + bow * np.sin(np.pi * places)
    apart = (0.0,) if kind == "a line" else (-0.13, 0.13)
    return [
        list(zip(across, middle + bent + height * (at + rng.normal(0, 0.05)), strict=True))
        for at in apart
    ]


if __name__ == "__main__":
    main()
