"""Interrupted outside the training loop: what is said is true, and what was left is tidied up."""

import shutil
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from inkdigits.cli.stopping import Stopped, sigterm_stops
from inkdigits.data import Dataset
from inkdigits.errors import UsageError
from inkdigits.networks.build import Network
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import Run
from inkdigits.training.stopping import Interrupted
from inkdigits.training.trainer import Observer, Trainer
from inkdigits.workflow import locked, resume, train

EVENTS = "events.out.tfevents.*"


def terminate(*_: object) -> None:
    signal.raise_signal(signal.SIGTERM)


def terminate_before_training(trainer: Trainer) -> Sequence[Observer]:
    terminate()
    return ()


@pytest.fixture
def left(recipe: Recipe, bars: Dataset, tmp_path: Path) -> Run:
    """A complete run with its checkpoints, as if it had been stopped before they were removed."""
    aside = tmp_path / "aside"

    def keep(run: Run, network: Network) -> None:
        shutil.copytree(run.path / "checkpoints", aside)

    result = train(recipe, bars, folder=tmp_path, name="run", threads=1, conclude=keep)
    aside.rename(result.run.path / "checkpoints")
    return result.run


def checkpoints(run: Run) -> list[str]:
    return [path.name for path in sorted(run.path.glob("checkpoints/0*"))]


def refuse(run: Run, dataset: Dataset) -> None:
    with pytest.raises(UsageError, match="nothing is left to train"):
        resume(run.path, dataset)


def test_sigterm_before_the_first_step_says_how_to_go_on(
    recipe: Recipe, bars: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(Interrupted) as stopped, sigterm_stops():
        train(recipe, bars, folder=tmp_path, name="run", observers=terminate_before_training)
    assert stopped.value.exit_code == 143
    run = tmp_path / "run"
    assert str(stopped.value) == f"Stopped; go on with: inkdigits train --resume {run}"
    moved = replace(bars, path=tmp_path / "moved.npz")
    with pytest.raises(Interrupted, match=r"--data \S+moved\.npz$"), sigterm_stops():
        resume(run, moved, observers=terminate_before_training)
    assert resume(run, bars).run.is_complete


def test_sigterm_in_evaluation_says_how_to_go_on_and_loses_nothing(
    recipe: Recipe, bars: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(Interrupted) as stopped, sigterm_stops():
        train(recipe, bars, folder=tmp_path, name="run", threads=1, conclude=terminate)
    assert stopped.value.exit_code == 143
    assert str(stopped.value).startswith("Stopped before evaluation; go on with: ")
    again = resume(tmp_path / "run", bars)
    whole = train(recipe, bars, folder=tmp_path, name="whole", threads=1)
    assert again.history.losses == whole.history.losses


def test_a_second_sigterm_right_after_the_first_breaks_off_nothing() -> None:
    before = signal.getsignal(signal.SIGTERM)
    tidied: list[str] = []

    def work() -> None:
        try:
            terminate()
        finally:
            terminate()
            tidied.append("all")

    with pytest.raises(Stopped) as stopped, sigterm_stops():
        work()
    assert stopped.value.exit_code == 143
    assert tidied == ["all"]
    assert signal.getsignal(signal.SIGTERM) == before


def test_checkpoints_left_of_a_complete_run_are_removed_and_results_not_added_twice(
    left: Run, bars: Dataset
) -> None:
    events = list(left.path.glob(EVENTS))
    assert checkpoints(left)
    refuse(left, bars)
    assert not (left.path / "checkpoints").exists()
    assert list(left.path.glob(EVENTS)) == events


def test_results_that_tensorboard_lacks_are_added(left: Run, bars: Dataset) -> None:
    for path in left.path.glob(EVENTS):
        path.unlink()
    refuse(left, bars)
    events = EventAccumulator(str(left.path))
    events.Reload()
    (result,) = events.Scalars("test/accuracy")
    assert result.step == 18
    assert {"confusion", "curves", "test-47"} <= set(events.Tags()["images"])


def test_what_is_left_stays_while_another_process_writes_there(left: Run, bars: Dataset) -> None:
    before = checkpoints(left)
    with locked(left.path):
        refuse(left, bars)
    assert checkpoints(left) == before


def test_a_damaged_run_keeps_its_checkpoints(left: Run, bars: Dataset) -> None:
    before = checkpoints(left)
    weights = left.path / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    refuse(left, bars)
    assert checkpoints(left) == before
