"""Scenes that were not read once, each exactly; and what only looks like them."""

import numpy as np
import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset
from inkdigits.data.fonts import font_files
from inkdigits.images.ink import find_ink
from inkdigits.images.rulings import without_underlines
from tests.recognition import prints, scenes

EVERY_SIDE = ["left", "right", "top", "bottom"]


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


@pytest.mark.parametrize(("place", "height"), [(1, 47), (4, 68), (11, 28), (7, 400)])
@pytest.mark.parametrize("is_light", [False, True])
def test_a_digit_that_fills_its_picture_is_read(
    mnist: Dataset, recognizer: Recognizer, place: int, height: int, is_light: bool
) -> None:
    picture, text = scenes.filling(mnist, [place], height)
    reading = recognizer.read(255 - picture if is_light else picture)
    assert (reading.text, reading.light_on_dark) == (text, is_light)
    left, top, width, digit_height = reading.digits[0].box
    assert (left, top) <= (height // 20, height // 20)
    assert width >= 0.9 * picture.shape[1]
    assert digit_height >= 0.9 * picture.shape[0]


@pytest.mark.parametrize("height", [20, 60, 200])
@pytest.mark.parametrize("is_light", [False, True])
def test_nearly_all_digits_that_are_cut_out_close_are_read(
    mnist: Dataset, recognizer: Recognizer, height: int, is_light: bool
) -> None:
    """All but bars, of which little else is left than ink."""
    places = [place for place in range(130) if mnist.test.labels[place] != 1]
    wrong = 0
    for place in places:
        picture, text = scenes.filling(mnist, [place], height)
        reading = recognizer.read(255 - picture if is_light else picture)
        wrong += reading.text != text
        assert reading.text != text or reading.light_on_dark == is_light
    assert wrong <= 0.05 * len(places)


def test_most_ones_that_are_cut_out_close_are_read_though_they_are_solid_as_a_sheet(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    ones = np.flatnonzero(mnist.test.labels[:400] == 1)
    texts = [recognizer.read(scenes.filling(mnist, [int(one)], 60)[0]).text for one in ones]
    assert texts.count("1") >= 0.9 * len(ones)


@pytest.mark.parametrize("place", [3, 15])
def test_two_digits_that_fill_their_picture_are_read(
    mnist: Dataset, recognizer: Recognizer, place: int
) -> None:
    picture, text = scenes.filling(mnist, [place, place + 1], 70)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize(("start", "count", "of"), [(0, 2, 4), (35, 2, 4), (0, 1, 3)])
def test_numbers_on_lines_that_touch_them_are_read(
    mnist: Dataset, recognizer: Recognizer, start: int, count: int, of: int
) -> None:
    picture, text = scenes.underlined(mnist, scenes.rows(start, count, of), 55)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize("start", [0, 9, 63])
def test_photos_taken_in_the_dark_are_read(
    mnist: Dataset, recognizer: Recognizer, start: int
) -> None:
    picture, text = scenes.dim(mnist, scenes.rows(start, 2, 4), 60)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize(
    ("start", "height", "share"), [(24, 45, 0.09), (80, 60, 0.09), (72, 90, 0.09), (0, 50, 0.12)]
)
def test_digits_far_out_of_focus_are_read(
    mnist: Dataset, recognizer: Recognizer, start: int, height: int, share: float
) -> None:
    picture, text = scenes.blurred(mnist, scenes.rows(start, 2, 4), height, share)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize(("start", "degrees"), [(9, 25), (36, 100), (54, 150)])
def test_writing_across_the_hard_edge_of_a_shadow_is_read(
    mnist: Dataset, recognizer: Recognizer, start: int, degrees: int
) -> None:
    picture, text = scenes.shadowed(mnist, scenes.rows(start, 2, 4), 50, degrees)
    reading = recognizer.read(picture)
    assert (reading.text, reading.light_on_dark) == (text, False)


@pytest.mark.parametrize("table", [30, 60])
@pytest.mark.parametrize("sides", ["top bottom", "left right", "left right bottom", "left top"])
def test_a_plain_table_beside_a_sheet_is_no_digit(
    mnist: Dataset, recognizer: Recognizer, table: float, sides: str
) -> None:
    for height in (36, 50):
        picture, text = scenes.on_a_plain_table(mnist, scenes.rows(36, 3, 5), height, table, sides)
        assert recognizer.read(picture).text == text


@pytest.mark.parametrize(("start", "degrees"), [(9, 0), (9, 100), (54, 100)])
@pytest.mark.parametrize("softness", [1, 4, 10])
def test_the_lit_part_of_a_page_is_no_sheet_by_itself(
    mnist: Dataset, recognizer: Recognizer, start: int, degrees: int, softness: int
) -> None:
    picture, text = scenes.shadowed(
        mnist, scenes.rows(start, 3, 5), 45, degrees, softness, shift=-120
    )
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize("start", [0, 60, 200])
@pytest.mark.parametrize("softness", [1, 10])
def test_what_little_is_written_in_a_shadow_is_read(
    mnist: Dataset, recognizer: Recognizer, start: int, softness: float
) -> None:
    rows = [range(start, start + 3), range(start + 3, start + 8), range(start + 8, start + 12)]
    picture, text = scenes.into_a_shadow(mnist, rows, 45, softness)
    assert recognizer.read(picture).text == text


def test_writing_across_a_soft_shadow_into_which_light_comes_back_is_read(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    picture, text = scenes.shadowed(mnist, scenes.rows(36, 3, 6), 40, 150, 6, 0.003)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize(("start", "softness"), [(54, 3), (36, 12), (90, 6)])
def test_writing_under_the_shadow_of_a_hand_is_read(
    mnist: Dataset, recognizer: Recognizer, start: int, softness: float
) -> None:
    picture, text = scenes.under_a_hand(mnist, scenes.rows(start, 3, 6), 50, softness)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize(("start", "degrees"), [(36, 20), (144, -20), (384, -20)])
def test_steep_lines_of_upright_digits_are_read(
    mnist: Dataset, recognizer: Recognizer, start: int, degrees: int
) -> None:
    page = scenes.written(mnist, scenes.rows(start, 2, 6), 45, line=2.2, slope=degrees)
    assert recognizer.read(scenes.on_paper(page.alpha)).text == page.text


@pytest.mark.parametrize(
    ("start", "heights"), [(24, (32, 48, 96)), (60, (32, 48, 96)), (72, (90, 30, 42))]
)
def test_small_numbers_beside_large_ones_are_lines_of_their_own(
    mnist: Dataset, recognizer: Recognizer, start: int, heights: tuple[int, ...]
) -> None:
    page = scenes.written(mnist, scenes.rows(start, 3, 4), heights, line=1.6)
    assert recognizer.read(scenes.on_paper(page.alpha)).text == page.text


@pytest.mark.parametrize("unit", ["", "kg", "EUR"])
@pytest.mark.parametrize("labels", [("Zip", "Nr", "Tel"), ("Size", "Policy", "Sold")])
def test_labels_and_units_beside_numbers_are_not_read(
    mnist: Dataset, recognizer: Recognizer, labels: tuple[str, ...], unit: str
) -> None:
    picture, text = prints.form(mnist, scenes.rows(24, 3, 4), 50, labels, unit)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize(
    ("start", "label", "size"),
    [(5, "Zip code", 0.5), (25, "Zip code", 0.6), (50, "Betrag in EUR", 0.5)],
)
def test_a_printed_label_above_a_number_is_not_read(
    mnist: Dataset, recognizer: Recognizer, start: int, label: str, size: float
) -> None:
    picture, text = prints.labelled(mnist, range(start, start + 5), 50, label, size)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize("label", ["Date", "Room", "Nummer", "Account", "Height in cm", "Policy"])
@pytest.mark.parametrize(("start", "count"), [(0, 2), (36, 3), (51, 4)])
def test_a_printed_label_above_few_digits_is_not_read(
    mnist: Dataset, recognizer: Recognizer, label: str, start: int, count: int
) -> None:
    picture, text = prints.labelled(mnist, range(start, start + count), 50, label, 0.5)
    reading = recognizer.read(picture)
    assert (reading.text, reading.turned) == (text, 0)


@pytest.mark.parametrize(("start", "closes"), [(0, 2), (6, 3), (36, 2)])
def test_brackets_are_no_ones_and_what_is_beside_them_stays(
    mnist: Dataset, recognizer: Recognizer, start: int, closes: int
) -> None:
    picture, text = prints.bracketed(mnist, range(start, start + 6), 60, closes)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize(("start", "height"), [(0, 40), (30, 64), (60, 150)])
def test_light_digits_on_the_dark_wheels_of_a_counter_are_read(
    mnist: Dataset, recognizer: Recognizer, start: int, height: int
) -> None:
    places = [place for place in range(start, start + 20) if narrow(mnist, place)][:6]
    picture, text = scenes.counter(mnist, places, height)
    assert recognizer.read(picture).text == text
    window = picture[height:-height, height:-height]  # cut to the wheels
    assert recognizer.read(window).text == text


def narrow(mnist: Dataset, place: int) -> bool:
    """Whether a test digit is not so wide that it would reach over its wheel."""
    columns = np.flatnonzero((mnist.test.images[place] > 90).any(0))
    return bool(columns[-1] - columns[0] < 16)


@pytest.mark.parametrize("degrees", [0, -6])
@pytest.mark.parametrize(("start", "height", "module"), [(0, 40, 2), (36, 60, 3), (60, 90, 4)])
def test_the_bars_of_a_bar_code_are_no_ones(
    mnist: Dataset, recognizer: Recognizer, start: int, height: int, module: int, degrees: float
) -> None:
    picture, text = prints.coded(mnist, range(start, start + 6), height, module)
    assert recognizer.read(scenes.askew(picture, degrees)).text == text


@pytest.mark.parametrize("kind", ["rings", "wires", "doubled wires"])
@pytest.mark.parametrize("is_left", [False, True])
def test_the_binding_of_a_notebook_is_no_row_of_digits(
    mnist: Dataset, recognizer: Recognizer, kind: str, is_left: bool
) -> None:
    for height in (32, 60):
        picture, text = scenes.bound(mnist, scenes.rows(36, 3, 5), height, kind, is_left=is_left)
        reading = recognizer.read(picture)
        assert (reading.text, reading.turned) == (text, 0)


@pytest.mark.parametrize("is_left", [False, True])
def test_a_few_wires_that_the_border_cuts_are_no_digits(
    mnist: Dataset, recognizer: Recognizer, is_left: bool
) -> None:
    for rows in ([[36, 37]], [[0, 4, 6]], [[10], [11]]):
        picture, text = scenes.bound(mnist, rows, 60, "wires", is_left=is_left, apart=0.85)
        reading = recognizer.read(picture)
        assert (reading.text, reading.turned) == (text, 0)


@pytest.mark.parametrize("start", [0, 6, 36])
def test_the_ticks_of_a_form_s_field_are_no_ones(
    mnist: Dataset, recognizer: Recognizer, start: int
) -> None:
    picture, text = prints.ticked(mnist, range(start, start + 6), 55)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize("start", [36, 216, 396])
def test_digits_of_eight_pixels_are_read(
    mnist: Dataset, recognizer: Recognizer, start: int
) -> None:
    page = scenes.written(mnist, scenes.rows(start, 2, 5), 8, gap=0.5)
    assert recognizer.read(scenes.on_paper(page.alpha)).text == page.text


@pytest.mark.parametrize("start", [0, 6, 36])
def test_lines_that_strike_a_number_out_are_not_taken_for_underlines(
    mnist: Dataset, start: int
) -> None:
    marked = find_ink(scenes.struck(mnist, range(start, start + 6), 55)).marked
    assert without_underlines(marked) is marked


@pytest.mark.parametrize("noise", [12, 26, 40])
def test_a_noisy_picture_of_nothing_holds_no_digit(recognizer: Recognizer, noise: float) -> None:
    for shape in ((300, 400, 3), (240, 200)):
        assert recognizer.read(scenes.photographed(np.full(shape, 165.0), noise)).lines == ()


@pytest.mark.parametrize("height", [24, 32, 44])
@pytest.mark.parametrize("start", [60, 90])
def test_faint_writing_in_the_grain_of_a_dim_photo_is_read(
    mnist: Dataset, recognizer: Recognizer, start: int, height: int
) -> None:
    picture, text = scenes.grainy(mnist, scenes.rows(start, 4, 4), height)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize(
    ("start", "height"), [(36, 36), (132, 36), (96, 50), (132, 50), (24, 80), (36, 80)]
)
def test_strokes_that_a_pen_broke_are_joined(
    mnist: Dataset, recognizer: Recognizer, start: int, height: int
) -> None:
    picture, text = scenes.skipping(mnist, scenes.rows(start, 3, 4), height)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize("start", [0, 36, 60])
def test_the_edge_of_a_sheet_does_not_tell_how_high_digits_are(
    mnist: Dataset, recognizer: Recognizer, start: int
) -> None:
    picture, text = scenes.at_an_edge(mnist, range(start, start + 3), 40)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize(("rows", "of"), [(3, 5), (1, 3), (1, 2)])
@pytest.mark.parametrize("start", [24, 36])
def test_a_table_seen_on_two_sides_of_a_sheet_is_no_digit(
    mnist: Dataset, recognizer: Recognizer, start: int, rows: int, of: int
) -> None:
    picture, text = scenes.on_a_table(mnist, scenes.rows(start, rows, of), 30)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize("start", [0, 36])
@pytest.mark.parametrize("right", [1.5, 2])
def test_a_table_on_two_sides_of_a_sheet_is_no_7_however_faint_its_writing(
    mnist: Dataset, recognizer: Recognizer, start: int, right: float
) -> None:
    picture, text = scenes.in_pencil(mnist, scenes.rows(start, 4, 5), 30, right)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize("table", [30, 60])
@pytest.mark.parametrize("askew", [0, -0.05])
def test_a_table_around_a_sheet_with_nothing_on_it_is_no_digit(
    recognizer: Recognizer, table: float, askew: float
) -> None:
    for sides in (["right"], ["top", "right"], ["top", "left"], ["left", "right"], EVERY_SIDE):
        assert recognizer.read(scenes.blank(table, askew, sides)).lines == ()


@pytest.mark.parametrize("margin", [1, 4])
@pytest.mark.parametrize("start", [0, 36, 60])
def test_a_small_note_on_a_large_desk_is_read(
    mnist: Dataset, recognizer: Recognizer, start: int, margin: int
) -> None:
    picture, text = scenes.on_a_note(mnist, range(start, start + 6), 40, margin)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize("start", [24, 36, 60])
def test_chalk_on_a_board_in_its_frame_is_read(
    mnist: Dataset, recognizer: Recognizer, start: int
) -> None:
    picture, text = scenes.on_a_board(mnist, scenes.rows(start, 3, 5), 40)
    reading = recognizer.read(picture)
    assert reading.text == text
    assert reading.light_on_dark


@pytest.mark.parametrize("margin", [0, 1, 4, 10])
def test_a_square_that_fills_its_picture_is_no_digit(recognizer: Recognizer, margin: int) -> None:
    square = np.pad(np.full((80, 80), 30.0), margin, constant_values=230)
    for levels in (square, 255 - square):
        assert recognizer.read(scenes.photographed(levels, 2)).lines == ()


def test_ones_of_the_same_height_as_other_digits_stay(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    ones = [place for place in range(200) if mnist.test.labels[place] == 1][:4]
    for places in ([ones[:2], [0, 1, 3]], [[0, *ones[2:], 1]]):
        page = scenes.written(mnist, places, 50)
        assert recognizer.read(scenes.on_paper(page.alpha)).text == page.text


@pytest.mark.parametrize("degrees", [-10, -7, -4, 0, 3, 6, 11])
def test_ruled_paper_may_lie_askew(mnist: Dataset, recognizer: Recognizer, degrees: float) -> None:
    picture, text = scenes.on_ruled_paper(mnist, scenes.rows(24, 2, 5), 60, degrees)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize("degrees", [-16, -12, -8, 8, 12, 16])
@pytest.mark.parametrize("gap", [1.3, 2.2])
def test_few_digits_far_apart_may_lie_askew(
    mnist: Dataset, recognizer: Recognizer, gap: float, degrees: float
) -> None:
    for start, rows, columns in ((0, 1, 5), (24, 1, 3), (40, 2, 3)):
        picture, text = scenes.far_apart(mnist, scenes.rows(start, rows, columns), gap, degrees)
        assert recognizer.read(picture).text == text


@pytest.mark.parametrize("degrees", [-9, -6, 7, 10])
def test_numbers_on_lines_that_touch_them_may_lie_askew(
    mnist: Dataset, recognizer: Recognizer, degrees: float
) -> None:
    picture, text = scenes.underlined(mnist, scenes.rows(0, 2, 4), 55)
    assert recognizer.read(scenes.askew(np.pad(picture, 60, "edge"), degrees)).text == text


@pytest.mark.parametrize("level", [0, 255, 140])
@pytest.mark.parametrize("margins", [(0, 150, 0, 250), (90, 0, 0, 0), (120, 60, 200, 90)])
@pytest.mark.parametrize("quarters", [0, 1])
def test_a_plain_frame_around_a_photo_changes_nothing(
    mnist: Dataset,
    recognizer: Recognizer,
    margins: scenes.Edges,
    level: int,
    quarters: int,
) -> None:
    page = scenes.written(mnist, scenes.rows(36, 2, 5), 50)
    picture = scenes.framed(scenes.on_paper(page.alpha), margins, level)
    reading = recognizer.read(np.rot90(picture, -quarters))
    assert (reading.text, reading.turned) == (page.text, 90 * quarters)
    assert not reading.light_on_dark
    shift = margins[:2] * 2
    true = np.array([edges for row in page.boxes for edges in row]) + shift
    found = np.array([(x, y, x + w, y + h) for x, y, w, h in (d.box for d in reading.digits)])
    assert np.abs(found - true).max() <= 5


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("degrees", [-5, 2, 4])
def test_the_corners_of_a_photo_that_was_straightened_change_nothing(
    mnist: Dataset, recognizer: Recognizer, degrees: float, level: int
) -> None:
    page = scenes.written(mnist, scenes.rows(36, 2, 5), 50)
    reading = recognizer.read(scenes.straightened(scenes.on_paper(page.alpha), degrees, level))
    assert (reading.text, reading.turned, reading.light_on_dark) == (page.text, 0, False)


@pytest.mark.parametrize("place", [0, 3, 4, 6, 7, 9, 17, 18, 61, 84])
@pytest.mark.parametrize("is_light", [False, True])
def test_a_digit_cut_out_to_its_last_pixel_is_read_as_a_single_one(
    mnist: Dataset, recognizer: Recognizer, place: int, is_light: bool
) -> None:
    inked = mnist.test.images[place] > 60
    cut = mnist.test.images[place][np.ix_(inked.any(1), inked.any(0))]
    for scale in (1, 6):
        picture = np.kron(cut if is_light else 255 - cut, np.ones((scale, scale), np.uint8))
        reading = recognizer.read(picture, single=True)
        assert reading.text == str(mnist.test.labels[place])


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("script", ["caveat", "kalam", "oswald"])
def test_letters_on_their_heads_and_sides_are_no_digits(
    recognizer: Recognizer, script: str, quarters: int
) -> None:
    font = next(file for file in font_files() if script in str(file).lower())
    page = np.rot90(prints.letters(font, 40), quarters)
    assert recognizer.read(page).text == ""
