"""What tests of the page share: a hand that draws, and waiting for answers, never for a while."""

import io
import shutil
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkdigits.data import Dataset

playwright = pytest.importorskip("playwright.sync_api")
playwright.expect.set_options(timeout=15_000)
expect = playwright.expect
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",  # a camera that shows a moving shape
    "--use-fake-ui-for-media-stream",
]
Point = tuple[float, float]
# Fractions of the pad's width and height.
THREE: list[Point] = [(0.30, 0.25), (0.38, 0.18), (0.45, 0.25), (0.42, 0.40), (0.37, 0.47),
                      (0.45, 0.55), (0.46, 0.70), (0.38, 0.80), (0.30, 0.74)]  # fmt: skip
ONE: list[Point] = [(0.64, 0.2), (0.64, 0.8)]


def visit(page: Any, url: str) -> Any:
    """The page of the service, in a new page, once it hears what is done to it."""
    page.set_default_timeout(15_000)
    page.goto(url)
    page.locator("html[data-ready]").wait_for(state="attached")
    return page


def looked_at(context: Any, scheme: str, viewport: dict[str, int] | None = None) -> Any:
    """A new page, light or dark, in a window of some size."""
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)
    if viewport:
        page.set_viewport_size(viewport)
    return page


def draw(page: Any, points: Sequence[Point]) -> None:
    """A stroke of the mouse."""
    page.locator("#pad").scroll_into_view_if_needed()
    box = page.locator("#pad").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=2)
    page.mouse.up()


def settle(page: Any) -> None:
    """Wait for the answer to what is on the pad now, not to what was there a moment ago."""
    drawn = page.locator("#pad").get_attribute("data-drawn")
    expect(page.locator("#value")).to_have_attribute("data-answers", drawn)


def scribble(page: Any) -> None:
    """What is no digit: hatched both ways, so that no stroke of it stands alone."""
    draw(page, [(0.2 + 0.05 * x, 0.25 + 0.5 * (x % 2)) for x in range(13)])
    draw(page, [(0.2 + 0.6 * (y % 2), 0.25 + 0.06 * y) for y in range(9)])


def expect_text(page: Any, selector: str, text: Any) -> None:
    """Wait until an element says so."""
    expect(page.locator(selector)).to_have_text(text)


def photo_of(mnist: Dataset, count: int = 3) -> bytes:
    """The first digits of the test set, 7, 2, 1, ..., dark on light, as a PNG."""
    canvas = np.pad(np.concatenate(list(mnist.test.images[:count]), 1), 12)
    stream = io.BytesIO()
    Image.fromarray(240 - np.kron(canvas, np.ones((3, 3), np.uint8)) // 2).save(stream, "PNG")
    return stream.getvalue()


def as_file(content: bytes, name: str = "photo.png") -> dict[str, Any]:
    """Content as a file to choose."""
    return {"name": name, "mimeType": "image/png", "buffer": content}


def blank() -> bytes:
    """White paper, as a PNG."""
    stream = io.BytesIO()
    Image.new("L", (300, 200), 250).save(stream, "PNG")
    return stream.getvalue()
