"""Sheets on cloths with a pattern: where they end, and what is no such cloth."""

import numpy as np
import numpy.typing as npt
import pytest

from inkdigits.images.levels import grey
from inkdigits.images.patterns import dark_pattern, lies_on_pattern
from inkdigits.images.sheet import find_sheet
from tests.recognition.cloths import KINDS, SHEET, on_cloth, pattern

Mask = npt.NDArray[np.bool_]
LINE = np.repeat(np.repeat(np.diag(np.full(2, 255, np.uint8)), 14, 0), 50, 1)


def chessboard(*, sheet: tuple[int, int, int, int]) -> tuple[Mask, Mask]:
    """What is light in a picture of 100x120 with squares of 5, and a white sheet there."""
    squares = (np.indices((100, 120)) // 5).sum(0) % 2 == 0
    covered = np.zeros_like(squares)
    covered[sheet[0] : sheet[2], sheet[1] : sheet[3]] = True
    return squares | covered, covered


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", [20, 40, 70])
def test_a_sheet_ends_where_the_dark_of_its_cloth_begins(kind: str, side: float) -> None:
    level = grey(on_cloth(LINE, kind, side, 0))
    sheet = find_sheet(level)
    assert sheet is not None
    top, left, bottom, right = SHEET
    # But for its edge, where both are mixed: two pixels of the reduced picture and a fraction.
    margin = 3 * 6
    assert sheet[top + margin : bottom - margin, left + margin : right - margin].all()
    beyond = np.ones_like(sheet)
    beyond[top:bottom, left:right] = False
    assert not (sheet & beyond & (level < 0.8)).any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_bare_cloth_has_no_sheet_on_it(kind: str) -> None:
    for side, degrees in ((20, 0), (40, 12), (70, 30)):
        level = (0.9 - 0.6 * pattern(kind, side, degrees)).astype(np.float32)
        assert find_sheet(level) is None


def test_what_is_written_is_not_of_the_pattern() -> None:
    light, covered = chessboard(sheet=(30, 30, 70, 90))
    light[48:52, 40:80] = False
    dark = dark_pattern(light)
    assert dark is not None
    assert not dark[covered].any()
    assert (dark == ~light)[~covered].all()
    assert lies_on_pattern(np.where(light, 0.9, 0.3), dark, covered)


def test_no_pattern_lies_around_what_leaves_the_picture_or_is_plain_on_a_side() -> None:
    for sheet, is_around in (
        ((0, 30, 70, 90), True),  # a quarter of the border at most
        ((0, 0, 70, 90), False),
        ((30, 0, 70, 120), True),
        ((0, 0, 100, 60), False),
    ):
        light, covered = chessboard(sheet=sheet)
        dark = dark_pattern(light)
        assert dark is not None
        assert lies_on_pattern(np.where(light, 0.9, 0.3), dark, covered) == is_around
    light, covered = chessboard(sheet=(30, 30, 70, 90))
    light[70:80, 20:100] = True
    dark = dark_pattern(light)
    assert dark is not None
    assert not lies_on_pattern(np.where(light, 0.9, 0.3), dark, covered)


def test_a_pattern_differs_from_the_sheet_by_a_fifth_of_white() -> None:
    light, covered = chessboard(sheet=(30, 30, 70, 90))
    dark = dark_pattern(light)
    assert dark is not None
    assert lies_on_pattern(np.where(light, 0.9, 0.69), dark, covered)
    assert not lies_on_pattern(np.where(light, 0.9, 0.71), dark, covered)


def test_a_table_whose_lines_leave_the_picture_is_no_pattern() -> None:
    light = np.ones((100, 120), bool)
    light[::10], light[:, ::10] = False, False
    light[31:69, 31:89] = True  # a large field amid small ones
    dark = dark_pattern(light)
    covered = np.zeros_like(light)
    covered[31:69, 31:89] = True
    assert dark is None or not lies_on_pattern(np.where(light, 0.9, 0.3), dark, covered)


def test_dark_around_a_sheet_without_light_in_it_is_no_pattern() -> None:
    light = np.zeros((100, 120), bool)
    light[20:80, 20:100] = True
    assert dark_pattern(light) is None
    light[5:12, 5:30] = True  # something else on the table
    assert dark_pattern(light) is None
