"""Golden examples: the browser reads what Python reads. Expected is what Python says now."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from inkdigits import Recognizer
from inkdigits.data import Dataset
from inkdigits.data.fonts import font_files
from inkdigits.recognition.reading import Reading
from tests.recognition import cloths, drawn, prints, scenes, strokes, struckout
from tests.recognition.blurred import blurred_page
from tests.recognition.codes import below_code
from tests.recognition.cut import CUTS
from tests.recognition.forms import KINDS, form
from tests.recognition.leaning import LEANING, leaning, number_around
from tests.recognition.lights import edged
from tests.recognition.pages import (
    STORED,
    apostrophe,
    boxed,
    circled,
    face,
    highlighted,
    note,
    on_table,
    row,
    squared,
    touching_row,
)
from tests.recognition.pages import page as full_page
from tests.recognition.rulers import beside_ruler
from tests.recognition.signed import SHORT, numbers
from tests.recognition.test_askew import LINES as ASKEW
from tests.recognition.test_signs import LINES, MARKED
from tests.web.browsing import ask, needs_browser
from tests.web.drawings import COUNT, drawings
from tests.web.hard_scenes import SCENES

pytestmark = needs_browser
IMAGES = 1_000


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(threads=1)


def test_the_same_digits_as_python_on_test_images(
    page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    images = np.ascontiguousarray(mnist.test.images[:: len(mnist.test.images) // IMAGES])
    assert len(images) == IMAGES
    expected = recognizer.classify(images)
    crops = ask(page, "classify", images.tobytes())["crops"]
    values = [crop["value"] for crop in crops]
    assert values == expected.probabilities.argmax(1).tolist()
    probabilities = np.array([crop["probabilities"] for crop in crops])
    assert np.abs(probabilities - expected.probabilities).max() < 1e-4
    assert np.abs([crop["digit"] for crop in crops] - expected.digit).max() < 1e-4


def test_the_same_crops_as_python_on_any_paper(
    page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    rng = np.random.default_rng(3)
    ink = mnist.test.images[:120].astype(np.float64) / 255
    shade = rng.uniform(-0.3, 0.3, (120, 1, 1)) * np.linspace(-1, 1, 28)
    page_levels = np.clip(0.8 + shade - 0.5 * ink + rng.normal(0, 0.02, ink.shape), 0, 1)
    crops = (255 * page_levels).astype(np.uint8)
    crops[::3] = 255 - crops[::3]
    crops[1::4, :, :4] = crops[1::4, :, -4:] = 20  # bands, and strokes from beyond the border
    expected = recognizer.classify(crops)
    answers = ask(page, "classify", crops.tobytes())["crops"]
    probabilities = np.array([answer["probabilities"] for answer in answers])
    assert np.abs(probabilities - expected.probabilities).max() < 1e-3


def test_the_same_as_python_of_crops_whose_ink_is_in_doubt(
    page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    rng = np.random.default_rng(4)
    for place, image in enumerate(mnist.test.images[:240]):
        crop = [*CUTS.values()][place % len(CUTS)](image, rng)
        crop = np.ascontiguousarray(crop if place % 3 else 255 - crop)
        expected = recognizer.classify(crop[None])
        height, width = crop.shape
        (answer,) = ask(page, "classify", crop.tobytes(), width, height)["crops"]
        assert np.abs(answer["probabilities"] - expected.probabilities[0]).max() < 1e-3
        assert abs(answer["digit"] - expected.digit[0]) < 1e-3


def test_the_same_readings_as_python_of_drawings(
    page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    pictures = list(drawings(mnist.test.images[:200]))
    assert len(pictures) == COUNT
    expected = [recognizer.read(picture) for picture in pictures]
    assert sum(bool(reading.text) for reading in expected) > 0.8 * COUNT
    assert {reading.turned for reading in expected} == {0, 90, 180, 270}
    readings = [ask(page, "read", picture) for picture in pictures]
    assert [reading["text"] for reading in readings] == [reading.text for reading in expected]
    for found, reading in zip(readings, expected, strict=True):
        assert_alike(found, reading)


def assert_alike(found: Any, reading: Reading) -> None:
    """The page's answer says what Python's does."""
    wanted = reading.to_json()
    for key in ("text", "written", "width", "height", "turned", "perhaps_turned", "light_on_dark"):
        assert found[key] == wanted[key]
    signs = [(sign["text"], sign["after"]) for line in found["lines"] for sign in line["signs"]]
    assert signs == [(sign.text, sign.after) for line in reading.lines for sign in line.signs]
    numbers = [number for line in found["lines"] for number in line["numbers"]]
    known_numbers = [number for line in wanted["lines"] for number in line["numbers"]]
    for number, wanted_number in zip(numbers, known_numbers, strict=True):
        assert number["text"] == wanted_number["text"]
        assert number["written"] == wanted_number["written"]
        assert np.abs(np.subtract(number["box"], wanted_number["box"])).max() <= 2
    digits = [digit for line in found["lines"] for digit in line["digits"]]
    for digit, known in zip(digits, reading.digits, strict=True):
        # Another decoder may round a level of a JPEG otherwise.
        assert np.abs(np.array(digit["box"]) - known.box).max() <= 2
        assert abs(digit["confidence"] - known.confidence) < 0.05


@pytest.mark.parametrize("name", SCENES)
def test_a_hard_scene_is_read_as_python_reads_it(
    name: str, page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    picture, text = SCENES[name](mnist)
    expected = recognizer.read(picture)
    assert expected.text == text
    assert_alike(ask(page, "read", png(picture)), expected)


@pytest.mark.parametrize(
    ("starts", "count", "share"),
    [
        ((0,), 2, 1),
        ((0, 10, 20, 30, 40), 2, 1),
        ((200, 220, 240, 260, 280), 3, 1),  # no digit stands by itself
        ((36, 48, 60, 72), 6, 0.6),
    ],
)
def test_digits_that_touch_are_told_apart_as_python_tells_them_apart(
    starts: tuple[int, ...],
    count: int,
    share: float,
    page: Any,
    recognizer: Recognizer,
    mnist: Dataset,
) -> None:
    rows = [touching_row(mnist, range(start, start + count), share) for start in starts]
    first, *others = [line for line, _, _ in rows]
    for beginning in (first, apostrophe(first)):
        picture = full_page([beginning, *others])
        expected = recognizer.read(picture)
        assert len(expected.digits) > sum(len(text) - touching for _, text, touching in rows)
        assert_alike(ask(page, "read", png(picture)), expected)


@pytest.mark.parametrize("lines", [*LINES, *MARKED], ids="".join)
def test_signs_are_told_as_python_tells_them(
    lines: list[str], page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    written = [line.rstrip("!?") for line in lines]
    for height, first in ((30, 0), (64, 10), (22, 20)):
        picture = numbers(mnist, lines, height, first)
        expected = recognizer.read(picture)
        assert height == 22 or expected.written.splitlines() == written
        assert_alike(ask(page, "read", png(picture)), expected)


@pytest.mark.parametrize("degrees", [-12, 9])
@pytest.mark.parametrize("lines", ASKEW[:4], ids="".join)
def test_a_page_that_lies_askew_is_read_as_python_reads_it(
    lines: list[str], degrees: float, page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    picture = scenes.askew(np.pad(numbers(mnist, lines, 50), 80, "edge"), degrees)
    expected = recognizer.read(picture)
    assert expected.written.splitlines() == lines
    assert_alike(ask(page, "read", png(picture)), expected)


@pytest.mark.parametrize("gap", [4, 30])
def test_what_is_unsure_amid_a_number_is_read_as_python_reads_it(
    page: Any, recognizer: Recognizer, mnist: Dataset, gap: int
) -> None:
    for place in LEANING:
        picture = number_around(mnist, leaning(mnist, place), gap=gap)
        reading = recognizer.read(picture)
        assert len(reading.text) == (5 if gap == 4 else 4)
        assert_alike(ask(page, "read", png(picture)), reading)


@pytest.mark.parametrize("kind", KINDS)
def test_digits_in_the_fields_of_forms_are_read_as_python_reads_them(
    kind: str, page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    for wide, turned, low in ((2, 0.8, 0), (1, -2, 9), (4, 0, 13)):
        rows = [[0, 1, 2, 3, 4], [5, 6, 7]]
        picture, _ = form(mnist, kind, rows, wide=wide, turned=turned, low=low)
        assert_alike(ask(page, "read", png(picture)), recognizer.read(picture))


@pytest.mark.parametrize("kind", drawn.KINDS)
def test_digits_in_drawn_boxes_are_read_as_python_reads_them(
    kind: str, page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    for seed in range(6):
        places = range(8 * seed, 8 * seed + 8)
        picture, _ = drawn.page(mnist, kind, [list(places[:5]), list(places[5:])], seed)
        assert_alike(ask(page, "read", png(picture)), recognizer.read(picture))


@pytest.mark.parametrize("kind", struckout.KINDS)
def test_what_is_struck_out_is_told_as_python_tells_it(
    kind: str, page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    rows = [(range(first, first + 1 + first % 3), range(20, 22)) for first in (0, 10, 23, 41)]
    for is_ruled in (False, True) if kind == "a line" else (False,):
        picture, text = struckout.struck_out(mnist, rows, 44, kind, is_ruled=is_ruled)
        expected = recognizer.read(picture)
        assert is_ruled or kind not in ("a line", "a slash") or expected.text == text
        assert_alike(ask(page, "read", png(picture)), expected)


def test_short_slashes_are_told_as_python_tells_them(
    page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    for lines in (["7/20", f"30{SHORT}56"], [f"7{SHORT}20"], ["7/20", f"30{SHORT}56{SHORT}"]):
        picture = numbers(mnist, lines, 50)
        assert_alike(ask(page, "read", png(picture)), recognizer.read(picture))


@pytest.mark.parametrize(
    ("word", "quarters"), [("WW", 0), ("JLJ", 0), ("Rm", 1), ("hLTL", 2), ("Gold Reis Obst", 0)]
)
def test_letters_are_turned_or_refused_as_python_does(
    word: str, quarters: int, page: Any, recognizer: Recognizer
) -> None:
    for font in font_files()[::6]:
        picture = np.ascontiguousarray(np.rot90(prints.printed(word, font, 60), quarters))
        assert_alike(ask(page, "read", png(picture)), recognizer.read(picture))


@pytest.mark.parametrize(("start", "count"), [(7, 3), (518, 4), (1435, 3)])
def test_what_is_no_number_as_it_lies_is_read_turned_as_python_reads_it(
    start: int, count: int, page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    line, text = row(mnist, range(start, start + count))
    picture = np.ascontiguousarray(np.rot90(full_page([line])))
    expected = recognizer.read(picture)
    assert expected.text == text
    assert_alike(ask(page, "read", png(picture)), expected)


def test_a_counters_window_is_read_as_python_reads_it(
    page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    for height in (40, 150):
        picture, text = scenes.counter(mnist, (0, 1, 4, 7, 11, 17), height)
        window = picture[height:-height, height:-height]
        expected = recognizer.read(window)
        assert expected.text == text
        assert_alike(ask(page, "read", png(window)), expected)


@pytest.mark.parametrize("kind", [{"focus": 0.12}, {"moved": 0.4, "degrees": 60}])
def test_a_blurred_page_is_made_sharper_as_python_makes_it(
    kind: dict[str, float], page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    for seed in range(3):
        picture, _ = blurred_page(mnist, seed, **kind)
        picture = 255 - picture if seed == 2 else picture
        assert_alike(ask(page, "read", png(picture)), recognizer.read(picture))


@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
def test_a_page_with_a_dark_edge_is_read_as_python_reads_it(
    side: str, page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    line, text = row(mnist, range(4), 8)
    for shape in ((200, 900), (1000, 700)):
        for picture in (edge := edged(line, shape, side, 6, 5), 255 - edge):
            expected = recognizer.read(picture)
            assert expected.text == text
            assert_alike(ask(page, "read", png(picture)), expected)


@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
def test_a_page_beside_a_ruler_is_read_as_python_reads_it(
    side: str, page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    line, text = row(mnist, range(4), 8)
    for gap in (7, 11):
        picture = beside_ruler(line, side, gap)
        expected = recognizer.read(picture)
        assert expected.text == text
        assert_alike(ask(page, "read", png(picture)), expected)


@pytest.mark.parametrize("degrees", [0, -5, 90])
def test_a_page_with_a_bar_code_is_read_as_python_reads_it(
    degrees: float, page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    lines = [row(mnist, range(start, start + 4), 8) for start in (20, 40)]
    writing = full_page([line for line, _ in lines])
    lying, tilt = divmod(degrees + 45, 90)
    picture = below_code(writing, "401234512345", blur=1.3, degrees=tilt - 45)
    picture = np.ascontiguousarray(np.rot90(picture, int(lying)))
    expected = recognizer.read(picture)
    assert expected.text == "\n".join(text for _, text in lines)
    assert_alike(ask(page, "read", png(picture)), expected)


@pytest.mark.parametrize("margin", [18, 30])
def test_a_note_with_narrow_margins_is_read_as_python_reads_it(
    margin: int, page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    for first in (0, 20, 70):
        rows = [row(mnist, range(first + 6 * line, first + 6 * line + 6), 6) for line in range(3)]
        picture = note([line for line, _ in rows], margin)
        expected = recognizer.read(picture)
        assert expected.text == "\n".join(text for _, text in rows)
        assert_alike(ask(page, "read", png(picture)), expected)


@pytest.mark.parametrize("degrees", [0, 5])
@pytest.mark.parametrize("kind", cloths.KINDS)
def test_a_sheet_on_a_cloth_with_a_pattern_is_read_as_python_reads_it(
    kind: str, degrees: float, page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    line, text = row(mnist, range(4), 8)
    for side in (24, 56):
        picture = cloths.on_cloth(line, kind, side, degrees)
        expected = recognizer.read(picture)
        assert expected.text == text
        assert_alike(ask(page, "read", png(picture)), expected)


@pytest.mark.parametrize("light_on_dark", [False, True])
@pytest.mark.parametrize("height", [28, 60])
def test_a_digit_that_fills_its_picture_is_read_as_python_reads_it(
    height: int, light_on_dark: bool, page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    for place in (0, 1, 3, 4, 7, 20, 61, 62):
        picture, text = scenes.filling(mnist, [place], height)
        picture = 255 - picture if light_on_dark else picture
        expected = recognizer.read(picture)
        assert (expected.text, expected.light_on_dark) == (text, light_on_dark)
        for single in (False, True):
            assert_alike(ask(page, "read", png(picture), {"single": single}), expected)


@pytest.mark.parametrize("light_on_dark", [False, True])
def test_a_digit_alone_is_read_as_python_reads_it(
    light_on_dark: bool, page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    pictures = [strokes.drawn(way, 200, 4) for _, way in strokes.APART.values()]
    pictures += [strokes.drawn(way, 200, 8) for way in (*strokes.EUROPEAN.values(), strokes.CARET)]
    pictures += [strokes.digit(value, 200, pen) for value, pen in ((7, 1), (9, 1), (8, 30))]
    pictures += [strokes.digit(3, 500, 1), *(255 - mnist.test.images[[1, 4, 5, 11]])]
    pictures += list(255 - mnist.train.images[[58188, 58258]])  # a 4, to some eyes
    for picture in pictures:
        picture = 255 - picture if light_on_dark else picture
        assert_alike(ask(page, "read", png(picture)), recognizer.read(picture))


def test_a_page_full_of_digits_is_read_to_its_end_as_python_reads_it(
    page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    rows = [row(mnist, range(start, start + 30))[0] for start in range(0, 450, 30)]
    picture = png(full_page(rows, scale=1))
    expected = recognizer.read(picture).text
    assert len(expected) > 440
    assert ask(page, "read", picture)["text"] == expected


def test_sheets_on_a_table_are_read_as_python_reads_them(page: Any, mnist: Dataset) -> None:
    lines = [row(mnist, range(start, start + 4)) for start in (10, 20, 30)]
    for right, down, degrees in ((10, 10, 0), (250, 14, -11)):
        picture = png(on_table([line for line, _ in lines], right, down, degrees))
        text = ask(page, "read", picture)["text"]
        assert text.splitlines() == [text for _, text in lines], (right, down, degrees)


def test_highlights_circles_and_squares_are_seen_through_as_python_sees_through_them(
    page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    written = full_page([row(mnist, range(start, start + 5), gap=8)[0] for start in (10, 60)])
    pictures = [
        highlighted(written, (255, 250, 60)),
        highlighted(written, (120, 240, 120)),
        circled([mnist.test.images[place] for place in (0, 1, 2, 3)]),
        face(),
        squared(written, 30, 190),
        squared(written, 45, 190),
    ]
    texts = [ask(page, "read", png(picture))["text"] for picture in pictures]
    assert texts == [recognizer.read(picture).text for picture in pictures]
    assert texts[2] == "7210"


def test_boxes_are_taken_off_as_python_takes_them_off(page: Any, mnist: Dataset) -> None:
    places = [list(range(start, start + 5)) for start in (60, 70, 90)]
    digits = [[mnist.test.images[place] for place in row] for row in places]
    for thick in (1, 3):
        text = ask(page, "read", png(boxed(digits, thick)))["text"]
        expected = ["".join(str(mnist.test.labels[place]) for place in row) for row in places]
        assert text.splitlines() == expected


def png(levels: npt.NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, "PNG")
    return stream.getvalue()


def test_a_picture_taken_as_one_digit_is_read_as_python_reads_it(
    page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    picture = next(drawings(mnist.test.images[:200]))
    expected = recognizer.read(picture, single=True)
    found = ask(page, "read", picture, {"single": True})
    assert found["text"] == expected.text
    assert found["lines"][0]["digits"][0]["image"] == expected.digits[0].image.tolist()


def test_the_same_feature_maps_as_python(page: Any, recognizer: Recognizer, mnist: Dataset) -> None:
    image = mnist.test.images[47]
    script = "async (image) => (await import('./api.js')).stages(image)"
    found = page.evaluate(script, image.tolist())["stages"]
    expected = recognizer.stages(image)
    assert [maps["shape"] for maps in found] == [list(maps.shape) for maps in expected]
    for maps, wanted in zip(found, expected, strict=True):
        low, high = wanted.min((1, 2), keepdims=True), wanted.max((1, 2), keepdims=True)
        levels = 255 * (wanted - low) / np.maximum(high - low, 1e-6)
        assert np.abs(np.array(maps["levels"]) - levels.ravel()).max() <= 1.01


def test_a_webp_is_turned_by_its_own_note_as_python_turns_it(
    page: Any, recognizer: Recognizer, mnist: Dataset
) -> None:
    line, text = row(mnist, (0, 11, 3))
    upright = Image.fromarray(full_page([line]))
    for number, way in STORED.items():
        note, stream = Image.Exif(), io.BytesIO()
        note[0x0112] = number
        upright.transpose(way).save(stream, "WEBP", lossless=True, exif=note)
        expected = recognizer.read(stream.getvalue())
        assert (expected.text, expected.turned) == (text, 0)
        found = ask(page, "read", stream.getvalue())
        assert {key: found[key] for key in ("text", "turned", "width", "height")} == {
            "text": text, "turned": 0, "width": upright.width, "height": upright.height,
        }  # fmt: skip
        boxes = [digit["box"] for digit in found["lines"][0]["digits"]]
        assert boxes == [list(digit.box) for digit in expected.digits]
