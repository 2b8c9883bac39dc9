"""Printed boxes and combs leave the ink, what is written in them stays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from inkdigits.data.fonts import font_files
from inkdigits.images.boxes import Mask, without_boxes
from inkdigits.images.drawnboxes import without_drawn_boxes
from tests.recognition.strokes import STROKES, drawn

DIGIT = ~np.array(drawn(STROKES[3], 60, 6), dtype=bool)


def grid(rows: int, columns: int, cell: int, wide: int) -> Mask:
    """Boxes side by side and below each other, with some paper around."""
    size = rows * cell + wide, columns * cell + wide
    box = np.zeros(size, bool)
    for place in range(rows + 1):
        box[place * cell : place * cell + wide] = True
    for place in range(columns + 1):
        box[:, place * cell : place * cell + wide] = True
    return np.pad(box, 30)


def comb(bars: int, cell: int = 50, high: int = 14, wide: int = 2) -> Mask:
    """A line with bars on it at both ends and between."""
    line = np.zeros((high, (bars - 1) * cell + wide), bool)
    line[-wide:] = True
    for place in range(bars):
        line[:, place * cell : place * cell + wide] = True
    return np.pad(line, 60)


def sheared(mask: Mask, rise: float) -> Mask:
    """With every column further down than the one before."""
    shifts = np.rint(rise * np.arange(mask.shape[1])).astype(int)
    tall = np.pad(mask, ((0, int(shifts.max())), (0, 0)))
    return np.stack(
        [np.roll(column, shift) for column, shift in zip(tall.T, shifts, strict=True)], 1
    )


@given(
    rows=st.integers(1, 4),
    columns=st.integers(2, 8),
    cell=st.integers(28, 80),
    wide=st.integers(1, 3),
    share=st.floats(0, 0.12),
)
def test_boxes_of_any_number_and_size_leave_nothing(
    rows: int, columns: int, cell: int, wide: int, share: float
) -> None:
    box = sheared(grid(rows, columns, cell, wide), share * min(1, rows / columns))
    assert without_boxes(box).sum() <= 0.01 * box.sum()
    if (rows, columns) != (1, 2):  # on its side an 8 of straight strokes
        assert without_boxes(np.ascontiguousarray(box.T)).sum() <= 0.01 * box.sum()


@pytest.mark.parametrize("columns", [1, 4])
def test_what_is_written_in_boxes_stays_as_it_is(columns: int) -> None:
    box = grid(1, columns, 70, 2)
    written = np.zeros_like(box)
    for place in range(columns):
        written[35:95, 35 + 70 * place : 95 + 70 * place] = DIGIT
    assert (without_boxes(box | written) == written).all()


@pytest.mark.parametrize("down", [-24, -10, 10, 24])
def test_a_stroke_that_crosses_a_line_stays_whole(down: int) -> None:
    box = grid(1, 4, 70, 2)
    bar = np.zeros_like(box)
    bar[35 + down : 95 + down, 62:67] = True
    left = without_boxes(box | bar)
    assert left[bar].all()
    assert left.sum() <= bar.sum() + 20  # a stub of the line at either side


def test_an_empty_box_and_digits_like_boxes_stay() -> None:
    box = grid(1, 1, 50, 3)
    eight = grid(2, 1, 40, 4)
    for mark in (box, eight, np.ascontiguousarray(box[:, ::-1])):
        assert without_boxes(mark) is mark


@pytest.mark.parametrize("value", range(10))
@pytest.mark.parametrize(("side", "pen"), [(60, 3), (120, 4), (200, 20)])
def test_a_digit_is_neither_a_printed_nor_a_drawn_box(value: int, side: int, pen: int) -> None:
    digit = ~np.array(drawn(STROKES[value], side, pen), dtype=bool)
    assert without_boxes(digit) is digit
    assert without_drawn_boxes(digit, digit) is digit


def test_a_combs_line_and_bars_leave_and_digits_between_stay() -> None:
    line = comb(5)
    assert not without_boxes(line).any()
    written = np.zeros_like(line)
    written[10:70, 55:115] |= DIGIT
    assert (without_boxes(line | written) == written).all()


def test_a_line_with_two_bars_is_no_comb_nor_one_with_bars_as_they_come() -> None:
    cup = comb(2, cell=40)
    assert without_boxes(cup) is cup
    uneven = comb(3)
    uneven[60:68, 155:175] = False
    uneven[:68, 105:115] = True
    uneven[40:60, 60:62] = True
    assert without_boxes(uneven) is uneven


@pytest.mark.parametrize(("thick", "beyond", "stays"), [(3, 0, False), (3, 4, True), (8, 0, True)])
def test_ones_that_stand_on_a_line_are_no_open_box(thick: int, beyond: int, stays: bool) -> None:
    """As in an underlined 131: the line goes on beyond them, or they are thicker than it."""
    mask = np.zeros((160, 200), bool)
    mask[100:103, 40 - beyond : 120 + beyond] = True
    mask[40:100, 40 : 40 + thick] = mask[40:100, 120 - thick : 120] = True
    mask[44:96, 55:107] |= ~np.array(drawn(STROKES[3], 52, 4), dtype=bool)
    assert (without_boxes(mask) is mask) == stays


def cups(count: int, apart: int, cell: int = 70, wide: int = 3) -> Mask:
    """Boxes side by side without an upper side, with some paper around."""
    row = np.zeros((cell, count * cell + (count - 1) * apart), bool)
    for place in range(count):
        left = place * (cell + apart)
        row[-wide:, left : left + cell] = True
        row[:, left : left + wide] = row[:, left + cell - wide : left + cell] = True
    return np.pad(row, 40)


@pytest.mark.parametrize(
    ("right", "down"), [(0, 0), (-16, 0), (16, 0), (0, 16), (-16, 16), (0, 24), (20, -20)]
)
@pytest.mark.parametrize("apart", [-3, 4])
def test_open_boxes_leave_and_a_digit_that_touches_or_crosses_them_stays(
    apart: int, right: int, down: int
) -> None:
    """It hangs over a side, or over the lower one, or over both, of the first box of three."""
    box = cups(3, apart)
    written = np.zeros_like(box)
    digit = ~np.array(drawn(STROKES[3], 44, 5), dtype=bool)
    top, left = 40 + 13 + down, 40 + 13 + right
    written[top : top + 44, left : left + 44] = digit
    for place in (1, 2):
        left = 40 + place * (70 + apart) + 13
        written[53:97, left : left + 44] = digit
    found = without_boxes(box | written)
    assert (found & ~written).sum() <= 40  # stubs where strokes cross
    assert found[written & ~box].mean() > 0.97


def test_sides_of_two_open_boxes_that_a_blur_makes_one_leave() -> None:
    box = cups(3, 3)
    for left in (110, 183):
        box[40:110, left - 3 : left + 6] = True
    written = np.zeros_like(box)
    written[53:97, 53:97] = ~np.array(drawn(STROKES[3], 44, 5), dtype=bool)
    assert (without_boxes(box | written) == written).all()


def test_a_digit_that_a_pen_broke_makes_a_box_hold_something() -> None:
    box = cups(1, 0)
    written = np.zeros_like(box)
    written[53:67, 60:66] = written[70:84, 60:66] = True
    assert (without_boxes(box | written) == written).all()


@pytest.mark.parametrize("turned", [False, True])
def test_a_box_whose_line_is_hidden_by_what_hangs_over_it_leaves(turned: bool) -> None:
    box = grid(1, 1, 70, 3)
    written = np.zeros_like(box)
    written[62:126, 36:100] = ~np.array(drawn(STROKES[8], 64, 6), dtype=bool)
    box, written = (box.T, written.T) if turned else (box, written)
    found = without_boxes(np.ascontiguousarray(box | written))
    assert (found & ~written).sum() <= 40
    assert found[written & ~box].mean() > 0.97


@pytest.mark.parametrize("text", ["808", "61", "171"])
def test_print_on_a_line_that_is_as_long_is_no_open_box(text: str) -> None:
    for file in font_files():
        picture = Image.new("L", (300, 100))
        pen, font = ImageDraw.Draw(picture), ImageFont.truetype(file, 60)
        left, _, right, foot = pen.textbbox((30, 0), text, font)
        pen.text((30, 0), text, 255, font)
        pen.line((left, foot, right, foot), 255, 1)
        mask = np.array(picture) > 127
        assert (without_boxes(mask) == mask).all(), file


def test_nothing_is_added_and_no_ink_is_no_box() -> None:
    nothing = np.zeros((80, 90), bool)
    assert without_boxes(nothing) is nothing
    rng = np.random.default_rng(0)
    noise = rng.random((200, 200)) < 0.4
    assert not (without_boxes(noise) & ~noise).any()
