"""Reading order, on pages that lie straight and askew."""

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inkdigits.images.components import Box, Piece
from inkdigits.images.lines import text_lines
from inkdigits.images.slopes import text_slope

HEIGHT = 40
Grid = list[list[tuple[float, float]]]


def piece(label: int, row: float, column: float, height: int = HEIGHT) -> Piece:
    """A mark, its middle at a place."""
    top, left = round(row - height / 2), round(column - 12)
    return Piece(label, Box(top, left, top + height, left + 24), 100, 1.0, 0, False)


def turned(row: float, column: float, degrees: float) -> tuple[float, float]:
    """A place on a page turned about its middle, clockwise."""
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    down, across = row - 400, column - 400
    return 400 + cosine * down + sine * across, 400 + cosine * across - sine * down


def page(degrees: float, rows: int = 4, columns: int = 8) -> list[Piece]:
    """A grid of marks, labelled in reading order."""
    return [
        piece(1 + columns * row + column, *turned(200 + 70 * row, 200 + 55 * column, degrees))
        for row in range(rows)
        for column in range(columns)
    ]


def labels(lines: list[list[Piece]]) -> list[list[int]]:
    return [[each.label for each in line] for line in lines]


@settings(max_examples=60)
@given(st.floats(-25, 25), st.randoms(use_true_random=False))
def test_rows_of_a_page_that_lies_askew_are_read_in_order(degrees: float, random: object) -> None:
    pieces = page(degrees)
    random.shuffle(pieces)  # type: ignore[attr-defined]
    expected = [list(range(1 + 8 * row, 9 + 8 * row)) for row in range(4)]
    assert labels(text_lines(pieces, HEIGHT)) == expected


@pytest.mark.parametrize("degrees", [-20, -8, 8, 20])
def test_slope_is_the_page_s(degrees: int) -> None:
    boxes = [each.box for each in page(degrees)]
    assert text_slope(boxes, HEIGHT) == pytest.approx(math.tan(math.radians(degrees)), abs=0.03)


@pytest.mark.parametrize("degrees", [-2, 0, 2])
def test_a_page_that_lies_nearly_straight_is_not_straightened(degrees: int) -> None:
    assert text_slope([each.box for each in page(degrees)], HEIGHT) == 0


def test_neighbours_that_do_not_agree_say_nothing_of_a_slope() -> None:
    steps = [0, 18, -16, 20, -20, 15, -18, 0]
    boxes = [piece(k, 100 + down, 50 + 60 * k).box for k, down in enumerate(steps)]
    assert text_slope(boxes, HEIGHT) == 0


def test_uneven_digits_of_a_level_row_say_nothing_of_a_slope() -> None:
    steps = [0, 18, 2, 20, 1, 19, 0, 18]  # most neighbours are lower, by 17 degrees
    boxes = [piece(k, 100 + down, 50 + 60 * k).box for k, down in enumerate(steps)]
    assert text_slope(boxes, HEIGHT) == 0


def test_few_marks_that_a_level_row_holds_say_nothing_of_a_slope() -> None:
    boxes = [piece(k, 100 + 8 * k, 50 + 100 * k).box for k in range(4)]
    assert text_slope(boxes, HEIGHT) == 0


@pytest.mark.parametrize("steps", [(0, 40, 0), (0, 60, -60), (0, 60, -10, 50)])
def test_few_marks_that_lie_on_no_line_say_nothing_of_a_slope(steps: tuple[int, ...]) -> None:
    boxes = [piece(k, 200 + down, 50 + 130 * k).box for k, down in enumerate(steps)]
    assert text_slope(boxes, HEIGHT) == 0


@settings(max_examples=100)
@given(
    st.integers(6, 18),
    st.sampled_from((-1, 1)),
    st.integers(1, 3),
    st.integers(3, 5),
    st.integers(60, 110),
    st.lists(st.integers(-6, 6), min_size=15, max_size=15),
)
@example(17, 1, 1, 3, 60, [-1, 0, 6] * 5)  # fit a line of more than twenty degrees
@example(10, 1, 3, 4, 69, [6, -6] * 5 + [-6, 6] * 2 + [6])  # neighbours make it seem level
def test_few_marks_far_apart_are_read_in_order_though_they_lie_askew(
    degrees: int, way: int, rows: int, columns: int, apart: int, steps: list[int]
) -> None:
    pieces = [
        piece(
            k, *turned(300 + 90 * (k // columns) + step, 200 + apart * (k % columns), degrees * way)
        )
        for k, step in enumerate(steps[: rows * columns])
    ]
    expected = [list(range(first, first + columns)) for first in range(0, rows * columns, columns)]
    assert labels(text_lines(pieces, HEIGHT)) == expected


@pytest.mark.parametrize("lower", [0, 30, 45])
def test_numbers_in_columns_far_apart_are_not_put_in_rows_askew(lower: int) -> None:
    left = [piece(row, 100 + 90 * row, 50) for row in range(3)]
    right = [piece(10 + row, 100 + lower + 90 * row, 300) for row in range(3)]
    slope = text_slope([each.box for each in (*left, *right)], HEIGHT)
    assert slope == 0


def test_a_flag_joins_the_digit_beside_it() -> None:
    flag = piece(9, 85, 130, height=10)
    assert labels(text_lines([piece(1, 100, 50), piece(2, 100, 115), flag], HEIGHT)) == [[1, 2, 9]]


@pytest.mark.parametrize("degrees", [-20, 20])
def test_a_steep_slope_is_told_though_heights_differ(degrees: int) -> None:
    fall = math.tan(math.radians(degrees))
    steps = [0, 3, -3, 3, -3, 0, 3, -3, 0, 3]
    boxes = [piece(k, 400 + fall * 60 * k + down, 50 + 60 * k).box for k, down in enumerate(steps)]
    assert text_slope(boxes, HEIGHT) == pytest.approx(fall, abs=0.1)


@settings(max_examples=60)
@given(
    st.integers(10, 22),
    st.sampled_from((-1, 1)),
    st.lists(st.integers(-9, 9), min_size=18, max_size=18),
)
@example(22, -1, [0, 0, 0, 5, 0, 5, 0, 0, 5, 0, 5, -3, -2, 3, 8, 0, -9, 0])
def test_steep_rows_are_read_in_order_though_their_digits_stand_uneven(
    degrees: int, way: int, steps: list[int]
) -> None:
    level = [(200 + 90 * (k // 6) + step, 250 + 55 * (k % 6)) for k, step in enumerate(steps)]
    pieces = [piece(k, *turned(*place, way * degrees)) for k, place in enumerate(level)]
    expected = [list(range(first, first + 6)) for first in (0, 6, 12)]
    assert labels(text_lines(pieces, HEIGHT)) == expected


def test_rows_of_small_digits_beside_a_large_one_stay_apart() -> None:
    large = [piece(1, 100, 50, 100), piece(2, 100, 150, 100)]
    small = [piece(10 * row + k, 190 + 55 * row, 40 + 40 * k, 35) for row in (1, 2) for k in (1, 2)]
    expected = [[1, 2], [11, 12], [21, 22]]
    assert labels(text_lines([*large, *small], 100)) == expected


@pytest.mark.parametrize("place", range(8))
@pytest.mark.parametrize(("lower", "lines"), [(0.5, 1), (0.7, 1), (0.85, 2)])
def test_a_mark_that_is_lowered_stays_in_its_line_while_it_stands_beside_the_others(
    place: int, lower: float, lines: int
) -> None:
    row = [
        piece(1 + column, 200 + lower * HEIGHT * (column == place), 200 + 55 * column)
        for column in range(8)
    ]
    assert len(text_lines(row, HEIGHT)) == lines
