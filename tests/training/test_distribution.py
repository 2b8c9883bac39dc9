"""Several processes train as one: real ones, started by torchrun, that speak by gloo."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from inkdigits.data import Dataset
from inkdigits.networks.description import NetworkDescription, Stage
from inkdigits.training.checkpoint import Interval
from inkdigits.training.distribution import ALONE
from inkdigits.training.hyperparameters import Augmentation, Optimizer
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import open_run, read_history
from inkdigits.workflow import resume, train
from tests.processes import wait_for
from tests.training import together
from tests.training.stopping import StopAfter

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--max-restarts"]
# Names the networks' arrays apart from what else `together` keeps.
OTHERS = {"seen", "failure", "dropout"}
Arrays = dict[str, np.ndarray[Any, Any]]


def torchrun(processes: int, *command: object, restarts: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*TORCHRUN, str(restarts), "--nproc-per-node", str(processes),
         "--master-port", str(free_port()), *map(str, command)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        port: int = listener.getsockname()[1]
    return port


def finish(process: subprocess.Popen[str], code: int = 0) -> tuple[str, str]:
    """What a process printed until it ended, with that exit code."""
    said = process.communicate(timeout=120)
    assert process.returncode == code, said[1]
    return said


def workers(process: subprocess.Popen[str]) -> list[int]:
    """The processes that torchrun started, the first rank's first."""
    ranks: dict[str, int] = {}
    for child in psutil.Process(process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile
            ranks[child.environ().get("RANK", "")] = child.pid
    ranks.pop("", None)
    return [ranks[rank] for rank in sorted(ranks)]


def wait_for_steps(run: Path, steps: int, process: subprocess.Popen[str]) -> None:
    """Wait until a run has a checkpoint of so many steps or more."""
    folder = run / "checkpoints"
    wait_for(lambda: any(int(path.name) >= steps for path in folder.glob("[0-9]*")), process)


# Real processes of one result: 20 steps.


def exact_recipes(bars: Dataset) -> dict[str, Recipe]:
    """Twenty steps each, the last of five in an epoch of two images; nothing is drawn at random."""
    network = NetworkDescription(
        stages=(Stage(4), Stage(6, pooling="none")), dropout=0.0,
        classes=4, image_size=bars.image_size,
    )  # fmt: skip
    plain = Recipe(name="plain", network=network, batch_size=82, epochs=4,
                   optimizer=Optimizer(learning_rate=0.003))  # fmt: skip
    pools_first = (
        Stage(4, padding="valid", pool_first=True),
        Stage(6, padding="valid", pooling="none"),
    )
    mixed = (
        Stage(4, pooling="average"),
        Stage(5, norm="none"),
        Stage(6, activation="leaky_relu"),
    )
    recipes = (
        plain,
        replace(plain, name="pools-first", network=replace(network, stages=pools_first)),
        replace(plain, name="mixed", network=replace(network, stages=mixed)),
        replace(plain, name="penal", loss="mean_squared_error", l2=0.01, average=0.8,
                optimizer=Optimizer("sgd", 0.05, momentum=0.9, weight_decay=1e-3),
                network=replace(network, columns=2)),
    )  # fmt: skip
    return {recipe.name: recipe for recipe in recipes}


def random_recipe(plain: Recipe) -> Recipe:
    """The recipe with dropout and changed images."""
    network = replace(plain.network, dropout=0.5)
    return replace(plain, name="random", network=network, augmentation=Augmentation(shift=1))


def explosive_recipe(plain: Recipe) -> Recipe:
    """The recipe with steps so large that the loss soon is no number."""
    stages = (Stage(4, norm="none", activation="linear"),)
    return replace(plain, name="explosive", network=replace(plain.network, stages=stages),
                   optimizer=Optimizer("sgd", 1e6))  # fmt: skip


def trained_by(
    processes: int, recipes: Sequence[Recipe], bars: Dataset, folder: Path
) -> dict[str, list[Arrays]]:
    """What each of so many processes gives for each recipe."""
    np.savez(folder / "data.npz", images=bars.train.images, labels=bars.train.labels)
    values = {recipe.name: recipe.to_json() for recipe in recipes}
    (folder / "recipes.json").write_text(json.dumps(values))
    finish(torchrun(processes, together.__file__, folder))
    return {
        name: [
            dict(np.load(folder / f"{name}-{rank}-of-{processes}.npz")) for rank in range(processes)
        ]
        for name in values
    }


def test_twenty_steps_of_three_processes_are_those_of_one(bars: Dataset, tmp_path: Path) -> None:
    """One has no image at all in the batches of two. Two go on with one's run below."""
    exact = exact_recipes(bars)
    drawn, explosive = random_recipe(exact["plain"]), explosive_recipe(exact["plain"])
    found = trained_by(3, [*exact.values(), drawn, explosive], bars, tmp_path)
    for name, recipe in exact.items():
        one = together.outcome(recipe, bars.train, ALONE)
        assert len(one["losses"]) == 20
        for key in one.keys() - OTHERS:
            np.testing.assert_allclose(
                found[name][0][key], one[key], atol=2e-5, err_msg=f"{name} {key}"
            )
    for name, ranks in found.items():
        for key in ranks[0].keys() - OTHERS:
            for other in ranks[1:]:
                np.testing.assert_array_equal(ranks[0][key], other[key], err_msg=f"{name} {key}")
    for name in (*exact, "random"):
        # Each epoch's images are each seen once, in all processes together.
        seen = np.sort(np.concatenate([rank["seen"] for rank in found[name]]))
        np.testing.assert_array_equal(seen, np.repeat(np.arange(330), 4))
    first, second = (rank["dropout"] for rank in found["random"][:2])
    assert not np.array_equal(first, second)
    failures = {str(rank["failure"]) for rank in found["explosive"]}
    assert len(failures) == 1
    assert "The loss became" in failures.pop()


# The command line under torchrun.


@pytest.fixture
def data(bars: Dataset, tmp_path: Path) -> Path:
    """The bars as a file."""
    path = tmp_path / "bars.npz"
    (x_train, y_train), (x_test, y_test) = bars
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return path


def command(data: Path, *options: object) -> list[str]:
    """`inkdigits train` with all that has a state: 42 steps an epoch, 4 epochs."""
    return [
        "-m", "inkdigits", "train", "--data", str(data), "--runs", str(data.parent / "runs"),
        "--recipe", "lab", "--filters", "4,4", "--batch-size", "8", "--epochs", "4",
        "--set", "augmentation.shift=1", "--set", "average=0.9", "--precision", "float32",
        "--checkpoint-steps", "10", *map(str, options),
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc")
def test_a_killed_process_is_started_anew_and_the_run_ends_with_its_bits(data: Path) -> None:
    """Without a name too: all find the folder that was begun."""
    runs, logs = data.parent / "runs", data.parent / "logs"
    whole = torchrun(2, "--redirects", 3, "--log-dir", logs, *command(data, "--name", "whole"))
    finish(whole)
    (first_out,), (other_out,) = (
        list(logs.glob(f"*/attempt_0/{rank}/stdout.log")) for rank in "01"
    )
    assert "Test accuracy" in first_out.read_text()
    assert other_out.read_text() == other_out.with_name("stderr.log").read_text() == ""
    assert len(list((runs / "whole").glob("events.*"))) == 1
    assert open_run(runs / "whole").processes == 2

    process = torchrun(2, *command(data), restarts=1)
    wait_for(lambda: len(list(runs.iterdir())) == 2, process)
    killed = [path for path in runs.iterdir() if path.name != "whole"]
    wait_for_steps(killed[0], 50, process)
    os.kill(workers(process)[1], signal.SIGKILL)
    _, said = finish(process)
    assert said.count("Going on at step") == 1
    assert len(list(runs.iterdir())) == 2
    ours, theirs = (
        (run / "weights.safetensors").read_bytes() for run in (killed[0], runs / "whole")
    )
    assert ours == theirs
    histories = [read_history(open_run(run)) for run in (killed[0], runs / "whole")]
    assert histories[0].losses == histories[1].losses


@pytest.mark.skipif(sys.platform != "linux", reason="finds the processes in /proc")
def test_a_run_goes_on_with_more_processes_and_with_fewer(
    data: Path, bars: Dataset, recipe: Recipe
) -> None:
    """One begins, two go on until a signal reaches one of them, one ends."""
    calm = replace(recipe, batch_size=8, epochs=6, optimizer=Optimizer(learning_rate=1e-4),
                   network=replace(recipe.network, dropout=0.0))  # fmt: skip
    runs, often = data.parent / "runs", Interval(steps=10)
    whole = train(calm, bars, precision="float32", threads=1, folder=runs, name="whole")
    with pytest.raises(KeyboardInterrupt):
        train(calm, bars, precision="float32", threads=1, folder=runs, name="run",
              checkpoints=often, observers=lambda _: [StopAfter(75)])  # fmt: skip
    process = torchrun(2, "-m", "inkdigits", "train", "--resume", runs / "run", "--data", data,
                       "--checkpoint-steps", 10)  # fmt: skip
    wait_for_steps(runs / "run", 120, process)
    os.kill(workers(process)[1], signal.SIGTERM)
    _, said = finish(process, code=1)  # torchrun's own, for any failure
    assert "processes were 1 and are 2" in said
    assert "Going on at step 70" in said
    assert said.count("Stopped at step") == 1
    lines: list[str] = []
    ended = resume(runs / "run", bars, report=lines.append)
    assert any("processes were 2 and are 1" in line for line in lines)
    stopped = int(said.partition("Stopped at step ")[2].split()[0])
    assert f"Going on at step {stopped} of 252." in lines
    np.testing.assert_allclose(ended.history.losses, whole.history.losses, atol=1e-4)
    assert ended.evaluation.images == len(bars.test.images)
