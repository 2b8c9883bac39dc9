"""What stands around digits decides whether they are numbers; lines made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from inkdigits.images.components import Box, Piece
from inkdigits.recognition.labels import without_labels
from inkdigits.recognition.refusal import numbers_only
from inkdigits.recognition.segmentation import Candidate, ReadLine


def mark(
    value: int,
    *,
    height: int = 40,
    width: int = 25,
    at_side: bool = False,
    place: tuple[int, int] = (0, 0),
) -> Candidate:
    top, left = place
    box = Box(top, left, top + height, left + width)
    piece = Piece(1, box, 300, 0.5, int(at_side), at_side)
    digits = np.full(10, 0.001)
    digits[value] = 0.98
    return Candidate((piece,), box, np.zeros((28, 28), np.uint8), digits)


def line(values: str, others: int = 0) -> ReadLine:
    return ReadLine(tuple(mark(int(value)) for value in values), (mark(0),) * others)


def texts(lines: list[ReadLine]) -> list[str]:
    return ["".join(str(digit.value) for digit in each.digits) for each in lines]


def test_numbers_beside_a_few_signs_are_kept() -> None:
    assert texts(numbers_only([line("13867", others=2), line("20")])) == ["13867", "20"]


def test_lines_of_letters_count_against_a_page_though_none_is_read_in_them() -> None:
    letters = [line("", others=4) for _ in range(3)]
    assert numbers_only([line("7"), *letters]) == []
    assert numbers_only([line("724"), *letters]) == []


def test_a_line_of_mostly_letters_is_left_out() -> None:
    assert texts(numbers_only([line("724561"), line("5", others=4)])) == ["724561"]


@pytest.mark.parametrize(
    ("lines", "quarters", "is_guess", "is_read"),
    [
        ([line("724")], 1, True, True),
        ([line("724", others=1)], 2, False, True),  # all are sure
        ([line("724", others=1)], 2, True, False),
        ([line("72", others=1)], 2, False, False),
        ([line("11"), line("0")], 2, False, False),  # nothing with a shape of its own
        ([line("3"), line("3")], 3, False, False),  # a word on its side
        ([line("3"), line("3")], 2, False, True),
        ([line("72"), line("3")], 1, False, True),
        ([line("23456" * 8), line("", others=45)], 1, False, True),  # a form
        ([line("23456" * 7), line("", others=45)], 1, False, False),
    ],
)
def test_a_turned_page_must_be_numbers_and_hardly_anything_else(
    lines: list[ReadLine], quarters: int, is_guess: bool, is_read: bool
) -> None:
    assert bool(numbers_only(lines, 0, quarters, is_guess=is_guess)) is is_read
    if sum(len(each.others) for each in lines) < 5:
        assert numbers_only(lines)


def test_bars_only_are_a_texture() -> None:
    assert numbers_only([line("11"), line("1"), line("1")]) == []
    assert texts(numbers_only([line("111")])) == ["111"]


def test_a_bar_at_the_side_is_no_digit_but_beside_nothing_else() -> None:
    edge = ReadLine((mark(1, width=12, at_side=True),), ())
    assert texts(numbers_only([edge, line("249")])) == ["249"]
    assert texts(numbers_only([edge])) == ["1"]


def test_a_bar_from_the_border_is_an_edge_in_a_corner_or_where_it_is_a_hairline() -> None:
    def bar(area: int, *, near_side: bool = False) -> ReadLine:
        found = mark(1, width=10, height=40)
        piece = replace(found.pieces[0], area=area, borders=1, near_side=near_side)
        return ReadLine((replace(found, pieces=(piece,)),), ())

    assert texts(numbers_only([bar(240), line("249")])) == ["1", "249"]  # cut at the top
    assert texts(numbers_only([bar(240, near_side=True), line("249")])) == ["249"]
    assert texts(numbers_only([bar(60), line("249")])) == ["249"]


def test_dots_beside_digits_are_no_zeros() -> None:
    digits = (*line("63").digits, mark(0, height=10, width=10), *line("7").digits)
    assert texts(numbers_only([ReadLine(digits, ())])) == ["637"]


def row(text: str, top: int) -> ReadLine:
    """Marks 30 pixels apart: digits, letters that are none, and spaces."""
    marks = [(each, mark(int(each) if each.isdigit() else 0, place=(top, 30 * place)))
             for place, each in enumerate(text) if each != " "]  # fmt: skip
    digits = tuple(found for each, found in marks if each.isdigit())
    return ReadLine(digits, tuple(found for each, found in marks if not each.isdigit()))


def test_on_a_page_of_print_words_of_digits_alone_are_numbers() -> None:
    words = ("1ere   3", "fives   46", "chance   27", "5x b4nus   8", "total")
    lines = [row(text, 60 * place) for place, text in enumerate(words)]
    assert texts(numbers_only(lines)) == ["3", "46", "27", "8"]


def test_print_in_which_little_is_read_holds_no_number() -> None:
    words = ("some words   7", "and others   10", "in several", "lines")
    assert numbers_only([row(text, 60 * place) for place, text in enumerate(words)]) == []


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("g01d   re15   065t", ""),  # Gold, Reis, Obst
        ("sch001   b0y   w0rld", ""),
        ("g01d   re15   065t   23456", "23456"),  # a number in a text
        ("a12   b34   c56", "123456"),  # codes: no letter between digits
        ("12a34   56", "123456"),  # one letter is no word
        ("x1y   2z3   456789012345", "123456789012345"),  # most digits are in no word
        ("1a23b45c6d78", "12345678"),  # few letters
        ("9x3t6x10", "93610"),  # a sum
        ("1x2t3x4t5xx6", "123456"),
    ],
)
def test_where_most_digits_stand_among_letters_they_are_letters(words: str, read: str) -> None:
    assert "".join(texts(numbers_only([row(words, 0)]))) == read


def test_rings_far_apart_are_holes_of_a_sheet() -> None:
    holes = [ReadLine((mark(0, place=(600 * place, 50)),), ()) for place in range(3)]
    assert numbers_only(holes) == []
    column = [ReadLine((mark(0, place=(60 * place, 50)),), ()) for place in range(3)]
    assert len(numbers_only(column)) == 3


def test_short_bars_alone_in_a_line_below_digits_are_ticks() -> None:
    ticks = ReadLine(tuple(mark(1, height=14, width=4, place=(60, 30 * k)) for k in range(4)), ())
    assert texts(numbers_only([line("4209"), ticks])) == ["4209"]
    assert texts(numbers_only([line("4209"), line("11")])) == ["4209", "11"]


def test_short_bars_between_digits_are_ticks_however_many() -> None:
    ticks = tuple(mark(1, height=16, width=4) for _ in range(5))
    assert texts(numbers_only([ReadLine((*line("4209").digits, *ticks), ())])) == ["4209"]


def bar(left: int, bow: float) -> Candidate:
    """A 1 whose middle lies so many pixels of 20 off its ends, to the right."""
    image = np.zeros((28, 28), np.uint8)
    for down in range(20):
        column = round(13 + bow * (1 - ((down - 9.5) / 9.5) ** 2))
        image[4 + down, column : column + 2] = 255
    return replace(mark(1, width=14, place=(0, left)), image=image)


def among(*bars: Candidate) -> str:
    """What is read of bars between which 63 stands, and 7 after them."""
    digits = [mark(6, place=(0, 60)), mark(3, place=(0, 90)), mark(7, place=(0, 180)), *bars]
    digits.sort(key=lambda digit: digit.box.left)
    (text,) = texts(numbers_only([ReadLine(tuple(digits), ())]))
    return text


def test_bars_that_bow_away_from_each_other_are_brackets() -> None:
    assert among(bar(30, -3), bar(130, 3)) == "637"


@pytest.mark.parametrize("bows", [(0, 0), (3, -3), (-3, -3), (-3, 0), (0, 3)])
def test_ones_that_are_no_pair_of_brackets_stay(bows: tuple[int, int]) -> None:
    assert among(bar(30, bows[0]), bar(130, bows[1])) == "16317"


def test_bars_with_nothing_between_are_no_brackets() -> None:
    assert among(bar(130, -3), bar(150, 3)) == "63117"


def test_one_of_two_brackets_may_be_no_digit_already() -> None:
    digits = (mark(6, place=(0, 60)), mark(3, place=(0, 90)), bar(130, 3))
    assert texts(numbers_only([ReadLine(digits, (bar(30, -3),))])) == ["63"]


def test_dashes_and_what_is_left_of_rulings_do_not_count_against_a_page() -> None:
    dash = mark(1, height=3, width=60)
    lines = [ReadLine(tuple(mark(value) for value in (7, 2, 4)), (dash,) * 9)]
    assert texts(numbers_only(lines)) == ["724"]


@pytest.mark.parametrize(("confidence", "texts_read"), [(0.98, ["7245618"]), (0.9, [])])
def test_beside_many_letters_what_is_hardly_a_digit_is_another_letter(
    confidence: float, texts_read: list[str]
) -> None:
    digits = np.full(10, (1 - confidence) / 20)
    marks = []
    for value in (7, 2, 4, 5, 6, 1, 8):
        shares = digits.copy()
        shares[value] = confidence
        marks.append(replace(mark(value), digits=shares))
    lines = [ReadLine(tuple(marks), ()), line("", others=6)]
    assert texts(numbers_only(lines)) == texts_read


@pytest.mark.parametrize(("unsure", "is_read"), [(3, True), (4, False)])
def test_few_digits_are_unsure_where_other_things_are_no_letters(
    unsure: int, is_read: bool
) -> None:
    marks = [mark(value) for value in (7, 2, 4, 5, 6, 3, 8, 9, 2, 4, 5)]
    for place in range(unsure):
        marks[place] = replace(marks[place], digits=marks[place].digits * 0.95)
    lines = [ReadLine(tuple(marks), ()), line("", others=6)]
    assert bool(numbers_only(lines)) == is_read


@pytest.mark.parametrize(
    ("confidence", "pieces", "is_read"), [(0.93, 20, True), (0.93, 21, False), (0.98, 21, True)]
)
def test_a_digit_alone_among_many_pieces_must_be_surer(
    confidence: float, pieces: int, is_read: bool
) -> None:
    digits = np.zeros(10)
    digits[8] = confidence
    alone = ReadLine((replace(mark(8), digits=digits),), ())
    assert bool(numbers_only([alone], pieces)) == is_read


@pytest.mark.parametrize(
    ("confidence", "other", "pieces", "others", "is_read"),
    [
        (0.75, 0.2499, 1, 0, True),
        (0.75, 0.248, 1, 0, False),  # perhaps none
        (0.65, 0.3499, 1, 0, False),
        (0.75, 0.2499, 21, 0, False),
        (0.75, 0.2499, 2, 1, False),
    ],
)
def test_a_digit_alone_may_be_one_of_two_if_it_surely_is_one(
    confidence: float, other: float, pieces: int, others: int, is_read: bool
) -> None:
    digits = np.zeros(10)
    digits[4], digits[9] = confidence, other
    beside = (mark(8, width=60),) * others
    alone = ReadLine((replace(mark(4), digits=digits),), beside)
    assert bool(numbers_only([alone], pieces)) == is_read


@pytest.mark.parametrize(("clear", "is_read"), [(1, False), (2, True)])
def test_some_digits_of_a_page_must_be_clear(clear: int, is_read: bool) -> None:
    marks = [mark(value) for value in (7, 4, 7, 2)]
    for place in range(clear, 4):
        marks[place] = replace(marks[place], digits=marks[place].digits * 0.7)
    assert bool(numbers_only([ReadLine(tuple(marks), ())])) == is_read


@pytest.mark.parametrize(("others", "is_read"), [(6, True), (7, False)])
def test_many_bars_among_other_marks_are_letters(others: int, is_read: bool) -> None:
    lines = [line("1171117211"), line("4711911371", others)]
    assert bool(numbers_only(lines)) == is_read


def small(text: str, top: int, left: int = 0) -> ReadLine:
    """Marks half as high as a number's: digits, and letters that are none."""
    marks = [
        (each, mark(int(each) if each.isdigit() else 0, height=20, width=12, place=(top, at)))
        for at, each in zip(range(left, left + 16 * len(text), 16), text, strict=True)
    ]
    digits = tuple(found for each, found in marks if each.isdigit())
    return ReadLine(digits, tuple(found for each, found in marks if not each.isdigit()))


def beside(*lines: ReadLine) -> ReadLine:
    return ReadLine(
        tuple(digit for each in lines for digit in each.digits),
        tuple(other for each in lines for other in each.others),
    )


def moved(each: ReadLine, right: int) -> ReadLine:
    def move(found: Candidate) -> Candidate:
        box = found.box
        return replace(found, box=replace(box, left=box.left + right, right=box.right + right))

    return ReadLine(tuple(map(move, each.digits)), tuple(map(move, each.others)))


def test_small_words_that_look_like_digits_in_part_are_labels() -> None:
    zip_code, telephone = small("21p", 60), small("7e1", 120)
    numbers = [row("96293", 60), row("84850", 120)]
    assert texts(numbers_only([zip_code, numbers[0], telephone, numbers[1]])) == ["96293", "84850"]
    in_line = [beside(zip_code, moved(numbers[0], 60)), beside(telephone, moved(numbers[1], 60))]
    assert texts(numbers_only(in_line)) == ["96293", "84850"]
    units = [beside(numbers[0], small("kg", 60, 160)), beside(numbers[1], small("16s", 120, 160))]
    assert texts(numbers_only(units)) == ["96293", "84850"]


def test_small_digits_without_letters_are_numbers() -> None:
    assert texts(numbers_only([row("96293", 0), small("4821", 60)])) == ["96293", "4821"]


def test_a_small_digit_within_a_number_stays_beside_what_broke_off_it() -> None:
    broken = small("5x", 0, 62)
    line = beside(row("96", 0), broken, moved(row("74", 0), 110))
    assert texts(numbers_only([line, row("8293", 60)])) == ["96574", "8293"]


def test_a_page_of_letters_has_no_labels() -> None:
    large = row("2ab3e6fg7h9k", 0)
    lines = [large, small("xx1x5xx", 60), small("xx7xxx", 120)]
    assert without_labels(lines) == lines
    assert numbers_only(lines) == []


@pytest.mark.parametrize(("height", "text"), [(90, "24"), (50, "724")])
def test_what_comes_in_from_the_border_and_is_much_higher_is_no_digit(
    height: int, text: str
) -> None:
    thumb = mark(7, height=height, at_side=True)
    digits = [mark(2, place=(0, 60)), mark(4, place=(0, 100))]
    assert texts(numbers_only([ReadLine((thumb, *digits), ())])) == [text]


@pytest.mark.parametrize(
    ("area", "sizes", "is_read"),
    [
        (0.78, (40, 40, 41, 42), True),
        (0.3, (40, 40, 41, 42), False),
        (0.78, (40, 40, 41, 60), False),
    ],
)
def test_holes_beside_a_digit_are_no_letters(
    area: float, sizes: tuple[int, ...], is_read: bool
) -> None:
    holes = [mark(0, height=size, width=size) for size in sizes]
    holes = [
        replace(hole, pieces=(replace(hole.pieces[0], area=int(area * size**2)),))
        for hole, size in zip(holes, sizes, strict=True)
    ]
    assert bool(numbers_only([ReadLine((mark(5),), tuple(holes))])) == is_read
