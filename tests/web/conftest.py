"""The exported folder on a static host, and a browser that can reach nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inkdigits.web.export import export_web


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a host, which has the page at a path of its own."""
    from tests.web.browsing import BELOW

    root = tmp_path_factory.mktemp("host")
    export_web(root / BELOW)
    return root


@pytest.fixture(scope="module")
def host(exported: Path) -> Iterator[Any]:
    from tests.web.browsing import StaticHost

    started = StaticHost(exported)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from tests.web.browsing import launched, playwright

    with playwright.sync_playwright() as tool:
        opened = launched(tool)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def page(browser: Any, host: Any) -> Iterator[Any]:
    """The page, which must complain of nothing and ask for nothing outside its folder."""
    from tests.web.browsing import visit

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    said: list[str] = []
    asked: list[str] = []
    context.on("console", lambda message: said.append(message.text))
    context.on("weberror", lambda error: said.append(str(error.error)))
    context.on("request", lambda request: asked.append(request.url))
    yield visit(context, host.url)
    assert said == []
    assert all(url.startswith((host.url, "blob:")) for url in asked)
    context.close()


@pytest.fixture(scope="module")
def fast(browser: Any, host: Any) -> Iterator[Any]:
    """A page that convolves by WebAssembly, which its own policy leaves to its worker."""
    from tests.web.browsing import ACCELERATE, visit

    context = browser.new_context(bypass_csp=True)
    page = visit(context, host.url)
    assert page.evaluate(ACCELERATE) is True
    yield page
    context.close()
