"""A browser, and the page in it: for the tests that look at it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.servers import Server


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from tests.serving.browsing import CHROMIUM, OPTIONS, playwright

    with playwright.sync_playwright() as tool:
        opened = tool.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that corrections on the page go into."""
    return tmp_path_factory.mktemp("served") / "my digits"


@pytest.fixture(scope="module")
def page_server(collected: Path) -> Iterator[Server]:
    started = Server("--collect", str(collected))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def context(browser: Any) -> Iterator[Any]:
    """Where the tests' pages are opened, which share nothing there: the page keeps nothing.

    Its own page stays open, since the first page of a window takes a browser longer than any other.
    """
    opened = browser.new_context(
        viewport={"width": 1280, "height": 900},
        permissions=["clipboard-read", "clipboard-write", "camera"],
    )
    opened.new_page()
    yield opened
    opened.close()


@pytest.fixture
def page(context: Any, page_server: Server) -> Iterator[Any]:
    """The page, which must complain of nothing and ask nobody else."""
    from tests.serving.browsing import visit

    said: list[str] = []
    asked: list[str] = []
    heard = {
        "console": lambda message: said.append(message.text),
        "weberror": lambda error: said.append(str(error.error)),
        "request": lambda request: asked.append(request.url),
    }
    for event, hear in heard.items():
        context.on(event, hear)
    opened = visit(context.new_page(), page_server.url)
    yield opened
    opened.close()
    for event, hear in heard.items():
        context.remove_listener(event, hear)
    # The browser itself notes every answer that is a failure.
    assert [line for line in said if not line.startswith("Failed to load resource")] == []
    assert all(url.startswith((page_server.url, "blob:")) for url in asked)
    assert context.cookies() == []
