"""The command as a process of its own, which ends at once when it has read."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkdigits.data import Dataset
from tests.processes import wait_for
from tests.serving.servers import free_port

COMMAND = (sys.executable, "-m", "inkdigits")
DIGITS = 800


@pytest.fixture(scope="module")
def crops(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("crops") / "crops.npz"
    np.savez(path, images=mnist.test.images[:DIGITS], labels=mnist.test.labels[:DIGITS])
    return path


def test_all_of_a_long_answer_arrives_in_a_pipe(crops: Path) -> None:
    ended = subprocess.run([*COMMAND, "classify", crops, "--format", "json"], capture_output=True)
    assert ended.returncode == 0
    assert len(ended.stdout) > 1 << 17  # more than a pipe holds
    assert len(json.loads(ended.stdout)) == DIGITS


def test_what_failed_is_named_and_told_by_the_exit_code(tmp_path: Path) -> None:
    Image.new("L", (60, 60), 255).save(tmp_path / "empty.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    ended = subprocess.run([*COMMAND, "read", tmp_path], capture_output=True, text=True)
    assert ended.returncode == 1
    assert "no digit" in ended.stdout
    (problem,) = ended.stderr.splitlines()
    assert "broken.png" in problem


def test_ctrl_c_while_a_native_module_is_imported_is_no_traceback(tmp_path: Path) -> None:
    """As Python itself raises it where the initialisation of such a module is interrupted."""
    (tmp_path / "onnxruntime.py").write_text(
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "try:\n    signal.raise_signal(signal.SIGINT)\n"
        "except KeyboardInterrupt as error:\n"
        "    raise ImportError('initialization failed') from error\n"
    )
    ended = subprocess.run(
        [*COMMAND, "export", "web", tmp_path / "site"],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert (ended.returncode, ended.stderr) == (130, "Stopped.\n")
    assert not (tmp_path / "site").exists()


def test_a_wrong_option_is_a_sentence_and_exit_code_2() -> None:
    ended = subprocess.run([*COMMAND, "read", "--no-such"], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "No such option" in ended.stderr


@pytest.mark.skipif(os.name == "nt", reason="another shell")
def test_where_there_is_no_standard_output_that_is_said(tmp_path: Path) -> None:
    Image.new("L", (60, 60), 255).save(tmp_path / "empty.png")
    closed = ["sh", "-c", 'exec "$@" >&-', "sh", *COMMAND, "read", str(tmp_path)]
    ended = subprocess.run(closed, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (
        1,
        "Error: Standard output is closed: what was read cannot be printed.\n",
    )


def test_a_reader_that_goes_away_ends_it_quietly(crops: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "classify", crops, "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(100)
        process.stdout.close()
        assert process.stderr.read() == b""
        process.wait(timeout=30)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_what_an_encoding_lacks_is_no_traceback(encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    ended = subprocess.run([*COMMAND, "recipes"], capture_output=True, env=environment)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"quick" in ended.stdout
    assert b"?" in ended.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM for one process")
def test_sigterm_ends_the_board_and_its_server(tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [*COMMAND, "board", tmp_path, "--port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    wait_for(lambda: listens(port), process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 143
    assert not listens(port)


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
