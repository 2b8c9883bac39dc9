"""Pieces in line with one another, from left to right."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def runs(
    columns: Floats, reaches: Floats, is_in_line: Callable[[slice, int], npt.NDArray[np.bool_]]
) -> list[list[int]]:
    """Runs of N pieces, each in line with the next.

    Args:
        columns: `(N,)`, of their middles, ascending.
        reaches: `(N,)`, how far the one before may be, each at least.
        is_in_line: of the pieces in a slice, whether the piece at a place is in line with each.

    Returns:
        The places of each run's, ascending; each piece is in one.
    """
    found: list[list[int]] = []
    run_of: dict[int, list[int]] = {}  # by the last of each
    firsts = np.searchsorted(columns, columns - reaches)
    for place, first in enumerate(firsts.tolist()):
        before = np.flatnonzero(is_in_line(slice(first, place), place))
        run = run_of.pop(first + int(before[-1]), None) if len(before) else None
        if run is None:
            run = []
            found.append(run)
        run.append(place)
        run_of[place] = run
    return found
