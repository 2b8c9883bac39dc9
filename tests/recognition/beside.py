"""Paper that fills the picture but for one side, along which a table or a wall is seen."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from inkdigits.data import Dataset
from tests.recognition.scenes import Plane, photographed, written


class Levels(NamedTuple):
    """How light things are, 0 to 255, and how much of its level the grain beside differs by."""

    paper: float
    ink: float
    beyond: float
    grain: float


BLACK = Levels(235, 40, 110, 0.1)
RED = Levels(235, 110, 85, 0.1)  # as its grey is
BOARD = Levels(45, 215, 200, 0.02)
FAINT = Levels(60, 110, 220, 0.02)


def beside(
    mnist: Dataset,
    rows: Sequence[Sequence[int]],
    height: int,
    levels: Levels,
    side: int,
    share: float,
) -> tuple[Plane, str]:
    """Digits on such paper, and the text; the grain runs away from the paper.

    Args:
        height: of the digits, in pixels.
        side: along which something else is seen: so many quarter turns clockwise from the bottom.
        share: of the picture, that this is.
    """
    page = written(mnist, rows, height)
    picture = np.rot90(levels.paper + (levels.ink - levels.paper) * page.alpha, side)
    long = round(picture.shape[0] * share / (1 - share))
    noise = np.random.default_rng(side).normal(0, 1, (long, picture.shape[1]))
    grain = ndimage.gaussian_filter(noise, (1, 20))
    beyond = levels.beyond * (1 + levels.grain * grain / grain.std())
    light = np.linspace(1, 0.85, picture.shape[1])
    lit = ndimage.gaussian_filter(np.vstack((picture, beyond)) * light, 0.7)
    return photographed(np.rot90(lit, -side), 2), page.text
