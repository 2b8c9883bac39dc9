"""Drawings and pages for the golden examples: 50 pictures from a seed, no two of a kind."""

import io
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from tests.recognition.strokes import STROKES

COUNT = 50
_SEED = 20


def drawings(digits: npt.NDArray[np.uint8]) -> Iterator[bytes]:
    """PNG and JPEG files: strokes as on the page, and pages with digits `(N, 28, 28) uint8`."""
    rng = np.random.default_rng(_SEED)
    for number in range(COUNT):
        yield _strokes(number, rng) if number < COUNT // 2 else _page(number, digits, rng)


def _strokes(number: int, rng: np.random.Generator) -> bytes:
    """One to three digits drawn with a pen, dark on white, as on the page, most of them smaller."""
    scale = 1.0 if number % 5 == 0 else 0.5
    image = Image.new("L", (int(560 * scale), int(400 * scale)), 255)
    pen, width = ImageDraw.Draw(image), int(scale * rng.integers(12, 30))
    for place in range(int(rng.integers(1, 4))):
        left, top = 40 + 170 * place + rng.integers(-10, 10), rng.integers(40, 120)
        tall = rng.integers(120, 240)
        for stroke in STROKES[int(rng.integers(10))]:
            corners = np.array([left, top]) + np.array(stroke) * np.array([0.55 * tall, tall])
            corners = scale * (corners + rng.normal(0, 2, corners.shape))
            pen.line([(x, y) for x, y in corners.tolist()], fill=17, width=width, joint="curve")
    return _file(np.asarray(image), "PNG")


def _page(number: int, digits: npt.NDArray[np.uint8], rng: np.random.Generator) -> bytes:
    """Lines of digits on paper: uneven, dark, ruled, coloured, askew or turned."""
    ink = np.zeros((180, 380))
    for row in range(2):
        for column in range(int(rng.integers(3, 7))):
            top, left = 20 + 75 * row + int(rng.integers(-4, 5)), 20 + 55 * column
            digit = np.kron(digits[rng.integers(len(digits))], np.ones((2, 2))) / 255
            ink[top : top + 56, left : left + 56] = np.maximum(
                ink[top : top + 56, left : left + 56], digit
            )
    kind = number % 6
    if kind == 1:
        ink[20::60, :] = ink[21::60, :] = 0.8  # rulings
    if kind == 5:
        image = Image.fromarray((255 * ink).astype(np.uint8))
        ink = np.asarray(image.rotate(-8, Image.Resampling.BILINEAR)) / 255
    light = 0.9 - 0.4 * np.linspace(0, 1, 380) * (kind in (0, 3))
    page = light * (1 - 0.7 * ink) + rng.normal(0, 0.01, ink.shape)
    if kind == 2:
        page = 1 - page
    levels = (255 * np.clip(page, 0, 1)).astype(np.uint8)
    if kind == 3:
        colours = np.array([0.5, 0.6, 1.0]) * ink[..., None] + (1 - ink[..., None])
        levels = np.clip(240 * colours, 0, 255).astype(np.uint8)
    if kind == 4:
        levels = np.rot90(levels, 1 + number // 6 % 3)
    return _file(levels, "JPEG" if number % 2 else "PNG")


def _file(levels: npt.NDArray[np.uint8], kind: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(levels)).save(stream, kind)
    return stream.getvalue()
