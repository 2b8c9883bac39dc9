"""The paper's own lines, ruled or gridded, taken out of the ink, and what is written left in.

A ruling is long, thin and nearly straight. It is found as runs of marked pixels along its
direction, a run's neighbours above and below counting as its own so that it may be a little slant;
runs in line with each other are joined and a parabola fitted through them, since paper bends. Where
a stroke crosses, there is ink on both sides of the ruling, and it is left.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits.images.filters import dilated, quantile
from inkdigits.images.regions import regions

Mask = npt.NDArray[np.bool_]


def without_rulings(marked: Mask) -> Mask:
    """The marked pixels `(H, W)` without those of long straight lines, along either axis."""
    upright = _without_horizontal(marked)
    turned = _without_horizontal(np.ascontiguousarray(upright.T))
    return np.ascontiguousarray(turned.T)


def _without_horizontal(marked: Mask) -> Mask:
    height, width = marked.shape
    longest = max(height, width)
    if width < 0.4 * longest:
        return marked  # a strip across which no line is long
    places = _rulings(marked)
    # One or two lines may be somebody's own, such as that of a sum, unless they cross the page.
    if len(places) < 3:
        places = [(line, length) for line, length in places if length > 0.55 * longest]
    kept = marked
    for line, _ in places:
        kept = _erased(kept, line)
    return kept


def _rulings(marked: Mask) -> list[tuple[npt.NDArray[np.float64], float]]:
    """Each ruling's row at each column, and the length in pixels that is marked."""
    height, width = marked.shape
    longest = max(height, width)
    thickest = max(3.0, width / 160)
    runs = _runs(_widened(marked, 1), max(16, width // 40), longest // 2)
    if runs is None:
        return []
    thick = _runs(np.ascontiguousarray(marked.T), int(1.6 * thickest) + 2, 0)
    assert thick is not None
    runs &= ~_lengthened(_widened(np.ascontiguousarray(thick.T), 1), 1)
    joined = regions(_lengthened(runs, max(5, width // 60)))
    found = []
    for place in np.flatnonzero(joined.rights - joined.lefts >= 0.3 * longest).tolist():
        top, bottom = int(joined.tops[place]), int(joined.bottoms[place])
        own = (joined.labels[top:bottom] == place + 1) & runs[top:bottom]
        rows, columns = np.nonzero(own)
        if len(columns) < 0.15 * longest:
            continue
        line, near = _parabola(rows + top, columns, width)
        length = len(np.unique(columns[near]))
        if near.mean() >= 0.6 and length >= 0.25 * longest:
            found.append((line, float(length)))
    return found


def _parabola(
    rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], width: int
) -> tuple[npt.NDArray[np.float64], Mask]:
    """The row at each column of a robust fit, and which of the pixels lie on it."""
    across = columns / width - 0.5
    weights = np.ones(len(columns))
    for _ in range(3):
        terms = np.polyfit(across, rows, 2, w=weights)
        distance = np.abs(np.polyval(terms, across) - rows)
        weights = 1 / (1 + (distance / 2) ** 2)
    line: npt.NDArray[Any] = np.polyval(terms, np.arange(width) / width - 0.5)
    return line, distance < 2.5


def _erased(marked: Mask, line: npt.NDArray[np.float64]) -> Mask:
    """Without the pixels on `line`, the row at each column, but where a stroke crosses it."""
    height, width = marked.shape
    reach = max(4, width // 150)
    first = max(0, int(line.min()) - 2 * reach)
    last = min(height, int(line.max()) + 2 * reach + 1)
    if first >= last:
        return marked
    part = marked[first:last]
    distance = np.abs(np.arange(first, last)[:, None] - line)
    thickness = (part & (distance <= reach)).sum(0)
    if not thickness.any():
        return marked
    half = quantile(thickness[thickness > 0], 0.4) / 2 + 1.2
    columns = np.arange(width)
    crossed = np.ones(width, bool)
    for side in (-1, 1):
        beyond = np.zeros(width, bool)
        for more in (1, 2):
            rows = np.clip(np.rint(line + side * (half + more)), 0, height - 1).astype(int)
            beyond |= marked[rows, columns]
        crossed &= dilated(beyond[None], max(1, int(half)))[0]
    kept = marked.copy()
    kept[first:last] &= (distance > half) | crossed
    return kept


def _runs(marked: Mask, length: int, least: int) -> Mask | None:
    """Pixels of horizontal runs of at least `length`; None where they are fewer than `least`."""
    height, width = marked.shape
    edged = np.zeros((height, width + 2), np.int8)
    edged[:, 1:-1] = marked
    steps = np.flatnonzero(np.diff(edged.ravel()))
    starts, ends = steps[::2], steps[1::2]
    long = ends - starts >= length
    starts, ends = starts[long], ends[long]
    if (ends - starts).sum() < least:
        return None
    changes = np.zeros(height * (width + 2) + 1, np.int8)
    changes[starts] = 1
    changes[ends] = -1
    painted = np.cumsum(changes[:-1], dtype=np.int8).reshape(height, width + 2)
    # A step between two pixels is counted with the first of them.
    return np.ascontiguousarray(painted[:, :width] > 0)


def _widened(marked: Mask, pixels: int) -> Mask:
    """Dilated up and down."""
    wide = marked.copy()
    for shift in range(1, pixels + 1):
        wide[shift:] |= marked[:-shift]
        wide[:-shift] |= marked[shift:]
    return wide


def _lengthened(marked: Mask, pixels: int) -> Mask:
    """Dilated to the left and right."""
    width = marked.shape[1]
    counts = np.zeros((len(marked), width + 1), np.int32)
    np.cumsum(marked, axis=1, out=counts[:, 1:])
    columns = np.arange(width)
    left, right = np.maximum(columns - pixels, 0), np.minimum(columns + pixels + 1, width)
    return counts[:, right] > counts[:, left]
