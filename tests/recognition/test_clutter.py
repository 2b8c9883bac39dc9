"""Digits that creases, stains and squares cross are read; what is written faintly stays."""

from collections.abc import Callable

import numpy as np
import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset
from inkdigits.images.ink import find_ink
from inkdigits.recognition.clutter import without_clutter
from tests.recognition import creased, scenes

CREASED: dict[str, Callable[[Dataset, int], tuple[scenes.Plane, str]]] = {
    "folded": lambda mnist, start: creased.folded(mnist, scenes.rows(start, 3, 5), 45),
    "crumpled": lambda mnist, start: creased.crumpled(mnist, scenes.rows(start, 3, 4), 50, start),
    "stained": lambda mnist, start: creased.stained(mnist, scenes.rows(start, 2, 4), 50),
    "squared": lambda mnist, start: creased.squared_askew(mnist, scenes.rows(start, 3, 4), 50, 25),
}


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


@pytest.mark.parametrize("start", [0, 100, 200, 300])
@pytest.mark.parametrize("name", CREASED)
def test_digits_that_something_fainter_crosses_are_read(
    mnist: Dataset, recognizer: Recognizer, name: str, start: int
) -> None:
    picture, text = CREASED[name](mnist, start)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize("start", [0, 84, 96])
def test_digits_in_pencil_among_others_stay_where_paper_is_stained(
    mnist: Dataset, recognizer: Recognizer, start: int
) -> None:
    page = scenes.written(mnist, scenes.rows(start, 3, 4), 50)
    for row, place in ((0, 1), (1, 0), (1, 1), (1, 2), (2, 1)):
        left, top, right, bottom = page.boxes[row][place]
        page.alpha[top:bottom, left:right] *= 0.45
    picture, text = creased.stained_page(page, 50, 0.2)
    assert recognizer.read(picture).text == text


def test_a_one_in_pencil_stays_in_its_number(mnist: Dataset, recognizer: Recognizer) -> None:
    ones = np.flatnonzero(mnist.test.labels == 1)[:6].tolist()
    page = scenes.written(mnist, [[0, ones[0], 3], [ones[1], 1, 4], [9, 18, ones[2]]], 50)
    for row, place in ((0, 1), (1, 0), (2, 2)):
        left, top, right, bottom = page.boxes[row][place]
        page.alpha[top:bottom, left:right] *= 0.4
    assert recognizer.read(scenes.on_paper(page.alpha)).text == page.text


def test_a_row_of_a_one_in_pencil_stays_where_paper_is_stained(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    one = int(np.flatnonzero(mnist.test.labels == 1)[0])
    page = scenes.written(mnist, [[0, 1, 3], [one], [9, 18, 4]], 50)
    left, top, right, bottom = page.boxes[1][0]
    page.alpha[top:bottom, left:right] *= 0.4
    shape = page.alpha.shape
    crease = 0.3 * scenes.lines(shape, [(0, 0.9 * shape[0], shape[1], 0.7 * shape[0])], 3)
    picture, text = creased.lit(page, 1 - crease)
    assert recognizer.read(picture).text == text


@pytest.mark.parametrize(("start", "written"), [(0, "72.10"), (30, "31.34"), (100, "60.54")])
def test_a_point_in_pencil_stays_where_a_crease_crosses_a_digit(
    mnist: Dataset, recognizer: Recognizer, start: int, written: str
) -> None:
    page = scenes.written(mnist, scenes.rows(start, 2, 4), 50, gap=0.5)
    _, _, right, bottom = page.boxes[0][1]
    page.alpha[bottom - 8 : bottom, right + 8 : right + 16] = 0.45
    left, top, right, bottom = page.boxes[1][2]
    crossing = [(left - 30, top - 10, right + 30, bottom + 10)]
    picture, text = creased.lit(page, 1 - 0.35 * scenes.lines(page.alpha.shape, crossing, 3))
    reading = recognizer.read(picture)
    assert (reading.text, reading.lines[0].written) == (text, written)


def test_a_creased_page_that_lies_on_its_side_is_in_no_doubt(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    picture, text = CREASED["folded"](mnist, 0)
    reading = recognizer.read(np.ascontiguousarray(np.rot90(picture)))
    assert (reading.text, reading.turned, reading.perhaps_turned) == (text, 270, 270)


def test_plain_writing_is_looked_at_once(mnist: Dataset, recognizer: Recognizer) -> None:
    page = scenes.written(mnist, scenes.rows(0, 3, 5), 45)
    ink = find_ink(scenes.on_paper(page.alpha))
    lines, _ = recognizer._read_any_way_up(ink, None)
    assert sum(len(line.digits) for line in lines) == 15
    assert without_clutter(ink, lines) is None
