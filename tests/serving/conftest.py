"""A browser, and the page in it: for the tests that look at it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.test_service import Server


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


@pytest.fixture
def page(browser: Any, page_server: Server) -> Iterator[Any]:
    """The page, which must complain of nothing and ask nobody else."""
    from tests.serving.browsing import visit

    context = browser.new_context(
        viewport={"width": 1280, "height": 900},
        permissions=["clipboard-read", "clipboard-write", "camera"],
    )
    said: list[str] = []
    asked: list[str] = []
    context.on("console", lambda message: said.append(message.text))
    context.on("weberror", lambda error: said.append(str(error.error)))
    context.on("request", lambda request: asked.append(request.url))
    yield visit(context, page_server.url)
    # The browser itself notes every answer that is a failure.
    assert [line for line in said if not line.startswith("Failed to load resource")] == []
    assert all(url.startswith((page_server.url, "blob:")) for url in asked)
    context.close()
