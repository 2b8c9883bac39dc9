"""Digits and letters as a pen draws them, and put side by side so that they touch."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Plane = npt.NDArray[np.uint8]
Alpha = npt.NDArray[np.floating[Any]]  # how much of each pixel is ink, in [0, 1]

_INKED, SOLID = 0.3, 0.4  # of full strength: what is seen, and what touches


class Part(NamedTuple):
    """A digit or letter of a mark, and how far down it begins, in pixels."""

    ink: Alpha
    top: int


def touching(parts: list[Part], overlap: float, rng: np.random.Generator) -> Alpha:
    """Parts side by side, each so far left that it touches the one before: `(H, W)` in [0, 1].

    Args:
        overlap: pixels that one reaches into the other, standard deviation.
    """
    highest = min(part.top for part in parts)
    tall = max(part.top + len(part.ink) for part in parts) - highest
    canvas = np.zeros((tall, sum(part.ink.shape[1] for part in parts)), np.float32)
    far = canvas.size  # further than anything
    rightmost = np.full(tall, -far)  # column of ink in each row
    end = 0
    for ink, top in parts:
        solid = ink > SOLID
        rows = np.flatnonzero(solid.any(1))
        first = solid.argmax(1)[rows]
        last = solid.shape[1] - 1 - solid[:, ::-1].argmax(1)[rows]
        rows = rows + top - highest
        gaps = rightmost[rows] - first
        left = int(gaps.max(initial=-far))
        if end and left < -far // 2:  # nothing beside it
            left = end
        left = max(0, left - int(abs(rng.normal(0, overlap)))) if end else 0
        end = left + ink.shape[1]
        window = canvas[top - highest : top - highest + len(ink), left:end]
        np.maximum(window, ink[:, : window.shape[1]], out=window)
        rightmost[rows] = np.maximum(rightmost[rows], left + last)
    return canvas[:, :end]


def slanted(plane: Plane, slant: float) -> Plane:
    """Columns that a row above lies further right, as a share of the rows between."""
    if abs(slant) < 0.02:
        return plane
    cut = np.pad(plane, ((0, 0), (10, 10)))
    matrix = (1, slant, -slant * cut.shape[0] / 2, 0, 1, 0)
    size = (cut.shape[1], cut.shape[0])
    image = Image.fromarray(cut).transform(
        size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC
    )
    return np.asarray(image)


def inked(plane: Plane, height: float, wide: float, sharp: float, weight: float) -> Alpha | None:
    """A digit so high, its edges more or less sharp, its strokes broader or thinner by `weight`."""
    rows, columns = (np.flatnonzero((plane > 60).any(axis)) for axis in (1, 0))
    cut = np.pad(plane[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 2)
    scale = height / (rows[-1] + 1 - rows[0])
    size = (max(3, round(cut.shape[1] * scale * wide)), max(3, round(cut.shape[0] * scale)))
    grown = np.asarray(Image.fromarray(cut).resize(size, Image.Resampling.BICUBIC))
    levels = grown / np.float32(255)
    steep = (levels - 0.5 + weight) * max(1, sharp * scale / 2) + 0.5
    return cut_out((steep * np.minimum(1, levels / 0.2)).clip(0, 1))  # paper stays paper


def barred(ink: Alpha, value: int, rng: np.random.Generator) -> Alpha:
    """A 0 with a slash, or a 7 with a bar."""
    height = len(ink)
    margin = int(0.15 * height)
    ink = np.pad(ink, margin if value == 0 else ((0, 0), (margin, margin)))
    tall, wide = ink.shape
    if value == 0:
        left, low, right, high = rng.uniform(0, margin, 4)
        ends = (left, tall - 1 - low, wide - 1 - right, high)
    else:
        stem = np.flatnonzero(ink[tall // 2] > SOLID)
        middle = stem.mean() if len(stem) else wide / 2
        row, half = rng.uniform((0.45, 0.15), (0.6, 0.3)) * height
        slope = rng.normal(0, 0.04) * height
        ends = (middle - half, row, middle + half, row + slope)
    image = Image.new("L", (wide, tall))
    pen = max(2, int(height * rng.uniform(0.06, 0.12)))
    ImageDraw.Draw(image).line(ends, fill=255, width=pen)
    crossed = np.maximum(ink, np.asarray(image) / np.float32(255))
    cut = cut_out(crossed)
    return crossed if cut is None else cut


def resized(plane: Plane, height: float) -> Alpha:
    """A drawing so high, its aspect kept."""
    size = (max(2, round(plane.shape[1] * height / len(plane))), max(2, round(height)))
    ink = np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR))
    return (2 * (ink / np.float32(255)) - 0.3).clip(0, 1)


def cut_out(ink: Alpha) -> Alpha | None:
    """The part that holds ink; None where there is none that could touch."""
    rows, columns = (np.flatnonzero((ink > _INKED).any(axis)) for axis in (1, 0))
    if ink.max(initial=0) <= SOLID:
        return None
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
