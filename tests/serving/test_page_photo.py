"""Photos on the page in a real browser: chosen, dropped, pasted, taken; what is shown and taken."""

import base64
import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from inkdigits.data import Dataset
from tests.recognition.signed import numbers
from tests.serving.browsing import (
    THREE,
    as_file,
    blank,
    draw,
    expect,
    expect_text,
    needs_browser,
    photo_of,
)

pytestmark = needs_browser


@pytest.fixture
def photo(mnist: Dataset) -> bytes:
    return photo_of(mnist)


def choose(page: Any, photo: bytes) -> None:
    page.set_input_files("#file", as_file(photo))
    expect_text(page, "#photo-note", "3 digits in 1 line")


def test_a_photo_is_asked_about_again_where_the_service_is_busy(page: Any, photo: bytes) -> None:
    answers = iter([503, 503])

    def answer(route: Any) -> None:
        status = next(answers, None)
        route.fulfill(status=status, json={"detail": "busy"}) if status else route.continue_()

    page.route("**/v1/read*", answer)
    choose(page, photo)
    assert next(answers, None) is None


def test_a_photo_gives_boxes_crops_and_text(page: Any, photo: bytes) -> None:
    choose(page, photo)
    expect(page.locator("#text")).to_have_value("721")
    expect(page.locator("#crops button")).to_have_count(3)
    for place, value in enumerate("721"):
        expect_text(page, f"#crops li:nth-child({place + 1})", re.compile(rf"^{value} \d+\.\d%$"))
    expect(page.locator("#view")).to_be_visible()
    # The boxes' colour is nowhere in a grey photo.
    green = page.evaluate("""() => {
      const view = document.getElementById("view");
      const { data } = view.getContext("2d").getImageData(0, 0, view.width, view.height);
      return data.filter((level, i) => i % 4 === 1 && level > data[i - 1] + 60).length;
    }""")
    assert green > 200


def test_the_value_of_a_small_picture_does_not_hide_its_digit(page: Any, mnist: Dataset) -> None:
    stream = io.BytesIO()
    Image.fromarray(255 - mnist.test.images[0]).save(stream, "PNG")
    page.set_input_files("#file", as_file(stream.getvalue()))
    expect(page.locator("#text")).to_have_value("7")
    dark, coloured = page.evaluate("""() => {
      const view = document.getElementById("view");
      const { data } = view.getContext("2d").getImageData(0, 0, view.width, view.height);
      const share = (is) => (4 * data.filter((_, i) => i % 4 === 1 && is(i)).length) / data.length;
      return [share((i) => data[i] < 100 && data[i - 1] < 100),
        share((i) => data[i] > data[i - 1] + 60)];
    }""")
    drawn = (mnist.test.images[0] > 155).mean()
    assert dark > 0.9 * drawn
    assert 0 < coloured < 0.05


def test_a_crop_is_looked_at_by_its_button_and_by_its_box(page: Any, photo: bytes) -> None:
    choose(page, photo)
    crops = page.locator("#crops button")
    crops.nth(1).click()
    expect_text(page, "#read-as", re.compile("^Read as 2"))
    expect(crops.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#stages canvas")).to_have_count(6)
    box = page.locator("#view").bounding_box()
    page.locator("#view").click(position={"x": 0.24 * box["width"], "y": 0.5 * box["height"]})
    expect_text(page, "#read-as", re.compile("^Read as 7"))
    expect(crops.nth(0)).to_have_attribute("aria-pressed", "true")


def test_a_misread_digit_of_a_photo_is_corrected(page: Any, photo: bytes, collected: Path) -> None:
    choose(page, photo)
    page.locator("#crops button").nth(1).click()
    expect_text(page, "#read-as", re.compile("^Read as 2"))
    page.locator("#values button").nth(4).click()
    expect_text(page, "#correct-note", re.compile("^Kept as a 4"))
    assert len(list((collected / "4").glob("*.png"))) == 1


def test_what_was_read_is_taken_away(page: Any, photo: bytes) -> None:
    choose(page, photo)
    page.locator("#copy").click()
    expect_text(page, "#taken-note", "Copied.")
    expect_text(page, "#photo-note", "3 digits in 1 line")
    assert page.evaluate("() => navigator.clipboard.readText()") == "721"
    page.locator("#crops button").nth(0).click()
    expect_text(page, "#taken-note", "")
    # As where the page came unencrypted from another machine.
    page.evaluate("() => { Object.defineProperty(navigator, 'clipboard', { value: undefined }); }")
    page.locator("#copy").click()
    expect_text(page, "#taken-note", "Copied.")
    with page.expect_download() as download:
        page.locator("#csv").click()
    assert download.value.suggested_filename == "photo.csv"
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert [row["value"] for row in rows] == ["7", "2", "1"]
    assert all(float(row["confidence"]) > 0.5 and int(row["width"]) > 5 for row in rows)
    with page.expect_download() as download:
        page.locator("#json").click()
    reading = json.loads(Path(download.value.path()).read_text())
    assert reading["text"] == "721"
    assert set(reading["lines"][0]["digits"][0]) == {
        "value",
        "confidence",
        "box",
        "probabilities",
    }


def test_signs_between_digits_are_taken_away_with_them(page: Any, mnist: Dataset) -> None:
    stream = io.BytesIO()
    Image.fromarray(numbers(mnist, ["3.75", "-40,2", "568"], 50)).save(stream, "PNG")
    page.set_input_files("#file", as_file(stream.getvalue()))
    expect_text(page, "#photo-note", "9 digits in 3 lines")
    expect(page.locator("#text")).to_have_value("3.75\n-40,2\n568")
    with page.expect_download() as download:
        page.locator("#csv").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert [row["value"] for row in rows] == list("375402568")
    assert [row["sign"] for row in rows] == ["", ".", "", "-", "", ",", "", "", ""]


HANDED = """([content, kind, count]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  for (let name = 0; name < count; name += 1)
    data.items.add(new File([bytes], `${name}.png`, { type: "image/png" }));
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true })
    : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
  document.body.dispatchEvent(event);
}"""


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_photo_is_pasted_or_dropped(page: Any, photo: bytes, kind: str) -> None:
    page.evaluate(HANDED, [base64.b64encode(photo).decode(), kind, 1])
    expect_text(page, "#photo-note", "3 digits in 1 line")
    expect(page.locator("#text")).to_have_value("721")


def test_of_several_dropped_pictures_the_first_is_read_and_that_is_said(
    page: Any, photo: bytes
) -> None:
    page.evaluate(HANDED, [base64.b64encode(photo).decode(), "drop", 3])
    expect_text(
        page, "#photo-note", re.compile("^3 digits in 1 line; of 3 pictures this is the first")
    )
    page.evaluate(HANDED, ["", "drop", 0])
    expect_text(page, "#drop-note", re.compile("^Only a picture's file can be read"))
    page.evaluate(HANDED, ["", "paste", 0])
    expect_text(page, "#drop-note", "There is no picture in the clipboard.")
    expect_text(page, "#photo-note", re.compile("^3 digits in 1 line; of 3 pictures"))
    choose(page, photo)
    expect_text(page, "#drop-note", "")


def test_the_camera_s_picture_is_read(page: Any) -> None:
    page.locator("#camera").click()
    expect(page.locator("#camera-dialog")).to_be_visible()
    expect(page.locator("#shoot")).to_be_enabled()  # as soon as there is a picture to take
    with page.expect_response("**/v1/read*") as answer:
        page.locator("#shoot").click()
    assert answer.value.status == 200
    expect(page.locator("#camera-dialog")).to_be_hidden()
    expect(page.locator("#view")).to_be_visible()
    streams = "document.getElementById('camera-view').srcObject"
    assert page.evaluate(f"() => {streams}") is None


def test_a_camera_asked_for_twice_is_off_in_the_end(page: Any) -> None:
    page.evaluate("""() => {
      globalThis.streams = [];
      const media = navigator.mediaDevices;
      const ask = media.getUserMedia.bind(media);
      media.getUserMedia = async (wanted) => {
        await new Promise((granted) => setTimeout(granted, 200));
        streams.push(await ask(wanted));
        return streams.at(-1);
      };
    }""")
    page.locator("#camera").dblclick()
    expect(page.locator("#camera-dialog")).to_be_visible()
    page.locator("#cancel").click()
    expect(page.locator("#camera-dialog")).to_be_hidden()
    states = (
        "() => streams.flatMap((stream) => stream.getTracks().map((track) => track.readyState))"
    )
    assert page.evaluate(states) == ["ended"]


def test_the_camera_is_given_up(page: Any) -> None:
    for leave in ("button", "key"):
        page.locator("#camera").click()
        expect(page.locator("#camera-dialog")).to_be_visible()
        place = page.locator("#cancel").bounding_box()
        expect(page.locator("#shoot")).to_be_enabled()  # the camera shows something
        assert page.locator("#cancel").bounding_box() == place
        if leave == "button":
            page.locator("#cancel").click()
        else:
            page.keyboard.press("Escape")
        expect(page.locator("#camera-dialog")).to_be_hidden()
    expect_text(page, "#photo-note", "")


def changed(content: bytes, way: str) -> bytes:
    """The picture on its side; on its side with a note of it (EXIF, WebP); as no browser shows it.

    The last is a TIFF whose second page is its first.
    """
    picture: Image.Image = Image.open(io.BytesIO(content))
    stream = io.BytesIO()
    note = Image.Exif()
    if way in ("exif", "webp"):
        note[0x0112] = 6  # to be turned by a quarter clockwise
    if way != "tiff":
        picture = picture.transpose(Image.Transpose.ROTATE_90)
    if way == "tiff":
        picture.save(stream, "TIFF", save_all=True, append_images=[picture])
    else:
        picture.save(stream, "WEBP" if way == "webp" else "JPEG", exif=note)
    return stream.getvalue()


@pytest.mark.parametrize("way", ["turned", "exif", "webp"])
def test_a_photo_that_lies_on_its_side_is_shown_upright(
    page: Any, mnist: Dataset, way: str
) -> None:
    page.set_input_files("#file", as_file(changed(photo_of(mnist, 6), way)))
    expect(page.locator("#text")).to_have_value("721041")
    width, height = page.locator("#view").evaluate("(view) => [view.width, view.height]")
    assert width > 3 * height
    # A digit's own crop shows ink, so the boxes lie where the digits are.
    darkest = page.locator("#crops canvas").evaluate_all("""(crops) => crops.map((crop) => {
      const { data } = crop.getContext("2d").getImageData(0, 0, crop.width, crop.height);
      return data.filter((level, i) => i % 4 === 0 && level < 160).length;
    })""")
    assert min(darkest) > 300
    turned = "turned" in page.locator("#photo-note").inner_text()
    assert turned == (way == "turned")


def test_a_picture_that_the_browser_cannot_show_is_read_all_the_same(
    page: Any, photo: bytes
) -> None:
    page.set_input_files("#file", as_file(changed(photo, "tiff"), "scan.tiff"))
    expect_text(
        page, "#photo-note", re.compile("^3 digits in 1 line; of its pages this is the first")
    )
    expect(page.locator("#view")).to_be_hidden()
    expect(page.locator("#crops button")).to_have_count(3)
    page.evaluate(HANDED, [base64.b64encode(changed(photo, "tiff")).decode(), "drop", 2])
    expect_text(page, "#photo-note", re.compile("; of 2 pictures this is the first, of its pages"))


def test_a_photo_and_a_drawing_do_not_disturb_each_other(page: Any, photo: bytes) -> None:
    draw(page, THREE)
    expect_text(page, "#value", "3")
    choose(page, photo)
    page.locator("#crops button").nth(2).click()
    expect_text(page, "#read-as", re.compile("^Read as 1"))
    expect_text(page, "#value", "3")
    page.locator("#clear").click()
    expect_text(page, "#value", "")
    expect_text(page, "#read-as", re.compile("^Read as 1"))
    expect(page.locator("#inside")).to_be_visible()


def test_what_is_no_picture_is_said(page: Any) -> None:
    page.set_input_files("#file", as_file(b"nothing", "broken.png"))
    expect(page.locator("#photo-note")).to_contain_text("no readable picture")
    expect(page.locator("#photo")).to_be_hidden()
    page.evaluate(HANDED, [base64.b64encode(b"nothing").decode(), "drop", 2])
    expect_text(
        page,
        "#photo-note",
        "0.png is no readable picture (unknown or damaged format); of 2 pictures this is the first,"
        " and the others are not read.",
    )
    page.set_input_files("#file", as_file(b"", "empty.png"))
    expect_text(page, "#photo-note", "empty.png is empty: no readable picture.")


def test_a_file_that_changes_before_it_is_sent_is_not_taken_for_the_service_s_failure(
    page: Any, photo: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(photo)

    def answer(route: Any) -> None:
        path.write_bytes(b"changed")
        route.fulfill(status=503, json={"detail": "busy"})

    page.route("**/v1/read*", answer)
    page.set_input_files("#file", path)
    expect_text(page, "#photo-note", re.compile(r"^photo\.png cannot be opened: .*changed"))


def test_a_photo_without_digits_says_so(page: Any) -> None:
    page.set_input_files("#file", as_file(blank(), "blank.png"))
    expect_text(page, "#photo-note", "No digit in this picture.")
    expect(page.locator("#crops button")).to_have_count(0)
    expect(page.locator("#csv")).to_be_hidden()
