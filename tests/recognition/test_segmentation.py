"""Which pieces make a digit, by made-up scores."""

from collections.abc import Sequence

import numpy as np
import pytest

from inkdigits.images.components import Box, Piece
from inkdigits.recognition.segmentation import Candidate, _apart, _best


def candidate(area: int, value: int, confidence: float, refusal: float) -> Candidate:
    """A mark that is `value`, or none, or else one other digit."""
    digits = np.zeros(10)
    digits[[value, value - 1]] = confidence, 1 - confidence - refusal
    piece = Piece(1, Box(0, 0, 20, 10), area, 1.0, 0, at_side=False)
    return Candidate((piece,), piece.box, np.zeros((28, 28), np.uint8), digits)


STEM, ROOF = candidate(1217, 1, 0.988, 0.0), candidate(166, 2, 0.0002, 0.9994)
SEVEN = candidate(1383, 7, 0.951, 0.0)


def read(singles: Sequence[Candidate], both: Candidate, apart: Sequence[float]) -> list[int]:
    spans = {(0, 1): singles[0], (1, 2): singles[1], (0, 2): both}
    return [found.value for found, is_digit in _best(spans, apart, (), None) if is_digit]


def test_what_nearly_touches_a_sure_digit_is_rather_a_part_of_it() -> None:
    """The roof that a pen broke off a 7, of which the stem alone is a 1."""
    near = {0: frozenset({1})}
    assert read([ROOF, STEM], SEVEN, _apart([ROOF, STEM], near)) == [7]
    assert read([ROOF, STEM], SEVEN, [1.0, 1.0]) == [1]  # as it is where it touches nothing


def test_only_what_touches_a_sure_digit_itself_is_so() -> None:
    unsure = candidate(500, 4, 0.6, 0.3)
    near = {0: frozenset({1}), 1: frozenset({0}), 3: frozenset({2})}
    apart = _apart([ROOF, unsure, STEM, ROOF], near)
    assert apart[0] == apart[1] > apart[3]
    assert apart[2] == 1


@pytest.mark.parametrize("near", [{}, {0: frozenset({1})}])
def test_dust_that_would_spoil_a_digit_is_left_out(near: dict[int, frozenset[int]]) -> None:
    spoiled = candidate(1383, 7, 0.2, 0.7)
    assert read([ROOF, STEM], spoiled, _apart([ROOF, STEM], near)) == [1]
