"""Light on paper, without anything written there: a glare, a shadow."""

import numpy as np
import numpy.typing as npt

Light = npt.NDArray[np.float64]  # of each pixel, as a share of white paper's
SIZE = 600, 900


def glare(row: float, column: float, radius: float) -> Light:
    """A lamp that a glossy sheet shows, where all is white."""
    rows, columns = np.indices(SIZE)
    apart = np.hypot(rows - row, columns - column)
    return np.asarray(0.75 + 0.6 * np.exp(-((apart / radius) ** 2)))


def round_shadow(column: float, radius: float, softness: float) -> Light:
    """A round shadow that comes in from below, such as a fist's."""
    rows, columns = np.indices(SIZE)
    inside = radius - np.hypot(rows - 560, columns - column)
    return np.asarray(1 - 0.45 / (1 + np.exp(-inside / softness)))


def dark_edge(shape: tuple[int, int], side: str, thick: float, soft: float) -> Light:
    """What a scanner's lid or the gap beside a page makes of one side: 1 is light, 0 in the dark.

    Args:
        shape: the picture's.
        side: top, bottom, left or right.
        thick: pixels.
        soft: pixels in which it changes, about a quarter of them.
    """
    rows, columns = np.indices(shape)
    far = {
        "top": rows,
        "bottom": shape[0] - 1 - rows,
        "left": columns,
        "right": shape[1] - 1 - columns,
    }
    return np.asarray(1 / (1 + np.exp((thick - far[side]) / soft)))


def edged(
    line: npt.NDArray[np.uint8], shape: tuple[int, int], side: str, thick: float, soft: float
) -> npt.NDArray[np.uint8]:
    """A line of white on black, written on a page with a dark edge, with a scanner's grain."""
    ink = np.zeros(shape)
    ink[90 : 90 + line.shape[0], 80 : 80 + line.shape[1]] = line / 255
    light = dark_edge(shape, side, thick, soft)
    levels = (225 - 170 * ink) * light + 60 * (1 - light)
    grain = np.random.default_rng(0).normal(0, 2, shape)
    return (levels + grain).clip(0, 255).astype(np.uint8)
