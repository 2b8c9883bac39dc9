"""On which side of its paper the ink of a picture is: dark on light, or light on dark."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.images.filters import gaussian
from inkdigits.images.levels import COARSE, Map, Mask, border, has_two_levels, otsu, reduce_to
from inkdigits.images.shadows import shade

SKEWED = 0.5  # the skewness of what is narrow, below which it does not tell ink from paper
CLOSE = 0.1  # of all votes, from half of them, within which strokes tell paper from ink
NARROW = 1 / 16  # of the picture's longer side, that a stroke is broad, or a strip along a side
STRAY = 0.25  # of a line along a side, below which it is no strip's
SHORTEST = 8  # pixels of the reduced picture's shorter side, from which on there may be a strip


class Polarity(NamedTuple):
    """On which side of its paper the ink of a picture is."""

    light_on_dark: bool
    is_doubtful: bool


def polarity(level: Map) -> Polarity:
    """Whether a picture `(H, W)` in [0, 1] shows light ink on dark paper.

    Paper is what most of the picture and of its border is; ink lies to one side of it. It is in
    doubt where the strokes of neither side stand out, as beside the edge of a table.
    """
    small, light = _between_strips(reduce_to(level, COARSE))
    # Where both levels are wide and leave the picture, they are paper in the light and in a shadow.
    fewer, more = sorted((light, ~light), key=np.count_nonzero)
    if has_two_levels(small, light) and not (shade(fewer).any() and shade(more).any()):
        # On which side most of the border is, then most of the picture.
        share = 0.6 * border(light).mean() + 0.4 * light.mean()
        if abs(share - 0.5) > CLOSE:
            return Polarity(bool(share < 0.5), is_doubtful=False)
    # Light may change more across the page than between ink and paper; strokes are narrow.
    rough = small - gaussian(small, NARROW * max(small.shape))
    third, second = float(np.mean(rough**3)), float(np.mean(rough**2))
    return Polarity(third > 0, abs(third) < SKEWED * second**1.5)


def _between_strips(small: Map) -> tuple[Map, Mask]:
    """A reduced picture without strips along its sides, such as the dark edge of a scan.

    They are no part of the page, and paper beside one is as light and narrow as writing.

    Args:
        small: `(H, W)` in [0, 1].

    Returns:
        What is left of it, `(h, w)`, and which of its pixels are on the light side of a threshold
        between all.
    """
    light = small > otsu(small)
    if min(small.shape) < SHORTEST:
        return small, light
    fewer = light if light.mean() < 0.5 else ~light
    most = int(NARROW * max(small.shape))
    top, bottom = _ends(fewer.mean(1), most)
    left, right = _ends(fewer[top:bottom].mean(0), most)
    return small[top:bottom, left:right], light[top:bottom, left:right]


def _ends(shares: npt.NDArray[np.floating[Any]], most: int) -> tuple[int, int]:
    """Where what lies between two strips begins and ends, each strip's own edge left out.

    Args:
        shares: `(n,)`, of each line that might be a strip's.
        most: how many lines a strip has at most, and no more than a quarter of all.
    """
    most = min(most, len(shares) // 4)
    lines = []
    for side in (shares, shares[::-1]):
        is_paper = side[: most + 1] < STRAY
        ends = is_paper.any() and not is_paper[0]
        lines.append(int(np.argmax(is_paper)) + 1 if ends else 0)
    return lines[0], len(shares) - lines[1]
