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
