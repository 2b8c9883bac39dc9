"""`inkdigits serve` as the shell sees it: what it prints, where it listens, how it ends."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import psutil
import pytest
import uvicorn
from uvicorn.supervisors import multiprocess

import inkdigits.recognition
from inkdigits import Recognizer
from inkdigits.cli.serve import _token
from inkdigits.errors import UsageError
from inkdigits.serving import application, launch
from inkdigits.serving.launch import listen
from inkdigits.serving.metrics import SHARED
from inkdigits.serving.pool import CHANGED
from inkdigits.serving.settings import ServeSettings
from inkdigits.settings import to_mapping
from tests.processes import below, wait_for
from tests.serving.servers import is_ready, refused

COMMAND = (sys.executable, "-m", "inkdigits", "serve")
CROP = np.zeros((28, 28), np.uint8).tobytes()
has_signals = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals for one process")
# Of the four ways to end, each test takes two.
two_ends = [("1", signal.SIGINT, 130), ("2", signal.SIGTERM, 143)]
other_ends = [("2", signal.SIGINT, 130), ("1", signal.SIGTERM, 143)]


def has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="there is no IPv6 here")


@contextlib.contextmanager
def serving(*options: str, **environment: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A server on a free port, and the URL that it printed."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", *options],
        stderr=subprocess.PIPE, text=True, env=os.environ | environment,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        yield process, process.stderr.readline().split()[0]
    finally:
        process.terminate()
        try:
            process.communicate(timeout=40)
        except subprocess.TimeoutExpired:
            kill([*below(process.pid), process.pid])
            raise


def kill(processes: list[int]) -> None:
    for each in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(each).kill()


def is_closed(url: str) -> bool:
    place = urlsplit(url)
    with socket.socket() as other:
        return other.connect_ex((place.hostname, place.port)) != 0


def begin(url: str) -> http.client.HTTPConnection:
    """A request whose body the service waits for."""
    asking = http.client.HTTPConnection(urlsplit(url).netloc, timeout=40)
    asking.putrequest("POST", "/v1/classify")
    asking.putheader("content-length", str(len(CROP)))
    asking.putheader("expect", "100-continue")
    asking.endheaders()
    assert asking.sock.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 100"
    return asking


def complete(asking: http.client.HTTPConnection) -> None:
    with contextlib.closing(asking):
        asking.send(CROP)
        answer = asking.getresponse()
        assert answer.status == 200
        assert len(json.load(answer)["crops"]) == 1


def refusal(*options: str) -> str:
    """What it says in one sentence where it does not start."""
    ended = subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2, ended.stderr
    (said,) = ended.stderr.splitlines()
    return said


def test_the_free_port_that_was_found_is_told() -> None:
    with serving("--workers", "2") as (process, url):
        assert urlsplit(url).hostname == "127.0.0.1"
        assert urlsplit(url).port
        wait_for(lambda: is_ready(url), process, every_s=0.1)
        assert httpx.get(f"{url}/healthz").status_code == 200


@needs_ipv6
def test_the_url_of_an_ipv6_address_can_be_opened() -> None:
    with serving("--host", "::1") as (process, url):
        assert url.startswith("http://[::1]:")
        wait_for(lambda: is_ready(url), process, every_s=0.1)
        assert httpx.get(f"{url}/healthz").status_code == 200


def test_a_name_is_listened_to_on_each_address_that_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ["192.0.2.1", "127.0.0.1", "127.0.0.2"]  # the first is nobody's
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (name, 0)) for name in names]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with contextlib.ExitStack() as opened:
        places = [opened.enter_context(each).getsockname() for each in listen("localhost", 0)]
    assert [name for name, _ in places] == names[1:]
    assert len({port for _, port in places}) == 1
    del found[1:]
    with pytest.raises(UsageError, match=r"Cannot listen on localhost:0: .*; take another --host"):
        listen("localhost", 0)


@needs_ipv6
def test_a_taken_port_is_named_as_in_a_url() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        said = refusal("--host", "::1", "--port", str(port))
    assert said == (
        f"Error: Cannot listen on [::1]:{port}: Address already in use; take another --port."
    )


@has_signals
@pytest.mark.parametrize(("workers", "number", "code"), two_ends)
def test_a_signal_is_told_by_the_exit_code_once_what_was_begun_is_answered(
    workers: str, number: signal.Signals, code: int
) -> None:
    with serving("--workers", workers) as (process, url):
        wait_for(lambda: is_ready(url), process, every_s=0.1)
        asking = begin(url)
        process.send_signal(number)
        wait_for(lambda: is_closed(url), every_s=0.05)
        assert process.poll() is None
        complete(asking)
        _, said = process.communicate(timeout=40)
        assert (process.returncode, said) == (code, "")


@has_signals
@pytest.mark.parametrize(("workers", "number", "code"), other_ends)
def test_a_signal_counts_as_soon_as_the_url_is_printed(
    workers: str, number: signal.Signals, code: int
) -> None:
    with serving("--workers", workers) as (process, _):
        process.send_signal(number)
        _, said = process.communicate(timeout=40)
        assert (process.returncode, said) == (code, "")


@has_signals
def test_ctrl_c_while_several_processes_start_leaves_no_traceback() -> None:
    with serving("--workers", "2") as (process, _):
        wait_for(lambda: len(below(process.pid, "spawn_main")) == 2, process)
        for each in below(process.pid, "spawn_main"):
            os.kill(each, signal.SIGINT)  # a terminal sends it to all of them
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=40)
        assert (process.returncode, said) == (130, "")


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a folder whose files are open")
def test_when_the_first_process_is_killed_the_others_answer_what_was_begun_and_end(
    tmp_path: Path,
) -> None:
    with serving("--workers", "2", TMPDIR=str(tmp_path)) as (process, url):
        wait_for(lambda: is_ready(url), process, every_s=0.1)
        readers = "inkdigits.serving.worker"
        wait_for(lambda: len(below(process.pid, "spawn_main", readers)) >= 4, process)
        others = below(process.pid)
        try:
            begun = [begin(url) for _ in range(4)]  # of either process, if by chance
            process.kill()
            wait_for(lambda: is_closed(url), within_s=20, every_s=0.05)
            for asking in begun:
                complete(asking)
            wait_for(lambda: not any(map(psutil.pid_exists, others)), within_s=20)
        finally:
            kill(others)
        assert list(tmp_path.glob("inkdigits-*")) == []
        assert process.communicate(timeout=40)[1] == ""


def test_a_start_that_fails_is_exit_code_1() -> None:
    program = """
import uvicorn

from inkdigits.serving.launch import alone, listen

async def app(scope, receive, send):
    await send({"type": "lifespan.startup.failed", "message": "no worker"})

raise SystemExit(alone(uvicorn.Config(app), listen("127.0.0.1", 0))())
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.returncode == 1, ended.stderr
    assert "no worker" in ended.stderr


@pytest.mark.parametrize(
    "origin",
    [
        "foo.example",
        "https://foo.example/page",
        "https://foo.example//",
        "https://foo.example?",
        "https://me@foo.example",
        "https://foo.example:port",
        "https://*.foo.example",
        "https://a.example,https://b.example",
        "https://",
        "",
    ],
)
def test_what_no_browser_sends_as_an_origin_is_refused(
    origin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, "--allow-origin", origin)
    assert f"--allow-origin {origin} is no origin" in said


def test_origins_are_compared_as_browsers_send_them() -> None:
    given = ["https://Foo.example/", "http://foo.example:80", "http://[::1]:8080"]
    sent = ["https://foo.example", "http://foo.example", "http://[::1]:8080"]
    options = [word for each in given for word in ("--allow-origin", each)]
    with serving(*options) as (process, url):
        wait_for(lambda: is_ready(url), process, every_s=0.1)
        for origin in sent:
            answer = httpx.get(f"{url}/healthz", headers={"origin": origin})
            assert answer.headers["access-control-allow-origin"] == origin
        answer = httpx.get(f"{url}/healthz", headers={"origin": "https://foo.example:8443"})
        assert "access-control-allow-origin" not in answer.headers


def test_an_asterisk_allows_every_origin() -> None:
    with serving("--allow-origin", "*") as (process, url):
        wait_for(lambda: is_ready(url), process, every_s=0.1)
        answer = httpx.get(f"{url}/healthz", headers={"origin": "https://foo.example"})
        assert answer.headers["access-control-allow-origin"] == "*"


def test_a_process_that_takes_anothers_place_waits_for_the_same_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shipped = Path(inkdigits.recognition.__file__).parent
    model = tmp_path / "model.onnx"
    shutil.copy(shipped / "shipped.onnx", model)
    network = Recognizer(model, threads=1).sha256
    settings = ServeSettings(model=str(model), network=network, token="a-secret-of-some-length")
    shutil.copy(shipped / "stages.onnx", model)
    waited: list[float] = []

    def restore(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 1:
            model.unlink()
        else:
            shutil.copy(shipped / "shipped.onnx", model)

    monkeypatch.setenv(application.SETTINGS_VARIABLE, json.dumps(to_mapping(settings)))
    monkeypatch.setattr(launch, "end_as_asked", lambda: None)
    monkeypatch.setattr("time.sleep", restore)
    assert application.from_environment() is not None
    assert waited == [1.0, 1.0]
    assert [each.message for each in caplog.records] == [
        CHANGED,
        f"There is no network at {model}.",
    ]
    # What it starts in turn, decoders among it, does not learn the token.
    assert application.SETTINGS_VARIABLE not in os.environ


@has_signals
@pytest.mark.parametrize("before", [signal.SIG_DFL, signal.SIG_IGN])
def test_the_end_of_its_terminal_ends_it_as_sigterm_does_unless_it_is_to_outlive_it(
    before: signal.Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers: dict[int, Any] = {}
    monkeypatch.setattr(signal, "getsignal", lambda number: before)
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    launch.alone(uvicorn.Config(""), [])
    heeded = {signal.SIGINT, signal.SIGTERM}
    assert handlers.keys() == (heeded if before is signal.SIG_IGN else heeded | {signal.SIGHUP})
    assert len(set(handlers.values())) == 1


@has_signals
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_process_that_waits_so(number: signal.Signals) -> None:
    code = "import signal, sys; from inkdigits.serving import launch\n"
    code += "with launch.ended_at_once(): signal.raise_signal(int(sys.argv[1]))"
    ended = subprocess.run([sys.executable, "-c", code, str(int(number))], capture_output=True)
    assert (ended.returncode, ended.stderr) == (128 + number, b"")


def test_signals_are_handled_as_before_once_a_process_waits_no_longer() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with launch.ended_at_once():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_a_process_that_died_had_waiting_counts_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Process:
        exitcode = -9

        def __init__(self, pid: int) -> None:
            self.pid = pid

        def is_alive(self, timeout: float) -> bool:
            return self.pid != 1

        def nothing(self) -> None:
            pass

        kill = join = start = nothing

    for pid in (1, 2):
        (tmp_path / f"gauge_livesum_{pid}.db").touch()
    monkeypatch.setenv(SHARED, str(tmp_path))
    monkeypatch.setattr(multiprocess, "Process", lambda config, sockets: Process(3))
    first = object.__new__(launch._Processes)
    first.config, first.sockets = uvicorn.Config(""), []
    first.should_exit = threading.Event()
    first.processes = [Process(1), Process(2)]  # type: ignore[list-item]
    first.keep_subprocess_alive()
    assert [each.pid for each in first.processes] == [3, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["gauge_livesum_2.db"]


def test_a_token_that_cannot_be_read_is_named_without_an_error_number(tmp_path: Path) -> None:
    path = tmp_path / "token"
    with pytest.raises(UsageError, match=r"token cannot be read: No such file or directory\.$"):
        _token(path)
    path.write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"token cannot be read: it is no UTF-8 text\.$"):
        _token(path)


def test_a_token_may_stand_behind_a_mark_of_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_bytes(b"\xef\xbb\xbfa-secret-of-some-length\r\n")  # as Windows' editors save it
    assert _token(path) == "a-secret-of-some-length"
