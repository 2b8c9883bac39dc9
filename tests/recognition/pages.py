"""Pages composed of MNIST's digits."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from inkdigits.data import Dataset

Plane = npt.NDArray[np.uint8]


def row(mnist: Dataset, places: Sequence[int], gap: int = 4) -> tuple[Plane, str]:
    """Digits side by side, white on black, 28 pixels high and `gap` pixels apart."""
    parts: list[Plane] = []
    for place in places:
        digit = mnist.test.images[place]
        columns = np.flatnonzero((digit > 60).any(0))
        parts += [digit[:, columns[0] : columns[-1] + 1], np.zeros((28, gap), np.uint8)]
    text = "".join(str(label) for label in mnist.test.labels[list(places)])
    return np.concatenate(parts, 1), text


def page(rows: list[Plane], scale: int = 3) -> Plane:
    """Rows on one page, dark on light."""
    width = max(line.shape[1] for line in rows) + 40
    canvas = np.zeros((40 * len(rows) + 20, width), np.uint8)
    for number, line in enumerate(rows):
        canvas[40 * number + 16 : 40 * number + 44, 20 : 20 + line.shape[1]] = line
    return np.kron(235 - (0.85 * canvas).astype(np.uint8), np.ones((scale, scale), np.uint8))


def on_table(rows: list[Plane], right: int, down: int, degrees: float = 0) -> Plane:
    """A sheet of 400x300 pixels on a dark table, written on from a place on; `(H, W, 3)`.

    Args:
        right: pixels from the sheet's left edge to the writing; `down` likewise from its top.
        degrees: by which the sheet lies turned.
    """
    sheet = np.full((300, 400), 230.0)
    for number, line in enumerate(rows):
        part = sheet[down + 60 * number :, right:][: line.shape[0], : line.shape[1]]
        part -= 0.8 * line[: part.shape[0], : part.shape[1]]
    table = Image.new("RGB", (500, 400), (90, 70, 50))
    table.paste(Image.fromarray(sheet.astype(np.uint8)).convert("RGB"), (50, 50))
    turned = table.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(90, 70, 50))
    return np.kron(np.asarray(turned), np.ones((2, 2, 1), np.uint8))
