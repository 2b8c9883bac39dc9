from collections.abc import Sequence

import numpy as np
import pytest

from inkdigits.images.barcodes import bar_codes
from inkdigits.images.regions import regions

WIDTHS = (3, 6, 3, 9, 3, 3, 12, 6, 3, 9, 6, 3, 3, 12)
Mark = tuple[int, int, int, int]  # top, left, height, width


def bars(
    widths: Sequence[int], *, height: int = 80, step: int = 0, gap: int = 5, fall: float = 0
) -> list[Mark]:
    """Bars side by side, each so many pixels lower or higher, in turn, than the one before."""
    made, left = [], 40
    for number, width in enumerate(widths):
        made.append((30 + step * (number % 2) + round(fall * (left - 40)), left, height, width))
        left += width + gap
    return made


def turned(marks: Sequence[Mark]) -> list[Mark]:
    return [(left, top, width, height) for top, left, height, width in marks]


def left_of(marks: Sequence[Mark]) -> list[Mark]:
    """Those of some marks on a page that are neither of a bar code nor among its bars."""
    tall, wide = (1 + max(mark[axis] + mark[axis + 2] for mark in marks) for axis in (0, 1))
    page = np.zeros((tall, wide), bool)
    for top, left, height, width in marks:
        page[top : top + height, left : left + width] = True
    found = regions(page)
    stays = found.those(~bar_codes(found))
    return [mark for mark in marks if stays[mark[0], mark[1]]]


def test_all_bars_go_and_what_is_among_them_and_all_else_stays() -> None:
    code = bars(WIDTHS + WIDTHS)
    others = [(120, 50, 30, 20), (120, 90, 30, 5), (40, 460, 60, 8)]
    merged = (30, 60, 80, 60)
    assert left_of([*others, *code, merged]) == others
    lying = turned(others)
    assert left_of([*lying, *turned(code)]) == lying


def test_bars_that_reach_further_down_belong_to_the_code_and_digits_between_them_do_not() -> None:
    code = bars(WIDTHS)
    for place in (0, 1, 12, 13):
        top, left, height, width = code[place]
        code[place] = (top, left, height + 12, width)
    digits = [(112, left, 14, 5) for left in (60, 76, 90)]
    assert left_of([*code, *digits]) == digits


def test_two_codes_one_below_the_other_go_both() -> None:
    code = bars(WIDTHS)
    below = [(top + 120, left, height, width) for top, left, height, width in code]
    assert left_of([*code, *below]) == []


@pytest.mark.parametrize("fall", [-0.1, -0.04, 0.04, 0.1])
def test_a_code_may_lie_askew(fall: float) -> None:
    code = bars(WIDTHS + WIDTHS, fall=fall)
    assert left_of([(top + 60, left, height, width) for top, left, height, width in code]) == []


def test_bars_that_have_merged_or_are_not_there_interrupt_no_code() -> None:
    code = bars(WIDTHS + WIDTHS)
    top, left, height, _ = code[9]
    right = code[14][1] + code[14][3]
    assert left_of([*code[:9], *code[15:]]) == []
    assert left_of([*code[:9], (top, left, height, right - left), *code[15:]]) == []


def test_bars_that_were_cut_at_the_ends_go_too() -> None:
    code = bars(WIDTHS + WIDTHS[:4])
    for place in (0, 1, 16, 17):
        top, left, height, width = code[place]
        code[place] = (top + 12, left, height - 12, width)
    assert left_of(code) == []
    beside = (70, code[-1][1] + 30, 40, 6)
    assert left_of([*code, beside]) == [beside]


@pytest.mark.parametrize(
    "ones",
    [
        bars(WIDTHS[:11]),
        bars([4] * 14),
        bars([4, 5, 6, 5, 4, 5] * 3),
        bars(WIDTHS, step=6),
        bars(WIDTHS, gap=120),
        bars(WIDTHS, gap=40, fall=0.3),
        bars(WIDTHS, height=14),
    ],
    ids=["few", "alike", "a hand's", "uneven", "far apart", "steep", "low"],
)
def test_other_bars_stay(ones: list[Mark]) -> None:
    assert left_of(ones) == ones


@pytest.mark.parametrize("seed", range(20))
def test_a_hands_ones_stay_however_close_and_unlike_they_are(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ones, left = [], 20
    for width in rng.integers(3, 12, 24).tolist():
        high = int(rng.normal(0, 5))
        ones.append((40 + high, left, 80 + int(rng.normal(0, 5)) - high, width))
        left += width + int(rng.integers(6, 60))
    assert left_of(ones) == ones
