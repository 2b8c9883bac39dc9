"""What stands around digits decides whether they are numbers; lines made by hand."""

import numpy as np

from inkdigits.images.components import Box, Piece
from inkdigits.recognition.refusal import numbers_only
from inkdigits.recognition.segmentation import Candidate, ReadLine


def mark(value: int, *, height: int = 40, width: int = 25, at_side: bool = False) -> Candidate:
    box = Box(0, 0, height, width)
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


def test_bars_only_are_a_texture() -> None:
    assert numbers_only([line("11"), line("1"), line("1")]) == []
    assert texts(numbers_only([line("111")])) == ["111"]


def test_a_bar_at_the_side_is_no_digit_but_beside_nothing_else() -> None:
    edge = ReadLine((mark(1, width=12, at_side=True),), ())
    assert texts(numbers_only([edge, line("249")])) == ["249"]
    assert texts(numbers_only([edge])) == ["1"]


def test_dots_beside_digits_are_no_zeros() -> None:
    digits = (*line("63").digits, mark(0, height=10, width=10), *line("7").digits)
    assert texts(numbers_only([ReadLine(digits, ())])) == ["637"]
