"""Fragments against every pair of boxes, one by one, and on cases made by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.images.components import Box, Piece
from inkdigits.images.fragments import (
    Fragments,
    fragment_pairs,
    fragments,
    lines_of_fragments,
    with_fragments,
)

HEIGHT = 100.0
BOXES = st.lists(
    st.builds(
        lambda top, left, height, width: Box(top, left, top + height, left + width),
        st.integers(0, 200),
        st.integers(0, 300),
        st.integers(1, 120),
        st.integers(1, 120),
    ),
    max_size=12,
)


def piece(label: int, *edges: int) -> Piece:
    box = Box(*edges)
    return Piece(label, box, box.height * box.width, 1.0, 0, at_side=False)


def gap(one: Box, other: Box) -> float:
    """The distance between the nearest pixels' edges."""
    rows = max(one.top, other.top) - min(one.bottom, other.bottom)
    columns = max(one.left, other.left) - min(one.right, other.right)
    return float(np.hypot(max(rows, 0), max(columns, 0)))


def are_parts(one: Box, other: Box) -> bool:
    height = max(one.bottom, other.bottom) - min(one.top, other.top)
    width = max(one.right, other.right) - min(one.left, other.left)
    return (
        gap(one, other) <= min(6, 0.08 * height)
        and min(one.height, other.height) <= 80
        and 60 <= height <= 130
        and width <= 130
    )


@given(BOXES)
def test_pairs_are_all_that_nearly_touch_the_nearest_first(boxes: list[Box]) -> None:
    pairs = fragment_pairs(boxes, HEIGHT)
    places = range(len(boxes))
    expected = {
        frozenset((one, other))
        for one in places
        for other in places[:one]
        if are_parts(boxes[one], boxes[other])
    }
    assert {frozenset(pair) for pair in pairs} == expected
    assert len(pairs) == len(expected)
    gaps = [gap(boxes[one], boxes[other]) for one, other in pairs]
    assert gaps == sorted(gaps)


def test_a_broken_stroke_is_in_fragments_and_a_digit_beside_it_is_none() -> None:
    upper, lower = Box(0, 0, 55, 40), Box(58, 0, 100, 40)
    digit = Box(0, 45, 100, 100)  # as near to both as digits that nearly touch
    speck = Box(40, 200, 60, 220)
    near = {0: frozenset({1, 2}), 1: frozenset({0, 2})}
    assert fragments([upper, lower, digit, speck], HEIGHT) == Fragments(near, frozenset({3}))


def test_letters_of_small_print_are_no_fragments() -> None:
    letters = [Box(0, left, 40, left + 25) for left in range(0, 120, 28)]
    assert fragments(letters, HEIGHT).near == {}


def test_small_pieces_stay_only_where_they_nearly_touch_a_large_one() -> None:
    stroke = piece(1, 0, 0, 75, 30)
    beside, below, dust = (
        piece(2, 20, 33, 40, 50),
        piece(3, 78, 0, 95, 20),
        piece(4, 78, 20, 82, 24),
    )
    far = piece(5, 60, 60, 80, 80)
    assert with_fragments([stroke], [beside, below, dust, far], HEIGHT) == [stroke, beside, below]


def test_upper_and_lower_halves_of_broken_digits_are_one_line() -> None:
    pieces = [
        piece(1, 0, 0, 46, 40),
        piece(2, 48, 0, 100, 40),
        piece(3, 0, 60, 46, 100),
        piece(4, 48, 60, 100, 100),
        piece(5, 150, 0, 250, 40),
    ]
    lines = lines_of_fragments(pieces, HEIGHT)
    assert [[part.label for part in line] for line in lines] == [[1, 2, 3, 4], [5]]


@pytest.mark.parametrize("boxes", [[], [Box(0, 0, 50, 50)]])
def test_fewer_than_two_boxes_are_no_fragments(boxes: list[Box]) -> None:
    assert fragment_pairs(boxes, HEIGHT) == []
