"""Ink on papers of all kinds, made by hand so that the truth is known."""

import numpy as np
import numpy.typing as npt
import pytest

from inkdigits.images.components import find_pieces
from inkdigits.images.ink import Ink, find_ink
from inkdigits.images.regions import regions
from inkdigits.images.rulings import without_rulings, without_underlines
from inkdigits.images.sheet import find_sheet

TRUE = (slice(60, 140), slice(100, 112))


def picture(paper: float = 220, ink: float = 40) -> npt.NDArray[np.float64]:
    levels = np.full((200, 300), paper)
    levels[TRUE] = ink
    return levels


def found(levels: npt.NDArray[np.floating]) -> Ink:
    return find_ink(np.clip(levels, 0, 255).astype(np.uint8))


def share_right(ink: Ink) -> float:
    """Intersection over union with the bar that is there."""
    truth = np.zeros(ink.marked.shape, bool)
    truth[TRUE] = True
    return float((ink.marked & truth).sum() / (ink.marked | truth).sum())


def test_dark_ink_on_light_paper() -> None:
    ink = found(picture())
    assert not ink.light_on_dark
    assert share_right(ink) > 0.99


def test_light_ink_on_dark_paper() -> None:
    ink = found(255 - picture())
    assert ink.light_on_dark
    assert share_right(ink) > 0.99


@pytest.mark.parametrize("depth", [80, 150])
def test_vignetting_is_no_ink(depth: float) -> None:
    rows, columns = np.mgrid[-1:1:200j, -1:1:300j]
    ink = found(picture() - depth * (rows**2 + columns**2) / 2)
    assert not ink.light_on_dark
    assert share_right(ink) > 0.9


def test_noise_is_no_ink() -> None:
    noise = np.random.default_rng(0).normal(scale=6, size=(200, 300))
    (bar,) = find_pieces(found(picture(ink=120) + noise)).pieces
    edges = np.array([bar.box.top, bar.box.left, bar.box.bottom, bar.box.right])
    assert np.abs(edges - [60, 100, 140, 112]).max() <= 2


def test_yellow_ink_stands_out_in_blue() -> None:
    pixels = np.full((200, 300, 3), 250, np.uint8)
    pixels[TRUE] = (250, 235, 60)
    assert share_right(find_ink(pixels)) > 0.99


def test_thick_shapes_are_ink_all_over() -> None:
    levels = np.full((200, 300), 230.0)
    levels[20:180, 100:160] = 30
    assert found(levels).marked[100, 130]


def test_an_even_page_has_no_ink() -> None:
    assert not found(np.full((200, 300), 128.0)).marked.any()


def test_rulings_are_taken_out_and_the_stroke_across_stays() -> None:
    levels = picture()
    for row in range(20, 200, 40):
        levels[row : row + 2] = np.minimum(levels[row : row + 2], 120)
    ink = found(levels)
    cleaned = without_rulings(ink.marked)
    assert cleaned[:, :90].sum() < 0.02 * ink.marked[:, :90].sum() + 1
    assert cleaned[90:112, 100:112].all()


@pytest.mark.parametrize("turned", [False, True])
def test_a_grid_is_taken_out_and_a_ring_across_it_stays(turned: bool) -> None:
    rows, columns = np.mgrid[:160, :400]
    distance = np.hypot(rows - 83, columns - 207)
    ring = (distance > 28) & (distance < 34)
    grid = (rows % 40 < 2) | (columns % 40 < 2)
    cleaned = without_rulings((ring | grid).T if turned else ring | grid)
    left = cleaned.T if turned else cleaned
    assert (left & ring).sum() > 0.93 * ring.sum()
    # Where both go the same way for a while, some of the paper's stays.
    assert (left & ~ring).sum() < 0.02 * grid.sum()


def test_strokes_across_a_strip_are_no_rulings() -> None:
    strip = np.zeros((60, 300), bool)
    for column in (40, 95, 190, 230):
        strip[:, column : column + 5] = True
    assert (without_rulings(strip) == strip).all()


def test_a_ruling_mostly_under_writing_follows_the_pattern() -> None:
    marked = np.zeros((240, 400), bool)
    for row in range(20, 240, 40):
        marked[row : row + 2] = True
    marked[100:102, 30:270] = False  # of which little is seen
    marked[90:112, 30:270:24] = True
    assert not without_rulings(marked)[100:102, 290:].any()


def test_the_edge_of_a_shadow_is_no_ink() -> None:
    rows, columns = np.mgrid[:300, :300]
    shadow = 1 / (1 + np.exp((columns + rows / 2 - 190) / 4))
    levels = 230 * (1 - 0.4 * shadow)
    levels[100:160, 200:208] *= 0.3
    (bar,) = find_pieces(found(levels)).pieces
    assert (bar.box.top, bar.box.bottom) == (100, 160)


@pytest.mark.parametrize("softness", [6, 10])
def test_the_soft_edge_of_a_shadow_is_no_ink_though_light_changes_within_it(
    softness: float,
) -> None:
    rows, columns = np.mgrid[:300, :400]
    beyond = columns + rows / 2 - 250
    levels = 225 * (1 - 0.5 / (1 + np.exp(-beyond / softness)))
    levels *= 1 + 0.001 * np.maximum(beyond, 0)
    levels[60:66, 40:360] *= 0.8
    marked = found(levels).marked
    assert marked[61:65, 45:355].all()
    marked[58:68] = False
    assert not marked.any()


@pytest.mark.parametrize("depth", [0.4, 0.7])
def test_bold_ink_on_vignetted_paper_is_dark(depth: float) -> None:
    rows, columns = np.mgrid[-1:1:200j, -1:1:300j]
    levels = np.full((200, 300), 235.0)
    bold = np.zeros(levels.shape, bool)
    for left in range(0, 300, 50):
        bold[10:190, left : left + 24] = True
    levels[bold] = 75
    ink = found(levels * (1 - depth * (rows**2 + columns**2) / 2))
    assert not ink.light_on_dark
    assert (ink.marked & bold).sum() / (ink.marked | bold).sum() > 0.8


def test_what_shines_on_a_table_beside_a_sheet_is_no_part_of_it() -> None:
    levels = np.full((300, 400), 30 / 255, np.float32)
    levels[80:280, 100:350] = 225 / 255
    levels[120:130, 120:320] = 40 / 255
    levels[40:80, 110:122] = 150 / 255
    sheet = find_sheet(levels)
    assert sheet is not None
    assert sheet[90:270, 110:340].all()
    assert not sheet[:78].any()


def test_pieces_have_their_boxes_and_not_each_others_ink() -> None:
    levels = picture()
    levels[70:130, 120:130] = 40
    page = find_pieces(found(levels))
    assert [(piece.box.top, piece.box.bottom) for piece in page.pieces] == [(60, 140), (70, 130)]
    assert page.cut(page.pieces[:1]).shape[1] < 20


def test_a_thin_stroke_in_strong_grain_is_one_piece() -> None:
    levels = np.full((240, 320, 3), 165.0)
    levels[60:180, 100:107] = 45
    grain = np.random.default_rng(0).normal(scale=28, size=levels.shape)
    (stroke,) = find_pieces(found(levels + grain)).pieces
    edges = np.array([stroke.box.top, stroke.box.left, stroke.box.bottom, stroke.box.right])
    assert np.abs(edges - [60, 100, 180, 107]).max() <= 3


def test_half_a_page_in_a_hard_shadow_is_no_light_ink() -> None:
    levels = picture(220.0, 40.0)
    levels[:, 106:] *= 0.4
    ink = found(levels)
    assert not ink.light_on_dark
    assert ink.marked[TRUE][:, 2:4].all()  # in the light
    assert not ink.marked[:, 125:].any()  # paper in the shadow


def narrow_shadow(written_on: bool) -> npt.NDArray[np.float64]:
    """A dark band as wide as a stroke may be, beside thin strokes and perhaps under one."""
    levels = np.full((300, 400), 225.0)
    levels[:, 220:256] *= 0.55
    for top in (60, 140, 220) if written_on else (60, 140):
        levels[top : top + 7, 40 : 340 if top == 220 else 160] *= 0.2
    return levels


def test_a_narrow_shadow_is_paper_if_it_is_written_on() -> None:
    marked = found(narrow_shadow(written_on=True)).marked
    assert marked[221:226, 45:335].all()
    assert not marked[:55, 200:276].any()
    assert not marked[235:, 200:276].any()


def test_a_thick_stroke_is_ink_though_it_is_fainter_than_thin_ones() -> None:
    marked = found(narrow_shadow(written_on=False)).marked
    assert marked[:, 222:254].all()


@pytest.mark.parametrize("angle", [20, 65, 110])
def test_a_hard_edge_of_a_shadow_is_where_it_is(angle: float) -> None:
    rows, columns = np.mgrid[:300, :400]
    turn = np.radians(angle)
    beyond = (columns - 200) * np.cos(turn) + (rows - 150) * np.sin(turn)
    levels = 225 - 135 / (1 + np.exp(-beyond))
    levels[40:120, 60:68] *= 0.2
    marked = found(levels).marked
    marked[38:122, 58:70] = False
    assert not marked.any()


def test_a_thick_zero_that_fills_its_picture_is_ink_and_its_hole_is_paper() -> None:
    rows, columns = np.mgrid[:80, :80] - 39.5
    zero = (np.hypot(rows, columns) < 40) & (np.hypot(rows / 28, columns / 20) >= 1)
    ink = found(np.where(zero, 30.0, 230.0))
    assert not ink.light_on_dark
    assert (ink.marked & zero).sum() / (ink.marked | zero).sum() > 0.95


def rings(*lines: slice) -> npt.NDArray[np.bool_]:
    """Four rings side by side, 50 pixels high from row 20 on, and lines across them."""
    rows, columns = np.mgrid[:100, :320]
    marked = np.zeros((100, 320), bool)
    for middle in (50, 120, 190, 260):
        distance = np.hypot(rows - 45, columns - middle)
        marked |= (distance > 20) & (distance < 25)
    for line in lines:
        marked[line, 15:300] = True
    return marked


@pytest.mark.parametrize("line", [slice(68, 72), slice(19, 23)])
def test_a_line_under_or_over_digits_that_touches_them_is_taken_out(line: slice) -> None:
    cleaned = without_underlines(rings(line))
    assert not cleaned[line, 15:25].any()
    assert (cleaned & rings()).sum() > 0.9 * rings().sum()
    assert regions(cleaned).count == 4


@pytest.mark.parametrize("lines", [(slice(43, 47),), (slice(35, 39), slice(51, 55))])
def test_lines_through_the_middle_of_digits_are_left(lines: tuple[slice, ...]) -> None:
    marked = rings(*lines)
    assert without_underlines(marked) is marked


def test_a_line_that_holds_less_than_two_digits_together_is_left() -> None:
    marked = np.zeros((100, 200), bool)
    marked[20:24, 40:160] = True  # a wide 7
    marked[20:80, 150:155] = True
    assert without_underlines(marked) is marked
