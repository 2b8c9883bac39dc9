"""Marks made by machine along an edge are told from digits, however alike these are."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inkdigits.images.bindings import FEWEST, FEWEST_CUT, MOST, without_bindings
from inkdigits.images.components import Box, Piece

SIDE = 600  # of a page, in pixels


def piece(top: float, left: float, height: int = 24, width: int = 20, area: int = 200) -> Piece:
    box = Box(round(top), round(left), round(top) + height, round(left) + width)
    return Piece(0, box, area, 0.9, 0, False)


def row(
    count: int, top: float, *, step: float = 50, left: float = 20, fall: float = 0
) -> list[Piece]:
    return [piece(top + fall * place, left + step * place) for place in range(count)]


def turned(pieces: Sequence[Piece], quarters: int) -> list[Piece]:
    """The same page turned."""
    boxes = [each.box for each in pieces]
    for _ in range(quarters):
        boxes = [Box(SIDE - box.right, box.top, SIDE - box.left, box.bottom) for box in boxes]
    return [
        Piece(0, box, each.area, 0.9, 0, False) for box, each in zip(boxes, pieces, strict=True)
    ]


DIGITS = [
    piece(250 + 90 * (k // 6), 40 + 85 * (k % 6), 40 + k % 3, 26 + 5 * (k % 4), 300 + 40 * k)
    for k in range(18)
]


UNEVEN = (0, 1, 0, 0, 1, 1, 0, 1, 1, 1, 0)


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("fall", [0, 0.8, -0.6])
def test_a_row_along_any_edge_goes_and_digits_stay(quarters: int, fall: float) -> None:
    page = turned([*row(11, 20, fall=fall), *DIGITS], quarters)
    assert without_bindings(page, SIDE, SIDE) == page[11:]


def test_a_row_that_narrows_as_seen_askew_goes() -> None:
    lefts = np.cumsum([20, *(56 * 0.97**place for place in range(13))])
    rings = [
        piece(20 + place, left, 24 - place // 4, 20 - place // 4, 200 - 6 * place)
        for place, left in enumerate(lefts)
    ]
    assert without_bindings([*rings, *DIGITS], SIDE, SIDE) == DIGITS


def test_a_mark_that_a_line_runs_over_and_one_cut_by_the_border_go_too() -> None:
    rings = row(11, 20)
    rings[4] = piece(20, 220, 24, 9, 90)
    rings.append(piece(20, 570, 24, 11, 110))
    assert without_bindings([*rings, *DIGITS], SIDE, SIDE) == DIGITS


@pytest.mark.parametrize("quarters", range(4))
def test_fewer_that_the_border_cuts_go(quarters: int) -> None:
    wires = row(FEWEST_CUT, 0, step=130)
    page = turned([*wires, *DIGITS], quarters)
    assert without_bindings(page, SIDE, SIDE) == page[FEWEST_CUT:]
    # Wires that are seen close by reach further in.
    high = [piece(0, 20 + 160 * k, 150, 40, 3000) for k in range(FEWEST_CUT)]
    below = [piece(400, 60 + 100 * k, 90 + k, 60 + 5 * k, 2500 + 200 * k) for k in range(4)]
    page = turned([*high, *below], quarters)
    assert without_bindings(page, SIDE, SIDE) == page[FEWEST_CUT:]


@pytest.mark.parametrize(
    "pieces",
    [
        row(FEWEST_CUT - 1, 0, step=140),
        row(FEWEST - 1, 20, step=110),
        row(FEWEST - 1, 20, step=100),
        row(11, 200),  # not at an edge
        row(11, 20, step=22),  # not as long as the page's writing
        [
            piece(20, 20 + 50 * k, area=200 + 60 * off) for k, off in enumerate(UNEVEN)
        ],  # nor as inked
        [piece(20, 20 + 50 * k, width=20 + 5 * off) for k, off in enumerate(UNEVEN)],  # nor as wide
        [piece(20, 20 + 50 * k + 8 * off) for k, off in enumerate(UNEVEN)],  # nor as far apart
        [piece(20 + 9 * off, 20 + 50 * k) for k, off in enumerate(UNEVEN)],  # nor in a line
    ],
)
def test_what_a_hand_may_write_stays(pieces: list[Piece]) -> None:
    page = [*pieces, *DIGITS]
    assert without_bindings(page, SIDE, SIDE) == page


def test_a_row_that_numbers_begin_with_stays() -> None:
    ones = turned(row(11, 20), 1)
    others = [
        piece(one.box.top, one.box.right + 12 + 40 * k, 22 + k, 18 + 3 * k, 150 + 40 * k)
        for one in ones
        for k in range(3)
    ]
    assert without_bindings([*ones, *others], SIDE, SIDE) == [*ones, *others]


def test_digits_between_the_marks_of_a_row_stay() -> None:
    separators = [piece(20, 20 + 50 * k, 44, 3, 130) for k in range(11)]
    digits = [piece(26, 36 + 50 * k, 30 + k % 3, 16 + 2 * (k % 4), 150 + 30 * k) for k in range(10)]
    assert without_bindings([*separators, *digits, *DIGITS], SIDE, SIDE) == [*digits, *DIGITS]


def test_a_row_that_is_all_there_is_stays() -> None:
    assert without_bindings(row(11, 20), SIDE, SIDE) == row(11, 20)


def test_a_texture_stays() -> None:
    specks = [piece(5 + 30 * (k // 19), 5 + 30 * (k % 19)) for k in range(19 * 19)]
    assert len(specks) > MOST
    crowded = [piece(2 + 28 * (k // 75), 2 + 8 * (k % 75), 8, 8, 40) for k in range(300)]
    assert without_bindings([*crowded, *DIGITS], SIDE, SIDE) == [*crowded, *DIGITS]


@example(958745)  # every other one is like the next, and as far from it, by chance
@given(st.integers(0, 2**32 - 1))
def test_digits_of_a_hand_stay(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.uniform(0.75, 1.25, (12, 3))
    written = [
        piece(
            20 + rng.normal(0, 3),
            20 + 46 * k + rng.normal(0, 5),
            round(30 * a),
            round(22 * b),
            round(220 * c),
        )
        for k, (a, b, c) in enumerate(sizes)
    ]
    assert without_bindings([*written, *DIGITS], SIDE, SIDE) == [*written, *DIGITS]
