"""No link of the documentation leads nowhere, and every picture is told in words."""

import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

import inkdigits
from tests.docs.pages import DOCS, PAGES, ROOT, anchor, headings, links, name_of, text_of

PAGES_OF_SITE = sorted(DOCS.rglob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_link_is_broken(page: Path) -> None:
    # A page that shows a file of the root is at home where that file is.
    text = page.read_text(encoding="utf-8")
    for target, _ in links(text):
        parts = urlsplit(target)
        if parts.scheme:
            assert parts.scheme in ("http", "https", "mailto"), target
            assert re.fullmatch(r"[\w.-]+(:\d+)?", parts.netloc), f"{target} names no host"
            continue
        path = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        assert path.exists(), f"{name_of(page)}: {target}"
        assert path.is_relative_to(DOCS) or not page.is_relative_to(DOCS), (
            f"{name_of(page)}: {target} is not on the site"
        )
        if parts.fragment:
            there = [anchor(heading) for heading in headings(text_of(path))]
            assert parts.fragment in there, f"{name_of(page)}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_picture_is_told_in_words(page: Path) -> None:
    for target, words in links(page.read_text(encoding="utf-8")):
        if target.endswith((".png", ".jpg", ".svg", ".webp")) and words != "a link":
            assert len(words.split()) >= 3, f"{name_of(page)}: {target} has no alternative text"


def test_no_picture_lies_about_unused() -> None:
    shown = {
        (page.parent / target).resolve()
        for page in PAGES
        for target, _ in links(text_of(page))
        if not urlsplit(target).scheme
    }
    for picture in sorted((DOCS / "images").rglob("*.*")):
        assert picture in shown, f"no page shows {name_of(picture)}"


def test_the_navigation_has_every_page_once() -> None:
    nav = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    listed = sorted(_paths(nav))
    there = [page.relative_to(DOCS).as_posix() for page in PAGES_OF_SITE]
    assert listed == sorted(there), "a page is in docs/ or in zensical.toml's nav, and not in both"


def _paths(entry: Any) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    inner = entry.values() if isinstance(entry, dict) else entry
    return [path for each in inner for path in _paths(each)]


def test_the_reference_has_every_public_name_once() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES_OF_SITE)
    documented = re.findall(r"^::: inkdigits\.(\w+)$", text, re.MULTILINE)
    assert sorted(documented) == sorted(set(inkdigits.__all__) - {"__version__"})
