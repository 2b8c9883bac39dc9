"""The page in a real browser; skipped where there is none."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkdigits.data import Dataset
from tests.serving.test_service import Server

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
# Fractions of the pad's width and height.
THREE = [(0.30, 0.25), (0.38, 0.18), (0.45, 0.25), (0.42, 0.40), (0.37, 0.47), (0.45, 0.55),
         (0.46, 0.70), (0.38, 0.80), (0.30, 0.74)]  # fmt: skip
ONE = [(0.64, 0.2), (0.64, 0.8)]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as tool:
        opened = tool.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, server: Server) -> Iterator[Any]:
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    said: list[str] = []
    asked: list[str] = []
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("console", lambda message: said.append(message.text))
    # The browser itself notes every answer that is a failure.
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(server.url)
    yield opened
    assert [line for line in said if not line.startswith("Failed to load resource")] == []
    assert all(url.startswith((server.url, "blob:")) for url in asked)
    opened.close()


def draw(page: Any, points: list[tuple[float, float]]) -> None:
    box = page.locator("#pad").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


def expect_text(page: Any, selector: str, text: str) -> None:
    playwright.expect(page.locator(selector)).to_have_text(text)


def test_a_drawn_three_is_read_and_undone(page: Any) -> None:
    draw(page, THREE)
    expect_text(page, "#value", "3")
    playwright.expect(page.locator("#bars .best")).to_have_text(re.compile("^3"))
    playwright.expect(page.locator("#inside")).to_be_visible()
    playwright.expect(page.locator("#stages canvas")).to_have_count(5)
    draw(page, ONE)
    expect_text(page, "#value", "31")
    page.keyboard.press("Control+z")
    expect_text(page, "#value", "3")
    page.locator("#clear").click()
    expect_text(page, "#value", "")
    playwright.expect(page.locator("#clear")).to_be_disabled()
    playwright.expect(page.locator("#inside")).to_be_hidden()


def test_a_busy_service_is_asked_again(page: Any) -> None:
    answers = iter([503, 503])

    def answer(route: Any) -> None:
        status = next(answers, None)
        if status is None:
            route.continue_()
        else:
            route.fulfill(status=status, json={"detail": "busy"})

    page.route("**/v1/read*", answer)
    draw(page, ONE)
    expect_text(page, "#value", "1")
    assert next(answers, None) is None


def test_what_the_service_cannot_read_is_said_and_nothing_old_is_left(page: Any) -> None:
    draw(page, THREE)
    expect_text(page, "#value", "3")
    page.route(
        "**/v1/read*",
        lambda route: route.fulfill(status=422, json={"detail": "Too much in it."}),
    )
    draw(page, ONE)
    expect_text(page, "#drawn-note", "Too much in it.")
    expect_text(page, "#value", "")


def test_a_scribble_is_refused(page: Any) -> None:
    for row in range(4):
        draw(page, [(0.2 + 0.1 * x, 0.3 + 0.1 * row + 0.2 * (x % 2)) for x in range(6)])
    expect_text(page, "#value", "?")


def test_a_photo_gives_boxes_text_and_downloads(page: Any, mnist: Dataset, tmp_path: Path) -> None:
    canvas = np.pad(np.concatenate(list(mnist.test.images[:3]), 1), 12)
    picture = tmp_path / "photo.png"
    Image.fromarray(240 - np.kron(canvas, np.ones((3, 3), np.uint8)) // 2).save(picture)
    page.set_input_files("#file", picture)
    playwright.expect(page.locator("#photo-note")).to_have_text("3 digits in 1 line")
    assert page.locator("#text").input_value() == "721"
    playwright.expect(page.locator("#crops li")).to_have_count(3)
    playwright.expect(page.locator("#view")).to_be_visible()
    with page.expect_download() as download:
        page.locator("#csv").click()
    assert Path(download.value.path()).read_text().splitlines()[1].startswith("1,1,7,")


def test_what_is_no_picture_is_said(page: Any, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"nothing")
    page.set_input_files("#file", broken)
    playwright.expect(page.locator("#photo-note")).to_contain_text("no readable picture")
    assert page.locator("#photo").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(browser: Any, server: Server, scheme: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    page.goto(server.url)
    draw(page, THREE)
    expect_text(page, "#value", "3")
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.evaluate(f"() => {wide}")
    page.close()
