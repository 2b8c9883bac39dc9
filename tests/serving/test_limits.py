"""Limits, failures and the end of a service, on real servers, down to the bytes on the wire."""

import io
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from PIL import Image

from inkdigits import Recognizer
from inkdigits.data import Dataset
from tests.processes import wait_for
from tests.serving.servers import Server

CROP = np.zeros((28, 28), np.uint8)
CROP[4:24, 12:16] = 255
TYPE = {"content-type": "application/octet-stream"}


@pytest.fixture(scope="module")
def strict() -> Iterator[Server]:
    """Little is allowed, and nothing may take long."""
    started = Server("--timeout", "0.5", "--max-pixels", "10000", "--concurrency", "2")
    yield started
    started.stop()


@pytest.fixture(scope="module")
def slow_picture() -> bytes:
    """Thousands of strokes, which take a second or more to read."""
    pixels = np.full((840, 840), 230, np.uint8)
    for top in range(0, 820, 20):
        for left in range(0, 820, 14):
            shift = (top // 20 + left // 14) % 4
            pixels[top + 2 : top + 16, left + 2 + shift : left + 5 + shift] = 20
            if not shift:
                pixels[top + 2 : top + 5, left + 2 : left + 10] = 20
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def raw_answer(server: Server, message: bytes, *, close: bool = False) -> tuple[bytes, bytes]:
    """Head and body of what comes back for these bytes, up to where the server hangs up."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(message)
        if close:
            connection.shutdown(socket.SHUT_WR)
        received, head, body = b"", b"", b""
        while part := connection.recv(65536):
            received += part
            head, _, body = received.partition(b"\r\n\r\n")
            if head and f"content-length: {len(body)}".encode() in head:
                break
    return head, body


def check_problem(status: int, headers: httpx.Headers, body: bytes) -> None:
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    problem = json.loads(body)
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"].endswith(".") or status == 404


def pictures_under_way(server: Server) -> float:
    for line in httpx.get(f"{server.url}/metrics").text.splitlines():
        if line.startswith("inkdigits_pictures "):
            return float(line.split()[1])
    return 0.0


def test_a_body_that_comes_too_slowly_is_503(strict: Server) -> None:
    head = b"POST /v1/classify HTTP/1.1\r\nhost: a\r\ncontent-length: 784\r\n\r\n"
    answer, body = raw_answer(strict, head + bytes(100))
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1" in answer
    assert json.loads(body)["detail"] == "The request took longer than 0.5 s."


def test_slow_bodies_keep_nobody_out(strict: Server) -> None:
    head = b"POST /v1/classify HTTP/1.1\r\nhost: a\r\ncontent-length: 784\r\n\r\n"
    waiting = [socket.create_connection(("127.0.0.1", strict.port)) for _ in range(6)]
    for connection in waiting:
        connection.sendall(head + bytes(100))
    answer = httpx.post(f"{strict.url}/v1/classify", content=CROP.tobytes(), headers=TYPE)
    assert answer.status_code == 200
    for connection in waiting:
        connection.close()


def test_a_picture_that_takes_too_long_is_503_and_frees_its_worker(slow_picture: bytes) -> None:
    server = Server("--timeout", "0.15")
    try:
        answer = httpx.post(f"{server.url}/v1/read", content=slow_picture, timeout=30)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        check_problem(503, answer.headers, answer.content)

        def is_read() -> bool:  # by the worker that replaces it, once it is there
            url = f"{server.url}/v1/classify"
            return httpx.post(url, content=CROP.tobytes(), headers=TYPE).status_code == 200

        wait_for(is_read, within_s=30)
    finally:
        server.stop()


def test_too_many_pixels_are_422(strict: Server) -> None:
    stream = io.BytesIO()
    Image.new("L", (101, 100)).save(stream, "PNG")
    for path in ("/v1/read", "/v1/classify"):
        headers = {"content-type": "image/png"}
        answer = httpx.post(strict.url + path, content=stream.getvalue(), headers=headers)
        assert answer.status_code == 422
        check_problem(422, answer.headers, answer.content)
        assert "10000" in answer.text.replace(",", "")


def test_too_many_at_once_are_503_and_what_was_accepted_is_answered_after_sigterm(
    slow_picture: bytes,
) -> None:
    server = Server("--timeout", "60", "--concurrency", "1")
    try:
        url = f"{server.url}/v1/read"
        read: list[int] = []

        def ask() -> None:
            read.append(httpx.post(url, content=slow_picture, timeout=60).status_code)

        reading = threading.Thread(target=ask)
        reading.start()
        wait_for(lambda: pictures_under_way(server) == 1, within_s=30)
        answer = httpx.post(f"{server.url}/v1/classify", content=CROP.tobytes(), headers=TYPE)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        check_problem(503, answer.headers, answer.content)
        assert httpx.get(f"{server.url}/healthz").status_code == 200
        # SIGTERM: what was accepted is answered, and nothing else is.
        os.kill(server.process.pid, signal.SIGTERM)
        reading.join(60)
        assert read == [200]
    finally:
        server.process.communicate(timeout=60)


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"no http at all\r\n\r\n", 400),
        (b"POST /v1/read HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 70_000, 431),
        # Whole, in one piece.
        (b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"xx: yy\r\n" * 8_500 + b"\r\n", 431),
        (b"GET /" + b"y" * 70_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n", 431),
        (b"POST /v1/read HTTP/1.1\r\nhost: a\r\ncontent-length: 20000001\r\n\r\n", 413),
        (b"GET /nowhere HTTP/1.1\r\nhost: a\r\n\r\n", 404),
        (b"GET /%00 HTTP/1.1\r\nhost: a\r\n\r\n", 404),
        (b"GET /v1/classify HTTP/1.1\r\nhost: a\r\n\r\n", 405),
        (b"DELETE /v1/read HTTP/1.1\r\nhost: a\r\n\r\n", 405),
    ],
)
def test_whatever_comes_is_answered_with_a_problem(
    strict: Server, message: bytes, status: int
) -> None:
    head, body = raw_answer(strict, message)
    lines = head.decode().split("\r\n")
    assert lines[0].startswith(f"HTTP/1.1 {status} ")
    headers = httpx.Headers(dict(line.split(": ", 1) for line in lines[1:]))
    check_problem(status, headers, body)
    if status == 405:
        assert headers["allow"] == "POST"


def test_a_client_that_leaves_hurts_nobody(strict: Server) -> None:
    head = b"POST /v1/classify HTTP/1.1\r\nhost: a\r\ncontent-length: 784\r\n\r\n"
    assert raw_answer(strict, head + bytes(10), close=True)[0] == b""
    answer = httpx.post(f"{strict.url}/v1/classify", content=CROP.tobytes(), headers=TYPE)
    assert answer.json()["crops"][0]["value"] == 1


def test_other_sites_may_call_only_where_it_was_asked_for(strict: Server) -> None:
    headers = {"origin": "https://elsewhere.example", **TYPE}
    answer = httpx.post(f"{strict.url}/v1/classify", content=CROP.tobytes(), headers=headers)
    assert "access-control-allow-origin" not in answer.headers
    server = Server("--allow-origin", "https://elsewhere.example")
    try:
        answer = httpx.post(f"{server.url}/v1/classify", content=CROP.tobytes(), headers=headers)
        assert answer.headers["access-control-allow-origin"] == "https://elsewhere.example"
        assert answer.headers["access-control-expose-headers"] == "Retry-After"
    finally:
        server.stop()


def test_two_workers_answer_alike_and_count_together(mnist: Dataset) -> None:
    server = Server("--workers", "2")
    crops = mnist.test.images[:300]  # more than one batch
    expected = Recognizer(threads=1).classify(crops)
    try:
        for _ in range(8):  # each on a connection of its own, for either worker to take
            answer = httpx.post(
                f"{server.url}/v1/classify", content=crops.tobytes(), headers=TYPE, timeout=30
            )
            rows = answer.json()["crops"]
            given = np.array([row["probabilities"] for row in rows])
            np.testing.assert_allclose(given, expected.probabilities, atol=1e-4)
        for _ in range(4):
            text = httpx.get(f"{server.url}/metrics").text
            assert "inkdigits_digits_total 2400.0" in text
            assert 'inkdigits_requests_total{path="/v1/classify",status="200"} 8.0' in text
    finally:
        assert server.stop() == 143


def test_crops_of_other_sizes_and_forms_of_pictures_are_classified(
    strict: Server, mnist: Dataset
) -> None:
    files = []
    for place in range(4):
        pixels = np.kron(255 - mnist.test.images[place], np.ones((1 + place % 2,) * 2, np.uint8))
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "PNG")
        files.append(("file", (f"{place}.png", stream.getvalue(), "image/png")))
    answer = httpx.post(f"{strict.url}/v1/classify", files=files)
    assert [row["value"] for row in answer.json()["crops"]] == [7, 2, 1, 0]
    wide = np.kron(mnist.test.images[0], np.ones((1, 2), np.uint8))[:, 14:42]
    answer = httpx.post(
        f"{strict.url}/v1/classify?width=14&height=56", content=wide.tobytes(), headers=TYPE
    )
    assert answer.status_code == 200
    assert len(answer.json()["crops"]) == 1
