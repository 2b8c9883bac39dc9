"""Ready crops whose ink is in doubt: cut out close, in a box, beside what belongs to others."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFont

from inkdigits import Recognizer
from inkdigits.data import Dataset
from inkdigits.data.fonts import font_files
from tests.recognition.cut import CUTS, along_a_box, close, in_a_box

COUNT = 250
BLANK = np.zeros((28, 28), np.uint8)


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


def right(
    recognizer: Recognizer, crops: list[npt.NDArray[np.uint8]], labels: npt.NDArray[Any]
) -> float:
    """The share that is read rightly, and as a digit."""
    scores = [recognizer.classify(crop[None]) for crop in crops]
    return float(
        np.mean([
            score.probabilities[0].argmax() == label and score.digit[0] >= 0.5
            for score, label in zip(scores, labels, strict=True)
        ])
    )  # fmt: skip


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("is_dark", [False, True], ids=["light ink", "dark ink"])
def test_crops_are_read_however_they_are_cut(
    recognizer: Recognizer, mnist: Dataset, cut: str, is_dark: bool
) -> None:
    images, labels = mnist.train.images[-COUNT:], mnist.train.labels[-COUNT:]
    rng = np.random.default_rng(8)
    crops = [CUTS[cut](image, rng) for image in images]
    if is_dark:
        crops = [255 - crop for crop in crops]
    assert right(recognizer, crops, labels) >= 0.98


def test_a_one_without_any_paper_beside_it_is_one(recognizer: Recognizer, mnist: Dataset) -> None:
    rng = np.random.default_rng(0)
    ones = mnist.train.images[-2_000:][mnist.train.labels[-2_000:] == 1]
    crops = [close(image, rng) for image in ones]
    assert right(recognizer, crops, np.ones(len(crops))) >= 0.98


@pytest.mark.parametrize("cut", [in_a_box, along_a_box])
def test_an_empty_box_is_no_digit(recognizer: Recognizer, cut: Any) -> None:
    rng = np.random.default_rng(9)
    crops = np.stack([cut(BLANK, rng) for _ in range(120)])
    assert (recognizer.classify(crops).digit >= 0.5).mean() <= 0.02


def test_a_letter_in_a_box_is_no_digit(recognizer: Recognizer) -> None:
    letter = np.zeros((28, 28), np.uint8)
    letter[4:24, 5:8] = letter[4:24, 20:23] = letter[13:16, 5:23] = 255  # H
    rng = np.random.default_rng(7)
    crops = np.stack([in_a_box(letter, rng) for _ in range(60)])
    assert (recognizer.classify(crops).digit >= 0.5).mean() <= 0.02


@pytest.mark.parametrize("margin", [0, 1, 2, 5])
def test_bold_digits_in_print_are_read_at_any_margin(recognizer: Recognizer, margin: int) -> None:
    """Of narrow ones more than half is ink, and goes around like a box's line."""
    read = []
    for path in font_files()[:30]:
        font = ImageFont.truetype(str(path), 64)
        for value in range(10):
            drawn = Image.new("L", (160, 160))
            ImageDraw.Draw(drawn).text((40, 40), str(value), 255, font=font)
            crop = np.pad(np.asarray(drawn.crop(drawn.getbbox())), margin)
            read.append(right(recognizer, [crop], np.array([value])))
    assert np.mean(read) >= 0.98


def test_a_crop_does_not_hang_on_those_beside_it(recognizer: Recognizer, mnist: Dataset) -> None:
    rng = np.random.default_rng(3)
    crops = np.stack([along_a_box(image, rng) for image in mnist.test.images[:300]])
    together = recognizer.classify(crops)
    for place in range(0, 300, 13):
        alone = recognizer.classify(crops[place : place + 1])
        for one, all_of_them in zip(alone, together, strict=True):
            np.testing.assert_allclose(one[0], all_of_them[place], atol=1e-5)
