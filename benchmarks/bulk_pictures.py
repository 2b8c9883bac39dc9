"""Pictures for benchmarks of collections: a row of MNIST's digits on paper lit from one side."""

import io
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from inkdigits import load_mnist

SHAPE = (100, 400)  # pixels
SMALL = (48, 48)  # of one digit


def write_pictures(folder: Path, count: int, *, small: bool = False, unlike: int = 2000) -> None:
    """Write `count` PNGs of 3 to 6 digits each, or of one; those there already are kept.

    Args:
        unlike: how many differ; the others are the same files under names of their own.
    """
    images = load_mnist().train.images
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / f"{number // 1000:04}" / f"{number:07}.png"
        if path.exists():
            continue
        path.parent.mkdir(exist_ok=True)
        if number < unlike:
            path.write_bytes(picture(np.random.default_rng(number), images, small=small))
        else:
            like = number % unlike
            os.link(folder / f"{like // 1000:04}" / f"{like:07}.png", path)


def picture(
    rng: np.random.Generator, images: npt.NDArray[np.uint8], *, small: bool = False
) -> bytes:
    """A PNG of digits side by side, or of one."""
    shape = SMALL if small else SHAPE
    ink, left = np.zeros(shape, np.float32), 4 if small else 20
    for _ in range(1 if small else int(rng.integers(3, 7))):
        side = 40 if small else int(rng.integers(42, 60))
        digit = Image.fromarray(images[rng.integers(len(images))])
        levels = np.asarray(digit.resize((side, side), Image.Resampling.BICUBIC)) / 255
        top = int(rng.integers(4, shape[0] - side - 3))
        place = ink[top : top + side, left : left + side]
        np.maximum(place, levels, out=place)
        left += side + int(rng.integers(-2, 5))
    light = np.linspace(rng.uniform(180, 230), rng.uniform(180, 230), shape[1])
    levels = light * (1 - 0.8 * ink) + rng.normal(scale=3, size=shape)
    stream = io.BytesIO()
    Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()
