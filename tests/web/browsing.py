"""What tests of the static edition share: a folder on a plain HTTP server, and a browser for it."""

import base64
import functools
import http.server
import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    # Whatever else the page might ask for cannot even be found.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
TIMEOUT_MS = 20_000
BELOW = "some/where"  # the exported folder's path on its host
# Convolve by WebAssembly from here on; whether it can be.
ACCELERATE = """async () => {
  const { accelerate } = await import("./convolution.js");
  const answer = await fetch("convolution.wasm");
  return accelerate(new Uint8Array(await answer.arrayBuffer()));
}"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


class _Shortening(_Quiet):
    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if not path.endswith("/index.html"):
            super().do_GET()
            return
        self.send_response(301)
        self.send_header("Location", path.removesuffix("index.html") + (query and f"?{query}"))
        self.end_headers()


class StaticHost:
    """A folder served as it is; or, as some hosts do, index.html by a redirection to its folder."""

    def __init__(self, root: Path, *, shortens: bool = False) -> None:
        handler = functools.partial(_Shortening if shortens else _Quiet, directory=str(root))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/{BELOW}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()


def launched(tool: Any) -> Any:
    """A browser that finds nothing but this machine."""
    return tool.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)


def visit(context: Any, url: str) -> Any:
    """The page, once it hears what is done to it."""
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    page.goto(url)
    # The page's own script makes these, and then listens.
    expect(page.locator("#bars li")).to_have_count(10, timeout=TIMEOUT_MS)
    return page


def ask(page: Any, call: str, content: bytes, *rest: Any) -> Any:
    """What one of the calls of `api.js` answers for some bytes."""
    script = """async ([call, content, rest]) => {
      const api = await import("./api.js");
      const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
      const given = call === "read" ? new Blob([bytes]) : bytes;
      return JSON.stringify(await api[call](given, ...rest));
    }"""
    # As text, since Playwright takes much longer to hand over objects.
    encoded = base64.b64encode(content).decode()
    return json.loads(page.evaluate(script, [call, encoded, list(rest)]))
