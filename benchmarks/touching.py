"""How digits that touch are read.

    python benchmarks/touching.py

Made pages of four lines each, from the 5,000 training images that the shipped networks were not
trained on. A share of the digits stands so far left that it touches the one before, or reaches into
it by up to 8% of its height, the others apart; pages are ruled, blurred, noisy and compressed as
those of `signs.py`. Lines count as right if all of their digits are. Writes
benchmarks/results/touching.json.
"""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from signs import LEAST, LINES, MOST, digit, photographed

from inkdigits import Recognizer, load_mnist
from inkdigits.evaluation.photos import edit_distance
from inkdigits.teaching import HELD_OUT

PAGES = 60
KINDS = {  # the share that touches, and how many digits a line has, at least and at most
    "none touch": (0.0, 3, 6),
    "one in ten": (0.1, 3, 6),
    "one in four": (0.25, 3, 6),
    "every other one": (0.5, 3, 6),
    "all, two a line": (1.0, 2, 2),
    "all, three a line": (1.0, 3, 3),
}
OVERLAP = 0.08  # of their height, at most
SOLID = 90  # levels of 255 that touch
Plane = npt.NDArray[np.uint8]


def main() -> None:
    """Measure, print, keep."""
    images, labels = (np.array(part[-HELD_OUT:]) for part in load_mnist().train)
    recognizer = Recognizer()
    table: list[dict[str, str | int]] = []
    for kind, (share, least, most) in KINDS.items():
        counts = dict.fromkeys(("digits", "touch", "edits", "lines", "lines_right"), 0)
        for number in range(PAGES):
            rng = np.random.default_rng([number, len(table)])
            lengths = rng.integers(least, most + 1, LINES)
            picture, lines, touch = page(lengths.tolist(), share, images, labels, rng)
            found = recognizer.read(picture).text.splitlines()
            counts["digits"] += sum(map(len, lines))
            counts["touch"] += touch
            counts["edits"] += edit_distance("\n".join(found), "\n".join(lines))
            counts["lines"] += LINES
            if len(found) == LINES:
                counts["lines_right"] += sum(map(str.__eq__, found, lines))
        table.append({"kind": kind, **counts})
        print(table[-1])
    target = Path(__file__).parent / "results" / "touching.json"
    target.write_text(json.dumps({"pages": PAGES, "rows": table}, indent=2) + "\n")


def page(
    lengths: list[int], share: float, images: Plane, labels: Plane, rng: np.random.Generator
) -> tuple[Image.Image, list[str], int]:
    """A page, its lines, and how many digits touch the one before."""
    height = int(rng.integers(LEAST, MOST))
    canvas, lines, touch = written(lengths, share, height, images, labels, rng)
    return photographed(canvas / 255, height, rng), lines, touch


def written(
    lengths: list[int],
    share: float,
    height: int,
    images: Plane,
    labels: Plane,
    rng: np.random.Generator,
) -> tuple[Plane, list[str], int]:
    """The ink of such a page, 255 where it is full, its lines, and how many digits touch."""
    touch, lines = 0, []
    canvas = np.zeros((2 * (len(lengths) + 1) * height, (2 * max(lengths) + 3) * height), np.uint8)
    for row, length in enumerate(lengths):
        left, text = round(height * rng.uniform(0.8, 2)), ""
        for place in rng.integers(0, len(images), length):
            glyph = np.asarray(digit(images[place], round(height * rng.uniform(0.9, 1.1))))
            down = (height - len(glyph)) / 2 + height * rng.normal(0, 0.04)
            top = round((2 * row + 1) * height + down)
            if text and rng.random() < share:
                touch += 1
                while not _meets(canvas, glyph, top, left):
                    left -= 1
                left -= round(height * rng.uniform(0, OVERLAP))
            elif text:
                left += round(height * rng.uniform(0.15, 0.4))
            part = canvas[top : top + len(glyph), left : left + glyph.shape[1]]
            np.maximum(part, glyph, out=part)
            left += glyph.shape[1]
            text += str(labels[place])
        lines.append(text)
    return canvas, lines, touch


def _meets(canvas: Plane, glyph: Plane, top: int, left: int) -> bool:
    """Whether a digit there would touch what stands on the page; at its left edge it does."""
    part = canvas[top : top + len(glyph), left : left + glyph.shape[1]]
    return left == 0 or bool(((part > SOLID) & (glyph > SOLID)).any())


if __name__ == "__main__":
    main()
