"""Pages composed of MNIST's digits."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from inkdigits.data import Dataset

Plane = npt.NDArray[np.uint8]
# What stores a picture so that EXIF's number says how it lies.
STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def row(mnist: Dataset, places: Sequence[int], gap: int = 4) -> tuple[Plane, str]:
    """Digits side by side, white on black, 28 pixels high and `gap` pixels apart."""
    text = "".join(str(label) for label in mnist.test.labels[list(places)])
    return side_by_side([mnist.test.images[place] for place in places], gap), text


def side_by_side(marks: Sequence[Plane], gap: int = 4) -> Plane:
    """Images `(28, W)`, white on black, cut to the columns of their ink, and `gap` pixels apart."""
    parts: list[Plane] = []
    for mark in marks:
        columns = np.flatnonzero((mark > 60).any(0))
        parts += [mark[:, columns[0] : columns[-1] + 1], np.zeros((28, gap), np.uint8)]
    return np.concatenate(parts, 1)


def touching_row(
    mnist: Dataset, places: Sequence[int], share: float, seed: int = 0
) -> tuple[Plane, str, int]:
    """The same, but that a share of the digits touch the one before; and how many do."""
    rng = np.random.default_rng((seed, places[0]))
    line, count = np.zeros((28, 0), np.uint8), 0
    for place in places:
        digit = mnist.test.images[place]
        columns = np.flatnonzero((digit > 60).any(0))
        digit = digit[:, columns[0] : columns[-1] + 1]
        left = line.shape[1] + (4 if line.shape[1] else 0)
        if line.shape[1] and rng.random() < share:
            count += 1
            while left and not _overlap(line, digit, left):
                left -= 1
        wider = np.zeros((28, max(line.shape[1], left + digit.shape[1])), np.uint8)
        wider[:, : line.shape[1]] = line
        part = wider[:, left : left + digit.shape[1]]
        np.maximum(part, digit, out=part)
        line = wider
    return line, "".join(str(label) for label in mnist.test.labels[list(places)]), count


def apostrophe(line: Plane) -> Plane:
    """The row with a short upright stroke before it."""
    wider = np.pad(line, ((0, 0), (10, 0)))
    wider[5:14, 2:4] = 255
    return wider


def _overlap(line: Plane, digit: Plane, left: int) -> bool:
    beside = line[:, left : left + digit.shape[1]]
    return bool(((beside > 100) & (digit[:, : beside.shape[1]] > 100)).any())


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


def note(rows: list[Plane], margin: int) -> Plane:
    """Rows, three times as large, on a slip of paper with a narrow margin on a table; `(H, W)`.

    Args:
        margin: pixels between what is written and the slip's edges.
    """
    wide = max(line.shape[1] for line in rows)
    slip = np.zeros((34 * len(rows) - 6, wide))
    for number, line in enumerate(rows):
        slip[34 * number :, : line.shape[1]][:28] = line
    paper = 235 - 0.8 * np.pad(np.kron(slip, np.ones((3, 3))), margin)
    table = np.full((4 * paper.shape[0], 3 * paper.shape[1]), 70.0)
    table[paper.shape[0] :, 60:][: paper.shape[0], : paper.shape[1]] = paper
    grain = np.random.default_rng(0).normal(0, 2, table.shape)
    return np.asarray((table + grain).clip(0, 255).astype(np.uint8))


def boxed(rows: list[list[Plane]], thick: int, cell: int = 66, gap: int = 24) -> Plane:
    """Digits `(28, 28)`, twice as large, in printed boxes side by side, rows apart; `(H, W)`."""
    height, width = 60 + len(rows) * (cell + gap), 80 + cell * max(map(len, rows))
    page = np.full((height, width), 245.0)
    for number, digits in enumerate(rows):
        for place, digit in enumerate(digits):
            top, left = 30 + number * (cell + gap), 40 + place * cell
            outer = page[top : top + cell + 1, left : left + cell + 1]
            inner = outer[thick:-thick, thick:-thick].copy()
            outer[:] = 60
            outer[thick:-thick, thick:-thick] = inner
            page[top + 5 : top + 61, left + 5 : left + 61] -= 0.85 * np.kron(digit, np.ones((2, 2)))
    return page.clip(0, 255).astype(np.uint8)


def highlighted(written: Plane, colour: tuple[int, int, int]) -> Plane:
    """A page, wider margins around, with strips of colour over its lines; `(H, W, 3)`."""
    pixels = np.repeat(np.pad(written, 200, constant_values=235)[..., None], 3, 2) / 255
    for top in range(200 + 12 * 3, len(pixels) - 230, 40 * 3):
        pixels[top : top + 36 * 3, 230:-230] *= np.array(colour) / 255
    return (255 * pixels).astype(np.uint8)


def circled(digits: Sequence[Plane]) -> Plane:
    """Digits `(28, 28)`, twice as large, each in a circle drawn by hand; `(H, W)`."""
    canvas = Image.new("L", (40 + 110 * len(digits), 150), 235)
    pen = ImageDraw.Draw(canvas)
    for place, digit in enumerate(digits):
        left = 24 + 110 * place
        twice = Image.fromarray(digit).resize((56, 56), Image.Resampling.BICUBIC)
        canvas.paste(40, (left + 20, 46), twice)
        pen.ellipse((left, 26, left + 94, 122), outline=40, width=5)
    return np.asarray(canvas)


def face() -> Plane:
    """One that smiles, drawn by a pen; `(H, W)`."""
    canvas = Image.new("L", (200, 200), 235)
    pen = ImageDraw.Draw(canvas)
    pen.ellipse((40, 30, 160, 170), outline=40, width=6)
    for left in (75, 112):
        pen.ellipse((left, 70, left + 14, 90), fill=40)
    pen.arc((70, 80, 130, 145), 20, 160, fill=40, width=6)
    return np.asarray(canvas)


def squared(written: Plane, pitch: int, level: int) -> Plane:
    """A page on paper with a grid, each line of it two pixels of `level`."""
    grid = np.full(written.shape, 255, np.uint8)
    for start in (7, 8):
        grid[start::pitch] = grid[:, start::pitch] = level
    return np.minimum(written, grid)
