"""Two variants measured with the same seeds, compared by Student's paired t test."""

import math
from dataclasses import dataclass

import numpy as np

from inkdigits.errors import DataError
from inkdigits.evaluation.metrics import CONFIDENCE, Floats


@dataclass(frozen=True)
class PairedComparison:
    """Two variants measured with the same seeds; differences are first minus second."""

    seeds: int
    mean_difference: float
    standard_deviation: float | None  # of the differences, n - 1; None for one seed
    interval: tuple[float, float] | None  # 95%, Student's t; None where the spread is 0 or unknown
    p_value: float | None  # two-sided paired t test; None likewise


def paired_comparison(first: Floats, second: Floats) -> PairedComparison:
    """Compare two variants `(n,)` whose element i was measured with the same seed i.

    The interval and the p value are those of the paired t test (Student, 'The probable error of a
    mean', Biometrika 6 (1908), 1-25). With one seed, or when all differences are equal up to
    rounding, neither is defined and both are None.

    Raises:
        DataError: if the counts differ, are 0, or a value is no finite number.
    """
    if first.ndim != 1 or first.shape != second.shape or len(first) == 0:
        raise DataError(
            f"A paired comparison needs one value a seed for both variants; the shapes are "
            f"{first.shape} and {second.shape}."
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise DataError("A paired comparison needs finite values; at least one is not.")
    differences = first.astype(np.float64) - second.astype(np.float64)
    count, mean = len(differences), float(differences.mean())
    if count == 1:
        return PairedComparison(1, mean, None, None, None)
    spread = float(differences.std(ddof=1))
    rounding = 8 * np.finfo(np.float64).eps * max(np.abs(first).max(), np.abs(second).max())
    if spread <= rounding:
        return PairedComparison(count, mean, 0.0, None, None)
    from scipy import special  # 0.3 s to import, and only a study needs it

    error = spread / math.sqrt(count)
    half = float(special.stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * error
    p_value = 2 * float(special.stdtr(count - 1, -abs(mean) / error))
    return PairedComparison(count, mean, spread, (mean - half, mean + half), p_value)
