"""Ready crops, one digit each, read otherwise where what is ink and what is its own is in doubt.

A crop with ink along its border is cut out close, or holds a box's line, or a neighbour. How it is
normalised then is a guess, as it is on uneven paper; where the network is not sure of a digit in
that, it is shown the other guesses, and a surer one is taken.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.images.crops import (
    is_doubtful,
    normalize_boxed,
    normalize_central,
    normalize_close,
    normalize_crops,
)
from inkdigits.recognition.network import Scores
from inkdigits.recognition.segmentation import Score

_BATCH = 256  # crops at once, which bounds the memory that they take
Pixels = npt.NDArray[np.uint8]


class _Way(NamedTuple):
    """How a crop may be normalised, too.

    Attributes:
        below: the probability of a digit and that one, below which it is tried.
        least: what it must be then. More ways find more digits in what is none.
    """

    normalized: Callable[[Pixels], Pixels]
    below: float
    least: float


# Chosen on training images held out, cut out close or with lines and neighbours, and on letters and
# clothes. To look at a crop without its margin as well finds as many digits, and far more letters.
_WAYS = (
    _Way(partial(normalize_close, light_on_dark=True), 0.98, 0.95),
    _Way(partial(normalize_close, light_on_dark=False), 0.98, 0.95),
    _Way(partial(normalize_boxed, light_on_dark=True), 0.98, 0.5),
    _Way(partial(normalize_boxed, light_on_dark=False), 0.98, 0.5),
    _Way(normalize_central, 0.8, 0.95),
)


def read_crops(crops: Pixels, score: Score) -> tuple[Pixels, Scores]:
    """Crops `(N, H, W) uint8`, dark on light or light on dark: what each is taken for.

    Args:
        score: the network's.

    Returns:
        Normalised images `(N, 28, 28) uint8`, and the network's scores of these.
    """
    starts = range(0, max(1, len(crops)), _BATCH)  # of no crops one empty part
    parts = [_read(crops[start : start + _BATCH], score) for start in starts]
    images, scores = zip(*parts, strict=True)
    together = (np.concatenate(each) for each in zip(*scores, strict=True))
    return np.concatenate(images), Scores(*together)


def _read(crops: Pixels, score: Score) -> tuple[Pixels, Scores]:
    images = normalize_crops(crops)
    scores = score(images)
    probabilities, digit = scores.probabilities.copy(), scores.digit.copy()
    surest = scores.joint.max(1)
    unsure = np.flatnonzero(surest < max(way.below for way in _WAYS))
    unsure = unsure[is_doubtful(crops[unsure])]
    for way in _WAYS:
        places = unsure[surest[unsure] < way.below]
        if not len(places):
            continue
        others = way.normalized(crops[places])
        found = score(others)
        sure = found.joint.max(1)
        better = sure > np.maximum(way.least, surest[places])
        chosen = places[better]
        images[chosen], surest[chosen] = others[better], sure[better]
        probabilities[chosen], digit[chosen] = found.probabilities[better], found.digit[better]
    return images, Scores(probabilities, digit)
