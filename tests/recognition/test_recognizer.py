"""The shipped network on pages composed of MNIST's digits, and what it refuses."""

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkdigits import Recognizer
from inkdigits.data import Dataset
from inkdigits.data.fonts import font_files
from inkdigits.errors import DataError, ModelError, PictureError, UsageError
from tests.conftest import Lacking
from tests.recognition import prints
from tests.recognition.pages import boxed, circled, face, highlighted, on_table, page, row, squared


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


def test_lines_are_read_in_order_with_boxes_and_confidences(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    (first, above), (second, below) = row(mnist, range(10, 16)), row(mnist, range(20, 25))
    reading = recognizer.read(page([first, second]))
    assert reading.text == f"{above}\n{below}"
    boxes = [digit.box for digit in reading.lines[0].digits]
    assert boxes == sorted(boxes)
    assert all(0 < digit.confidence <= 1 for digit in reading.digits)
    assert all(digit.image.shape == (28, 28) for digit in reading.digits)


@pytest.mark.parametrize("wrong", [0, -1, 2.5, "a", 10**6, True])
def test_threads_and_lengths_that_are_none_are_refused(recognizer: Recognizer, wrong: Any) -> None:
    words = r"is .*; it must be (a whole number|from 1 to 10\d\d)\.$"
    with pytest.raises(UsageError, match=f"^threads {words}"):
        Recognizer(threads=wrong)
    with pytest.raises(UsageError, match=f"^expect_length {words}"):
        recognizer.read(np.zeros((9, 9), np.uint8), expect_length=wrong)


def test_light_on_dark_and_scales_do_not_matter(mnist: Dataset, recognizer: Recognizer) -> None:
    line, text = row(mnist, range(30, 36))
    for scale in (2, 5):
        dark = page([line], scale)
        assert recognizer.read(dark).text == text
        light = recognizer.read(255 - dark)
        assert (light.text, light.light_on_dark) == (text, True)


def test_most_composed_rows_are_read_exactly(mnist: Dataset, recognizer: Recognizer) -> None:
    right = 0
    for start in range(100, 200, 5):
        line, text = row(mnist, range(start, start + 5))
        right += recognizer.read(page([line])).text == text
    assert right >= 18  # of 20; one digit in 200 is read wrongly


@pytest.mark.parametrize(
    ("right", "down", "degrees"),
    [(150, 100, 0), (40, 12, 0), (40, 12, 6), (8, 60, -11), (8, 60, 0), (10, 10, 0), (10, 10, 6),
     (250, 14, 0), (250, 14, -11), (255, 60, 6), (60, 140, 0)],
)  # fmt: skip
def test_writing_near_the_edge_of_a_sheet_on_a_table_is_read(
    mnist: Dataset, recognizer: Recognizer, right: int, down: int, degrees: int
) -> None:
    lines = [row(mnist, range(start, start + 4)) for start in (10, 20, 60)]
    picture = on_table([line for line, _ in lines], right, down, degrees)
    assert recognizer.read(picture).text.splitlines() == [text for _, text in lines]


def test_a_known_length_makes_no_sure_digit_go_away(mnist: Dataset, recognizer: Recognizer) -> None:
    lines = [
        row(mnist, range(start, start + count)) for start, count in ((10, 4), (20, 5), (70, 2))
    ]
    picture = page([line for line, _ in lines])
    for length in (1, 2, 3, 4, 5, 6):
        reading = recognizer.read(picture, expect_length=length)
        assert reading.text.splitlines() == [text for _, text in lines]


@pytest.mark.parametrize(
    ("thick", "count", "degrees"),
    [(1, 1, 0), (1, 3, 2), (2, 1, 2), (2, 3, 0), (3, 1, 0), (3, 3, 2)],
)
def test_the_sides_of_boxes_are_no_ones(
    mnist: Dataset, recognizer: Recognizer, thick: int, count: int, degrees: int
) -> None:
    places = [list(range(start, start + 5)) for start in (0, 70, 90)[:count]]
    form = boxed([[mnist.test.images[place] for place in row] for row in places], thick)
    picture = Image.fromarray(form).rotate(degrees, Image.Resampling.BICUBIC, fillcolor=245)
    expected = ["".join(str(mnist.test.labels[place]) for place in row) for row in places]
    assert any("1" in text for text in expected)  # which stay
    assert recognizer.read(picture).text.splitlines() == expected


@pytest.mark.parametrize("colour", [(255, 250, 60), (255, 120, 190), (120, 240, 120)])
def test_what_is_highlighted_is_read(
    mnist: Dataset, recognizer: Recognizer, colour: tuple[int, int, int]
) -> None:
    lines = [row(mnist, range(start, start + 4)) for start in (10, 20)]
    picture = highlighted(page([line for line, _ in lines]), colour)
    assert recognizer.read(picture).text.splitlines() == [text for _, text in lines]


def test_a_face_is_no_zero(recognizer: Recognizer) -> None:
    assert recognizer.read(face()).text == ""


def test_circles_around_digits_are_no_zeros(mnist: Dataset, recognizer: Recognizer) -> None:
    places = [0, 1, 2, 3, 4, 13]
    text = "".join(str(label) for label in mnist.test.labels[places])
    assert {"0", "1"} <= set(text)  # of which the one is nearly a bar, and the other a circle
    assert recognizer.read(circled([mnist.test.images[place] for place in places])).text == text


def test_a_zero_with_a_stroke_through_it_stays_a_zero(recognizer: Recognizer) -> None:
    canvas = Image.new("L", (420, 160), 235)
    pen = ImageDraw.Draw(canvas)
    for left in (40, 160, 280):
        pen.ellipse((left, 25, left + 80, 135), outline=30, width=8)
        pen.line((left + 33, 100, left + 47, 60), fill=30, width=8)
    assert recognizer.read(canvas).text == "000"


@pytest.mark.parametrize("pitch", [45, 84])
def test_squares_of_paper_are_no_ones(mnist: Dataset, recognizer: Recognizer, pitch: int) -> None:
    lines = [row(mnist, range(start, start + 5), gap=8) for start in (10, 60)]
    picture = squared(page([line for line, _ in lines]), pitch, 190)
    assert recognizer.read(picture).text.splitlines() == [text for _, text in lines]


def test_a_page_of_six_hundred_digits_is_read_to_its_end(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    rows = [row(mnist, range(start, start + 30)) for start in range(0, 600, 30)]
    found = recognizer.read(page([line for line, _ in rows], scale=1)).text.splitlines()
    assert len(found) == len(rows)
    assert (
        sum(text == line for text, (_, line) in zip(found, rows, strict=True)) >= 10
    )  # none, if only its largest 400 marks were looked at
    assert 595 <= len("".join(found)) <= 605


def test_touching_digits_are_cut_apart(mnist: Dataset, recognizer: Recognizer) -> None:
    right = 0
    for start in range(100, 180, 4):
        line, text = row(mnist, range(start, start + 4), gap=0)
        right += recognizer.read(page([line])).text == text
    assert right >= 10  # of 20


@pytest.mark.parametrize("letter", ["M", "N", "V", "W"])
def test_a_letter_of_bars_is_not_cut_into_ones(recognizer: Recognizer, letter: str) -> None:
    read = [recognizer.read(prints.printed(letter, font, 60)).text for font in font_files()]
    assert sum(bool(text) for text in read) <= 3  # of 30 fonts; the curved ones hold other digits
    assert not any(text and set(text) == {"1"} and len(text) > 1 for text in read)


def test_an_m_is_not_cut_into_a_one_and_sevens(recognizer: Recognizer) -> None:
    read = [recognizer.read(prints.printed("Hm", font, 60)).text for font in font_files()]
    assert not any({"1", "7"} == set(text) and len(text) > 2 for text in read)


def test_an_empty_page_and_noise_hold_no_digit(recognizer: Recognizer) -> None:
    rng = np.random.default_rng(0)
    assert recognizer.read(np.full((300, 400), 240, np.uint8)).lines == ()
    assert recognizer.read(rng.integers(0, 256, (300, 400)).astype(np.uint8)).lines == ()
    assert recognizer.read(np.full((1, 1), 9, np.uint8)).lines == ()


def test_single_reads_one_digit_whatever_stands_beside(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    digit = np.kron(255 - mnist.test.images[0], np.ones((8, 8), np.uint8))
    reading = recognizer.read(digit, single=True)
    assert reading.text == str(mnist.test.labels[0])
    assert len(reading.digits) == 1


def test_an_expected_length_of_a_single_digit_is_refused(recognizer: Recognizer) -> None:
    with pytest.raises(UsageError, match="expect_length cannot be given with single"):
        recognizer.read(np.zeros((9, 9), np.uint8), single=True, expect_length=1)


def test_an_expected_length_is_kept(mnist: Dataset, recognizer: Recognizer) -> None:
    line, text = row(mnist, range(200, 206))
    assert len(recognizer.read(page([line]), expect_length=6).text) == len(text)


def test_crops_are_classified_with_calibrated_probabilities(
    mnist: Dataset, recognizer: Recognizer
) -> None:
    probabilities, digit = recognizer.classify(mnist.test.images[:2000])
    assert probabilities.shape == (2000, 10)
    assert np.allclose(probabilities.sum(1), 1)
    assert np.mean(probabilities.argmax(1) == mnist.test.labels[:2000]) > 0.985
    noise = np.random.default_rng(0).integers(0, 256, (200, 28, 28)).astype(np.uint8)
    assert np.quantile(recognizer.classify(noise).digit, 0.95) < np.quantile(digit, 0.05)


def test_no_crops_give_no_scores(recognizer: Recognizer) -> None:
    probabilities, digit = recognizer.classify(np.zeros((0, 28, 28), np.uint8))
    assert probabilities.shape == (0, 10)
    assert digit.shape == (0,)


def test_crops_of_a_wrong_kind_are_named(recognizer: Recognizer) -> None:
    with pytest.raises(PictureError, match="uint8"):
        recognizer.classify(np.zeros((2, 28, 28)))  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [np.zeros((28, 28)), np.zeros((2, 28, 28), np.uint8), [[0]]])
def test_stages_of_what_is_no_normalised_image_are_refused(
    recognizer: Recognizer, wrong: Any
) -> None:
    with pytest.raises(DataError, match=r"images of shape \(N, 28, 28\) and type uint8"):
        recognizer.stages(wrong)


def test_a_recognizer_goes_to_other_processes(mnist: Dataset, recognizer: Recognizer) -> None:
    images = mnist.test.images[:3]
    passed = pickle.loads(pickle.dumps(recognizer))  # noqa: S301  # our own
    for other in (passed, copy.deepcopy(recognizer)):
        assert (other.classify(images).joint == recognizer.classify(images).joint).all()


def test_a_run_without_trainings_libraries_says_what_to_install(
    tmp_path: Path, lacking: Lacking
) -> None:
    lacking("inkdigits.exporting", "matplotlib")
    with pytest.raises(ModuleNotFoundError, match=r"of a run needs matplotlib, .*\[train\]'$"):
        Recognizer(tmp_path)


def test_models_that_are_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        Recognizer(tmp_path / "nowhere.onnx")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"\x08\x07nothing")
    with pytest.raises(ModelError, match=r"broken\.onnx"):
        Recognizer(broken)
