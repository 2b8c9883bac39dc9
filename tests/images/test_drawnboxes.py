"""Boxes that somebody drew leave the ink, what is written in them stays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.images.boxes import Mask
from inkdigits.images.drawnboxes import without_drawn_boxes
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


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pen", [2, 4])
def test_of_nearly_all_boxes_nothing_is_left(kind: str, pen: float) -> None:
    shares = []
    for seed in range(20):
        mask = row(kind, 2 + seed % 5, seed, pen)
        shares.append(without(mask).sum() / mask.sum())
    assert np.mean(np.array(shares) < 0.1) >= 0.7
    assert np.mean(np.array(shares) < 0.5) >= 0.85


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


@pytest.mark.parametrize("value", range(10))
@pytest.mark.parametrize(("side", "pen"), [(60, 3), (120, 4), (200, 20)])
def test_a_digit_stays(value: int, side: int, pen: int) -> None:
    digit = ~np.array(drawn(STROKES[value], side, pen), dtype=bool)
    assert without(digit) is digit


def test_boxes_in_several_rows_are_left_to_other_rules() -> None:
    size = 9 * 40 + 5
    grid = np.zeros((size, size), bool)
    for place in range(10):
        wide = 5 if place % 3 == 0 else 2
        grid[40 * place : 40 * place + wide] = grid[:, 40 * place : 40 * place + wide] = True
    grid = np.pad(grid, 20)
    assert without(grid) is grid


@settings(max_examples=40)
@given(
    count=st.integers(1, 6),
    seed=st.integers(0, 1000),
    pen=st.floats(1, 6),
    cut=st.integers(0, 60),
    kind=st.sampled_from(sorted(KINDS)),
)
def test_nothing_is_added_anywhere_in_a_picture(
    count: int, seed: int, pen: float, cut: int, kind: str
) -> None:
    """At its edges too, where a part of the boxes is cut off."""
    mask = row(kind, count, seed, pen)[cut:, 2 * cut :]
    assert not (without(mask) & ~mask).any()
    turned = np.ascontiguousarray(mask.T)
    assert not (without(turned) & ~turned).any()


def test_no_ink_and_noise_are_no_boxes() -> None:
    nothing = np.zeros((80, 90), bool)
    assert without(nothing) is nothing
    noise = np.random.default_rng(0).random((200, 200)) < 0.4
    assert not (without(noise) & ~noise).any()
