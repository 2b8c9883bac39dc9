"""Pages that a network's images are cut from."""

import numpy as np
import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset, pages
from inkdigits.data.furniture import PIECES, Piece, Rows
from inkdigits.data.pages import page

ROWS = Rows(
    (120, 250),
    [
        [(20, 20, 40, 50), (60, 22, 80, 52), (100, 21, 120, 51)],
        [(25, 80, 45, 110), (60, 79, 90, 109)],
        [(150, 85, 170, 115), (200, 5, 220, 35)],  # rises steeply
    ],
    30,
)


def test_pages_repeat_with_their_generator(mnist: Dataset) -> None:
    digits = mnist.train.images[:50]
    first, second = (page(digits, np.random.default_rng(8)) for _ in range(2))
    assert first.dtype == np.uint8
    assert first.ndim == 2
    assert min(first.shape) > 1
    assert np.array_equal(first, second)


def test_pages_hold_the_digits_that_they_are_given(
    mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PIECES", ())
    threes = mnist.train.images[mnist.train.labels == 3][:100]
    reader, rng = Recognizer(threads=1), np.random.default_rng(5)
    read = "".join(reader.read(page(threes, rng)).text for _ in range(30)).replace("\n", "")
    assert len(read) > 150
    assert read.count("3") > 0.9 * len(read)


@pytest.mark.parametrize(("piece", "chance"), PIECES)
def test_what_stands_beside_digits_is_ink_on_their_page(piece: Piece, chance: float) -> None:
    drawn = [piece(ROWS, np.random.default_rng(seed)) for seed in range(20)]
    assert 0 < chance < 1
    assert {ink.shape for ink in drawn} == {ROWS.shape}
    assert min(ink.min() for ink in drawn) >= 0
    assert max(ink.max() for ink in drawn) <= 1
    assert sum(bool((ink > 0.1).any()) for ink in drawn) >= 10
    assert len({ink.tobytes() for ink in drawn}) > 10
