"""Which way up a page lies, by the digits on it: all four ways are read and compared."""

from collections.abc import Sequence

import numpy as np

from inkdigits.recognition.segmentation import Candidate, Score

_LOOKED_AT = 80  # pieces, the largest
_FEWEST = 4  # pieces that are a digit some way up; fewer say little: a 6 may be a 9
_DIGIT = 0.5  # the probability of one, the best way up
_CLEARLY = 0.35  # by how many nats a digit another way up must be the better one
_LEAST = 0.02  # probability: one piece must not decide


def quarters_to_turn(singles: Sequence[Candidate], score: Score) -> int:
    """How many quarter turns counterclockwise put the page upright, 0 to 3.

    A quarter turn is believed only where digits also stand above each other rather than beside.
    """
    looked_at = singles[:_LOOKED_AT]
    if len(looked_at) < _FEWEST:
        return 0
    images = np.stack([single.image for single in looked_at])
    turned = (np.ascontiguousarray(np.rot90(images, quarters, (1, 2))) for quarters in range(4))
    ways = np.stack([score(way).joint.max(1) for way in turned])  # (4, pieces)
    digits = np.flatnonzero(ways.max(0) > _DIGIT).tolist()
    if len(digits) < _FEWEST:
        return 0
    weights = np.sqrt([looked_at[place].area for place in digits])
    means = np.log(np.maximum(ways[:, digits], _LEAST)) @ weights / weights.sum()
    quarters = int(np.argmax(means))
    if means[quarters] - means[0] < _CLEARLY:
        return 0
    return quarters if quarters == 2 or _share_above([looked_at[k] for k in digits]) > 0.6 else 0


def _share_above(singles: Sequence[Candidate]) -> float:
    """The share of pieces whose nearest neighbour lies rather above or below than beside."""
    middles = np.array([(single.box.row, single.box.column) for single in singles])
    apart = np.abs(middles[:, None] - middles)
    distance = np.hypot(apart[..., 0], apart[..., 1])
    np.fill_diagonal(distance, np.inf)
    nearest = apart[np.arange(len(singles)), distance.argmin(1)]
    return float(np.mean(nearest[:, 0] > nearest[:, 1]))
