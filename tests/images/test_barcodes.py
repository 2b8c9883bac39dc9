"""Bar codes among other pieces; pieces made by hand."""

from collections.abc import Sequence

import pytest

from inkdigits.images.barcodes import without_bar_codes
from inkdigits.images.components import Box, Piece

WIDTHS = (3, 6, 3, 9, 3, 3, 12, 6, 3, 9, 6, 3, 3, 12)


def piece(top: int, left: int, height: int, width: int) -> Piece:
    return Piece(1, Box(top, left, top + height, left + width), height * width, 0.5, 0, False)


def bars(widths: Sequence[int], *, height: int = 80, step: int = 0, gap: int = 5) -> list[Piece]:
    """Bars side by side, each so many pixels lower or higher, in turn, than the one before."""
    made, left = [], 40
    for number, width in enumerate(widths):
        made.append(piece(30 + step * (number % 2), left, height, width))
        left += width + gap
    return made


def turned(pieces: Sequence[Piece]) -> list[Piece]:
    boxes = [each.box for each in pieces]
    return [piece(box.left, box.top, box.width, box.height) for box in boxes]


def test_all_bars_go_and_what_is_among_them_and_all_else_stays() -> None:
    code = bars(WIDTHS)
    others = [piece(120, 50, 30, 20), piece(120, 90, 30, 5), piece(40, 300, 60, 8)]
    merged = piece(30, 60, 80, 60)
    assert without_bar_codes([*others, *code, merged]) == others
    lying = turned(others)
    assert without_bar_codes([*lying, *turned(code)]) == lying


def test_bars_that_reach_further_down_belong_to_the_code_and_digits_between_them_do_not() -> None:
    code = bars(WIDTHS)
    for place in (0, 1, 12, 13):
        box = code[place].box
        code[place] = piece(box.top, box.left, box.height + 12, box.width)
    digits = [piece(112, left, 14, 9) for left in (60, 75, 90)]
    assert without_bar_codes([*code, *digits]) == digits


def test_two_codes_one_below_the_other_go_both() -> None:
    code = bars(WIDTHS)
    boxes = [each.box for each in code]
    below = [piece(box.top + 120, box.left, box.height, box.width) for box in boxes]
    assert without_bar_codes([*code, *below]) == []


@pytest.mark.parametrize(
    "ones",
    [
        bars(WIDTHS[:11]),
        bars([4] * 14),
        bars([4, 5, 6, 5, 4, 5] * 3),
        bars(WIDTHS, step=6),
        bars(WIDTHS, gap=60),
        bars(WIDTHS, height=14),
    ],
    ids=["few", "alike", "a hand's", "uneven", "far apart", "low"],
)
def test_other_bars_stay(ones: list[Piece]) -> None:
    assert without_bar_codes(ones) == ones
