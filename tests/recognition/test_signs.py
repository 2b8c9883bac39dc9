"""Points, commas, dashes and operators between digits: told, and never read as digits."""

import numpy as np
import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset
from tests.recognition import scenes
from tests.recognition.signed import SHORT, hanging, numbers

LINES = [
    ["3.75", "40.2", "8.06"],
    ["3,75", "40,2", "8,063"],
    ["24.06.2025", "1,204.50"],
    ["9:30", "24:05", "7:58"],
    ["-5", "-40", "-3.6"],
    ["555-4203", "86-97"],
    ["7/20", "4/9", "30/56"],
    ["20+34", "5+6", "8=8"],
    ["30×4", "5×26"],
    ["63÷7", "48÷6"],
]
MARKED = [["64!", "205!"], ["98?", "36?"]]


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


def digits_of(lines: list[str]) -> str:
    return "\n".join("".join(filter(str.isdigit, line)) for line in lines)


@pytest.mark.parametrize("height", [30, 64])
@pytest.mark.parametrize("lines", LINES, ids="".join)
def test_signs_are_told_and_are_no_digits(
    mnist: Dataset, recognizer: Recognizer, lines: list[str], height: int
) -> None:
    for first in (0, 10):
        reading = recognizer.read(numbers(mnist, lines, height, first))
        assert reading.written.splitlines() == lines
        assert reading.text == digits_of(lines)


def test_signs_are_told_in_light_ink_and_upside_down(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    lines = ["3.75", "40,2", "-86", "24:05"]
    picture = numbers(mnist, lines, 50)
    assert recognizer.read(255 - picture).written.splitlines() == lines
    reading = recognizer.read(np.rot90(picture))
    assert (reading.written.splitlines(), reading.turned) == (lines, 270)
    point = reading.lines[0].signs[0]
    left, top, width, height = point.box
    upright = np.rot90(np.rot90(picture), reading.turned // 90)
    assert (upright[top : top + height, left : left + width] < 128).mean() > 0.5


def test_a_mark_that_is_no_known_sign_parts_numbers(mnist: Dataset, recognizer: Recognizer) -> None:
    (line,) = recognizer.read(numbers(mnist, ["20w45"], 50)).lines
    assert [number.text for number in line.numbers] == ["20", "45"]
    assert (line.written, [sign.text for sign in line.signs]) == ("20 45", [" "])


@pytest.mark.parametrize("height", [30, 64])
@pytest.mark.parametrize("lines", MARKED, ids="".join)
def test_exclamation_and_question_marks_are_no_digits(
    mnist: Dataset, recognizer: Recognizer, lines: list[str], height: int
) -> None:
    for first in (0, 10):
        assert recognizer.read(numbers(mnist, lines, height, first)).text == digits_of(lines)


def test_what_is_marked_so_is_parted_from_the_next_number(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    (line,) = recognizer.read(numbers(mnist, ["42! 58"], 50)).lines
    assert [number.text for number in line.numbers] == ["42", "58"]


def test_a_digit_that_stands_high_above_a_point_is_none_of_them(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    """Its point stands beside it, or what is below it does not stand on the line."""
    page = scenes.written(mnist, [[0, 1, 4], [11, 17, 2]], 50)
    alpha = np.pad(page.alpha, ((0, 60), (0, 0)))
    left, _, right, bottom = page.boxes[1][-1]
    middle = (left + right) / 2
    below = [(middle - 2, bottom + 25.0, middle + 4, bottom + 25.0)]
    dotted = np.maximum(alpha, scenes.lines(alpha.shape, below, 6.0))
    assert recognizer.read(scenes.on_paper(dotted)).text == page.text


def test_commas_that_hang_low_are_no_line_of_ones(mnist: Dataset, recognizer: Recognizer) -> None:
    picture, text = hanging(mnist, [[0, 11, 4], [3, 17, 8]], 50)
    reading = recognizer.read(picture)
    assert reading.text == text
    assert reading.written.splitlines() == [",".join(row) for row in text.splitlines()]


def test_where_the_length_is_known_a_digit_is_no_sign(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    picture = numbers(mnist, ["30,75"], 50)
    assert recognizer.read(picture).text == "3075"
    assert len(recognizer.read(picture, expect_length=5).text) == 5
    assert recognizer.read(picture, expect_length=4).text == "3075"


def test_a_tall_one_among_digits_of_other_heights_is_no_slash(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    slanted = [
        place
        for place in np.flatnonzero(mnist.test.labels == 1)[:80]
        if scenes.glyph(mnist.test.images[place], 60).shape[1] > 25
    ]
    assert len(slanted) >= 3
    for one in slanted[:3]:
        page = scenes.written(mnist, [[0, int(one), 3], [11, 17, 4]], 44)
        taller = scenes.written(mnist, [[0, int(one), 3], [11, 17, 4]], (56, 60))
        assert recognizer.read(scenes.on_paper(page.alpha)).text == page.text
        assert recognizer.read(scenes.on_paper(taller.alpha)).text == taller.text


def test_where_a_hand_s_ones_are_as_long_as_slashes_none_is_one(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    page = numbers(mnist, ["7/20", "30/56", "4/9"], 50)
    assert recognizer.read(page).written.split() == ["7/20", "30/56", "4/9"]
    for lines in (["7/20", "/30/56"], ["7//20"], ["30/56", "72/"]):
        reading = recognizer.read(numbers(mnist, lines, 50))
        assert reading.text == "\n".join(lines).replace("/", "1")


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["7/20", f"30{SHORT}56", f"4{SHORT}9"], ["7/20", "30/56", "4/9"]),
        ([f"24{SHORT}06/2025"], ["24/06/2025"]),
        ([f"7{SHORT}20", f"30{SHORT}56"], ["7120", "30156"]),
        (["7/20", f"30{SHORT}56", f"{SHORT}49"], ["7/20", "30156", "149"]),
        (["7/20", f"30{SHORT}56", f"4{SHORT}{SHORT}9"], ["7/20", "30156", "4119"]),
    ],
)
def test_a_short_slash_is_one_where_longer_ones_are_and_no_one_is_as_long(
    mnist: Dataset, recognizer: Recognizer, lines: list[str], found: list[str]
) -> None:
    assert recognizer.read(numbers(mnist, lines, 50)).written.splitlines() == found


@pytest.mark.parametrize("slope", [6, 8, 10, 12])
def test_digits_of_other_lines_are_no_signs_on_a_page_that_slopes(
    mnist: Dataset, recognizer: Recognizer, slope: float
) -> None:
    page = scenes.written(mnist, scenes.rows(36, 4, 8), 45, line=1.6, slope=slope)
    reading = recognizer.read(scenes.on_paper(page.alpha))
    assert reading.text == page.text
    assert not any(line.signs for line in reading.lines)


@pytest.mark.parametrize("pitch", [11, 17])
def test_dust_and_dotted_rules_are_no_points(
    mnist: Dataset, recognizer: Recognizer, pitch: int
) -> None:
    page = scenes.written(mnist, scenes.rows(36, 3, 5), 45)
    rng = np.random.default_rng(pitch)
    dust = np.zeros(page.alpha.shape)
    rows, columns = len(dust), len(dust[0])
    corners = rng.integers(0, (rows - 4, columns - 4), (400, 2))
    for row, column in corners.tolist():
        dust[row : row + 3, column : column + 3] = 1
    dotted = np.zeros(page.alpha.shape)
    dotted[::60, ::pitch] = dotted[1::60, 1::pitch] = dotted[1::60, ::pitch] = 1
    for marks in (0.8 * dust, dotted):
        reading = recognizer.read(scenes.on_paper(np.maximum(page.alpha, marks)))
        assert reading.text == page.text
        assert not any(line.signs for line in reading.lines)
