"""Pages of digits as people fill them in and cameras show them: rows, and what stands beside them.

What a reader cuts out of them is what it asks its network about, wrong cuts among it.
"""

import math

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from inkdigits.data.furniture import PIECES, Alpha, Box, Rows

Plane = npt.NDArray[np.uint8]

_HEIGHTS = 8, 64  # pixels of a digit
_MOST_ROWS, _LONGEST = 4, 7  # of a page, and digits of a row


def page(digits: Plane, rng: np.random.Generator) -> Plane:
    """One page, dark on light or light on dark: `(H, W) uint8`.

    Args:
        digits: `(N, 28, 28) uint8`, white on black, of which some are written: one or more, none
            without ink above 60.
    """
    height = round(math.exp(rng.uniform(*np.log(_HEIGHTS))))
    ink, rows = _written(digits, height, rng)
    for piece, chance in PIECES:
        if rng.random() < chance:
            ink = np.maximum(ink, piece(rows, rng))
    if rng.random() < 0.15:
        ink = _cut(ink)
    if rng.random() < 0.5:
        ink = ndimage.rotate(ink, rng.normal(0, 3), order=1, reshape=False)
    ink = np.rot90(ink, rng.choice(4, p=(0.85, 0.05, 0.05, 0.05)))
    return _photographed(ink, height, rng)


def _written(digits: Plane, height: int, rng: np.random.Generator) -> tuple[Alpha, Rows]:
    """Rows of digits: how much of each pixel is ink, and where they stand."""
    lengths = rng.integers(1, _LONGEST + 1, rng.integers(1, _MOST_ROWS + 1))
    line, margin, gap = rng.uniform((1.4, 0.5, 0.05), (2.4, 2.5, 0.8))
    slope, uneven, sharp = rng.normal(0, 0.03), rng.uniform(0, 0.08), rng.uniform(0.8, 2)
    tall = round((len(lengths) * line + 2 * margin + 1) * height)
    wide = round((max(lengths) * (0.75 + gap) + 3 * margin + 1) * height)
    canvas, boxes = np.zeros((tall, wide), np.float32), []
    for row, length in enumerate(lengths):
        left, placed = margin * height * rng.choice((1, rng.uniform(1, 2))), list[Box]()
        for image in digits[rng.integers(len(digits), size=length)]:
            glyph = _glyph(image, height * (1 + rng.normal(0, uneven)), sharp)
            top = (margin + row * line + rng.normal(0, uneven)) * height + slope * left
            box = _put(canvas, glyph, max(0, round(top)), round(left))
            if box is None:
                break
            placed.append(box)
            left = box[2] + height * max(-0.1, gap * rng.normal(1, 0.3))
        boxes.append(placed)
    return canvas, Rows(canvas.shape, [row for row in boxes if row], height)


def _put(canvas: Alpha, glyph: Alpha, top: int, left: int) -> Box | None:
    """The place that a glyph takes; None where it does not fit."""
    bottom, right = top + glyph.shape[0], left + glyph.shape[1]
    if bottom > canvas.shape[0] or right > canvas.shape[1]:
        return None
    part = canvas[top:bottom, left:right]
    np.maximum(part, glyph, out=part)
    return left, top, right, bottom


def _glyph(image: Plane, height: float, sharp: float) -> Alpha:
    """A digit at another size, cut to its ink, its edges more or less sharp."""
    rows, columns = (np.flatnonzero((image > 60).any(axis)) for axis in (1, 0))
    cut = np.pad(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 1)
    scale = height / len(cut)
    width, tall = (max(2, round(length * scale)) for length in cut.shape[::-1])
    grown = np.asarray(Image.fromarray(cut).resize((width, tall), Image.Resampling.BICUBIC))
    levels: Alpha = (grown / np.float32(255) - 0.5) * max(1, sharp * scale / 2) + 0.5
    return levels.clip(0, 1)


def _cut(ink: Alpha) -> Alpha:
    """The part that holds the ink, as a cropped picture does."""
    rows, columns = (np.flatnonzero((ink > 0.3).any(axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _photographed(ink: Alpha, height: int, rng: np.random.Generator) -> Plane:
    """Ink on paper of any level, sometimes out of focus, in uneven light, with noise."""
    if rng.random() < 0.4:
        ink = ndimage.gaussian_filter(ink, rng.uniform(0, 0.07) * height)
    paper, dark = rng.uniform((130, 10), (250, 90))
    if rng.random() < 0.1:
        paper, dark = dark, paper
    levels = paper * (1 - ink) + dark * ink
    if rng.random() < 0.3:
        levels = levels * np.linspace(1, rng.uniform(0.5, 1), ink.shape[1])
    grain = rng.choice((1, rng.uniform(0, 16)))
    noisy: Plane = (levels + rng.normal(0, grain, ink.shape)).round().clip(0, 255).astype(np.uint8)
    return noisy
