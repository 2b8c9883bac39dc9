"""How tilted and slanted writing is read: single digits, and rows on a page that lies askew.

    python benchmarks/tilt.py

Digits are the 5,000 training images that the shipped network was not trained on; each is turned or
sheared at twelve times its size, so that resampling costs nothing, and read as a crop. Pages hold
3 rows of 8 of the same digits, or a row of 5 that are far apart, or a line with signs such as
24/6/2025, and are turned as a whole. Writes benchmarks/results/tilt.json.
"""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from signs import TEXTS, written

from inkdigits import Recognizer, load_mnist
from inkdigits.evaluation.photos import edit_distance
from inkdigits.teaching import HELD_OUT

ANGLES = (0, 5, 10, 15, 20, 30)  # degrees, to both sides
DIGITS, PAGES = 1_000, 40
SIZE, SIDE, ROW = 64, 1200, 90  # pixels: of a digit's image, of a page, from row to row
# Of each kind of page its rows, their digits, and pixels from one digit to the next.
KINDS = {"page": (3, 8, 90), "apart": (1, 5, 180)}
SIGNED = ("24/6/2025", "1,204.50", "12+34", "12:30")  # of each as many pages, of one line
Pixels = npt.NDArray[np.uint8]


def main() -> None:
    """Measure, print, keep."""
    images, labels = (np.array(part[-HELD_OUT:]) for part in load_mnist().train)
    recognizer, rngs = Recognizer(), {name: np.random.default_rng(0) for name in KINDS}
    table = []
    for angle in ANGLES:
        row: dict[str, float] = {"angle": angle}
        for name, change in (("turned", turned), ("slanted", slanted)):
            crops = [
                np.asarray(change(enlarged(image, 12), side * angle))
                for image, side in signed(images)
            ]
            values = recognizer.classify(np.stack(crops)).probabilities.argmax(1)
            row[name] = float(np.mean(values == labels[:DIGITS]))
        for name, kind in KINDS.items():
            row[name] = page_errors(recognizer, images, labels, kind, angle, rngs[name])
        row["signs"] = signed_right(recognizer, images, labels, angle)
        table.append(row)
        print(", ".join(f"{key} {value:.4g}" for key, value in row.items()))
    target = Path(__file__).parent / "results" / "tilt.json"
    target.write_text(
        json.dumps({"digits": DIGITS, "pages": PAGES, "rows": table}, indent=2) + "\n"
    )


def signed(images: Pixels) -> "list[tuple[Pixels, int]]":
    """The images that are scored, every other one tilted to the left."""
    return [(image, 1 - 2 * (place % 2)) for place, image in enumerate(images[:DIGITS])]


def enlarged(image: Pixels, times: int) -> Image.Image:
    """White ink on black, with room around."""
    height, width = image.shape
    large = Image.fromarray(image).resize((times * width, times * height), Image.Resampling.BICUBIC)
    canvas = Image.new("L", (2 * large.width, 2 * large.height))
    canvas.paste(large, (large.width // 2, large.height // 2))
    return canvas


def turned(picture: Image.Image, angle: float) -> Image.Image:
    """Turned counterclockwise by degrees, in its own frame."""
    return picture.rotate(angle, Image.Resampling.BICUBIC)


def slanted(picture: Image.Image, angle: float) -> Image.Image:
    """Sheared so that what is upright leans by degrees."""
    slope = math.tan(math.radians(angle))
    matrix = (1, slope, -slope * picture.height / 2, 0, 1, 0)
    return picture.transform(picture.size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)


def page_errors(
    recognizer: Recognizer,
    images: Pixels,
    labels: npt.NDArray[np.uint8],
    kind: tuple[int, int, int],
    angle: float,
    rng: np.random.Generator,
) -> float:
    """Edits for each digit on pages of rows that are turned as a whole."""
    rows, columns, step = kind
    left = (SIDE - columns * step) // 2
    edits = 0
    for number in range(PAGES):
        places = rng.integers(0, len(labels), (rows, columns))
        page = Image.new("L", (SIDE, SIDE))
        for (row, column), place in np.ndenumerate(places):
            digit = Image.fromarray(images[place]).resize((SIZE, SIZE), Image.Resampling.BICUBIC)
            page.paste(digit, (left + step * column, 450 + ROW * row))
        ink = np.asarray(turned(page, angle if number % 2 else -angle), np.float32)
        paper = np.clip(215 - 0.7 * ink, 0, 255).astype(np.uint8)
        text = "\n".join("".join(str(labels[place]) for place in row) for row in places)
        edits += edit_distance(recognizer.read(paper).text, text)
    return edits / (PAGES * rows * columns)


def signed_right(
    recognizer: Recognizer, images: Pixels, labels: npt.NDArray[np.uint8], angle: float
) -> float:
    """The share of lines with signs, turned, all of which is read."""
    right = 0
    for kind, number in itertools.product(SIGNED, range(PAGES)):
        rng = np.random.default_rng([number, SIGNED.index(kind)])
        line = TEXTS[kind](rng)
        page = written([line], images, labels, SIZE, rng)
        ink = page.rotate(angle if number % 2 else -angle, Image.Resampling.BICUBIC, expand=True)
        paper = 215 - 0.7 * np.asarray(ink, np.float32) + rng.normal(0, 2, ink.size[::-1])
        right += recognizer.read(np.clip(paper, 0, 255).astype(np.uint8)).written == line
    return right / (PAGES * len(SIGNED))


if __name__ == "__main__":
    main()
