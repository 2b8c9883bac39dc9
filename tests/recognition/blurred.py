"""What a camera makes of a page that is out of focus, or that moves while its shutter is open."""

import math

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from inkdigits.data import Dataset
from tests.recognition.pages import page, row

HIGH = 60  # pixels that a digit is high on these pages


def blurred_page(
    mnist: Dataset, seed: int, *, focus: float = 0, moved: float = 0, degrees: float = 0
) -> tuple[npt.NDArray[np.uint8], str]:
    """Three rows of five test digits, with a camera's grain.

    Args:
        focus: standard deviation of the blur, as a share of the digits' height.
        moved: how far the page moved, as a share of it.
        degrees: in which direction, from right to down.
    """
    rng = np.random.default_rng(seed)
    rows = [row(mnist, rng.integers(0, 10_000, 5).tolist(), 8) for _ in range(3)]
    levels = np.pad(page([line for line, _ in rows]), 40, constant_values=235).astype(np.float64)
    if focus:
        levels = ndimage.gaussian_filter(levels, focus * HIGH, mode="nearest")
    if moved:
        levels = along(levels, moved * HIGH, math.radians(degrees))
    grain = rng.normal(0, 2, levels.shape)
    return (levels + grain).clip(0, 255).astype(np.uint8), "\n".join(text for _, text in rows)


def along(levels: npt.NDArray[np.float64], length: float, angle: float) -> npt.NDArray[np.float64]:
    """Means along a line through each pixel, so many pixels long, by linear interpolation."""
    steps = np.linspace(-length / 2, length / 2, 41)
    moved = [
        ndimage.shift(
            levels, (step * math.sin(angle), step * math.cos(angle)), order=1, mode="nearest"
        )
        for step in steps
    ]
    mean: npt.NDArray[np.float64] = np.mean(moved, 0)
    return mean
