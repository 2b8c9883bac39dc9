"""Training over a network: two hosts of their own addresses, one process each."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from inkdigits.data import Dataset
from inkdigits.training.checkpoint import Interval
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import find_recipe
from inkdigits.training.run import open_run, read_history
from inkdigits.workflow import train
from tests.cluster.two_hosts import SKIPPED, Host, NotPermittedError, main, torchrun, two_hosts
from tests.processes import wait_for


@pytest.fixture
def hosts() -> Iterator[tuple[Host, Host]]:
    try:
        with two_hosts() as pair:
            yield pair
    except NotPermittedError as error:
        pytest.skip(str(error))


def test_hosts_are_taken_down_with_what_runs_there_after_a_failure_too() -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - or a skip
        try:
            with two_hosts() as pair:
                left = pair[0].start("sleep", "60")
                wait_for(lambda: pair[0].processes("sleep"), left)
                assert pair[1].received_bytes() >= 0
                raise ZeroDivisionError
        except NotPermittedError as error:
            pytest.skip(str(error))
    left.communicate(timeout=10)
    assert left.returncode == -signal.SIGKILL
    namespaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
    assert pair[0].name not in namespaces
    assert pair[1].name not in namespaces


def test_without_iproute2_the_script_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert main([]) == SKIPPED
    assert capsys.readouterr().err == "Skipped: There is no ip command; it comes with iproute2.\n"


def recipe() -> Recipe:
    """The lab's small sister, with nothing drawn at random; ten steps in each of three epochs."""
    return find_recipe("lab").changed(
        ["epochs=3", "batch_size=64", "network.dropout=0", "optimizer.learning_rate=0.001"],
        filters="4,4",
    )


@pytest.mark.slow
def test_two_hosts_one_of_which_loses_its_process_end_with_the_result_of_one(
    hosts: tuple[Host, Host], mnist: Dataset, tmp_path: Path
) -> None:
    small, data = mnist.first(630, 100), tmp_path / "small.npz"
    (x_train, y_train), (x_test, y_test) = small
    np.savez(data, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    chosen, run = recipe(), tmp_path / "hosts"
    alone = train(chosen, small, precision="float32", threads=1, folder=tmp_path, name="alone",
                  checkpoints=Interval(steps=1))  # fmt: skip
    started = torchrun(
        hosts,
        ["-m", "inkdigits", "train", "--recipe", "lab", "--data", str(data), "--epochs", "3",
         "--batch-size", "64", "--filters", "4,4", "--dropout", "0", "--learning-rate", "0.001",
         "--precision", "float32", "--runs", str(tmp_path), "--name", run.name,
         "--checkpoint-steps", "1"],
        restarts=1,
    )  # fmt: skip
    wait_for(lambda: list(run.glob("checkpoints/0*4")), started[0])
    (worker,) = hosts[1].processes("inkdigits")
    hosts[1].kill(worker)
    said = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    assert "Test accuracy" in said[0][0]
    assert said[1][0] == ""  # the first process alone speaks
    assert said[0][1].count("Going on at step") == 1
    together = read_history(open_run(run))
    np.testing.assert_allclose(together.losses, alone.history.losses, atol=1e-4)
    assert hosts[0].received_bytes() > 30 * 4 * alone.network.description.weights
