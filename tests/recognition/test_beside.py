"""Digits on paper that leaves the picture are read, whatever is seen beside it."""

import numpy as np
import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset
from inkdigits.images.ink import find_ink
from inkdigits.images.levels import grey
from inkdigits.images.polarity import polarity
from inkdigits.images.sheet import find_sheet
from tests.recognition import scenes
from tests.recognition.beside import BLACK, BOARD, FAINT, RED, Levels, beside

SIDES = range(4)


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


@pytest.mark.parametrize("share", [0.15, 0.3])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("levels", [BLACK, RED, BOARD], ids=["black", "red", "board"])
def test_grain_beside_paper_is_no_ink(
    mnist: Dataset, recognizer: Recognizer, levels: Levels, side: int, share: float
) -> None:
    for start in (0, 40):
        picture, text = beside(mnist, scenes.rows(start, 2, 3), 45, levels, side, share)
        reading = recognizer.read(picture)
        assert (reading.text, reading.light_on_dark) == (text, levels.ink > levels.paper)


@pytest.mark.parametrize("side", SIDES)
def test_what_is_left_of_the_picture_is_the_sheet(mnist: Dataset, side: int) -> None:
    picture, _ = beside(mnist, scenes.rows(0, 2, 3), 45, BLACK, side, 0.3)
    sheet = find_sheet(grey(picture))
    assert sheet is not None
    turned = np.rot90(sheet, side)
    edge = round(0.7 * turned.shape[0])
    assert turned[10 : edge - 16, 10:-10].all()  # but for the borders, where it may curl
    assert not turned[edge:].any()


@pytest.mark.parametrize(("start", "share"), [(0, 0.3), (40, 0.6), (80, 0.4)])
def test_a_page_half_in_a_shadow_is_no_sheet_beside_a_table(
    mnist: Dataset, start: int, share: float
) -> None:
    page = scenes.written(mnist, scenes.rows(start, 3, 4), 45)
    light = np.where(np.arange(page.alpha.shape[1]) < share * page.alpha.shape[1], 0.4, 1)
    assert find_sheet(light * (1 - 0.8 * page.alpha)) is None
    bare = scenes.written(mnist, scenes.rows(start, 3, 4), 45)
    bare.alpha[:, light == 1] = 0  # all writing is in the shadow
    assert find_sheet(light * (1 - 0.8 * bare.alpha)) is None


@pytest.mark.parametrize(("start", "share"), [(0, 0.2), (0, 0.35), (40, 0.2), (40, 0.35)])
def test_faint_chalk_beside_a_light_wall_is_read_though_it_seems_dark_ink_on_the_wall(
    mnist: Dataset, recognizer: Recognizer, start: int, share: float
) -> None:
    picture, text = beside(mnist, scenes.rows(start, 1, 3), 45, FAINT, 2, share)
    ink = find_ink(picture)
    assert (ink.light_on_dark, ink.is_doubtful) == (False, True)
    reading = recognizer.read(picture)
    assert (reading.text, reading.light_on_dark) == (text, True)


def test_ink_on_either_side_of_paper_is_in_doubt_and_neither_is_lost(mnist: Dataset) -> None:
    alpha = scenes.written(mnist, scenes.rows(0, 2, 4), 45).alpha
    both = np.where(np.arange(alpha.shape[0])[:, None] < alpha.shape[0] / 2, alpha, -alpha)
    assert polarity(0.5 - 0.3 * both).is_doubtful
    assert not polarity(0.5 - 0.3 * alpha).is_doubtful
