"""Edges of light and shadow on paper are no digits; digits that lie across them are."""

import numpy as np
import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset
from inkdigits.images.components import Box
from inkdigits.images.ink import find_ink
from inkdigits.recognition.edges import is_edge
from inkdigits.recognition.segmentation import Candidate
from tests.recognition import scenes
from tests.recognition.lights import SIZE, edged, glare, round_shadow
from tests.recognition.pages import row


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


@pytest.mark.parametrize(("column", "radius"), [(200, 250), (450, 200), (450, 250), (700, 250)])
def test_a_glare_is_no_digit(recognizer: Recognizer, column: float, radius: float) -> None:
    picture = scenes.photographed(scenes.PAPER * glare(250, column, radius), 2)
    assert recognizer.read(picture).lines == ()


@pytest.mark.parametrize("softness", [2, 5])
@pytest.mark.parametrize(("column", "radius"), [(200, 180), (300, 180), (300, 300), (450, 300)])
def test_a_round_shadow_is_no_digit(
    recognizer: Recognizer, column: float, radius: float, softness: float
) -> None:
    picture = scenes.photographed(scenes.PAPER * round_shadow(column, radius, softness), 2)
    assert recognizer.read(picture).lines == ()


def candidate(box: Box) -> Candidate:
    return Candidate((), box, np.zeros((28, 28), np.uint8), np.eye(10)[1])


@pytest.mark.parametrize("noise", [0, 4])
@pytest.mark.parametrize("channel", [None, 2])
@pytest.mark.parametrize("is_light", [False, True])
def test_a_stroke_has_paper_on_both_sides_and_an_edge_on_one(
    *, is_light: bool, channel: int | None, noise: float
) -> None:
    stroke, edge = Box(60, 100, 140, 106), Box(60, 300, 140, 306)
    levels = np.full((200, 400), 200.0)
    levels[60:140, 306:] = 120  # beside it paper is as dark as in it
    for box in (stroke, edge):
        levels[box.top : box.bottom, box.left : box.right] = 120
    picture = scenes.photographed(levels, noise)
    if channel is not None:  # that alone tells them
        picture = np.stack(
            [picture if each == channel else 0 * picture + 200 for each in range(3)], -1
        )
    ink = find_ink(255 - picture if is_light else picture, light_on_dark=is_light)
    marked = np.zeros((200, 400), bool)
    for box in (stroke, edge):
        marked[box.top : box.bottom, box.left : box.right] = True
    strength = np.where(marked, np.float32(80 / 255), 0)
    ink = type(ink)(strength, strength, marked, ink.light_on_dark, ink.planes)
    assert not is_edge(candidate(stroke), ink)
    assert is_edge(candidate(edge), ink)


@pytest.mark.parametrize("column", [200, 450])
def test_digits_in_a_round_shadow_and_across_its_edge_stay(
    mnist: Dataset, recognizer: Recognizer, column: float
) -> None:
    page = scenes.written(mnist, scenes.rows(36, 4, 6), 60)
    alpha = np.zeros(SIZE)
    alpha[-page.alpha.shape[0] :, : page.alpha.shape[1]] = page.alpha
    light = round_shadow(column, 250, 5)
    picture = scenes.photographed(light * (scenes.PAPER * (1 - alpha) + scenes.INK * alpha), 2)
    assert recognizer.read(picture).text == page.text


@pytest.mark.parametrize("soft", [2, 5])
@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
@pytest.mark.parametrize("shape", [(200, 900), (400, 900), (1000, 700)])
def test_small_writing_beside_the_dark_edge_of_a_scan_is_read(
    mnist: Dataset, recognizer: Recognizer, shape: tuple[int, int], side: str, soft: float
) -> None:
    line, text = row(mnist, range(4), 8)
    for thick in (6, 12):
        for picture in (page := edged(line, shape, side, thick, soft), 255 - page):
            assert recognizer.read(picture).text == text
