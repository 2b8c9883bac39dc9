"""Boxes that somebody drew leave the ink, what is written in them stays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from inkdigits.data.fonts import font_files
from inkdigits.images.boxes import Mask, without_boxes
from inkdigits.images.drawnboxes import without_drawn_boxes
from tests.images.test_boxes import grid
from tests.recognition.drawn import CELL, KINDS, boxes
from tests.recognition.strokes import STROKES, drawn

SIDE = 36
DIGIT = ~np.array(drawn(STROKES[3], SIDE, 5), dtype=bool)


def row(kind: str, count: int, seed: int, pen: float = 2.5) -> Mask:
    """Boxes side by side; the first begins one cell below and one and a half from the left."""
    mask: Mask = boxes(kind, [count], np.random.default_rng(seed), pen) > 127
    return mask


def without(marked: Mask) -> Mask:
    """Where no printed box was found."""
    return without_drawn_boxes(marked, marked)


def in_cell(mask: Mask, place: int, mark: Mask, down: int = 0) -> Mask:
    """A mark alone, in the middle of a cell of such a row, or lower."""
    alone = np.zeros_like(mask)
    top = CELL + (CELL - len(mark)) // 2 + down
    left = round(CELL * (1.5 + place)) + (CELL - mark.shape[1]) // 2
    alone[top : top + len(mark), left : left + mark.shape[1]] = mark
    return alone


def lines(*strokes: tuple[int, ...], pen: int = 3) -> Mask:
    """Straight strokes: column, row, column, row, and so on."""
    picture = Image.new("1", (420, 160))
    for places in strokes:
        ImageDraw.Draw(picture).line(places, 1, pen)
    return np.array(picture)


UPPER, LOWER = (30, 40, 330, 40), (30, 100, 330, 100)
SIDES = [(column, 40, column, 100) for column in (30, 90, 150, 210, 270, 330)]


@pytest.mark.parametrize(
    ("kind", "pen", "most"),
    [
        ("row", 2, 0),
        ("row", 4, 0),
        ("apart", 2, 2),
        ("apart", 4, 0),
        ("field", 2, 2),
        ("field", 4, 0),
    ],
)
def test_of_nearly_all_boxes_hardly_anything_is_left(kind: str, pen: float, most: int) -> None:
    shares = []
    for seed in range(20):
        count = 2 + seed % 5
        mask = row(kind, count, seed, pen)
        written = np.logical_or.reduce([in_cell(mask, place, DIGIT) for place in range(count)])
        shares.append((without(mask | written) & ~written).sum() / mask.sum())
    assert (np.array(shares) > 0.15).sum() <= most
    assert np.median(shares) < 0.02


@pytest.mark.parametrize("kind", ["row", "apart"])
def test_what_is_written_in_boxes_stays(kind: str) -> None:
    for seed in range(10):
        mask = row(kind, 4, seed)
        written = np.logical_or.reduce([in_cell(mask, place, DIGIT) for place in range(4)])
        assert without(mask | written)[written].all()


def test_a_stroke_that_crosses_the_lower_side_stays_whole() -> None:
    for seed in range(10):
        mask = row("row", 4, seed)
        bar = in_cell(mask, 1, np.ones((SIDE, 5), bool), down=30)
        left = without(mask | bar)
        assert left[bar].all()
        assert left.sum() < bar.sum() + 0.3 * mask.sum()


def test_a_one_that_is_as_high_as_its_box_is_no_side() -> None:
    for seed in range(10):
        mask = row("row", 5, seed)
        one = in_cell(mask, 2, np.ones((CELL, 4), bool))
        middle = one.copy()
        middle[: CELL + 8] = middle[2 * CELL - 8 :] = False
        assert without(mask | one)[middle].all()


def test_boxes_in_several_rows_are_left_to_other_rules() -> None:
    size = 9 * 40 + 5
    grid = np.zeros((size, size), bool)
    for place in range(10):
        wide = 5 if place % 3 == 0 else 2
        grid[40 * place : 40 * place + wide] = grid[:, 40 * place : 40 * place + wide] = True
    grid = np.pad(grid, 20)
    assert without(grid) is grid


def test_two_rows_of_wide_boxes_are_left_to_other_rules() -> None:
    level = [(30, row, 330, row) for row in (20, 80, 140)]
    grid = lines(*level, *[(column, 20, column, 140) for column in (30, 180, 330)])
    assert without(grid) is grid


def test_straight_boxes_in_a_row_leave_nothing() -> None:
    assert not without(lines(UPPER, LOWER, *SIDES)).any()


@pytest.mark.parametrize(
    "stroke",
    [
        (110, 40, 150, 100),  # leaning too much
        (180, 40, 195, 70, 180, 100),  # bent
        (180, 40, 180, 75),  # too short
        (180, 40, 180, 130),  # far beyond the lower side
    ],
)
def test_what_is_no_side_stays(stroke: tuple[int, ...]) -> None:
    alone = lines(stroke)
    inner = alone.copy()
    inner[:48] = inner[93:] = False
    left = without(lines(UPPER, LOWER, *SIDES[:2], *SIDES[4:], stroke))
    assert left[inner].all()
    assert (left & ~alone).sum() < 20  # beside the stroke


@pytest.mark.parametrize(
    "strokes",
    [
        [(150, 40, 150, 100), (164, 52, 153, 100)],  # short, beside another, which it runs into
        [(150, 50, 150, 98), (210, 50, 210, 98)],  # all of them short, but where sides must be
        [(148, 40, 148, 100), (152, 40, 152, 100)],  # so near that they make a broad one
        [(150, 26, 150, 112)],  # beyond both
    ],
)
def test_sides_that_are_less_sure_leave_where_sides_must_be(
    strokes: list[tuple[int, ...]],
) -> None:
    rest = [side for side in SIDES if side[0] not in {stroke[0] for stroke in strokes}]
    rest = [side for side in rest if abs(side[0] - strokes[0][0]) > 5]
    left = without(lines(UPPER, LOWER, *rest, *strokes))
    assert left.sum() < 30


def test_a_field_leaves_of_which_one_side_is_surely_none() -> None:
    left = without(lines(UPPER, LOWER, (30, 40, 30, 100), (330, 52, 330, 98)))
    assert not left.any()


def test_a_sevens_stem_that_nearly_reaches_both_sides_stays() -> None:
    seven = lines((215, 52, 255, 52), (255, 52, 236, 98))
    left = without(lines(UPPER, LOWER, *SIDES) | seven)
    assert left[seven].mean() > 0.95


def test_the_others_go_where_the_sides_of_the_last_box_are_not_found() -> None:
    leaning = (270, 40, 300, 100), (330, 40, 300, 100)  # too much
    left = without(lines(UPPER, LOWER, *SIDES[:4], *leaning))
    assert not left[:, :250].any()
    assert left[50:90, 260:].any()


def test_digits_that_nearly_fill_their_boxes_are_no_line_across_them() -> None:
    bars = lines(*[(column + 5, 72, column + 41, 72) for column in (30, 90, 150, 210, 270)])
    assert (without(lines(UPPER, LOWER, *SIDES) | bars) == bars).all()


def test_lines_far_beyond_the_first_and_the_last_side_are_no_boxes() -> None:
    mask = lines(UPPER, LOWER, *SIDES[2:4])
    assert without(mask) is mask


def test_upright_lines_nearer_to_each_other_than_boxes_are_none() -> None:
    fence = lines(UPPER, LOWER, *[(column, 40, column, 100) for column in range(30, 331, 25)])
    assert without(fence) is fence


@pytest.mark.parametrize(("side", "stays"), [(6, False), (14, True)])
def test_a_blot_on_a_side_goes_with_it(side: int, stays: bool) -> None:
    mask = lines(UPPER, LOWER, *SIDES)
    mask[64 : 64 + side, 92 : 92 + side] = True
    assert without(mask).any() == stays


def test_boxes_at_the_edges_of_a_picture_leave_nothing() -> None:
    mask = lines(UPPER, LOWER, *SIDES)
    assert not without(mask[39:102, 29:332]).any()


def test_a_digit_that_touches_a_printed_box_is_not_cut_again() -> None:
    box = grid(1, 5, 60, 2)
    rows, columns = slice(35, 35 + 54), slice(30 + 2 * 60 + 5, 30 + 2 * 60 + 59)
    tall = ~np.array(drawn(STROKES[9], 54, 5), dtype=bool)
    box[rows, columns] |= tall
    left = without_boxes(box)
    assert left.any()
    assert (without_drawn_boxes(box, left) == left).all()


@pytest.mark.parametrize("size", [24, 30, 36, 42])
@pytest.mark.parametrize("text", ["00", "100", "800", "2000", "88"])
def test_zeros_in_print_are_no_boxes(text: str, size: int) -> None:
    for file in font_files():
        picture = Image.new("L", (200, 100))
        ImageDraw.Draw(picture).text((40, 20), text, 255, ImageFont.truetype(file, size))
        mask = np.array(picture) > 127
        assert (without(mask) == mask).all()


@pytest.mark.parametrize("upright", [2, 6, 9])
@pytest.mark.parametrize(("width", "height"), [(45, 60), (56, 80), (70, 100)])
def test_a_hollow_zero_stays_however_thick_its_sides_are(
    width: int, height: int, upright: int
) -> None:
    zero = np.ones((height, width), bool)
    zero[3:-3, upright:-upright] = False
    zero = np.pad(zero, 30)
    assert without(zero) is zero


@settings(max_examples=40)
@given(
    count=st.integers(1, 6),
    seed=st.integers(0, 1000),
    pen=st.floats(1, 6),
    top=st.integers(0, 120),
    left=st.integers(0, 200),
    kind=st.sampled_from(sorted(KINDS)),
)
def test_only_ink_is_left_wherever_a_picture_ends(
    count: int, seed: int, pen: float, top: int, left: int, kind: str
) -> None:
    """And paper around changes nothing, but where a side ends at an edge."""
    mask = row(kind, count, seed, pen)[top:, left:]
    assert not (without(mask) & ~mask).any()
    inside = np.pad(mask, 8)
    assert (without(np.pad(inside, 20))[20:-20, 20:-20] == without(inside)).all()
    assert not (without(np.ascontiguousarray(mask.T)) & ~mask.T).any()


def test_no_ink_and_noise_are_no_boxes() -> None:
    nothing = np.zeros((80, 90), bool)
    assert without(nothing) is nothing
    noise = np.random.default_rng(0).random((200, 200)) < 0.4
    assert not (without(noise) & ~noise).any()
