"""Connections whose clients ask for another protocol, send much ahead, or do not read."""

import asyncio
import contextlib
import io
import itertools
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
import uvicorn

from inkdigits.cli.serve import UVICORN
from inkdigits.serving import protocol
from tests.processes import wait_for
from tests.serving.servers import Server
from tests.serving.test_limits import CROP

BODY = CROP.tobytes()
# As curl --http2 and Java's client send it.
HTTP_2 = ("connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMAAABk")
WEBSOCKET = ("connection: keep-alive, Upgrade", "upgrade: websocket", "sec-websocket-version: 13")
LENGTH = f"content-length: {len(BODY)}"
ALIVE = b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n"
Answer = tuple[int, bytes]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.stop()


def head(*headers: str, request: str = "POST /v1/classify") -> bytes:
    return "\r\n".join([f"{request} HTTP/1.1", "host: a", *headers, "", ""]).encode()


def connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def answer(stream: io.BufferedReader) -> Answer | None:
    """The next status and body; none where the server has hung up."""
    first = stream.readline()
    if not first:
        return None
    length = 0
    while (line := stream.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        if name == b"content-length":
            length = int(value)
    return int(first.split()[1]), stream.read(length)


def answers(server: Server, *pieces: bytes) -> list[Answer]:
    """All that is answered to these, one packet each, up to where the server hangs up."""
    found = []
    with connected(server.port) as connection, connection.makefile("rb") as stream:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.02)  # so that they come one by one
        connection.sendall(ALIVE.replace(b"host: a", b"connection: close"))
        while (each := answer(stream)) is not None:
            found.append(each)
    return found


def check(found: list[Answer], classified: int) -> None:
    """So many crops were classified, and one request more was answered."""
    assert [status for status, _ in found] == [200] * (classified + 1)
    for _, body in found[:-1]:
        assert [row["value"] for row in json.loads(body)["crops"]] == [1]
    assert found[-1][1] == b"ok"


@pytest.mark.parametrize("upgrade", [HTTP_2, WEBSOCKET])
@pytest.mark.parametrize("cuts", [[], [-784], [-784, -300], [30], [-785, -783], [-2]])
def test_who_asks_for_another_protocol_is_answered_with_the_whole_body_read(
    server: Server, upgrade: tuple[str, ...], cuts: list[int]
) -> None:
    message = head(*upgrade, LENGTH) + BODY
    places = [0, *(cut % len(message) for cut in cuts), len(message)]
    pieces = [message[a:b] for a, b in itertools.pairwise(places)]
    check(answers(server, *pieces), 1)


def test_no_part_of_such_a_body_is_taken_for_a_request(server: Server) -> None:
    hidden = ALIVE + bytes(784 - len(ALIVE))
    message = head(*HTTP_2, LENGTH) + hidden
    assert [status for status, _ in answers(server, message)] == [200, 200]
    assert [status for status, _ in answers(server, message[:-784], hidden)] == [200, 200]


def test_such_a_body_may_come_in_chunks(server: Server) -> None:
    chunks = b"64\r\n" + BODY[:100] + b"\r\n" + b"2ac\r\n" + BODY[100:] + b"\r\n0\r\n\r\n"
    start = head(*HTTP_2, "transfer-encoding: chunked")
    check(answers(server, start + chunks), 1)
    check(answers(server, start, chunks[:50], chunks[50:]), 1)


def test_such_a_body_may_wait_until_it_is_asked_for(server: Server) -> None:
    with connected(server.port) as connection, connection.makefile("rb") as stream:
        connection.sendall(head(*HTTP_2, LENGTH, "expect: 100-continue"))
        assert answer(stream) == (100, b"")
        connection.sendall(BODY + ALIVE)
        check([each for _ in range(2) if (each := answer(stream))], 1)


def test_such_requests_may_come_one_behind_the_other(server: Server) -> None:
    usual = head(LENGTH, "content-type: application/octet-stream") + BODY
    message = usual + head(*HTTP_2, LENGTH) + BODY + head(*WEBSOCKET, LENGTH) + BODY + usual
    check(answers(server, message, message), 8)
    page, *rest = answers(server, head(*WEBSOCKET, request="GET /") + message)
    assert page[1].startswith(b"<!doctype html>")
    check(rest, 4)


def test_what_is_asked_of_a_proxy_is_refused_and_nothing_behind_it_answered(
    server: Server,
) -> None:
    for request in ("CONNECT a:80", "CONNECT /"):
        message = head(f"content-length: {len(ALIVE)}", request=request) + ALIVE
        ((status, body),) = answers(server, message)
        assert status == 501
        assert json.loads(body)["detail"] == "This is no proxy."


def test_a_connection_is_closed_that_sends_too_many_requests_ahead(server: Server) -> None:
    with connected(server.port) as connection, connection.makefile("rb") as stream:
        connection.sendall(ALIVE * (protocol.WAITING + 1))
        found = [answer(stream) for _ in range(protocol.WAITING + 1)]
        assert {each[0] for each in found if each} == {200}
    with connected(server.port) as connection, connection.makefile("rb") as stream:
        connection.sendall(ALIVE * (protocol.WAITING + 2))
        read = []
        with contextlib.suppress(ConnectionResetError):
            while each := answer(stream):
                read.append(each)
        assert len(read) <= protocol.WAITING


def test_requests_sent_ahead_take_no_memory(server: Server) -> None:
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    message = b"GET / HTTP/1.1\r\n\r\n" * 14_000
    connections = [connected(server.port) for _ in range(6)]
    for connection in connections:
        connection.settimeout(0.5)
        with contextlib.suppress(OSError):  # it is closed meanwhile, or takes no more
            connection.sendall(message)
    time.sleep(0.5)
    grown = process.memory_info().rss - before
    for connection in connections:
        connection.close()
    assert grown < 20_000_000  # or it is 25 MB a connection


LARGE = bytes(range(256)) * 65_536  # more than a system keeps for who does not read


class Unpaused(protocol.Protocol):
    """A connection that takes all at once that there is to write."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        transport.set_write_buffer_limits(high=2 * len(LARGE))
        super().connection_made(transport)


async def large(scope: Any, receive: Any, send: Any) -> None:
    """Answers with much, on /close as the last answer of its connection."""
    headers = [(b"content-length", b"%d" % len(LARGE))]
    if scope["path"] == "/close":
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for start in range(0, len(LARGE), 1 << 20):
        part = LARGE[start : start + (1 << 20)]
        is_last = start + len(part) == len(LARGE)
        await send({"type": "http.response.body", "body": part, "more_body": not is_last})


@contextlib.contextmanager
def serving(kind: type[protocol.Protocol], loop: Any) -> Iterator[tuple[uvicorn.Server, int]]:
    """A server of large answers, and its port."""
    options = {**UVICORN, "http": kind, "loop": loop}
    config = uvicorn.Config(large, port=0, lifespan="off", log_config=None, **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_for(lambda: server.started, within_s=20)
        yield server, server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


WAYS = [(protocol.Protocol, "/"), (protocol.Protocol, "/close"), (Unpaused, "/close")]


@pytest.mark.parametrize(
    ("kind", "path", "loop"), [*((*way, "auto") for way in WAYS), (*WAYS[0], "asyncio")]
)
def test_a_client_that_does_not_read_its_answer_is_hung_up_on(
    kind: type[protocol.Protocol], path: str, loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "WRITE_S", 0.3)
    with serving(kind, loop) as (server, port), connected(port) as connection:
        connection.sendall(head(request=f"GET {path}"))
        wait_for(lambda: server.server_state.connections, within_s=20)
        wait_for(lambda: not server.server_state.connections, within_s=20)
        wait_for(lambda: not server.server_state.tasks, within_s=20)


@pytest.mark.parametrize(("kind", "path", "loop"), [(*WAYS[0], "auto"), (*WAYS[2], "asyncio")])
def test_a_client_that_reads_slowly_gets_its_whole_answer(
    kind: type[protocol.Protocol], path: str, loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "WRITE_S", 0.5)
    with (
        serving(kind, loop) as (_, port),
        connected(port) as connection,
        connection.makefile("rb") as stream,
    ):
        connection.sendall(head(request=f"GET {path}"))
        while stream.readline() != b"\r\n":
            pass
        for start in range(0, len(LARGE), 1 << 19):
            time.sleep(0.07)
            assert stream.read(1 << 19) == LARGE[start : start + (1 << 19)]
