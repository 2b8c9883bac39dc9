"""Sheets and boards: what has writing on it, and what only is a light or dark patch."""

import numpy as np
import numpy.typing as npt
import pytest

from inkdigits.images.sheet import as_mark, find_board, find_sheet, only_on

Levels = npt.NDArray[np.float32]


def desk(patch: float | Levels, noise: float = 0.01) -> Levels:
    """A patch of a twelfth of a dark picture, level or levels `(300, 480)`, with grain."""
    levels = np.full((1200, 1440), 0.3)
    levels[200:500, 300:780] = patch
    grain = np.random.default_rng(0).normal(0, noise, levels.shape)
    return np.clip(levels + grain, 0, 1).astype(np.float32)


def with_strokes(level: float, ink: float) -> Levels:
    """A few thin strokes on a patch."""
    patch = np.full((300, 480), level, np.float32)
    for left in range(60, 360, 60):
        patch[100:140, left : left + 4] = ink
    return patch


def test_a_patch_is_a_sheet_only_with_writing_on_it() -> None:
    sheet = find_sheet(desk(with_strokes(0.9, 0.2)))
    assert sheet is not None
    assert sheet[250:450, 350:730].all()
    assert not sheet[:150].any()
    assert find_sheet(desk(0.9)) is None


@pytest.mark.parametrize("noise", [0.03, 0.06, 0.1])
def test_grain_on_a_bare_patch_is_no_writing(noise: float) -> None:
    assert find_sheet(desk(0.8, noise)) is None


@pytest.mark.parametrize("fall", [0.1, 0.2, 0.4])
def test_light_that_falls_across_a_bare_patch_is_no_writing(fall: float) -> None:
    patch = np.broadcast_to(np.linspace(1, 1 - fall, 480, dtype=np.float32), (300, 480))
    assert find_sheet(desk(patch)) is None


def with_a_table(*, is_written: bool) -> Levels:
    """A written page, light to the right; what is half as light left of it is written on or not."""
    levels = np.full((800, 1000), 0.9, np.float32)
    for left in range(60, 960, 90):
        levels[300:360, left : left + 12] = 0.2
        levels[500:560, left : left + 12] = 0.2
    levels[:, :720] = 0.45 * levels[:, :720] if is_written else 0.4
    grain = np.random.default_rng(0).normal(0, 0.01, levels.shape)
    return np.clip(levels + grain, 0, 1).astype(np.float32)


def test_what_is_darker_is_a_shadow_where_the_writing_goes_on_and_else_a_table() -> None:
    sheet = find_sheet(with_a_table(is_written=False))
    assert sheet is not None
    assert sheet[20:-20, 750:-20].all()
    assert not sheet[:, :710].any()
    assert find_sheet(with_a_table(is_written=True)) is None


def with_panel(bottom: int) -> Levels:
    """A dark panel with light strokes on a light page, which ends above strokes of the page's."""
    levels = np.full((800, 800), 0.9, np.float32)
    levels[60:bottom, 60:740] = 0.2
    for left in range(120, 680, 60):
        levels[200:260, left : left + 12] = 0.9
        levels[bottom + 40 : bottom + 100, left : left + 12] = 0.2
    grain = np.random.default_rng(0).normal(0, 0.01, levels.shape)
    return np.clip(levels + grain, 0, 1).astype(np.float32)


def test_a_dark_panel_is_a_board_only_where_it_is_most_of_the_picture() -> None:
    board = find_board(with_panel(740))
    assert board is not None
    assert board[100:700, 100:700].all()
    assert find_board(with_panel(540)) is None


@pytest.mark.parametrize("channels", [1, 3])
def test_around_a_sheet_its_paper_goes_on_as_light_as_at_its_edge(channels: int) -> None:
    patch = np.broadcast_to(np.linspace(0.9, 0.6, 480, dtype=np.float32), (300, 480))
    levels = desk(np.minimum(patch, with_strokes(1, 0.1)), 0)
    sheet = find_sheet(levels)
    assert sheet is not None
    picture = np.rint(255 * np.stack(channels * [levels], -1)).astype(np.uint8)
    covered = only_on(sheet, picture.squeeze())
    assert covered.shape == picture.squeeze().shape
    left, right = covered[:, :250], covered[:, -600:]
    assert max(float(np.ptp(left)), float(np.ptp(right))) <= 10  # levels of 255
    assert abs(float(left.mean()) - 255 * 0.9) < 12
    assert abs(float(right.mean()) - 255 * 0.6) < 12
    assert (covered[sheet] == picture.squeeze()[sheet]).all()


def test_the_shape_of_a_light_thing_is_given_as_ink() -> None:
    levels = np.zeros((120, 120), np.float32)
    levels[20:100, 40:80] = 0.8
    levels[40:60, 52:68] = 0.0  # a hole
    sheet = np.zeros((120, 120), bool)
    sheet[30:90, 45:75] = True
    ink = as_mark(levels, sheet)
    assert ink.shape == (82, 42)  # and a pixel around, which is paper
    assert (ink > 0.5).sum() == 80 * 40 - 20 * 16
