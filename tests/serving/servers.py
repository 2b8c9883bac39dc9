"""The service as a process of its own, and the sentence by which it does not start."""

import http.client
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from inkdigits.cli import main
from tests.processes import wait_for


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """The sentence by which `inkdigits serve` does not start, in this process."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SystemExit) as ended:
        # A port that is taken is refused last, so that nothing starts here.
        main(["serve", "--port", str(taken.getsockname()[1]), *options])
    assert ended.value.code == 2
    (said,) = capsys.readouterr().err.splitlines()
    return said


def is_ready(url: str) -> bool:
    """Whether a service there says so, asked by the standard library, which is quick to load."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Server:
    """`inkdigits serve` as a process of its own."""

    def __init__(self, *options: str) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "inkdigits", "serve", "--port", str(self.port), *options],
            stderr=subprocess.PIPE,
            text=True,
        )
        self.url = f"http://127.0.0.1:{self.port}"
        try:
            wait_for(self.is_ready, self.process, within_s=30, every_s=0.1)
            assert self.process.poll() is None, "the server did not start"
        except AssertionError:
            self.stop()
            raise

    def is_ready(self) -> bool:
        return is_ready(self.url)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=40)
        return self.process.returncode
