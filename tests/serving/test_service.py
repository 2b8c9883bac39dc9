"""The service as clients see it: a real server on a real port, and real failures."""

import asyncio
import contextlib
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import numpy as np
import psutil
import pytest
from PIL import Image
from starlette.requests import Request

import inkdigits.recognition
from inkdigits import Recognizer
from inkdigits.data import Dataset
from inkdigits.serving.bodies import pictures
from inkdigits.serving.problems import ProblemError
from inkdigits.serving.settings import ServeSettings
from tests.processes import wait_for
from tests.serving.servers import Server, refused

TOKEN = "a-secret-of-some-length"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server("--max-body", "300000", "--concurrency", "8")
    yield started
    started.stop()


@pytest.fixture(scope="module")
def photo(mnist: Dataset) -> bytes:
    """Two digits, 7 and 2, dark on light."""
    canvas = np.concatenate([mnist.test.images[0], mnist.test.images[1]], 1)
    canvas = np.pad(canvas, 12)
    stream = io.BytesIO()
    Image.fromarray(240 - np.kron(canvas, np.ones((3, 3), np.uint8)) // 2).save(stream, "PNG")
    return stream.getvalue()


def test_a_picture_is_read_as_a_body_and_in_a_form(server: Server, photo: bytes) -> None:
    for answer in (
        httpx.post(f"{server.url}/v1/read", content=photo, headers={"content-type": "image/png"}),
        httpx.post(f"{server.url}/v1/read", files={"file": ("photo.png", photo)}),
    ):
        assert answer.status_code == 200, answer.text
        assert answer.json()["text"] == "72"
        assert len(answer.json()["lines"][0]["digits"][0]["box"]) == 4
    unsure = httpx.post(f"{server.url}/v1/read?min_confidence=1", content=photo)
    assert unsure.json()["text"] == "??"


def test_a_page_of_a_document_is_read_by_its_number(server: Server, photo: bytes) -> None:
    with Image.open(io.BytesIO(photo)) as opened:
        first, second = opened.copy(), opened.crop((0, 0, 120, opened.height))  # 72 and 7
    stream = io.BytesIO()
    first.save(stream, "PDF", save_all=True, append_images=[second])

    def ask(query: str) -> httpx.Response:
        return httpx.post(f"{server.url}/v1/read{query}", content=stream.getvalue())

    answers = [ask(query).json() for query in ("", "?page=1", "?page=2")]
    assert [answer["text"] for answer in answers] == ["72", "72", "7"]
    assert [answer["has_more_pages"] for answer in answers] == [True, False, False]
    assert "it has 2 pages, there is no page 3" in ask("?page=3").json()["detail"]
    assert [ask(f"?page={page}").status_code for page in (3, 0, "x")] == [422, 422, 422]


def test_crops_are_classified_as_the_recognizer_does(server: Server, mnist: Dataset) -> None:
    crops = mnist.test.images[:100]
    answer = httpx.post(
        f"{server.url}/v1/classify",
        content=crops.tobytes(),
        headers={"content-type": "application/octet-stream"},
    )
    rows = answer.json()["crops"]
    expected = Recognizer(threads=1).classify(crops)
    assert [row["value"] for row in rows] == expected.probabilities.argmax(1).tolist()
    np.testing.assert_allclose([row["digit"] for row in rows], expected.digit, atol=1e-4)


def test_many_clients_at_once_get_their_own_answers(server: Server, mnist: Dataset) -> None:
    expected = Recognizer(threads=1).classify(mnist.test.images[:60]).probabilities.argmax(1)

    def ask(place: int) -> tuple[int, int]:
        with httpx.Client() as client:
            for _ in range(50):
                answer = client.post(
                    f"{server.url}/v1/classify", content=mnist.test.images[place].tobytes()
                )
                if answer.status_code == 200:
                    return place, answer.json()["crops"][0]["value"]
                assert answer.status_code == 503
                assert answer.headers["retry-after"] == "1"
                time.sleep(0.05)
        return place, -1

    with ThreadPoolExecutor(16) as pool:
        for place, value in pool.map(ask, range(60)):
            assert value == expected[place]


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("/v1/read", b"", 422),
        ("/v1/read", b"no picture", 422),
        ("/v1/read?expect_length=0", b"x", 422),
        ("/v1/classify", b"123", 422),
        ("/v1/classify?width=0", b"123", 422),
        ("/v1/read", b"x" * 300_001, 413),
        ("/nowhere", b"x", 404),
        ("/v1/nothing", b"x", 404),
        ("/healthz", b"x", 405),
    ],
)
def test_failures_are_problem_details(
    server: Server, path: str, content: bytes, status: int
) -> None:
    answer = httpx.post(server.url + path, content=content)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"]


def test_a_body_without_a_length_is_counted_too(server: Server) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 10_000

    assert httpx.post(f"{server.url}/v1/read", content=endless()).status_code == 413


def test_the_model_metrics_and_documentation_are_there(server: Server, photo: bytes) -> None:
    assert httpx.post(f"{server.url}/v1/read", content=photo).status_code == 200
    model = httpx.get(f"{server.url}/v1/model").json()
    assert len(model["sha256"]) == 64
    assert "MNIST test set" in model["card"]
    metrics = httpx.get(f"{server.url}/metrics").text
    assert 'inkdigits_requests_total{path="/v1/read",status="200"}' in metrics
    schema = httpx.get(f"{server.url}/openapi.json").json()
    assert {"/v1/read", "/v1/classify", "/v1/model"} <= set(schema["paths"])
    # By itself, since another worker may answer it than the page.
    assert "SwaggerUIBundle" in httpx.get(f"{server.url}/docs/start.js").text
    docs = httpx.get(f"{server.url}/docs")
    assert "http" not in docs.text.replace("</html>", "").split("<body>")[1]
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"):
        assert httpx.get(f"{server.url}/docs/assets/{asset}").status_code == 200
    policy = httpx.get(server.url).headers["content-security-policy"]
    assert "default-src 'none'" in policy


def test_each_documented_example_is_what_its_schema_says(server: Server) -> None:
    document = httpx.get(f"{server.url}/openapi.json").json()
    looked_at = 0
    for operations in document["paths"].values():
        for operation in operations.values():
            for answer in operation["responses"].values():
                for kind in answer.get("content", {}).values():
                    if "example" in kind and "schema" in kind:
                        jsonschema.validate(kind["example"], kind["schema"])
                        looked_at += 1
    assert looked_at > 10


def test_real_answers_are_described_with_all_that_they_hold(
    server: Server, photo: bytes, mnist: Dataset
) -> None:
    paths = httpx.get(f"{server.url}/openapi.json").json()["paths"]
    gzip = {"content-encoding": "gzip"}

    def described(method: str, path: str, status: int, **options: Any) -> Any:
        answer = httpx.request(method, server.url + path, **options)
        assert answer.status_code == status
        operation = paths[path.partition("?")[0]][method]
        kind = answer.headers["content-type"]
        schema = operation["responses"][str(status)]["content"][kind]["schema"]
        jsonschema.validate(answer.json(), schema)
        return answer.json(), schema["properties"]

    answer, schema = described("post", "/v1/read?details=true", 200, content=photo)
    digit = schema["lines"]["items"]["properties"]["digits"]["items"]["properties"]
    assert answer["lines"][0]["digits"][0].keys() == digit.keys()
    files = [("file", ("7.png", photo)), ("file", ("2.png", photo))]
    assert len(described("post", "/v1/classify", 200, files=files)[0]["crops"]) == 2
    file = paths["/v1/classify"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert file["properties"]["file"]["type"] == "array"
    crop = mnist.test.images[0].tobytes()
    described("post", "/v1/stages", 200, content=crop)
    described("post", "/v1/corrections?value=7", 404, content=crop)
    for path in ("/v1/read", "/v1/classify", "/v1/stages", "/v1/corrections?value=7"):
        described("post", path, 415, content=crop, headers=gzip)
    described("get", "/v1/model", 200)
    described("get", "/v1/model", 415, headers=gzip)


@pytest.mark.parametrize("pieces", ["bytes=0-3", "bytes=99999999-", "bytes=x", "bytes=0-1,3-4"])
def test_files_are_answered_whole(server: Server, pieces: str) -> None:
    answer = httpx.get(f"{server.url}/page.js", headers={"range": pieces})
    assert (answer.status_code, answer.text) == (200, httpx.get(f"{server.url}/page.js").text)


def test_options_that_exclude_each_other_are_refused(server: Server, photo: bytes) -> None:
    answer = httpx.post(f"{server.url}/v1/read?single=true&expect_length=2", content=photo)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "expect_length cannot be given with single."


def test_of_several_files_the_one_that_is_no_picture_is_named(server: Server, photo: bytes) -> None:
    files = [("file", ("a.png", content)) for content in (photo, b"no picture", photo)]
    answer = httpx.post(f"{server.url}/v1/classify", files=files)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("File 2 of 3: The picture is no readable picture")


def test_what_a_client_does_wrong_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    headers = [(b"content-type", b"multipart/form-data; boundary=x")]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"no form", "more_body": False}

    with pytest.raises(ProblemError, match="form cannot be read"):
        asyncio.run(pictures(Request({"type": "http", "headers": headers}, receive)))
    assert caplog.records == []


@pytest.mark.parametrize("path", ["/", "/page.js", "/healthz", "/readyz", "/metrics", "/docs"])
def test_head_is_answered_as_get_without_its_content(server: Server, path: str) -> None:
    head, got = httpx.head(server.url + path), httpx.get(server.url + path)
    assert (head.status_code, got.status_code, head.content) == (200, 200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
    other = httpx.delete(server.url + path)
    assert (other.status_code, other.headers["allow"]) == (405, "GET, HEAD")


def test_large_raw_crops_are_classified_as_their_pictures_are(mnist: Dataset) -> None:
    large = [Image.fromarray(each).resize((1024, 1024)) for each in mnist.test.images[:19]]
    server = Server()
    try:
        with ThreadPoolExecutor(3) as pool:
            url = f"{server.url}/v1/classify?width=1024&height=1024"
            body = b"".join(each.tobytes() for each in large)
            headers = {"content-type": "application/octet-stream"}
            several = list(
                pool.map(
                    lambda _: httpx.post(url, content=body, headers=headers, timeout=30), range(3)
                )
            )
        pictures = []
        for each in large:
            stream = io.BytesIO()
            each.save(stream, "PNG")
            pictures.append(("file", ("crop.png", stream.getvalue())))
        one_by_one = httpx.post(f"{server.url}/v1/classify", files=pictures).json()
        assert [answer.status_code for answer in several] == [200] * 3
        assert all(answer.json() == one_by_one for answer in several)
    finally:
        server.stop()


def test_a_compressed_body_is_refused_for_what_it_is(server: Server, photo: bytes) -> None:
    headers = {"content-encoding": "gzip"}
    for path in ("read", "classify"):
        answer = httpx.post(f"{server.url}/v1/{path}", content=photo, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (
            415,
            "application/problem+json",
        )


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be replaced there")
def test_a_model_that_is_replaced_is_never_mixed_with_the_first(tmp_path: Path) -> None:
    shipped = Path(inkdigits.recognition.__file__).parent
    model = tmp_path / "model.onnx"
    model.write_bytes((shipped / "shipped.onnx").read_bytes())
    server = Server("--model", str(model))

    def workers() -> list[psutil.Process]:
        found = psutil.Process(server.process.pid).children(recursive=True)
        return [each for each in found if "inkdigits.serving.worker" in each.cmdline()]

    try:
        model.write_bytes((shipped / "stages.onnx").read_bytes())
        for worker in workers():
            worker.kill()
        wait_for(lambda: httpx.get(f"{server.url}/readyz").status_code == 503, within_s=20)
        time.sleep(2)
        assert not server.is_ready()
        model.write_bytes((shipped / "shipped.onnx").read_bytes())
        wait_for(server.is_ready, within_s=60)
    finally:
        server.stop()


def test_what_nobody_waits_for_any_longer_keeps_nobody_waiting(photo: bytes) -> None:
    strokes = np.full((70, 20, 100, 14), 230, np.uint8)  # in thousands, which take seconds
    for shift in range(4):
        strokes[shift::4, 2:16, :, 2 + shift : 5 + shift] = 20
    strokes[::4, 2:5, :, 2:10] = 20
    stream = io.BytesIO()
    Image.fromarray(strokes.reshape(1400, 1400)).save(stream, "PNG")
    server = Server()
    try:
        asking = []
        places = ServeSettings().pictures
        for _ in range(places):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            connection.request("POST", "/v1/read", stream.getvalue())
            asking.append(connection)
        wait_for(lambda: f"inkdigits_pictures {places}.0" in metrics_of(server), within_s=20)
        for connection in asking:
            connection.close()
        began = time.monotonic()
        # Until the service knows that all have left, it may say that there is no place.
        left = f'path="/v1/read",status="499"}} {places}.0'
        wait_for(lambda: left in metrics_of(server), within_s=20)
        answer = httpx.post(f"{server.url}/v1/read", content=photo, timeout=20)
        assert (answer.status_code, answer.json().get("text")) == (200, "72")
        assert time.monotonic() - began < 8
    finally:
        server.stop()


def metrics_of(server: Server) -> str:
    return httpx.get(f"{server.url}/metrics").text


def test_a_token_is_asked_for(tmp_path: Path, photo: bytes) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{TOKEN}\n")
    server = Server("--token-file", str(secret))
    try:
        assert httpx.post(f"{server.url}/v1/read", content=photo).status_code == 401
        headers = {"authorization": f"Bearer {TOKEN}"}
        answer = httpx.post(f"{server.url}/v1/read", content=photo, headers=headers)
        assert answer.json()["text"] == "72"
        assert httpx.get(f"{server.url}/healthz").status_code == 200
        # Browsers ask their user for it as a password.
        refused = httpx.get(server.url)
        assert refused.status_code == 401
        assert refused.headers.get_list("www-authenticate") == [
            "Bearer",
            'Basic realm="inkdigits", charset="UTF-8"',
        ]
        for name in ("", "anybody"):
            asked = httpx.get(f"{server.url}/v1/model", auth=(name, TOKEN))
            assert asked.status_code == 200
        for wrong in ("bearer another", "Basic !", "Basic", f"Token {TOKEN}"):
            asked = httpx.get(server.url, headers={"authorization": wrong})
            assert asked.status_code == 401
        assert httpx.get(server.url, headers={"authorization": f"bearer {TOKEN}"}).is_success
    finally:
        server.stop()


def test_after_sigterm_what_was_begun_is_answered_and_nothing_else(photo: bytes) -> None:
    server = Server()
    asking = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    asking.putrequest("POST", "/v1/read")
    asking.putheader("content-length", str(len(photo)))
    asking.putheader("expect", "100-continue")
    asking.endheaders()
    # It is under way once the service asks for the picture.
    assert asking.sock.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 100"

    def is_closed() -> bool:
        with socket.socket() as other:
            return other.connect_ex(("127.0.0.1", server.port)) != 0

    os.kill(server.process.pid, signal.SIGTERM)
    wait_for(is_closed, within_s=20)
    with contextlib.closing(asking):
        asking.send(photo)
        answer = asking.getresponse()
        assert answer.status == 200
        assert json.load(answer)["text"] == "72"
    server.process.communicate(timeout=20)
    assert server.process.returncode == 143


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "0.0.0.0"], "--token-file"),
        (["--model", "nowhere.onnx"], "nowhere.onnx"),
        (["--token-file", "nowhere"], "nowhere"),
        (["--concurrency", "0"], "concurrency"),
    ],
)
def test_what_cannot_start_says_why(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in refused(capsys, *options)


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "inkdigits", "serve", "--port", str(port)],
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert done.returncode == 2
    assert f"127.0.0.1:{port}" in done.stderr
