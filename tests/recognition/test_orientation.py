"""Which way up a page lies."""

import numpy as np
import numpy.typing as npt
import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset
from inkdigits.data.fonts import font_files
from inkdigits.images.components import Box, Piece
from inkdigits.recognition.network import Scores
from inkdigits.recognition.orientation import way_with_digits
from inkdigits.recognition.segmentation import Candidate
from tests.recognition import prints
from tests.recognition.pages import page, row

ROWS = range(0, 200, 5)


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


def upside_down(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(np.rot90(picture, 2))


@pytest.mark.parametrize(("quarters", "degrees"), [(1, 270), (3, 90), (2, 180)])
@pytest.mark.parametrize("gap", [4, 60])  # with the wide one, neighbours stand in other rows
def test_a_turned_page_is_noticed_and_read(
    mnist: Dataset, recognizer: Recognizer, quarters: int, degrees: int, gap: int
) -> None:
    rows = [row(mnist, range(start, start + 8), gap=gap) for start in (40, 60, 80)]
    upright = page([line for line, _ in rows])
    assert recognizer.read(upright).turned == 0
    reading = recognizer.read(np.rot90(upright, quarters).copy())
    assert (reading.turned, reading.is_way_up_in_doubt) == (degrees, False)
    assert reading.text.split("\n") == recognizer.read(upright).text.split("\n")


def test_two_digits_on_their_side_are_put_upright(mnist: Dataset, recognizer: Recognizer) -> None:
    line, text = row(mnist, [0, 18])  # 7 and 3
    reading = recognizer.read(np.rot90(page([line])).copy())
    assert (reading.text, reading.turned) == (text, 270)


@pytest.mark.parametrize(("start", "count"), [(7, 3), (518, 4), (1498, 6)])
def test_what_is_no_number_as_it_lies_is_read_turned_where_it_is_one_throughout(
    mnist: Dataset, recognizer: Recognizer, start: int, count: int
) -> None:
    """Digits that are in doubt on their side, too: comparing them does not tell enough."""
    line, text = row(mnist, range(start, start + count))
    reading = recognizer.read(np.rot90(page([line])).copy())
    assert (reading.text, reading.turned) == (text, 270)


@pytest.mark.parametrize(
    ("sure", "expected"),
    [
        ({1: [0.98, 0.98], 2: [], 3: [0.99, 0.99]}, (3, 1)),
        ({1: [0.99, 0.99], 2: [0.98, 0.98], 3: [0.98]}, (1, 1)),
        ({1: [0.99, 0.99], 2: [0.98, 0.98, 0.98], 3: [0.99, 0.99]}, (2, 2)),
        ({1: [0.98, 0.98], 2: [], 3: [0.98, 0.9800001]}, (1, 3)),  # rounding decides nothing
        ({1: [0.99], 2: [0.99], 3: [0.96, 0.96]}, (0, 0)),
    ],
)
def test_of_ways_with_as_many_sure_digits_the_surest_is_guessed(
    sure: dict[int, list[float]], expected: tuple[int, int]
) -> None:
    """By made-up scores: a corner of each image tells how it was turned."""
    image = np.zeros((28, 28), np.uint8)
    image[0, 0] = 255
    piece = Piece(1, Box(0, 0, 20, 10), 50, 1.0, 0, at_side=False)
    singles = [Candidate((piece,), piece.box, image, np.zeros(10)) for _ in range(3)]

    def score(images: npt.NDArray[np.uint8]) -> Scores:
        (quarters,) = (k for k in range(4) if np.rot90(images[0], -k)[0, 0])
        digit = np.array([*sure[quarters], 0.0, 0.0, 0.0][:3])
        return Scores(np.tile(np.eye(10)[5], (3, 1)), digit)

    assert way_with_digits(singles, score) == expected


def test_upside_down_is_noticed_or_said_and_upright_left_alone(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    silent = turned = doubted = 0
    for start in ROWS:
        line, _ = row(mnist, range(start, start + 5))
        upright = recognizer.read(page([line]))
        turned += upright.turned != 0
        doubted += upright.is_way_up_in_doubt
        reading = recognizer.read(upside_down(page([line])))
        silent += reading.turned == 0 and not reading.is_way_up_in_doubt
    assert (turned, silent) == (0, 0)
    assert doubted <= 4  # of 40: 06901 is 10690 upside down


def test_what_reads_a_little_better_upside_down_is_left_and_said(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    """Of 0, 1, 6, 8 and 9 alone, some strings are as good digits either way."""
    either = np.flatnonzero(np.isin(mnist.test.labels, (0, 1, 8)))
    readings = [
        recognizer.read(upside_down(page([row(mnist, either[start : start + 4].tolist())[0]])))
        for start in range(0, 160, 4)
    ]
    in_doubt = [reading for reading in readings if reading.is_way_up_in_doubt]
    assert in_doubt
    for reading in in_doubt:
        assert (reading.turned, reading.perhaps_turned) == (0, 180)
        assert reading.to_json()["perhaps_turned"] == 180


def test_dashes_are_not_taken_for_ones_on_their_side(recognizer: Recognizer) -> None:
    picture = np.full((400, 500), 235, np.uint8)
    for place in range(12):
        top, left = 60 + 90 * (place // 3), 60 + 140 * (place % 3)
        picture[top : top + 7, left : left + 45] = 30
    reading = recognizer.read(picture)
    assert (reading.text, reading.turned) == ("", 0)
    assert not reading.is_way_up_in_doubt  # there is nothing that could be read otherwise


def test_a_word_is_not_turned_for_some_of_its_letters_being_digits_on_their_heads(
    recognizer: Recognizer,
) -> None:
    font = next(file for file in font_files() if "kalam" in str(file))
    for word in ("summer", "water", "bread"):
        assert recognizer.read(prints.printed(word, font, 60)).turned == 0, word


@pytest.mark.parametrize("word", ["cp", "JLJ", "NNCp", "dRPG", "WW", "NM"])
def test_a_word_is_not_turned_on_its_side_for_its_letters_being_digits_there(
    recognizer: Recognizer, word: str
) -> None:
    for font in font_files():
        assert recognizer.read(prints.printed(word, font, 60)).turned in (0, 180), font
