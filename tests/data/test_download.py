"""Downloads from a real server that behaves badly in each way that servers do."""

import contextlib
import http.server
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from inkdigits import __version__
from inkdigits.data.download import download
from inkdigits.errors import DataError

Handler = http.server.BaseHTTPRequestHandler
Serve = Callable[[Mapping[str, bytes | Callable[[Handler], None]]], str]
CONTENT = bytes(range(256)) * 1000
TCP = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")


def answer(handler: Handler, content: bytes, **headers: str) -> None:
    handler.send_response(200)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(content)


def fetch(url: str, folder: Path, **settings: float) -> bytes:
    target = folder / "target"
    download(url, target, **({"max_bytes": 10**6} | settings))  # type: ignore[arg-type]
    return target.read_bytes()


@pytest.fixture
def dead() -> tuple[str, int]:
    """Where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address: tuple[str, int] = free.getsockname()
    return address


@pytest.fixture
def full() -> Iterator[tuple[str, int]]:
    """A queue that is full answers no further connection, as a firewall that drops packets."""
    if sys.platform != "linux":
        pytest.skip("what a full queue does is Linux's own")
    with contextlib.ExitStack() as stack:
        queue = stack.enter_context(socket.socket())
        queue.bind(("127.0.0.1", 0))
        queue.listen(0)
        for _ in range(3):
            connection = stack.enter_context(socket.socket())
            connection.setblocking(False)
            connection.connect_ex(queue.getsockname())
        address: tuple[str, int] = queue.getsockname()
        # In the end it refuses, so that who waits without end waits seconds and not minutes.
        refusal = threading.Timer(3, queue.close)
        refusal.start()
        yield address
        refusal.cancel()
        refusal.join()


def test_a_file_comes_whole_and_its_progress_is_told(serve: Serve, tmp_path: Path) -> None:
    url = serve({"file": CONTENT}) + "file"
    seen: list[tuple[str, int, int | None]] = []
    download(url, tmp_path / "it", max_bytes=10**6, progress=lambda *step: seen.append(step))
    assert (tmp_path / "it").read_bytes() == CONTENT
    done = [step[1] for step in seen]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, len(CONTENT))
    assert {(step[0], step[2]) for step in seen} == {(url, len(CONTENT))}


def test_a_file_without_a_length_is_taken_to_its_end(serve: Serve, tmp_path: Path) -> None:
    url = serve({"file": lambda handler: answer(handler, CONTENT)}) + "file"
    assert fetch(url, tmp_path) == CONTENT


def test_a_file_shorter_than_its_length_is_truncated(serve: Serve, tmp_path: Path) -> None:
    url = serve({"file": lambda it: answer(it, CONTENT[:999], Content_Length="5000")}) + "file"
    with pytest.raises(DataError, match="file is truncated: 999 bytes came of 5000"):
        fetch(url, tmp_path)


@pytest.mark.parametrize("headers", [{}, {"Content_Length": "256000"}])
def test_a_file_over_the_limit_is_refused(
    serve: Serve, tmp_path: Path, headers: dict[str, str]
) -> None:
    url = serve({"file": lambda handler: answer(handler, CONTENT, **headers)}) + "file"
    with pytest.raises(DataError, match="limit"):
        fetch(url, tmp_path, max_bytes=100_000)


def test_an_error_of_the_server_is_told(serve: Serve, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="gone answers 404 Not Found"):
        fetch(serve({}) + "gone", tmp_path)


def test_a_dead_host_is_told(dead: tuple[str, int], tmp_path: Path) -> None:
    port = dead[1]
    with pytest.raises(DataError, match=f"127.0.0.1:{port}/file cannot be fetched: .*refused"):
        fetch(f"http://127.0.0.1:{port}/file", tmp_path)


def test_a_silent_host_is_given_up_after_the_timeout(serve: Serve, tmp_path: Path) -> None:
    # In the end it hangs up without a word, so that who waits without end fails here too.
    url = serve({"file": lambda _: time.sleep(3)}) + "file"
    with pytest.raises(DataError, match="cannot be fetched: timed out"):
        fetch(url, tmp_path, timeout_s=0.2)


def drip(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(100):
        try:
            handler.wfile.write(b"x")
        except OSError:  # the client has given up
            return
        time.sleep(0.02)


def test_a_host_that_drips_is_given_up_after_the_deadline(serve: Serve, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="too slow"):
        fetch(serve({"file": drip}) + "file", tmp_path, deadline_s=0.2)


@pytest.mark.parametrize(
    "url", ["http://example.org/file", "ftp://example.org/file", "file:///etc/hosts", "nothing"]
)
def test_anything_but_https_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(DataError, match="only https is fetched"):
        fetch(url, tmp_path)


def test_a_redirect_away_from_https_is_refused_before_it_is_followed(
    serve: Serve, tmp_path: Path
) -> None:
    def redirect(handler: Handler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "http://example.invalid/file")
        handler.end_headers()

    with pytest.raises(DataError, match="only https is fetched"):
        fetch(serve({"file": redirect}) + "file", tmp_path)


def test_a_redirect_to_where_it_is_safe_is_followed(serve: Serve, tmp_path: Path) -> None:
    def redirect(handler: Handler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "/elsewhere")
        handler.end_headers()

    assert fetch(serve({"file": redirect, "elsewhere": CONTENT}) + "file", tmp_path) == CONTENT


def test_a_server_that_speaks_no_http_is_told(tmp_path: Path, serve: Serve) -> None:
    def greet(handler: Handler) -> None:
        handler.wfile.write(b"SSH-2.0-other\r\n")

    url = serve({"file": greet})
    with pytest.raises(DataError, match=r"file cannot be fetched: SSH-2\.0-other\.$"):
        fetch(url + "file", tmp_path)


def test_the_request_says_who_asks_also_after_a_redirect(serve: Serve, tmp_path: Path) -> None:
    seen: list[str | None] = []

    def redirect(handler: Handler) -> None:
        seen.append(handler.headers["User-Agent"])
        handler.send_response(301)
        handler.send_header("Location", "/elsewhere")
        handler.end_headers()

    def content(handler: Handler) -> None:
        seen.append(handler.headers["User-Agent"])
        answer(handler, CONTENT)

    assert fetch(serve({"file": redirect, "elsewhere": content}) + "file", tmp_path) == CONTENT
    assert seen == [f"inkdigits/{__version__}"] * 2


def test_redirects_without_end_are_told_with_what_the_server_said(
    serve: Serve, tmp_path: Path
) -> None:
    def redirect(handler: Handler) -> None:
        handler.send_response(302, "Look there")
        handler.send_header("Location", "/file")
        handler.end_headers()

    with pytest.raises(DataError, match=r"file answers 302 .*infinite loop.*: Look there\.$"):
        fetch(serve({"file": redirect}) + "file", tmp_path)


def test_a_file_of_just_the_limit_is_taken(serve: Serve, tmp_path: Path) -> None:
    told = serve({"file": CONTENT}) + "file"
    assert fetch(told, tmp_path, max_bytes=len(CONTENT)) == CONTENT
    untold = serve({"file": lambda handler: answer(handler, CONTENT)}) + "file"
    assert fetch(untold, tmp_path, max_bytes=len(CONTENT)) == CONTENT


def test_behind_a_proxy_the_proxy_is_asked_and_not_the_host(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A proxy gets the whole address; the host's name means nothing to this machine.
    url = "http://localhost:9/file"
    proxy = serve({url: CONTENT})
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "example.invalid")
    assert fetch(url, tmp_path) == CONTENT
    monkeypatch.setenv("no_proxy", "localhost")
    with pytest.raises(DataError, match=r"cannot be fetched: .*refused"):
        fetch(url, tmp_path)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://localhost/file", "localhost", 443),
        ("http://localhost/file", "localhost", 80),
        ("http://[::1]:8/file", "::1", 8),
    ],
)
def test_a_host_is_asked_at_its_schemes_port(
    url: str, host: str, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, ...]] = []

    def nothing_known(*question: object, **kind: object) -> list[object]:
        asked.append((*question, kind))
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nothing_known)
    with pytest.raises(DataError, match="cannot be fetched: Name or service not known"):
        fetch(url, tmp_path)
    assert asked == [(host, port, {"type": socket.SOCK_STREAM})]


def test_a_host_that_drops_packets_costs_the_timeout_once_however_many_addresses_it_has(
    full: tuple[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(*TCP, full)] * 12)
    started = time.monotonic()
    with pytest.raises(DataError, match=r"file cannot be fetched: timed out\.$"):
        fetch(f"http://localhost:{full[1]}/file", tmp_path, timeout_s=0.6)
    assert 0.5 < time.monotonic() - started < 2.5


@pytest.mark.parametrize("first", ["full", "dead"])
def test_the_next_address_of_a_host_is_asked_in_what_time_is_left(
    first: str,
    serve: Serve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    url = serve({"file": CONTENT})
    alive = ("127.0.0.1", int(url.rstrip("/").rpartition(":")[2]))
    asked = [(*TCP, request.getfixturevalue(first)), (*TCP, alive)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: asked)
    assert fetch(url + "file", tmp_path, timeout_s=1.0) == CONTENT


def test_an_error_without_words_is_told_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(DataError, match=r"cannot be fetched: OSError\.$"):
        fetch("http://localhost/file", tmp_path)


def test_no_time_at_all_is_a_timeout(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot be fetched: timed out\.$"):
        fetch("http://127.0.0.1:9/file", tmp_path, timeout_s=0.0)


def test_a_status_line_of_several_lines_is_told_in_one(serve: Serve, tmp_path: Path) -> None:
    def greet(handler: Handler) -> None:
        handler.wfile.write(b"...220 \t other   words...\r\n")

    with pytest.raises(DataError, match=r"file cannot be fetched: \.\.\.220 other words\.$"):
        fetch(serve({"file": greet}) + "file", tmp_path)
