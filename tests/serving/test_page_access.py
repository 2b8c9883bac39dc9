"""Whoever uses the page: axe finds nothing in any of its states, keys reach everything."""

import re
from typing import Any

import pytest

from inkdigits.data import Dataset
from tests.serving.browsing import (
    THREE,
    as_file,
    draw,
    expect,
    expect_text,
    looked_at,
    needs_browser,
    photo_of,
    scribble,
    settle,
    visit,
)
from tests.serving.servers import Server

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
pytestmark = needs_browser
# All rules of WCAG 2.2 A and AA, and axe's own good practice.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FIRST_PAINT = 100_000  # bytes
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


def faults(page: Any) -> str:
    """What axe finds, in its words."""
    results = axe.Axe().run(
        page, options={"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    )
    assert len(results.response["passes"]) > 10
    return "" if results.violations_count == 0 else str(results.generate_report())


@pytest.mark.parametrize(
    ("scheme", "viewport"), [("light", PHONE), ("dark", DESKTOP)], ids=["phone", "desktop"]
)
def test_axe_finds_nothing(
    context: Any, page_server: Server, mnist: Dataset, scheme: str, viewport: dict[str, int]
) -> None:
    page = visit(looked_at(context, scheme, viewport), page_server.url)
    assert faults(page) == ""
    draw(page, THREE)
    draw(page, [(x + 0.3, y) for x, y in THREE])
    settle(page)
    expect_text(page, "#value", "33")
    expect(page.locator("#stages canvas")).to_have_count(6)
    assert faults(page) == ""
    page.set_input_files("#file", as_file(photo_of(mnist)))
    expect(page.locator("#crops button")).to_have_count(3)
    page.locator("#crops button").nth(1).click()
    expect_text(page, "#read-as", re.compile("^Read as 2"))
    page.locator("#values button").nth(4).click()
    expect_text(page, "#correct-note", re.compile("^Kept"))
    assert faults(page) == ""
    page.locator("#clear").click()
    expect_text(page, "#value", "")
    scribble(page)
    expect_text(page, "#value", "?")
    page.locator("#pad").focus()
    assert faults(page) == ""
    page.close()


def test_axe_finds_nothing_in_the_camera_s_dialog(page: Any) -> None:
    page.locator("#camera").click()
    expect(page.locator("#shoot")).to_be_enabled()
    assert faults(page) == ""


def test_keys_reach_everything_in_order(page: Any, mnist: Dataset) -> None:
    draw(page, THREE)
    settle(page)
    expect_text(page, "#value", "3")
    page.set_input_files("#file", as_file(photo_of(mnist, 1)))
    expect(page.locator("#crops button")).to_have_count(1)
    page.locator("h1").click()  # Tab goes on from there
    reached = []
    for _ in range(26):
        page.keyboard.press("Tab")
        focused = "document.activeElement"
        reached.append(page.evaluate(f"() => {focused}.id || {focused}.textContent.trim()"))
    for name in ("pad", "undo", "clear", "pen", "file", "camera", "text", "copy", "csv", "json"):
        assert name in reached, reached
    assert [name for name in reached if name in set("0123456789")] == list("0123456789")
    assert reached.index("pad") < reached.index("file") < reached.index("0")


def test_a_reader_is_told_what_was_read(page: Any) -> None:
    draw(page, THREE)
    expect_text(page, "#value", "3")
    tree = page.locator("main").aria_snapshot()
    assert 'status: "3"' in tree
    assert 'progressbar "Probability of 3"' in tree
    expect(page.locator("#pad")).to_have_accessible_name("Drawing pad")
    expect(page.locator("#pad")).to_have_accessible_description(re.compile("arrows move the pen"))


def test_the_first_paint_is_small(browser: Any, page_server: Server) -> None:
    page = browser.new_page()
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(size_of(request)))
    page.goto(page_server.url, wait_until="networkidle")
    assert len(sizes) > 5
    assert sum(sizes) < FIRST_PAINT
    page.close()


def size_of(request: Any) -> int:
    """Bytes of an answer, its head included."""
    sizes = request.sizes()
    return int(sizes["responseBodySize"] + sizes["responseHeadersSize"])
