"""The report in a browser: opened from disk without JavaScript, looked at by axe, printed."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.cli.test_report import SECTIONS
from tests.serving.browsing import CHROMIUM, OPTIONS, needs_browser, playwright

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = needs_browser
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as tool:
        opened = tool.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield opened
        opened.close()


def test_it_shows_everything_from_disk_without_javascript(browser: Any, page: Path) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    said: list[str] = []
    asked: list[str] = []
    context.on("console", lambda message: said.append(message.text))
    context.on("request", lambda request: asked.append(request.url))
    shown = context.new_page()
    shown.goto(page.as_uri())
    for name in SECTIONS:
        assert shown.locator(f"section#{name} h2").is_visible()
    sizes = [shown.locator("svg").nth(place).bounding_box() for place in range(10)]
    assert all(size["width"] > 200 and size["x"] + size["width"] <= 360 for size in sizes)
    assert said == []  # what the policy forbids would be said here
    assert [url for url in asked if not url.startswith("data:")] == [page.as_uri()]
    shown.locator("details summary").first.click()
    assert shown.locator("details table").first.is_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Any, page: Path, scheme: str) -> None:
    # The policy lets no script in, and so not axe either, unless it is told to look away.
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    shown = context.new_page()
    shown.goto(page.as_uri())
    results = axe.Axe().run(
        shown, options={"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    )
    assert len(results.response["passes"]) > 10
    assert results.violations_count == 0, results.generate_report()
    context.close()


def test_the_confusion_matrix_is_dark_on_a_dark_page(browser: Any, page: Path) -> None:
    context = browser.new_context(color_scheme="dark")
    shown = context.new_page()
    shown.goto(page.as_uri())
    chart = shown.locator("section#accuracy svg").screenshot()
    with Image.open(io.BytesIO(chart)) as drawn:
        assert np.median(np.asarray(drawn.convert("L"))) < 64
    context.close()


def test_nothing_sticks_out_of_a_narrow_page(browser: Any, page: Path) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 700})
    shown = context.new_page()
    shown.goto(page.as_uri())
    shown.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert shown.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()


def test_it_prints(browser: Any, page: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    shown = context.new_page()
    shown.goto(page.as_uri())
    printed = shown.pdf(format="A4")
    assert printed.startswith(b"%PDF")
    assert 5 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 20
    context.close()
