"""How soon the page answers: from the end of a stroke to the new probabilities, in a real browser.

    python benchmarks/drawing.py

Digits are drawn by a mouse at some 60 places a second, each on an empty pad. The clock is the
page's own: it starts with the stroke's pointerup and stops when the probabilities of the whole
drawing are in the bars, and, a second figure, when the frame with them is on its way to the screen.
What was asked while drawing is still under way then, as it is for anybody who draws. Also the bytes
that the first paint takes. Run it on a calm machine. Writes benchmarks/results/drawing.json.
"""

import argparse
import json
import os
import statistics
from pathlib import Path
from typing import Any

from browser import STROKES, chromium, draw, opened, served, settle, smooth

from inkdigits.processors import available_processors

VIEWPORT = {"width": 1280, "height": 860}
PLACES_MS = 16  # between two places of the mouse
STROKES_MS = 200  # from the end of a stroke to the next, as a hand takes
BAR_MS, BAR_BYTES = 50, 100_000
CLOCK = """() => {
  const pad = document.getElementById("pad");
  const value = document.getElementById("value");
  let began = null;
  window.took = [];
  const look = () => {
    if (began === null || value.dataset.answers !== pad.dataset.drawn) return;
    const start = began;
    const known = performance.now() - start;
    began = null;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => window.took.push([known, performance.now() - start]);
      port2.postMessage(null);
    });
  };
  pad.addEventListener("pointerup", () => {
    began = performance.now();
    look();  // it may be known by then
  }, true);
  new MutationObserver(look).observe(value, { attributeFilter: ["data-answers"] });
}"""


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--strokes", type=int, default=60)
    count = parser.parse_args().strokes
    load = os.getloadavg()[0]
    with served() as url, chromium() as browser:
        version = browser.version
        paint = first_paint(browser, url)
        page = opened(browser, url, viewport=VIEWPORT)
        page.evaluate(CLOCK)
        for place in range(count + 5):
            digit = list(STROKES)[place % len(STROKES)]
            page.locator("#clear").evaluate("(button) => button.click()")
            settle(page)
            draw_slowly(page, digit)
            settle(page)
            page.wait_for_timeout(250)
        took = page.evaluate("() => window.took")
    # A digit of two strokes ends twice; the first few warm up.
    known, shown = ([pair[which] for pair in took[5:]] for which in (0, 1))
    results = {
        "known_ms": known,
        "shown_ms": shown,
        "first_paint": paint,
        "load": [load, os.getloadavg()[0]],
        "processors": available_processors(),
        "browser": f"Chromium {version}",
    }
    report(results)
    target = Path(__file__).parent / "results" / "drawing.json"
    target.write_text(json.dumps(results, indent=2) + "\n")


def report(results: dict[str, Any]) -> None:
    """The figures beside their bars."""
    for name in ("known_ms", "shown_ms"):
        values = sorted(results[name])
        middle, late = statistics.median(values), values[int(0.95 * len(values))]
        print(
            f"{name}: median {middle:.1f} ms of {len(values)} strokes, 95% within {late:.1f} ms "
            f"(bar: {BAR_MS} ms)"
        )
    paint = results["first_paint"]
    print(
        f"first paint: {paint['bytes']:,} bytes in {paint['requests']} requests, "
        f"{paint['ms']:.0f} ms (bar: {BAR_BYTES:,} bytes)"
    )


def draw_slowly(page: Any, digit: str) -> None:
    """One digit in the middle of the pad."""
    box = page.locator("#pad").bounding_box()
    height = 0.66 * box["height"]
    left, top = box["x"] + (box["width"] - 0.62 * height) / 2, box["y"] + 0.17 * box["height"]
    for stroke in STROKES[digit]:
        points = [(left + 0.62 * height * x, top + height * y) for x, y in smooth(stroke, 5)]
        draw(page, points, pause_ms=PLACES_MS)
        page.wait_for_timeout(STROKES_MS)


def first_paint(browser: Any, url: str) -> dict[str, float]:
    """Bytes transferred, heads included, till nothing more is asked, and the paint's time."""
    page = browser.new_page(viewport=VIEWPORT)
    sizes: list[int] = []

    def note(request: Any) -> None:
        size = request.sizes()
        sizes.append(size["responseBodySize"] + size["responseHeadersSize"])

    page.on("requestfinished", note)
    page.goto(url, wait_until="networkidle")
    painted = page.evaluate(
        "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
    )
    page.close()
    return {"bytes": sum(sizes), "requests": len(sizes), "ms": painted}


if __name__ == "__main__":
    main()
