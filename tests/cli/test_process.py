"""The command as a process of its own, which ends at once when it has read."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkdigits.data import Dataset

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


def test_a_wrong_option_is_a_sentence_and_exit_code_2() -> None:
    ended = subprocess.run([*COMMAND, "read", "--no-such"], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "No such option" in ended.stderr


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
