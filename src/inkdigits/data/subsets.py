"""Training sets made smaller or worse on purpose, for studies."""

import numpy as np
import numpy.typing as npt

from inkdigits.data.dataset import Labels


def nested_order(labels: Labels, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """An order `(N,)` of which each beginning holds the classes in their proportions.

    So the first 10 and the first 100 images are stratified subsets, the smaller one within the
    larger. Within a class the order is drawn from `rng`. The seats go to the classes by the method
    of Webster (1832): the next one to that with the greatest count / (2 * seats + 1).
    """
    order = rng.permutation(len(labels))
    counts = np.bincount(labels)
    turn = np.empty(len(labels))
    for value in np.flatnonzero(counts):
        own = labels[order] == value
        turn[own] = (np.arange(counts[value]) + 0.5) / counts[value]
    chosen: npt.NDArray[np.int64] = order[np.argsort(turn, kind="stable")]
    return chosen


def wrong_labels(labels: Labels, share: float, classes: int, rng: np.random.Generator) -> Labels:
    """Labels `(N,)` of which `share`, 0 to 1 and rounded to whole labels, are wrong.

    Which are wrong is drawn, and each is any of the other classes with the same chance ('symmetric'
    noise). With an equal generator, those of a smaller share are among those of a larger one, and
    wrong in the same way.
    """
    order = rng.permutation(len(labels))
    shifts = rng.integers(1, classes, len(labels))
    count = round(share * len(labels))
    noisy = labels.astype(np.int64)
    noisy[order[:count]] += shifts[:count]
    return (noisy % classes).astype(np.uint8)
