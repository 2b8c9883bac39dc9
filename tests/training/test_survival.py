"""Training goes on where something around it fails, and says so."""

import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.summary.writer.record_writer import RecordWriter

from inkdigits.data import Dataset
from inkdigits.errors import TrainingError, UsageError
from inkdigits.training.checkpoint import Checkpoints, Interval, examined_checkpoints
from inkdigits.training.engine import Engine
from inkdigits.training.hyperparameters import Optimizer
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import Run, create_run
from inkdigits.training.stopping import Interrupted
from inkdigits.training.tensorboard import TensorBoardLog
from inkdigits.training.trainer import Trainer
from inkdigits.workflow import resume, train

EACH_STEP = Interval(steps=1)


class After:
    """Does something after certain steps."""

    def __init__(self, actions: dict[int, Callable[[], object]]) -> None:
        self.actions = actions

    def on_step(self, trainer: Trainer) -> None:
        self.actions.get(trainer.step, lambda: None)()

    def on_epoch(self, trainer: Trainer) -> None:
        """Nothing to do."""


@pytest.fixture
def run(recipe: Recipe, bars: Dataset, engine: Engine, tmp_path: Path) -> Run:
    return create_run(recipe, bars, engine, 3, tmp_path, "run")


def interrupt() -> None:
    raise KeyboardInterrupt


def explosive(recipe: Recipe) -> Recipe:
    """The recipe with steps so large that the loss soon is no number."""
    stages = tuple(
        replace(stage, norm="none", activation="linear") for stage in recipe.network.stages
    )
    return replace(
        recipe,
        optimizer=Optimizer(name="sgd", learning_rate=1e6),
        network=replace(recipe.network, stages=stages),
    )


def test_a_checkpoint_that_cannot_be_written_is_said_once_and_the_last_good_one_stays(
    run: Run, bars: Dataset
) -> None:
    folder, aside, lines = run.path / "checkpoints", run.path / "aside", list[str]()

    def put_in_the_way() -> None:
        folder.rename(aside)
        folder.write_text("a file")

    def take_away() -> None:
        folder.unlink()
        aside.rename(folder)

    trainer = Trainer(run.recipe, bars.train, run.engine, run.seed)
    checkpoints = Checkpoints(run, EACH_STEP, lines.append)
    trainer.run([After({5: put_in_the_way, 9: take_away}), checkpoints])
    assert trainer.step == trainer.total_steps
    assert len(lines) == 2
    assert "Cannot write" in lines[0]
    assert "Training goes on" in lines[0]
    assert "can be written again" in lines[1]
    assert [path.name for path, _ in examined_checkpoints(run)] == ["000000018", "000000017"]


def test_by_steps_by_seconds_and_at_each_epochs_end(run: Run, bars: Dataset) -> None:
    seen: list[str] = []

    class Saved(Checkpoints):
        def save(self, trainer: Trainer) -> None:
            super().save(trainer)
            seen.append(f"{trainer.step}")

    trainer = Trainer(run.recipe, bars.train, run.engine, run.seed)
    trainer.run([Saved(run, Interval(seconds=1e6, steps=4))])
    assert seen == ["4", "6", "8", "12", "12", "16", "18"]  # six steps an epoch
    seen.clear()
    again = Trainer(run.recipe, bars.train, run.engine, run.seed)
    again.run([Saved(run, Interval(seconds=1e-3)), After({3: lambda: time.sleep(0.01)})])
    assert "4" in seen


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"seconds": 0}, "^seconds between checkpoints"),
        ({"seconds": 2e9}, "^seconds between checkpoints"),
        ({"steps": 0}, "^steps between checkpoints"),
        ({"steps": 2 * 10**9}, "^steps between checkpoints"),
    ],
)
def test_intervals_beyond_reason_are_refused(settings: dict[str, int], what: str) -> None:
    Interval(seconds=0.5, steps=1)
    with pytest.raises(UsageError, match=what):
        Interval(**settings)


def test_weights_that_are_not_finite_are_not_kept(run: Run, bars: Dataset) -> None:
    trainer = Trainer(run.recipe, bars.train, run.engine, run.seed)
    checkpoints = Checkpoints(run)
    assert checkpoints.last_good() == "there is no checkpoint yet"
    trainer.parameters.data[3] = float("nan")
    checkpoints.save(trainer)
    assert list(examined_checkpoints(run)) == []
    trainer.parameters.data[3] = 0.0
    checkpoints.save(trainer)
    checkpoints.save(trainer)  # once more at the same step changes nothing
    assert (
        checkpoints.last_good() == f"the last good checkpoint is {run.path}/checkpoints/000000000"
    )


def test_a_run_that_ended_keeps_no_checkpoints(
    recipe: Recipe, bars: Dataset, tmp_path: Path
) -> None:
    train(recipe, bars, folder=tmp_path, name="run", checkpoints=EACH_STEP)
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_events_that_cannot_be_written_are_said_and_missed_only_by_tensorboard(
    recipe: Recipe, bars: Dataset, tmp_path: Path
) -> None:
    """/dev/full takes nothing, as a full disk."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    lines: list[str] = []

    log = TensorBoardLog(tmp_path, recipe, None, lines.append)

    def fill_the_disk() -> None:
        log.records.close()
        log.records = RecordWriter(Path("/dev/full").open("wb"))  # noqa: SIM115 - the log closes it

    trainer = Trainer(recipe, bars.train, Engine("cpu", "float32", 1), 0)
    trainer.run([After({7: fill_the_disk}), log])
    log.add_results(tmp_path, 0.0, 1.0, trainer.step)
    log.close()
    assert trainer.step == trainer.total_steps
    (line,) = lines
    assert "No space left on device" in line
    assert "Training goes on without" in line


def test_a_loss_that_is_no_number_names_the_last_good_checkpoint(
    recipe: Recipe, bars: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=r"at step \d+") as stopped:
        train(explosive(recipe), bars, folder=tmp_path, name="run", precision="float32",
              checkpoints=EACH_STEP)  # fmt: skip
    (newest, problem), *_ = examined_checkpoints(Run(
        tmp_path / "run", recipe, 0, Engine("cpu", "float32", 1), {}))  # fmt: skip
    assert problem == ""
    assert f"the last good checkpoint is {newest}" in str(stopped.value)


def test_a_signal_says_so_where_its_checkpoint_cannot_be_written(
    recipe: Recipe, bars: Dataset, tmp_path: Path
) -> None:
    def put_in_the_way_and_interrupt() -> None:
        folder = tmp_path / "run" / "checkpoints"
        folder.rename(tmp_path / "aside")
        folder.write_text("a file")
        signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Interrupted) as stopped:
        train(recipe, bars, folder=tmp_path, name="run", checkpoints=EACH_STEP,
              observers=lambda trainer: [After({5: put_in_the_way_and_interrupt})])  # fmt: skip
    assert stopped.value.exit_code == 143
    said = str(stopped.value)
    assert said.startswith("Stopped at step 5 of 18 without a checkpoint of it; ")
    assert "go on with: inkdigits train --resume" in said


def test_resuming_removes_what_a_killed_process_left_half_written(
    recipe: Recipe, bars: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(recipe, bars, folder=tmp_path, name="run", checkpoints=EACH_STEP,
              observers=lambda trainer: [After({7: interrupt})])  # fmt: skip
    run = tmp_path / "run"
    (run / ".partial-file").write_bytes(b"half")
    (run / "checkpoints" / ".partial-folder").mkdir()
    (run / "checkpoints" / ".partial-folder" / "network.safetensors").write_bytes(b"half")
    resume(run, bars)
    assert not list(run.rglob(".partial-*"))


def test_curves_go_on_without_gap_or_overlap_from_the_checkpoint_taken(
    recipe: Recipe, bars: Dataset, tmp_path: Path
) -> None:
    run, often = tmp_path / "run", Interval(steps=3)
    for stop in (4, 9, 11):

        def stopping(trainer: Trainer, step: int = stop) -> list[After]:
            return [After({step: interrupt})]

        with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - one or the other
            if run.exists():
                resume(run, bars, checkpoints=often, observers=stopping)
            else:
                train(recipe, bars, folder=tmp_path, name="run", checkpoints=often,
                      observers=stopping)  # fmt: skip
    moved = tmp_path / "moved"
    shutil.move(run, moved)
    result = resume(moved, bars)
    events = EventAccumulator(str(moved), size_guidance={"scalars": 0})
    events.Reload()
    losses = {event.step: event.value for event in events.Scalars("batch/loss")}
    assert list(losses) == list(range(1, 19))
    assert list(losses.values()) == pytest.approx(result.history.losses)
    whole = train(recipe, bars, folder=tmp_path, name="whole")
    assert result.history.losses == whole.history.losses
