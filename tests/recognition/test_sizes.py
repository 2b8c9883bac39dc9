"""The height of a page's digits, from pieces made by hand."""

import numpy as np
import pytest

from inkdigits.images.components import Box, Piece
from inkdigits.recognition.segmentation import Candidate
from inkdigits.recognition.sizes import digit_height


def single(value: int, height: int, confidence: float, borders: int = 0) -> Candidate:
    box = Box(0, 0, height, max(1, height // 2))
    digits = np.zeros(10)
    digits[value] = confidence
    piece = Piece(1, box, height, 1.0, borders, borders > 0)
    return Candidate((piece,), box, np.zeros((28, 28), np.uint8), digits)


@pytest.mark.parametrize("edge", [single(1, 500, 0.99, 1), single(7, 500, 0.99, 2)])
def test_an_edge_of_the_picture_does_not_tell_beside_sure_digits(edge: Candidate) -> None:
    assert digit_height([edge, single(5, 40, 0.99), single(3, 44, 0.98)]) == pytest.approx(
        42, abs=2
    )


def test_a_speck_does_not_tell_beside_digits_that_the_picture_cuts() -> None:
    cut = [single(5, 100, 0.99, 2), single(3, 100, 0.98, 2), single(8, 100, 0.99, 3)]
    assert digit_height([*cut, single(7, 12, 0.55)]) == 100


def test_a_page_of_edges_has_the_height_of_these() -> None:
    assert digit_height([single(1, 90, 0.99, 1)]) == 90
    assert digit_height([]) is None
