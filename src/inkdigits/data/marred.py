"""Digits as the world gives them: other pens, low resolution, outlines, lines, noise, neighbours.

Made of given digits once, before training; what is drawn anew for every step is in
`training/augmentation.py`. Outlines and lines resemble the corruptions 'canny_edges', 'zigzag' and
'dotted_line' of MNIST-C, and noise its 'shot_noise', 'impulse_noise' and 'spatter'.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage

from inkdigits.data.dataset import Split
from inkdigits.data.distortion import distorted, other_weight
from inkdigits.data.fonts import font_files, glyphs
from inkdigits.data.hooks import Progress, watched
from inkdigits.images.crops import normalize_crops
from inkdigits.images.normalize import SIDE, normalize
from inkdigits.images.splines import zoomed

Plane = npt.NDArray[np.uint8]
Ink = npt.NDArray[np.floating[Any]]
Change = Callable[[Plane, np.random.Generator], Plane]


def marred(
    digits: Split, share: float, rng: np.random.Generator, progress: Progress | None = None
) -> Split:
    """`share` as many digits again as there are, marred in all ways of `WAYS`, in no order."""
    weights = sum(weight for _, weight in WAYS)
    counts = [round(share * len(digits.labels) * weight / weights) for _, weight in WAYS]

    def choices() -> Iterator[tuple[Change, int]]:
        for (change, _), count in zip(WAYS, counts, strict=True):
            for index in rng.integers(0, len(digits.labels), count):
                yield change, index

    images, chosen = [], []
    for change, index in watched(choices(), sum(counts), "Marring digits", progress):
        images.append(change(digits.images[index], rng))
        chosen.append(index)
    return Split(np.stack(images), digits.labels[chosen])


def printed(count: int, rng: np.random.Generator) -> Split:
    """Digits of fonts, `count` of them."""
    files = font_files()
    images: list[Plane] = []
    labels: list[int] = []
    while len(images) < count:
        value = int(rng.integers(10))
        plane = glyphs(str(value), files[rng.integers(len(files))])
        if plane is not None:
            images.append(distorted(other_weight(plane, rng), rng, bend=bool(rng.random() < 0.5)))
            labels.append(value)
    return Split(np.stack(images), np.array(labels, np.uint8))


def _restroked(image: Plane, rng: np.random.Generator) -> Plane:
    """Written with a thinner or a thicker pen."""
    ink = np.pad(zoomed(image / np.float32(255), (4 * SIDE, 4 * SIDE), order=1), 12) > 0.5
    if rng.random() < 0.6:
        inside = ndimage.distance_transform_edt(ink)
        half = np.quantile(inside[ink], 0.9) if ink.any() else 0.0
        # The ridge stays, so that thin places do not break.
        ridge = (inside > 0.8) & (inside >= ndimage.maximum_filter(inside, 5) - 1e-6)
        changed = (inside > rng.uniform(0.15, 0.65) * half) & ink | ridge
    else:
        changed = ndimage.distance_transform_edt(~ink) < rng.uniform(1, 6)
    return normalize(np.clip(1.4 * ndimage.gaussian_filter(changed.astype(np.float32), 1), 0, 1))


def _coarse(image: Plane, rng: np.random.Generator) -> Plane:
    """Scanned at 7 to 12 pixels, sometimes stretched to a square."""
    rows, columns = (np.flatnonzero((image > 60).any(axis)) for axis in (1, 0))
    digit = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    pixels = int(rng.integers(7, 13))
    share = pixels / max(digit.size)
    width, height = (max(1, round(length * share)) for length in digit.size)
    if rng.random() < 0.5:
        width = height = pixels
    small = np.asarray(digit.resize((width, height), Image.Resampling.BOX), np.float32) / 255
    if rng.random() < 0.5:
        small = np.rint(small * 16) / 16
    return normalize(small / max(small.max(), 1e-6))


def _outlined(image: Plane, rng: np.random.Generator) -> Plane:
    """Only the outline of its strokes."""
    if rng.random() < 0.5:
        ink = ndimage.gaussian_filter(image / 255, rng.uniform(0.5, 1.2)) > rng.uniform(0.2, 0.5)
        edge = ink & ~ndimage.binary_erosion(ink)
        return _as_crop(edge * 255.0)
    ink = zoomed(image / np.float32(255), (3 * SIDE, 3 * SIDE), order=1) > rng.uniform(0.3, 0.6)
    if rng.random() < 0.5:
        ink = ndimage.binary_dilation(ink, iterations=int(rng.integers(1, 3)))
    edge = ink & ~ndimage.binary_erosion(ink, iterations=int(rng.integers(1, 3)))
    return normalize(1.5 * ndimage.gaussian_filter(edge.astype(np.float32), 0.7))


def _lined(image: Plane, rng: np.random.Generator) -> Plane:
    """With a line across, full, dotted, zigzag or curved, as on a form."""
    size = 4 * SIDE
    canvas = Image.new("L", (size, size))
    draw = ImageDraw.Draw(canvas)
    width, (start, end) = int(rng.integers(3, 8)), rng.uniform(0, size, 2)
    kind = rng.integers(5)
    if kind == 0:
        draw.line((0, start, size, end), fill=255, width=width)
    elif kind == 1:
        marks = int(rng.integers(8, 20))
        places = np.linspace((0, start), (size, end), marks + 1)
        for first, last in list(itertools.pairwise(places))[1::2]:
            draw.line((*first, *last), fill=255, width=width)
    elif kind == 2:
        turns, height = int(rng.integers(6, 18)), rng.uniform(4, 14)
        left, right = rng.uniform(0, 20), rng.uniform(85, size)
        ys = np.linspace(start, start + rng.uniform(-25, 25), turns) + height * (-1.0) ** np.arange(
            turns
        )
        draw.line(
            list(zip(np.linspace(left, right, turns), ys, strict=True)), fill=255, width=width
        )
    elif kind == 3:
        draw.line((start, 0, end, size), fill=255, width=width)
    else:
        corners = [*rng.uniform(-60, 60, 2), *rng.uniform(61, 160, 2)]
        draw.ellipse(corners, outline=255, width=width)
    line = np.asarray(canvas.resize((SIDE, SIDE), Image.Resampling.BOX)) * rng.uniform(0.6, 1.2)
    return _as_crop(image + line)


def _noisy(image: Plane, rng: np.random.Generator) -> Plane:
    """Grain, salt and pepper, or blots."""
    ink = image / 255
    kind = rng.integers(4)
    if kind == 0:
        counts = rng.uniform(2, 8)
        ink = rng.poisson(ink * counts) / counts
    elif kind == 1:
        struck = rng.random(ink.shape) < rng.uniform(0.02, 0.2)
        ink = np.where(struck, rng.random(ink.shape) < 0.5, ink)
    elif kind == 2:
        ink = ink + rng.normal(size=ink.shape) * rng.uniform(0.05, 0.3)
    else:
        cloud = ndimage.gaussian_filter(rng.normal(size=ink.shape), rng.uniform(0.7, 2))
        blot = cloud > np.quantile(cloud, rng.uniform(0.8, 0.95))
        ink = np.where(blot, rng.uniform(0, 0.4), ink)
    return _as_crop(255 * ink)


def _beside(image: Plane, rng: np.random.Generator) -> Plane:
    """Cut out of a row with parts of copies of itself beside it, shifted."""
    columns = np.flatnonzero((image > 60).any(0))
    digit = image[:, columns[0] : columns[-1] + 1].astype(np.float32)
    width = digit.shape[1]
    row = np.zeros((SIDE, 3 * SIDE), np.float32)
    middle = 3 * SIDE // 2
    start = middle - width // 2
    row[:, start : start + width] = digit
    for side in (-1, 1):
        if rng.random() < 0.75:
            gap = int(rng.integers(-2, 6))
            other = digit[:: int(rng.choice((-1, 1))), :: int(rng.choice((-1, 1)))]
            other = ndimage.shift(other, (int(rng.integers(-3, 4)), 0), order=0)
            left = start - gap - width if side < 0 else start + width + gap
            part = row[:, max(0, left) : left + width]
            np.maximum(part, other[:, -part.shape[1] :], out=part)
    reach = max(8, width // 2) + int(rng.integers(0, 7))
    return _as_crop(row[:, middle - reach : middle + reach])


def _footed(image: Plane, rng: np.random.Generator) -> Plane:
    """On a short bar, or under one: a 1's foot, or what is left of a line."""
    ink = np.pad(zoomed(image / np.float32(255), (3 * SIDE, 3 * SIDE), order=1), 24)
    rows, columns = (np.flatnonzero((ink > 0.3).any(axis)) for axis in (1, 0))
    width, thick = columns[-1] - columns[0] + 1, int(rng.integers(2, 7))
    middle = (columns[0] + columns[-1]) / 2 + rng.uniform(-0.25, 0.25) * width
    half = rng.uniform(0.35, 0.8) * max(width, 22)
    top = rows[-1] + int(rng.integers(-thick, 2))
    if rng.random() < 0.15:
        top = rows[0] - thick + int(rng.integers(-1, thick))
    slope = rng.uniform(-0.08, 0.08)
    canvas = Image.new("L", ink.shape[::-1])
    ends = (middle - half, top - slope * half, middle + half, top + slope * half)
    ImageDraw.Draw(canvas).line(ends, fill=255, width=thick)
    bar = np.asarray(canvas) / np.float32(255) * rng.uniform(0.6, 1)
    return normalize(np.clip(np.maximum(ink, ndimage.gaussian_filter(bar, 0.7)), 0, 1))


def _as_crop(levels: Ink) -> Plane:
    crops = np.clip(levels, 0, 255).astype(np.uint8)[None]
    image: Plane = normalize_crops(crops)[0]
    return image


# Each with its share of the whole.
WAYS: tuple[tuple[Change, float], ...] = (
    (_restroked, 0.36),
    (_coarse, 0.11),
    (_outlined, 0.13),
    (_lined, 0.10),
    (_noisy, 0.11),
    (_beside, 0.12),
    (_footed, 0.07),
)
