"""Units behind numbers, of whose letters some look like digits: none of these is read."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset
from inkdigits.images.components import Box, Piece
from inkdigits.recognition.segmentation import Candidate, ReadLine
from inkdigits.recognition.units import are_quantities, without_units
from tests.recognition import scenes
from tests.recognition.measured import JOINED, LONG, quantities
from tests.recognition.signed import numbers

PAGES = [
    ["138 kg", "20 kg"],
    ["72 cm", "480 m"],
    ["37 °C", "75 °F"],
    ["5 km/h", "120 km/h"],
    ["250 ml", "33 cl"],
    ["60 W", "2 kWh"],
    ["4 kg", "3 kg", "850 kg"],
    ["4 kg 250 ml", "72 cm 8 km"],
    ["36.6 °C", "12.5 kg", "2.5 m"],
    ["10 km/h", "11 km/h"],
]
NAMED = [["No 138", "No 20"], ["Total 45", "Total 720"], ["Room 308 m"]]


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


def numbers_of(lines: Sequence[str]) -> list[str]:
    return [word for line in lines for word in line.split() if word[0].isdigit()]


@pytest.mark.parametrize("size", [None, 0.7, 1.0, 1.2], ids=lambda size: f"size {size}")
@pytest.mark.parametrize("lines", PAGES, ids=" ".join)
def test_numbers_are_read_without_their_units(
    mnist: Dataset, recognizer: Recognizer, lines: list[str], size: float | None
) -> None:
    for height, first in ((30, 0), (56, 10), (44, 20)):
        reading = recognizer.read(quantities(mnist, lines, height, first, size))
        assert [number.written for number in reading.numbers] == numbers_of(lines)
        assert len(reading.lines) == len(lines)


@pytest.mark.parametrize("size", [None, 0.7, 1.0], ids=lambda size: f"size {size}")
@pytest.mark.parametrize("lines", NAMED, ids=" ".join)
def test_numbers_are_read_without_what_they_are_called(
    mnist: Dataset, recognizer: Recognizer, lines: list[str], size: float | None
) -> None:
    for height, first in ((30, 0), (56, 10), (44, 20)):
        reading = recognizer.read(quantities(mnist, lines, height, first, size))
        assert [number.written for number in reading.numbers] == numbers_of(lines)


def test_digits_behind_a_letter_that_are_as_high_as_others_are_kept(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    for first in (0, 10):
        picture = quantities(mnist, ["W 05 12", "W 20 86"], 50, first)
        assert recognizer.read(picture).text == "0512\n2086"


@pytest.mark.parametrize("size", [None, 0.9, 1.1])
def test_percents_are_no_digits(mnist: Dataset, recognizer: Recognizer, size: float | None) -> None:
    for first in (0, 10):
        reading = recognizer.read(quantities(mnist, ["40 %", "7 %", "20 % 53"], 50, first, size))
        assert reading.written == "40\n7\n20 53"


@pytest.mark.parametrize("sign", [JOINED, LONG], ids=["joined", "long"])
def test_percents_of_other_hands_are_no_digits(
    mnist: Dataset, recognizer: Recognizer, sign: str
) -> None:
    for height, first in ((36, 0), (60, 10)):
        lines = [f"40 {sign}", f"7 {sign}", f"23 {sign}"]
        assert recognizer.read(quantities(mnist, lines, height, first)).text == "40\n7\n23"


def test_a_lone_g_is_no_nine(mnist: Dataset, recognizer: Recognizer) -> None:
    for size in (0.7, 0.9, 1.1):
        reading = recognizer.read(quantities(mnist, ["85 g", "340 g", "250 g"], 50, size=size))
        assert reading.text == "85\n340\n250"


def test_nines_that_end_numbers_on_lines_that_fall_are_kept(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    labels = mnist.test.labels
    others, nines = np.flatnonzero(labels != 9), np.flatnonzero(labels == 9)
    lost = total = 0
    for slope in (-12, 0, 8, 15):
        for start in range(0, 60, 12):
            rows = [
                [*others[first : first + 3], *nines[first // 3 : first // 3 + 1]]
                for first in range(start, start + 12, 4)
            ]
            page = scenes.written(mnist, rows, 45, gap=0.45, slope=slope)
            read = recognizer.read(scenes.on_paper(page.alpha)).text.splitlines()
            total += len(rows)
            lost += sum(not line.endswith("9") for line in read) + len(rows) - len(read)
    assert lost <= 0.02 * total


@pytest.mark.parametrize("slope", [-15, 0, 12, 18])
def test_a_nine_that_ends_a_number_by_itself_is_kept_though_its_line_falls(
    mnist: Dataset, recognizer: Recognizer, slope: float
) -> None:
    labels = mnist.test.labels
    for first in range(3):
        row = [np.flatnonzero(labels == value)[first] for value in (4, 9)]
        page = scenes.written(mnist, [row], 50, gap=0.42, slope=slope)
        assert recognizer.read(scenes.on_paper(page.alpha)).text == "49"


@pytest.mark.parametrize("gap", [0.05, 0.12, 0.25])
def test_the_last_digit_behind_a_point_is_no_letter_of_a_unit(
    mnist: Dataset, recognizer: Recognizer, gap: float
) -> None:
    lines = ["36.6 cm", "2.5 m", "1.5 m", "80.6 cm"]
    for size in (None, 0.8):
        reading = recognizer.read(quantities(mnist, lines, 50, size=size, before=gap))
        assert reading.written.splitlines() == numbers_of(lines)


def test_quantities_are_read_any_way_up(mnist: Dataset, recognizer: Recognizer) -> None:
    # On its head this page's letters look like digits, and more than its own do.
    lines = ["72 cm", "4 kg", "37 km"]
    for size in (None, 0.9):
        picture = quantities(mnist, lines, 48, 3, size)
        for turns in range(4):
            reading = recognizer.read(np.rot90(picture, turns))
            assert (reading.text, reading.turned) == ("72\n4\n37", -90 * turns % 360)


def test_sums_keep_their_digits(mnist: Dataset, recognizer: Recognizer) -> None:
    for lines in (["20+59", "6+9"], ["3×9", "5×16"], ["8=8", "31=6"], ["12 -5"]):
        reading = recognizer.read(numbers(mnist, lines, 50))
        assert reading.text == "\n".join("".join(filter(str.isdigit, each)) for each in lines)


def test_a_known_length_tells_what_is_a_digit(mnist: Dataset, recognizer: Recognizer) -> None:
    picture = quantities(mnist, ["85 g", "340 g", "250 g"], 50, size=0.9)
    assert recognizer.read(picture).lines[0].text == "85"
    assert recognizer.read(picture, expect_length=3).lines[0].text == "859"


Marks = Sequence[tuple[str, float, float, float]]  # what it is, its top, height, gap before it


def line(marks: Marks, height: int = 40) -> ReadLine:
    """Marks 24 pixels wide; a letter is what is no digit, a digit after `?` is an unsure one."""
    digits: list[Candidate] = []
    others: list[Candidate] = []
    left = 0
    for text, top, high, gap in marks:
        left += round(gap * height)
        box = Box(round(top * height), left, round((top + high) * height), left + 24)
        left += 24
        shares = np.full(10, 0.001)
        if text[-1].isdigit():
            shares[int(text[-1])] = 0.98 if text[0] != "?" else 0.6
        image = np.zeros((28, 28), np.uint8)
        image[4:24, 8:20] = 255  # no operator
        mark = Candidate((Piece(left, box, 300, 0.5, 0, False),), box, image, shares)
        (digits if text[-1].isdigit() else others).append(mark)
    return ReadLine(tuple(digits), tuple(others))


def digit(value: int, gap: float = 0.3) -> tuple[str, float, float, float]:
    return str(value), 0, 1, gap


def read(*lines: ReadLine) -> list[str]:
    return ["".join(str(one.value) for one in each.digits) for each in without_units(lines)]


LETTER = ("x", 0, 1, 0.05)
LOW = ("x", 0.3, 0.7, 0.05)


@pytest.mark.parametrize(
    ("marks", "text"),
    [
        ([digit(4), digit(2), ("x", 0, 1, 0.5), LETTER], "42"),
        ([digit(4), digit(2), ("x", 0, 1, 0.5), ("9", 0.35, 0.9, 0.05)], "42"),  # kg
        ([digit(4), digit(2), ("x", 0, 1, 0.5), ("9", 0, 1, 0.05)], "429"),  # a code
        ([digit(4), digit(2), ("x", 0.3, 0.7, 0.5), ("1", 0, 1, 0.05)], "42"),  # ml
        ([digit(4), digit(2), ("x", 0, 1, 0.5), ("1", 0, 1, 0.3)], "421"),  # too far for a letter
        ([digit(4), digit(2), ("x", 0.3, 0.7, 0.5), ("5", 0, 1, 0.05)], "425"),
        ([digit(4), digit(2), ("5", 0, 1, 0.5), LETTER, LETTER], "425"),  # or behind a point
        ([digit(4), digit(2), ("?8", 0.2, 0.8, 0.4), LETTER, LETTER], "42"),
        ([digit(4), digit(2), ("?8", 0, 1, 0.4), LETTER, LETTER], "428"),
        ([digit(4), digit(2), ("1", 0.4, 0.6, 0.4), LOW], "42"),  # in
        ([digit(4), digit(2), ("0", -0.1, 0.4, 0.3)], "42"),  # degrees
        ([digit(4), ("0", 0, 0.3, 0.4), ("1", 0, 1, -0.4), ("0", 0.7, 0.3, -0.4)], "4"),  # %
        ([digit(4), digit(0), digit(1), digit(0)], "4010"),
        ([digit(4), ("0", 0, 0.5, 0.2), ("0", 0, 0.5, 0.1)], "400"),  # cents
        ([digit(4), digit(2), ("9", 0.8, 0.9, 0.5)], "42"),  # g
        ([digit(4), digit(2), ("9", 0.4, 0.9, 0.5)], "429"),  # or the line falls
        ([digit(4), digit(2), ("9", 0.2, 0.95, 0.5)], "429"),
        ([digit(4), digit(2), ("9", 0.4, 0.9, 0.3)], "429"),
        ([digit(4), digit(2), ("1", 0.4, 0.6, 0.5)], "421"),
        ([digit(4), digit(2), ("x", 0.4, 0.3, 0.5), digit(7, 0.1)], "427"),  # a dash
        ([digit(4), ("x", 0.3, 0.5, 0.4), ("3", 0.3, 0.7, 0.1)], "43"),  # a rough x in a sum
        ([digit(4), ("x", 0.3, 0.5, 0.4), ("5", 0.3, 0.7, 0.15)], "45"),
        ([digit(4), ("x", 0.3, 0.5, 0.4), ("5", 0.3, 0.7, 0.15), ("y", 0.3, 0.5, 0.4)], "45"),
        ([digit(4), digit(2), ("x", 0, 1, 1.1), LETTER], "42"),  # too far for a unit
        ([digit(4), ("x", 0, 1, 0.5), LETTER, digit(6, 1.2), digit(7), LETTER], "467"),
    ],
)
def test_letters_are_told_by_their_places_and_heights(marks: Marks, text: str) -> None:
    assert read(line(marks)) == [text]


def test_letters_and_digits_in_turn_take_no_longer_the_more_they_are() -> None:
    marks: Marks = [digit(4), digit(2), ("x", 0, 1, 0.5), *(("1", 0, 1, 0.05), LETTER) * 1000]
    assert len(read(line(marks))) == 1  # took minutes


def test_units_count_as_letters_where_other_letters_stand(
    kilograms: Callable[[], ReadLine],
) -> None:
    words = line([("x", 0, 1, 0.3), LETTER, LETTER])
    alone, beside = without_units([kilograms()]), without_units([kilograms(), words])
    assert [len(each.others) for each in alone] == [0]
    assert [len(unit) for each in alone for unit in each.units] == [2]
    assert [(len(each.digits), len(each.others)) for each in beside] == [(2, 2), (0, 3)]
    assert not any(each.units for each in beside)


def test_only_sure_numbers_with_units_of_letters_are_quantities(
    kilograms: Callable[[], ReadLine],
) -> None:
    assert are_quantities([kilograms()])
    assert are_quantities([kilograms(), line([digit(7), digit(7)])])
    assert not are_quantities([])
    assert not are_quantities([line([digit(7), digit(7)])])
    assert not are_quantities([line([digit(7), ("x", 0, 1, 0.5)])])
    assert not are_quantities([kilograms(), line([("?7", 0, 1, 0.3), digit(7)])])
    assert not are_quantities([kilograms(), line([LETTER, digit(7)])])


@pytest.fixture
def kilograms() -> Callable[[], ReadLine]:
    return lambda: line([digit(4), digit(2), ("x", 0, 1, 0.5), ("9", 0.35, 0.9, 0.05)])
