"""A served page in a real browser, and a hand that draws on it: for screenshots and timings."""

import contextlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any

Point = tuple[float, float]
OPTIONS = ["--no-sandbox", "--no-first-run", "--disable-background-networking"]
# Corners of each digit's strokes in a box of its own, which a curve goes through.
STROKES: dict[str, list[list[Point]]] = {
    "1": [[(0.35, 0.2), (0.55, 0.02), (0.55, 0.98)]],
    "2": [[(0.1, 0.22), (0.4, 0.0), (0.85, 0.2), (0.7, 0.52), (0.08, 0.98)],
          [(0.08, 0.98), (0.5, 0.94), (0.98, 0.96)]],
    "3": [[(0.12, 0.12), (0.5, 0.0), (0.88, 0.2), (0.7, 0.42), (0.4, 0.48)],
          [(0.4, 0.48), (0.8, 0.56), (0.92, 0.76), (0.6, 0.98), (0.06, 0.88)]],
    "4": [[(0.62, 0.0), (0.06, 0.62), (0.98, 0.62)], [(0.68, 0.34), (0.66, 1.0)]],
    "5": [[(0.9, 0.03), (0.25, 0.03), (0.18, 0.42)],
          [(0.18, 0.42), (0.6, 0.36), (0.92, 0.64), (0.62, 0.96), (0.08, 0.92)]],
}  # fmt: skip


@contextlib.contextmanager
def served(*options: str) -> Iterator[str]:
    """The address of `inkdigits serve` as a process of its own."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "inkdigits", "serve", "--port", str(port), *options]
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/readyz")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(url: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url):
                return
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@contextlib.contextmanager
def chromium(*options: str) -> Iterator[Any]:
    """A browser: Debian's, or Playwright's own where there is none."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tool:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        opened = tool.chromium.launch(executable_path=path, args=[*OPTIONS, *options])
        yield opened
        opened.close()


def opened(browser: Any, url: str, **settings: Any) -> Any:
    """The page, once it hears what is done to it."""
    page = browser.new_page(**settings)
    page.goto(url)
    page.wait_for_selector("html[data-ready]")
    return page


def settle(page: Any) -> None:
    """Wait for the answer to what is on the pad."""
    drawn = page.locator("#pad").get_attribute("data-drawn")
    page.locator(f'#value[data-answers="{drawn}"]').wait_for(state="attached")


def draw_digits(page: Any, text: str) -> None:
    """Draw digits side by side, as large as the pad lets them be."""
    box = page.locator("#pad").bounding_box()
    height = 0.66 * box["height"]
    width = min(0.62 * height, 0.7 * box["width"] / len(text))
    step = box["width"] / (len(text) + (len(text) < 3))
    left = box["x"] + (box["width"] - step * (len(text) - 1) - width) / 2
    for place, digit in enumerate(text):
        for stroke in STROKES[digit]:
            x, y = left + place * step, box["y"] + (box["height"] - height) / 2
            draw(page, [(x + width * a, y + height * b) for a, b in smooth(stroke)])


def draw(page: Any, points: Sequence[Point], pause_ms: float = 0) -> None:
    """One stroke of the mouse, with a pause before each of its places but not before its end."""
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        time.sleep(pause_ms / 1000)
        page.mouse.move(*point)
    page.mouse.up()


def smooth(corners: Sequence[Point], between: int = 8) -> list[Point]:
    """Points of a curve through the corners (Catmull and Rom, 1974)."""
    ends = [corners[0], *corners, corners[-1]]
    curve = [corners[0]]
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for step in range(1, between + 1):
            t = step / between
            curve.append((_between(a[0], b[0], c[0], d[0], t), _between(a[1], b[1], c[1], d[1], t)))
    return curve


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    linear, square = c - a, 2 * a - 5 * b + 4 * c - d
    return 0.5 * (2 * b + linear * t + square * t * t + (3 * b - a - 3 * c + d) * t**3)
