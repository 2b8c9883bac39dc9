"""The numbers of a line, by where its digits stand; by hand, and of pages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits import Digit, Line, Recognizer
from inkdigits.data import Dataset
from inkdigits.recognition.reading import SIGNS, Sign
from tests.recognition import prints, scenes

HEIGHT = 40


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


def digit(left: int, width: int = 24, value: int = 5, confidence: float = 0.99) -> Digit:
    image, shares = np.zeros((28, 28), np.uint8), np.full(10, 0.1)
    return Digit(value, confidence, (left, 100, width, HEIGHT), image, shares)


def line(*gaps: int, widths: tuple[int, ...] = ()) -> Line:
    """Digits with gaps of so many pixels between, `0` the first's value, then `1`, and so on."""
    widths = widths or (24,) * (len(gaps) + 1)
    digits, left = [], 10
    for value, (gap, width) in enumerate(zip((*gaps, 0), widths, strict=True)):
        digits.append(digit(left, width, value))
        left += width + gap
    return Line(tuple(digits))


def texts(line: Line) -> list[str]:
    return [number.text for number in line.numbers]


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ((), ["0"]),
        ((8,), ["01"]),
        ((8, 12, 10), ["0123"]),
        ((8, 45, 10), ["01", "23"]),
        ((8, 45, 10, 50, 60, 9), ["01", "23", "4", "56"]),
        ((8, 200, 10), ["01", "23"]),
        ((100,), ["0", "1"]),
        ((50,), ["01"]),
        ((50, 45, 55, 40), ["01234"]),  # the places of a field
        ((90, 85, 95, 80), ["0", "1", "2", "3", "4"]),  # the cells of a table
        ((50, 120), ["01", "2"]),
    ],
)
def test_wide_gaps_part_a_line(gaps: tuple[int, ...], expected: list[str]) -> None:
    assert texts(line(*gaps)) == expected


def test_ones_leave_wide_gaps_in_a_field_without_parting_it() -> None:
    assert texts(line(44, 36, 46, 30, widths=(5, 6, 24, 5, 24))) == ["01234"]


@given(
    st.lists(st.integers(-5, 300), max_size=8), st.integers(1, 9), st.floats(0, 1), st.floats(0, 1)
)
def test_numbers_are_the_line_in_order_at_any_size(
    gaps: list[int], scale: int, least: float, other: float
) -> None:
    whole = line(*gaps)
    assert "".join(texts(whole)) == whole.text
    scaled = Line(
        tuple(
            Digit(each.value, each.confidence, (left * scale, top, width * scale, height * scale),
                  each.image, each.probabilities)
            for each, (left, top, width, height) in ((each, each.box) for each in whole.digits)
        )
    )  # fmt: skip
    assert texts(scaled) == texts(whole)
    two = Line((digit(0, confidence=least), digit(30, confidence=other)))
    assert two.confidence == min(least, other)


def test_a_number_s_box_holds_its_digits() -> None:
    image, shares = np.zeros((28, 28), np.uint8), np.full(10, 0.1)
    boxes = [(10, 100, 24, 40), (40, 90, 20, 45)]
    assert Line(tuple(Digit(1, 1.0, box, image, shares) for box in boxes)).box == (10, 90, 50, 50)


@pytest.mark.parametrize("start", [24, 36, 60])
def test_the_columns_of_a_table_are_numbers(
    mnist: Dataset, recognizer: Recognizer, start: int
) -> None:
    picture, text = prints.columns(mnist, scenes.rows(start, 3, 5), 45)
    found = [number.text for number in recognizer.read(picture).numbers]
    assert found == [part for row in text.splitlines() for part in (row[:2], row[2:])]


def signed(gaps: tuple[int, ...], *signs: tuple[str, int]) -> Line:
    """A line as above, with signs of 6 pixels amid its gaps, or 8 before the first digit."""
    digits = line(*gaps).digits
    placed = []
    for text, after in signs:
        right = digits[after].box[0]
        left = digits[after - 1].box[0] + digits[after - 1].box[2] if after else right - 22
        placed.append(Sign(text, after, ((left + right) // 2 - 3, 120, 6, 6)))
    return Line(digits, tuple(placed))


@pytest.mark.parametrize(
    ("gaps", "signs", "written", "numbers"),
    [
        ((8, 8, 8), [(".", 1)], "0.123", ["0.123"]),
        ((8, 8, 8), [(",", 1), (".", 2)], "0,1.23", ["0,1.23"]),
        ((8, 8, 8), [(":", 2)], "01:23", ["01", "23"]),
        ((8, 8, 8), [("-", 2)], "01-23", ["01", "23"]),
        ((8, 8, 8), [("-", 0)], "-0123", ["-0123"]),
        ((8, 8, 8), [("-", 0), (".", 2)], "-01.23", ["-01.23"]),
        ((8, 8, 8), [(" ", 2)], "01 23", ["01", "23"]),
        ((8, 60, 8), [(",", 2)], "01,23", ["01,23"]),  # that the next digit is near to
        ((8, 99, 8), [(",", 2)], "01, 23", ["01", "23"]),  # two of a list
        ((8, 60, 8), [], "01 23", ["01", "23"]),
        ((8, 60, 8), [("+", 2)], "01+23", ["01", "23"]),
        ((8, 60, 8), [("-", 2)], "01-23", ["01", "23"]),  # as far from the one as from the other
        ((), [("-", 0)], "-0", ["-0"]),
    ],
)
def test_signs_part_numbers_or_belong_to_them(
    gaps: tuple[int, ...], signs: list[tuple[str, int]], written: str, numbers: list[str]
) -> None:
    found = signed(gaps, *signs)
    assert found.written == written
    assert [number.written for number in found.numbers] == numbers
    assert "".join(texts(found)) == found.text


def test_a_dash_beside_the_number_after_a_wide_gap_is_its_minus() -> None:
    digits = line(8, 60, 8).digits
    near = Sign("-", 2, (digits[2].box[0] - 14, 120, 8, 4))
    assert [number.written for number in Line(digits, (near,)).numbers] == ["01", "-23"]
    assert Line(digits, (near,)).written == "01 -23"
    digits = line(8, 44, 8).digits  # the dash's own width makes the gap wide
    near = Sign("-", 2, (digits[2].box[0] - 24, 120, 20, 4))
    assert Line(digits, (near,)).written == "01-23"


def test_a_digit_of_little_confidence_is_a_question_mark_beside_its_signs() -> None:
    (first, *others) = line(8, 8).digits
    doubtful = Line(
        (digit(first.box[0], confidence=0.4), *others), (Sign(".", 1, (38, 130, 4, 4)),)
    )
    assert doubtful.written_above(0.8) == "?.12"
    assert doubtful.to_json(min_confidence=0.8)["numbers"][0]["written"] == "?.12"


@given(
    st.lists(st.integers(0, 120), max_size=8),
    st.lists(st.tuples(st.sampled_from(SIGNS), st.integers(0, 8)), max_size=5),
)
def test_signs_neither_add_digits_nor_take_any(
    gaps: list[int], signs: list[tuple[str, int]]
) -> None:
    places = {after: text for text, after in signs if 0 < after <= len(gaps)}
    found = signed(tuple(gaps), *((text, after) for after, text in sorted(places.items())))
    assert "".join(filter(str.isdigit, found.written)) == found.text
    assert [n.text for n in found.numbers] == [
        "".join(filter(str.isdigit, n.written)) for n in found.numbers
    ]
    for text in set(places.values()) - {" "}:
        assert found.written.count(text) == list(places.values()).count(text)
