"""The pages that are documentation: their blocks of code, commands, links and headings."""

import functools
import itertools
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
        ROOT / "benchmarks" / "search.md",
        ROOT / "src" / "inkdigits" / "recognition" / "CARD.md",
        *DOCS.rglob("*.md"),
    ]
)
_SNIPPET = re.compile(r'^--8<-- "(.+)"$', re.MULTILINE)
_PARSER = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True)
class Block:
    """A fenced block of code: its language, its text, and the line it begins at."""

    language: str
    code: str
    line: int


def name_of(page: Path) -> str:
    """A page's path from the root, for people."""
    return page.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    """A page's Markdown; of a page that shows another file, that file's."""
    text = page.read_text(encoding="utf-8")
    return _SNIPPET.sub(lambda match: (ROOT / match[1]).read_text(encoding="utf-8"), text)


@functools.cache
def _parsed(text: str) -> list[Token]:
    return _PARSER.parse(text)


def blocks(text: str, first: int = 1) -> list[Block]:
    """All fenced blocks, in order; those in tabs and lists too."""
    found: list[Block] = []
    for token in _parsed(text):
        line = first + (token.map[0] if token.map else 0)
        if token.type == "fence":
            found.append(Block(token.info.strip(), token.content, line))
        elif token.type == "code_block" and "```" in token.content:
            found += blocks(token.content, line)  # in a tab, which is no CommonMark
    return found


def commands(code: str) -> list[str]:
    """A shell block's commands, without comments; a continued line is one."""
    lines = code.replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def words(command: str) -> list[str]:
    """A simple command's words, without a comment at its end."""
    return shlex.split(command, comments=True)


def inline_code(text: str) -> list[str]:
    """What stands between backticks in the text."""
    return [token.content for token in _inline(text) if token.type == "code_inline"]


def links(text: str) -> list[tuple[str, str]]:
    """Where each link and image goes, HTML's too, and the words that stand for an image."""
    found: list[tuple[str, str]] = []
    for token in _inline(text):
        if token.type == "link_open":
            found.append((str(token.attrs["href"]), "a link"))
        elif token.type == "image":
            found.append((str(token.attrs["src"]), token.content))
        elif token.type in ("html_inline", "html_block"):
            for target in re.findall(r'(?:src|href)="([^"]*)"', token.content):
                alt = re.search(r'alt="([^"]*)"', token.content)
                found.append((target, alt[1] if alt else ""))
    return found


def headings(text: str) -> list[str]:
    """The words of each heading."""
    tokens = _parsed(text)
    return [
        "".join(child.content for child in after.children or [])
        for token, after in itertools.pairwise(tokens)
        if token.type == "heading_open"
    ]


def anchor(heading: str) -> str:
    """What a heading is linked to by, as GitHub and the site both make it."""
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", heading.strip().lower()))


def _inline(text: str) -> Iterator[Token]:
    for token in _parsed(text):
        yield token
        if token.type == "inline":
            yield from token.children or []
