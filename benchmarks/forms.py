"""How digits in a form's printed boxes, fields and combs are read.

    python benchmarks/forms.py

Made pages of four numbers each, from the 5,000 training images that the shipped network was not
trained on, as a scanner shows them: a little turned, blurred, noisy and compressed, lines of any
thickness and darkness, labels in print beside most of them. One digit in ten stands on the line
below it or hangs over it. Boxes are printed, or drawn by a pen as thick as the digits'. Writes
benchmarks/results/forms.json.
"""

import io
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont
from signs import digit

from inkdigits import Recognizer, load_mnist
from inkdigits.data.fonts import font_files
from inkdigits.evaluation.photos import edit_distance
from inkdigits.teaching import HELD_OUT

Point = tuple[float, float]  # column and row
PAGES, NUMBERS = 60, 4
PRINTED = ("boxes", "boxes in red", "boxes apart", "comb", "a line each", "one field", "table")
DRAWN = ("drawn boxes", "drawn boxes apart", "drawn field")
KINDS = (*PRINTED, *DRAWN, "open boxes")
FINER = 3  # times, that what is drawn is drawn larger
LABELS = ("Name", "Date", "Account no.", "Zip code", "Amount", "Telephone", "Meter", "Total")
LOW = 0.1  # of the digits


class Field(NamedTuple):
    """Where a number goes: its upper left corner, the side of a place, how many there are."""

    left: int
    top: int
    cell: int
    places: int


def main() -> None:
    """Measure, print, keep."""
    images, labels = (np.array(part[-HELD_OUT:]) for part in load_mnist().train)
    recognizer, table = Recognizer(), []
    for kind in KINDS:
        wrong = count = right = 0
        for number in range(PAGES):
            rng = np.random.default_rng([number, KINDS.index(kind)])
            picture, lines = page(kind, images, labels, rng)
            found = recognizer.read(picture).text.splitlines()
            wrong += edit_distance("\n".join(found), "\n".join(lines))
            count += sum(map(len, lines))
            if len(found) == len(lines):
                right += sum(one == other for one, other in zip(found, lines, strict=True))
        row = {"kind": kind, "digits": count, "edits": wrong, "lines": PAGES * NUMBERS}
        table.append(row | {"right": right})
        print(table[-1])
    target = Path(__file__).parent / "results" / "forms.json"
    target.write_text(json.dumps({"pages": PAGES, "rows": table}, indent=2) + "\n")


def page(
    kind: str,
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.uint8],
    rng: np.random.Generator,
) -> tuple[Image.Image, list[str]]:
    """A form, and the numbers in it."""
    cell = int(rng.integers(36, 80))
    height, wide = cell * rng.uniform(0.5, 0.72), int(rng.integers(1, max(2, cell // 16) + 1))
    size = 9 * cell + 400, (2 * NUMBERS + 1) * cell
    printed, written = Image.new("L", size), Image.new("L", size)
    pen, lines = ImageDraw.Draw(printed), []
    large = Image.new("L", (FINER * size[0], FINER * size[1]))
    by_pen = ImageDraw.Draw(large)
    font = ImageFont.truetype(
        font_files()[int(rng.integers(len(font_files())))], max(11, cell // 3)
    )
    for row in range(NUMBERS):
        field = Field(
            220 + int(rng.integers(40)), (2 * row + 1) * cell, cell, int(rng.integers(3, 8))
        )
        if rng.random() < 0.6:
            pen.text((20, field.top + 0.3 * cell), str(rng.choice(LABELS)), 255, font)
        if kind in DRAWN:
            by_hand(by_pen, kind, field, max(1.5, height / rng.uniform(10, 16)), rng)
        else:
            draw(pen, kind, field, wide)
        places = rng.integers(len(images), size=field.places)
        write(written, kind, field, [images[place] for place in places], height, rng)
        lines.append("".join(str(labels[place]) for place in places))
    written = ImageChops.lighter(written, large.reduce(FINER))
    return scanned(printed, written, kind == "boxes in red", rng), lines


def draw(pen: ImageDraw.ImageDraw, kind: str, field: Field, wide: int) -> None:
    """A number's printed lines."""
    left, top, cell, places = field
    right, foot = left + cell * places, top + cell
    if kind == "one field":
        pen.rectangle((left - 10, top, right + 10, foot), outline=255, width=wide)
    elif kind == "table":
        above, below, end = top - cell // 2, foot + cell // 2, left + 7 * cell
        pen.rectangle((left - 12, above, end, below), outline=255, width=wide)
    elif kind == "comb":
        pen.line((left, foot, right, foot), fill=255, width=wide)
        for column in range(left, right + 1, cell):
            pen.line((column, foot - cell // 4, column, foot), fill=255, width=wide)
    for column in range(left, right, cell):
        if kind == "open boxes":
            start, end = column + cell // 20, column + cell - cell // 20
            pen.line((start, top, start, foot, end, foot, end, top), fill=255, width=wide)
        elif kind == "a line each":
            pen.line((column + 0.1 * cell, foot, column + 0.9 * cell, foot), fill=255, width=wide)
        elif kind.startswith("boxes"):
            aside = 0.1 * cell if kind == "boxes apart" else 0
            corners = column + aside, top, column + cell - aside, foot
            pen.rectangle(corners, outline=255, width=wide)


def by_hand(
    pen: ImageDraw.ImageDraw, kind: str, field: Field, wide: float, rng: np.random.Generator
) -> None:
    """A number's boxes as somebody draws them: crooked, open or beyond their corners."""
    left, top, cell, places = field
    over = 0.06 * cell
    if kind == "drawn boxes":
        right, foot = left + places * cell, top + cell
        sides = [((left - over, float(row)), (right + over, float(row))) for row in (top, foot)]
        for place in range(places + 1):
            column = float(left + place * cell)
            sides.append(((column, top - over / 2), (column, foot + over / 2)))
    elif kind == "drawn field":
        sides = box_of(left - 12, top, places * cell + 24, cell, over, rng)
    else:
        starts = [left + (place + 0.06) * cell for place in range(places)]
        sides = [s for start in starts for s in box_of(start, top, 0.88 * cell, cell, over, rng)]
    for start, end in sides:
        aside = rng.normal(0, 0.025 * cell, 2)  # where it begins and ends, across itself
        stroke(pen, start, end, aside, 0.03 * cell, wide, rng)


def box_of(
    left: float, top: float, width: float, height: float, over: float, rng: np.random.Generator
) -> list[tuple[Point, Point]]:
    """A box's four sides, each of which ends before a corner or beyond it."""
    more = rng.uniform(-over, over, (4, 2))
    right, foot = left + width, top + height
    return [
        ((left - more[0, 0], top), (right + more[0, 1], top)),
        ((left - more[1, 0], foot), (right + more[1, 1], foot)),
        ((left, top - more[2, 0]), (left, foot + more[2, 1])),
        ((right, top - more[3, 0]), (right, foot + more[3, 1])),
    ]


def stroke(
    pen: ImageDraw.ImageDraw,
    start: Point,
    end: Point,
    aside: npt.NDArray[np.float64],
    bend: float,
    wide: float,
    rng: np.random.Generator,
) -> None:
    """A side that is not quite straight."""
    first, last = np.array(start), np.array(end)
    length = np.hypot(*(last - first))
    along = np.linspace(0, 1, max(6, int(length / 12)))
    off = aside[0] + (aside[1] - aside[0]) * along
    for wave in (1, 2, 3, 5):
        off += rng.normal(0, bend / wave) * np.sin(np.pi * wave * along + rng.uniform(0, 3))
    across = np.array([-1, 1]) * (last - first)[::-1] / length
    points = FINER * (first + along[:, None] * (last - first) + off[:, None] * across)
    pen.line([(float(x), float(y)) for x, y in points], 255, round(FINER * wide), joint="curve")


def write(
    written: Image.Image,
    kind: str,
    field: Field,
    images: list[npt.NDArray[np.uint8]],
    height: float,
    rng: np.random.Generator,
) -> None:
    """A number's digits, each in the middle of its place or as they follow each other."""
    left, top, cell, _ = field
    after = left + 5.0
    for place, image in enumerate(images):
        glyph = digit(image, round(height * rng.uniform(0.92, 1.08)))
        room = cell - glyph.height
        down = top + room / 2 + rng.normal(0, 0.05) * cell
        if rng.random() < LOW:
            down = top + room + rng.uniform(0, 0.12) * cell
        middle = left + cell * (place + 0.5) + rng.normal(0, 0.05) * cell - glyph.width / 2
        across = after if kind in ("one field", "drawn field", "table") else middle
        written.paste(255, (round(across), round(down)), glyph)
        after += glyph.width + height * rng.uniform(0.15, 0.4)


def scanned(
    printed: Image.Image, written: Image.Image, is_red: bool, rng: np.random.Generator
) -> Image.Image:
    """Print and ink on paper, as a scanner shows it."""
    line = np.array([230.0, 150, 150]) if is_red else np.full(3, rng.uniform(20, 140))
    levels = np.full((*np.asarray(printed).shape, 3), rng.uniform(225, 252))
    levels += (line - levels) * (np.asarray(printed, float) / 255)[..., None]
    ink = np.asarray(written, float)[..., None] / 255 * rng.uniform(0.75, 1)
    levels += (np.array([40.0, 40, 60]) - levels) * ink
    paper = tuple(levels[0, 0].astype(int).tolist())
    picture = Image.fromarray(levels.astype(np.uint8))
    picture = picture.rotate(rng.uniform(-1.2, 1.2), Image.Resampling.BICUBIC, fillcolor=paper)
    picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1)))
    noise = rng.normal(0, rng.uniform(1, 5), (*levels.shape[:2], 1))
    levels = np.clip(np.asarray(picture, float) + noise, 0, 255)
    stored = io.BytesIO()
    Image.fromarray(levels.astype(np.uint8)).save(stored, "JPEG", quality=int(rng.integers(60, 92)))
    return Image.open(stored)


if __name__ == "__main__":
    main()
