"""Whether one of two models reads better, or chance alone can explain the difference.

McNemar, 'Note on the sampling error of the difference between correlated proportions or
percentages', Psychometrika 12 (1947), 153-157: only the images that one model reads rightly and the
other wrongly say anything. Were the models equally good, each of these would fall to either side as
a coin does; so the test is the binomial one, exact however few they are. For many comparisons at
once the p values are corrected as in Holm, 'A simple sequentially rejective multiple test
procedure', Scandinavian Journal of Statistics 6 (1979), 65-70.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits.errors import DataError

Integers = npt.NDArray[np.integer[Any]]
LEVEL = 0.05  # of significance


@dataclass(frozen=True)
class McNemar:
    """How often two models are right on the same images, and the test of that."""

    both_right: int
    only_first: int  # right by the first model only
    only_second: int
    both_wrong: int
    p_value: float  # two-sided, exact; 1.0 where no image tells them apart

    @property
    def images(self) -> int:
        """How many images were read."""
        return self.both_right + self.only_first + self.only_second + self.both_wrong

    @property
    def discordant(self) -> int:
        """Images that one of them reads rightly and the other wrongly."""
        return self.only_first + self.only_second


def mcnemar(labels: Integers, first: Integers, second: Integers) -> McNemar:
    """Compare what two models read, `(N,)` each, with the labels `(N,)`.

    Raises:
        DataError: if the counts differ or are 0.
    """
    if not 0 < len(labels) == len(first) == len(second):
        raise DataError(
            f"McNemar's test needs two readings an image; there are {len(labels)} labels, and "
            f"{len(first)} and {len(second)} readings."
        )
    right, other = first == labels, second == labels
    only_first, only_second = int(np.sum(right & ~other)), int(np.sum(~right & other))
    return McNemar(
        both_right=int(np.sum(right & other)),
        only_first=only_first,
        only_second=only_second,
        both_wrong=int(np.sum(~right & ~other)),
        p_value=binomial_p(only_first, only_second),
    )


def binomial_p(one: int, other: int) -> float:
    """The chance that fair coins fall as unevenly as `one` to `other`, or more, to either side."""
    from scipy import special  # 0.3 s to import

    if one == other:
        return 1.0
    return min(1.0, 2 * float(special.bdtr(min(one, other), one + other, 0.5)))


def holm(p_values: Sequence[float]) -> list[float]:
    """The p values, in their order, corrected for being so many."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected, least = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = least
    return corrected
