"""Pages composed of MNIST's digits."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

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
