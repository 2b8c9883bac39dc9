"""How fast the static edition answers, and how much a browser fetches for it.

    python benchmarks/static_edition.py

The exported folder on a plain file server, in Chromium. From load to the first answer: a 3 is drawn
as soon as the page listens, and the clock, which starts as the browser begins to load, stops when
the page shows '3'. First visits have nothing cached; the others find all files kept by the service
worker. Writes benchmarks/results/static_edition.json.
"""

import argparse
import base64
import functools
import http.server
import json
import os
import platform
import re
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from reading import write_photo

import inkdigits
from inkdigits import load_mnist
from inkdigits.web.export import NETWORK, PAGE, export_web

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
ANSWERS = 20
# Draws a 3 once the page listens, and keeps when it was answered.
DRAW = """
  HTMLCanvasElement.prototype.setPointerCapture = () => {}; // which only real pointers have
  const corners = [[.30, .25], [.38, .18], [.45, .25], [.42, .40], [.37, .47], [.45, .55],
                   [.46, .70], [.38, .80], [.30, .74]];
  const draw = (pad) => {
    const box = pad.getBoundingClientRect();
    const send = (name, [x, y]) => pad.dispatchEvent(new PointerEvent(name, { pointerId: 1,
      bubbles: true, clientX: box.left + x * box.width, clientY: box.top + y * box.height }));
    send("pointerdown", corners[0]);
    corners.forEach((corner) => send("pointermove", corner));
    send("pointerup", corners.at(-1));
  };
  const look = () => {
    if (document.querySelectorAll("#bars li").length < 10) return setTimeout(look, 1);
    const value = document.getElementById("value");
    new MutationObserver(() => {
      if (value.textContent === "3") window.answeredAt ??= performance.now();
    }).observe(value, { childList: true, characterData: true, subtree: true });
    draw(document.getElementById("pad"));
  };
  addEventListener("DOMContentLoaded", look);
"""
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
READ = """async ([content, count]) => {
  const { read } = await import("./api.js");
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const times = [];
  for (let k = 0; k < count; k += 1) {
    const began = performance.now();
    await read(new Blob([bytes]));
    times.push(performance.now() - began);
  }
  return times;
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Files, without a word."""

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as tool:
        total = export_web(Path(folder) / "site")
        sizes = {"folder, bytes": total, **sizes_of(Path(folder) / "site")}
        write_photo(np.array(load_mnist().test.images), Path(folder) / "large.jpg")
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Quiet, directory=folder)
        )
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        figures = measure(
            browser,
            f"http://127.0.0.1:{server.server_port}/site/",
            (Path(folder) / "large.jpg").read_bytes(),
            options.rounds,
        )
        versions = {
            "inkdigits": inkdigits.__version__,
            "chromium": browser.version,
            "processor": platform.processor() or platform.machine(),
        }
        browser.close()
        server.shutdown()
    results = {
        "processors": os.cpu_count(),
        "load": load,
        "versions": versions,
        "sizes": sizes,
        **figures,
    }
    print(json.dumps(results, indent=2))
    path = Path(__file__).parent / "results" / "static_edition.json"
    path.write_text(json.dumps(results, indent=2) + "\n")


def sizes_of(site: Path) -> dict[str, int]:
    """Bytes of the network, and of what the browser fetches before the worker begins."""
    wanted, found = {PAGE, "page.css", "icon.svg", "page.js"}, set[str]()
    while wanted:
        name = wanted.pop()
        found.add(name)
        if name.endswith(".js"):
            wanted |= (
                set(re.findall(r'(?:from|import) "\./([^"]+)"', (site / name).read_text())) - found
            )
    own = sum((site / name).stat().st_size for name in found)
    return {"network, bytes": (site / NETWORK).stat().st_size, "page itself, bytes": own}


def measure(browser: Browser, url: str, photo: bytes, rounds: int) -> dict[str, Any]:
    """Times in milliseconds, of each round where there are several."""
    first, cached, paints = [], [], []
    for _ in range(rounds):
        context = browser.new_context()
        first.append(first_answer(context, url)[0])
        context.close()
    context = browser.new_context()
    page = first_answer(context, url)[1]
    page.evaluate("async () => (await navigator.serviceWorker.ready).active.state")
    page.close()
    for _ in range(rounds):
        milliseconds, page = first_answer(context, url)
        cached.append(milliseconds)
        paints.append(page.evaluate(PAINT))
        page.close()
    _, page = first_answer(context, url)
    drawing = page.evaluate(READ, [drawn(page), ANSWERS])
    large = page.evaluate(READ, [base64.b64encode(photo).decode(), 3])
    context.close()
    return {
        "first answer, first visit, ms": first,
        "first answer, cached, ms": cached,
        "a drawing, ms": drawing,
        "12-megapixel photo of 50 digits, ms": large,
        "first paint, cached, ms": paints,
    }


def first_answer(context: BrowserContext, url: str) -> tuple[float, Page]:
    """Milliseconds from the start of loading until a drawn 3 is read, and the page."""
    page = context.new_page()
    page.add_init_script(DRAW)
    page.goto(url)
    page.wait_for_function("() => window.answeredAt")
    return page.evaluate("() => window.answeredAt"), page


def drawn(page: Page) -> str:
    """What is on the pad, as the base64 text of a PNG of the size that the page has read."""
    script = """() => {
      const [pad, small] = [document.getElementById("pad"), document.createElement("canvas")];
      [small.width, small.height] = [Math.round(pad.width / 3), Math.round(pad.height / 3)];
      small.getContext("2d", { alpha: false }).drawImage(pad, 0, 0, small.width, small.height);
      return small.toDataURL().split(",")[1];
    }"""
    return str(page.evaluate(script))


if __name__ == "__main__":
    main()
