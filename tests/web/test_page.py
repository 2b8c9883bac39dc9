"""The exported page in a real browser, from a plain file server, and without any."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkdigits.data import Dataset
from tests.serving.browsing import THREE, draw
from tests.web.browsing import (
    TIMEOUT_MS,
    StaticHost,
    expect,
    needs_browser,
    visit,
)

pytestmark = needs_browser


def expect_text(page: Any, selector: str, text: str) -> None:
    expect(page.locator(selector)).to_have_text(text, timeout=TIMEOUT_MS)


def choose(page: Any, content: bytes) -> None:
    page.set_input_files("#file", {"name": "photo.png", "mimeType": "image/png", "buffer": content})


def png(levels: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, "PNG")
    return stream.getvalue()


def test_a_drawn_three_is_read_and_nothing_once_cleared(page: Any) -> None:
    expect_text(page, "#value", "")
    draw(page, THREE)
    expect_text(page, "#value", "3")
    expect(page.locator("#inside")).to_be_visible()
    expect(page.locator("#stages canvas")).to_have_count(6, timeout=TIMEOUT_MS)
    page.locator("#clear").click()
    expect_text(page, "#value", "")
    expect(page.locator("#inside")).to_be_hidden()


def test_a_blank_picture_holds_no_digit(page: Any) -> None:
    choose(page, png(np.full((200, 300), 250, np.uint8)))
    expect_text(page, "#photo-note", "No digit in this picture.")


def test_a_photo_gives_boxes_and_text(page: Any, mnist: Dataset) -> None:
    canvas = np.pad(np.concatenate(list(mnist.test.images[:3]), 1), 12)
    choose(page, png(240 - np.kron(canvas, np.ones((3, 3), np.uint8)) // 2))
    expect_text(page, "#photo-note", "3 digits in 1 line")
    expect(page.locator("#text")).to_have_value("721")
    expect(page.locator("#crops > li")).to_have_count(3)
    expect(page.locator("#view")).to_be_visible()


def test_what_is_transparent_lies_on_paper(page: Any, mnist: Dataset) -> None:
    canvas = np.kron(np.pad(mnist.test.images[0], 8), np.ones((4, 4), np.uint8))
    pixels = np.zeros((*canvas.shape, 4), np.uint8)
    pixels[..., 3] = canvas
    choose(page, png(pixels))
    expect_text(page, "#photo-note", "1 digit in 1 line")
    expect(page.locator("#text")).to_have_value("7")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"nothing", "unknown or damaged format"),
        (b"%PDF-1.7", "this browser shows no PDF"),
        (b"MM\0*\0\0\0\x08", "this browser shows no TIFF"),
        (b"\0\0\0\x18ftypmif1", "this browser shows no HEIC"),
    ],
)
def test_what_is_no_picture_is_said(page: Any, content: bytes, reason: str) -> None:
    choose(page, content)
    expect_text(page, "#photo-note", f"photo.png is no readable picture ({reason}).")


def test_the_page_says_nothing_of_a_service(page: Any, host: Any) -> None:
    assert page.locator("a", has_text="HTTP API").count() == 0
    card = page.locator("a", has_text="About the network").get_attribute("href")
    assert "The network that inkdigits ships" in page.request.get(host.url + card).text()


@pytest.mark.parametrize(
    ("shortens", "address"), [(False, "?utm_source=post"), (True, "index.html")]
)
def test_once_loaded_it_reads_without_a_network(
    browser: Any, exported: Path, shortens: bool, address: str
) -> None:
    host = StaticHost(exported, shortens=shortens)
    context = browser.new_context()
    page = visit(context, host.url)
    # Active once all files are kept.
    page.evaluate("async () => (await navigator.serviceWorker.ready).active.state")
    page.close()
    host.stop()
    page = visit(context, host.url + address)
    draw(page, THREE)
    expect_text(page, "#value", "3")
    context.close()


def test_a_network_that_cannot_be_fetched_is_said_until_it_can(browser: Any, host: Any) -> None:
    context = browser.new_context(service_workers="block")
    context.route("**/network.onnx", lambda route: route.abort())
    page = visit(context, host.url)
    draw(page, THREE)
    expect_text(page, "#drawn-note", "The network cannot be fetched.")
    context.unroute("**/network.onnx")
    expect_text(page, "#value", "3")
    expect_text(page, "#drawn-note", "")
    context.close()
