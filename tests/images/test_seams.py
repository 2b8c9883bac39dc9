"""Cuts through marks; SciPy's shortest paths are the oracle."""

import numpy as np
import numpy.typing as npt
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from inkdigits.images.components import find_pieces
from inkdigits.images.ink import Ink
from inkdigits.images.seams import MOST, seams

Marked = npt.NDArray[np.bool_]
MARKS = arrays(np.bool_, st.tuples(st.integers(3, 14), st.integers(5, 14)))


def least_cost(marked: Marked, row: int, column: int) -> float:
    """Of a way from top to bottom through a pixel: 50 a pixel of ink, 1 of paper, 7/5 aslant."""
    tall, wide = marked.shape
    cost = np.where(marked, 50, 1)
    starts, ends, weights = [], [], []
    for y in range(tall - 1):
        for x in range(wide):
            for step, weight in ((-1, 7), (0, 5), (1, 7)):
                if 0 <= x + step < wide:
                    starts.append(y * wide + x)
                    ends.append((y + 1) * wide + x + step)
                    # The pixel that is nearer to the middle row counts.
                    nearer = cost[y + 1, x + step] if y < row else cost[y, x]
                    weights.append(weight * nearer)
    size = tall * wide
    graph = coo_array((weights, (starts, ends)), (size, size)).tocsr()
    place = row * wide + column
    down = dijkstra(graph, indices=place)[(tall - 1) * wide :]
    up = dijkstra(graph.T.tocsr(), indices=place)[:wide]
    return float((up + 5 * cost[0]).min() + (down + 5 * cost[-1]).min())


def cost_of(marked: Marked, path: npt.NDArray[np.intp], half: int) -> int:
    cost, total = np.where(marked, 50, 1), 0
    for row in range(len(path)):
        towards = row - 1 if row <= half else row + 1
        for before in {row - 1, row + 1} if row == half else {towards}:
            aslant = 0 <= before < len(path) and path[before] != path[row]
            total += (7 if aslant else 5) * int(cost[row, path[row]])
    return total


@settings(max_examples=60)
@given(MARKS)
def test_cuts_are_the_cheapest_ways_between_two_digits(marked: Marked) -> None:
    wide, half = marked.shape[1], marked.shape[0] // 2
    (paths,) = seams(marked, [0.0, float(wide)])
    assert 1 <= len(paths) <= MOST
    for path in paths:
        assert np.abs(np.diff(path)).max() <= 1
        assert 0 < path[half] < wide
        assert 0 <= path.min() <= path.max() < wide
        assert cost_of(marked, path, half) == least_cost(marked, half, int(path[half]))
    cheapest = min(least_cost(marked, half, column) for column in range(1, wide))
    assert min(cost_of(marked, path, half) for path in paths) == cheapest


def test_digits_that_lean_are_cut_along_the_gap_between_them() -> None:
    marked = np.zeros((60, 100), np.bool_)
    for row in range(60):
        for start in (40, 60):  # two bars that lean by 30 degrees
            left = start - row // 2
            marked[row, left : left + 8] = True
    marked[30:33, 25:50] = True  # which touch in the middle
    (paths,) = seams(marked, [29.0, 49.0])
    path = min(paths, key=lambda each: marked[np.arange(60), each].sum())
    assert marked[np.arange(60), path].sum() <= 3
    before = np.arange(100) < path[:, None]
    assert abs((marked & before).sum() / marked.sum() - 0.5) < 0.05


@settings(max_examples=40)
@given(MARKS, st.integers(2, 4))
def test_the_parts_of_a_piece_are_all_of_it_and_nothing_twice(marked: Marked, count: int) -> None:
    strength = np.pad(marked.astype(np.float32), 12)
    strength[8:12, 8 : 16 + marked.shape[1]] = 1  # one piece, and large enough
    page = find_pieces(Ink(strength, np.ones_like(strength), strength > 0.5, False, ()))
    piece = page.pieces[0]
    middles = np.linspace(0, piece.box.width - 1, count)
    own = page.labels[piece.box.top : piece.box.bottom, piece.box.left : piece.box.right]
    cuts = [paths[0] for paths in seams(own == piece.label, middles.tolist())]
    sides = np.sum([np.arange(piece.box.width) >= path[:, None] for path in cuts], axis=0)
    assume(set(np.unique(sides[own == piece.label])) == set(range(count)))  # none is empty
    cut, parts = page.cut_apart(piece, cuts)
    assert sum(part.area for part in parts) == piece.area
    whole = page.labels == piece.label
    assert np.array_equal(np.isin(cut.labels, [part.label for part in parts]), whole)
    assert np.array_equal(cut.labels[~whole], page.labels[~whole])
    for part in parts:
        rows, columns = np.nonzero(cut.labels == part.label)
        edges = (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
        assert (part.box.top, part.box.left, part.box.bottom, part.box.right) == edges
