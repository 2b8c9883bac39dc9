"""Small raw crops, which go past ASGI: the same answers, limits and headers as the ordinary way."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from inkdigits import Recognizer
from inkdigits.data import Dataset
from tests.serving.servers import Server

TOKEN = "a-secret-of-some-length"
RAW = {"content-type": "application/octet-stream"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    secret: Path = tmp_path_factory.mktemp("serve") / "token"
    secret.write_text(TOKEN)
    started = Server("--token-file", str(secret))
    yield started
    started.stop()


def head(body: bytes, *more: str) -> bytes:
    lines = ["POST /v1/classify HTTP/1.1", "host: a", f"authorization: Bearer {TOKEN}"]
    lines += ["content-type: application/octet-stream", f"content-length: {len(body)}", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def answers(server: Server, *messages: bytes, count: int = 1) -> list[bytes]:
    """So many answers to what is sent on one connection, in pieces."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for message in messages:
            connection.sendall(message)
        received = b""
        found: list[bytes] = []
        while len(found) < count and (part := connection.recv(65536)):
            received += part
            while b"\r\n\r\n" in received:
                said, _, rest = received.partition(b"\r\n\r\n")
                length = int(said.split(b"content-length: ")[1].split(b"\r\n")[0])
                if len(rest) < length:
                    break
                found.append(rest[:length])
                received = rest[length:]
        return found


def test_both_ways_answer_as_the_recognizer_does(server: Server, mnist: Dataset) -> None:
    headers = {**RAW, "authorization": f"Bearer {TOKEN}"}
    expected = Recognizer(threads=1).classify(mnist.test.images[:8])
    with httpx.Client(base_url=server.url, headers=headers) as client:
        for place in range(8):
            body = mnist.test.images[place].tobytes()
            direct = client.post("/v1/classify", content=body)
            ordinary = client.post("/v1/classify?width=28", content=body)
            assert direct.json() == ordinary.json()
            given = direct.json()["crops"][0]["probabilities"]
            np.testing.assert_allclose(given, expected.probabilities[place], atol=1e-4)
            unlike = {"date", "content-length"}
            assert {k: v for k, v in direct.headers.items() if k not in unlike} == {
                k: v for k, v in ordinary.headers.items() if k not in unlike
            }


def test_it_needs_the_token_too(server: Server) -> None:
    for headers in (RAW, {**RAW, "authorization": "Bearer another"}):
        answer = httpx.post(f"{server.url}/v1/classify", content=bytes(784), headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"


def test_requests_one_behind_the_other_are_answered_in_order(
    server: Server, mnist: Dataset
) -> None:
    bodies = [image.tobytes() for image in mnist.test.images[:4]]
    together = b"".join(head(body) + body for body in bodies)
    found = answers(server, together, count=4)
    assert [json.loads(each)["crops"][0]["value"] for each in found] == [7, 2, 1, 0]


def test_a_body_in_pieces_is_put_together(server: Server, mnist: Dataset) -> None:
    body = mnist.test.images[0].tobytes()
    for cut in (1, 400, 783):
        (found,) = answers(server, head(body) + body[:cut], body[cut:])
        assert json.loads(found)["crops"][0]["value"] == 7


def test_metrics_count_it(server: Server, mnist: Dataset) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}

    def counted() -> float:
        text = httpx.get(f"{server.url}/metrics", headers=headers).text
        name = 'inkdigits_requests_total{path="/v1/classify",status="200"} '
        return next((float(e.split()[-1]) for e in text.splitlines() if e.startswith(name)), 0.0)

    before = counted()
    body = mnist.test.images[0].tobytes()
    assert len(answers(server, head(body) + body)) == 1
    assert counted() == before + 1
