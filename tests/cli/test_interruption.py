"""Signals to a real process: exit code, a sentence, and a run that goes on to the same end."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from inkdigits.cli import main
from tests.cli.conftest import Inkdigits
from tests.processes import wait_for

INKDIGITS = [sys.executable, "-m", "inkdigits"]


def training(data: Path, folder: Path) -> list[str]:
    """What trains long enough to be stopped in between."""
    return ["train", "--data", str(data), "--epochs", "30", "--threads", "1",
            "--runs", str(folder), "--filters", "4,4"]  # fmt: skip


@pytest.fixture(scope="module")
def whole(small_npz: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that nobody stopped."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.raises(SystemExit) as ended:
        main([*training(small_npz, folder), "--name", "whole"])
    assert ended.value.code in (0, None)
    return folder / "whole"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_resume_ends_with_the_same_weights(
    inkdigits: Inkdigits,
    small_npz: Path,
    whole: Path,
    tmp_path: Path,
    number: signal.Signals,
    code: int,
) -> None:
    process = subprocess.Popen(
        [*INKDIGITS, *training(small_npz, tmp_path), "--name", "stopped"],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Epoch 3/"):
            break
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code, said
    run = tmp_path / "stopped"
    assert f"go on with: inkdigits train --resume {run}" in said
    assert "Traceback" not in said
    assert not (run / "weights.safetensors").exists()
    resumed = inkdigits("train", "--resume", run, "--data", small_npz)
    assert resumed.code == 0, resumed.err
    assert "Going on at step" in resumed.err
    kept, expected = (each / "weights.safetensors" for each in (run, whole))
    assert kept.read_bytes() == expected.read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes that have names")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143)])
def test_stopped_when_all_is_kept_it_says_so_and_resume_tidies_up(
    inkdigits: Inkdigits, small_npz: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    run = tmp_path / "stopped"
    process = subprocess.Popen(
        [*INKDIGITS, "train", "--data", str(small_npz), "--epochs", "20", "--threads", "1",
         "--runs", str(tmp_path), "--name", run.name], stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for((run / "checkpoints").exists, process)
    (run / "figures").mkdir()
    pipe = run / "figures" / "pipe.png"  # TensorBoard's copy of the pictures waits for its end
    os.mkfifo(pipe)
    wait_for((run / "metrics.json").exists, process)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code, said
    command = f"inkdigits train --resume {run} --data {small_npz}"
    assert said.splitlines()[-1] == f"Stopped; {run} is complete, and tidied up by: {command}"
    pipe.unlink()
    looked_at = inkdigits("doctor", run)
    assert looked_at.code == 0
    assert "left over" in looked_at.out
    resumed = inkdigits("train", "--resume", run, "--data", small_npz)
    assert resumed.code == 2
    assert "is complete; nothing is left to train." in resumed.err
    assert not (run / "checkpoints").exists()
    assert len(inkdigits("doctor", run).out.splitlines()) == 1
    events = EventAccumulator(str(run))
    events.Reload()
    assert len(events.Scalars("test/accuracy")) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM for one process")
def test_sigterm_ends_a_study_as_ctrl_c_does(small_npz: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*INKDIGITS, "study", "lab", "--data", str(small_npz), "--only", "sgd", "--seeds", "300",
         "--epochs", "1", "--out", str(tmp_path), "--threads", "1"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for(lambda: list(tmp_path.glob("*/seed-*.json")), process)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143, said
    sentence = f"Stopped; what was trained is kept in {tmp_path}. The same command goes on"
    assert said.splitlines()[-1].startswith(sentence)


@pytest.mark.parametrize(
    "arguments", [["evaluate"], ["report", "shipped"], ["show", "--augmented", "--recipe", "best"]]
)
def test_sigterm_ends_other_commands_with_a_sentence(
    inkdigits: Inkdigits, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    def stop(*_: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("inkdigits.cli.datasets.load", stop)
    before = signal.getsignal(signal.SIGTERM)
    outcome = inkdigits(*arguments)
    assert (outcome.code, outcome.err.strip()) == (143, "Stopped.")
    assert signal.getsignal(signal.SIGTERM) == before


def fill(disk: Path) -> Path:
    """A file that takes all that is left."""
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as stream:
        while True:
            stream.write(bytes(1024))
    return ballast


@pytest.mark.skipif(sys.platform != "linux", reason="needs a small file system of its own")
def test_a_full_disk_is_said_and_leaves_no_run_that_looks_complete(
    small_npz: Path, disk: Path
) -> None:
    fill(disk)
    outcome = subprocess.run(
        [*INKDIGITS, "train", "--data", str(small_npz), "--epochs", "1", "--threads", "1",
         "--runs", str(disk), "--name", "run"], capture_output=True, text=True,
    )  # fmt: skip
    assert outcome.returncode == 1
    assert "No space left on device" in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert not (disk / "run" / "weights.safetensors").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="needs a small file system of its own")
def test_a_disk_that_becomes_full_stops_no_training_and_loses_none(
    inkdigits: Inkdigits, small_npz: Path, whole: Path, disk: Path
) -> None:
    process = subprocess.Popen(
        [*INKDIGITS, *training(small_npz, disk), "--name", "run", "--checkpoint-seconds", "0.2"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for(lambda: list((disk / "run" / "checkpoints").glob("0*")), process)
    ballast = fill(disk)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1  # the weights themselves could not be written
    assert "Epoch 30/30" in said
    assert said.count("Training goes on; the last good checkpoint is") == 1
    assert "Traceback" not in said
    ballast.unlink()
    resumed = inkdigits("train", "--resume", disk / "run", "--data", small_npz)
    assert resumed.code == 0, resumed.err
    kept, expected = (each / "weights.safetensors" for each in (disk / "run", whole))
    assert kept.read_bytes() == expected.read_bytes()
