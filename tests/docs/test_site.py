"""The built site: no link of it is broken, and it asks nothing of other hosts."""

import functools
import http.server
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import ROOT
from tests.serving.browsing import CHROMIUM, OPTIONS, expect, needs_browser, playwright

NEEDED = ("zensical.toml", "docs", "src", "benchmarks/search.md", "CHANGELOG.md", "CONTRIBUTING.md")


class Page(HTMLParser):
    """What a built page holds: its places, where its links go, and what it loads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "link" and given.get("rel") not in ("canonical", "prev", "next"):
            self.loads.append(given.get("href", ""))
        elif "src" in given:
            self.loads.append(given["src"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly from a copy."""
    folder = tmp_path_factory.mktemp("site")
    for name in NEEDED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=folder, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "griffe:" not in done.stdout + done.stderr, "a docstring and its signature differ"
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_no_link_of_the_built_site_is_broken(site: Path, pages: dict[Path, Page]) -> None:
    assert len(pages) > 25
    for path, page in pages.items():
        if path.name == "404.html":  # shown at any address, so its links begin at the root
            continue
        for target in page.links + page.loads:
            parts = urlsplit(target)
            if parts.scheme or target.startswith("//"):
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = there / "index.html" if there.is_dir() else there
            assert there.exists(), f"{path.relative_to(site)}: {target}"
            if parts.fragment and there.suffix == ".html" and not parts.fragment.startswith("__"):
                assert unquote(parts.fragment) in pages[there].places, (
                    f"{path.relative_to(site)}: {target}"
                )


def test_the_site_loads_nothing_from_other_hosts(site: Path, pages: dict[Path, Page]) -> None:
    for path, page in pages.items():
        for target in page.loads:
            away = urlsplit(target).netloc or target.startswith("//")
            assert not away, f"{path.relative_to(site)} loads {target}"
    for sheet in site.rglob("*.css"):
        for target in re.findall(r"url\(([^)]*)\)", sheet.read_text(encoding="utf-8")):
            assert not urlsplit(target.strip("\"'")).netloc, f"{sheet.name} loads {target}"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """The site on a plain file server."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Nobody reads it."""

    handler = functools.partial(Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@needs_browser
def test_search_finds_a_page_and_no_request_leaves_the_machine(address: str) -> None:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/concepts/dropout/")
        page.keyboard.press("Control+k")
        page.keyboard.type("temperature", delay=20)
        expect(page.get_by_role("link", name=re.compile("Softmax")).last).to_be_visible()
        assert [url for url in asked if urlsplit(url).hostname != "127.0.0.1"] == []
        browser.close()


@needs_browser
def test_no_column_of_a_table_is_cut_off_on_a_desktop_nor_a_word_on_a_phone(address: str) -> None:
    wider = "tables => tables.filter(each => each.scrollWidth > each.clientWidth + 1).length"
    narrow = "cells => Math.min(...cells.map(each => each.clientWidth))"
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        for name in ("benchmarks", "scaling", "search"):
            page.goto(f"{address}/{name}/")
            tables = page.locator(".md-typeset__scrollwrap")
            expect(tables.first).to_be_visible()
            assert tables.evaluate_all(wider) == 0, name
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(f"{address}/serving/")
        cells = page.locator("td:first-child")
        expect(cells.first).to_be_visible()
        assert cells.evaluate_all(narrow) >= 80  # of `POST /v1/read` a letter a line otherwise
        browser.close()
