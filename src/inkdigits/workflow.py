"""One training from data to figures, started or resumed: what `inkdigits train` and notebooks call.

from inkdigits import find_recipe, load_mnist, train

result = train(find_recipe("lab"), load_mnist(), seed=0)
print(result.evaluation.accuracy, result.run.path)
"""

import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inkdigits.data.dataset import Dataset
from inkdigits.errors import RunError, UsageError
from inkdigits.evaluation.metrics import Evaluation
from inkdigits.evaluation.runs import finish_run
from inkdigits.networks.build import Network
from inkdigits.training.checkpoint import Checkpoints, remove_checkpoints, restore
from inkdigits.training.engine import choose_engine
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import Run, create_run, open_run
from inkdigits.training.tensorboard import TensorBoardLog
from inkdigits.training.trainer import History, Observer, Trainer

Report = Callable[[str], None]
Observers = Callable[[Trainer], Sequence[Observer]]


class Interrupted(KeyboardInterrupt):
    """A signal stopped training, and what there is has been saved; the message says how to go on.

    `exit_code` is the shell's for the signal: 130 for Ctrl-C, 143 for SIGTERM.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class TrainedRun:
    """A training that ended."""

    run: Run
    network: Network
    history: History
    evaluation: Evaluation  # on the whole test set


def train(
    recipe: Recipe,
    dataset: Dataset,
    *,
    seed: int = 0,
    folder: Path | str = "runs",
    name: str | None = None,
    device: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    observers: Observers | None = None,
    report: Report | None = None,
) -> TrainedRun:
    """Train by a recipe into a new run folder `folder/<time>-<recipe>` (or `folder/name`).

    Args:
        seed: 0 or more; the same seed, machine and threads give the same weights, bit for bit.
        device: auto, cpu, cuda, mps.
        precision: auto, bfloat16, float32; auto is bfloat16 where the device multiplies it.
        threads: by default as many as this process may use.
        observers: makes those who watch, such as a progress bar, of the trainer.
        report: is given lines about what happens.

    Raises:
        UsageError: if the settings contradict each other, or `name` is a run already.
        TrainingError: if the loss is no longer a number.
        OutputError: if the run folder cannot be written.
        Interrupted: on Ctrl-C or SIGTERM, once a checkpoint is written.
    """
    engine = choose_engine(device, precision, threads)
    recipe = recipe.for_data(len(dataset.class_names), dataset.image_size)
    run = create_run(recipe, dataset, engine, seed, Path(folder), name)
    return _carry_out(run, dataset, observers, report)


def resume(
    path: Path | str,
    dataset: Dataset,
    *,
    observers: Observers | None = None,
    report: Report | None = None,
) -> TrainedRun:
    """Go on with an interrupted run, from its newest sound checkpoint or else from the start.

    Raises:
        UsageError: if there is no such run, or it is complete.
        RunError: if the run is damaged or was begun on other data.
    """
    run = open_run(Path(path))
    if run.is_complete:
        raise UsageError(f"{path} is complete; nothing is left to train.")
    choose_engine(run.engine.device, run.engine.precision, run.engine.threads)
    if run.data.get("sha256") != dataset.hashes():
        raise RunError(
            f"{path} was begun on {run.data.get('name')} with other bytes than those from "
            f"{dataset.source}; give the same data with --data."
        )
    return _carry_out(run, dataset, observers, report)


def _carry_out(
    run: Run, dataset: Dataset, observers: Observers | None, report: Report | None
) -> TrainedRun:
    report = report or _silent
    engine = run.engine
    report(
        f"Run: {run.path} (recipe {run.recipe.name}, seed {run.seed}, {engine.device}, "
        f"{engine.precision}, {engine.threads} threads)"
    )
    trainer = Trainer(run.recipe, dataset.train, engine, run.seed)
    if restore(run, trainer, report):
        report(f"Going on at step {trainer.step} of {trainer.total_steps}.")
    log = TensorBoardLog(run.path, run.recipe, trainer.step)
    with contextlib.closing(log):
        watchers = observers(trainer) if observers else ()
        _run_saving(run, trainer, log, watchers)
        evaluation = finish_run(run, trainer, dataset)
        log.add_results(run.figures, evaluation.loss, evaluation.accuracy, trainer.step)
    remove_checkpoints(run)
    return TrainedRun(run, trainer.network.eval(), trainer.history, evaluation)


def _run_saving(
    run: Run, trainer: Trainer, log: TensorBoardLog, watchers: Sequence[Observer]
) -> None:
    """Train to the end, with checkpoints; a signal writes one more and says how to go on."""
    checkpoints = Checkpoints(run)
    with _caught_signals() as caught:
        try:
            trainer.run([log, checkpoints, *watchers, _StopAfterStep(caught)])
        except _Stop as stop:
            checkpoints.save(trainer)
            raise Interrupted(
                f"Stopped at step {trainer.step} of {trainer.total_steps}; go on with: "
                f"inkdigits train --resume {run.path}",
                128 + caught[0],
            ) from stop


class _Stop(Exception):  # noqa: N818 - no error
    """Leaves the training loop."""


@dataclass(frozen=True)
class _StopAfterStep:
    """Stops between two steps, never inside one: there the state is whole."""

    caught: Sequence[int]

    def on_step(self, trainer: Trainer) -> None:
        if self.caught:
            raise _Stop

    def on_epoch(self, trainer: Trainer) -> None:
        """The step before has looked already."""


@contextlib.contextmanager
def _caught_signals() -> Iterator[list[int]]:
    """Numbers of the SIGINT and SIGTERM that arrived in the block, instead of their effect."""
    caught: list[int] = []
    before = {}
    # Outside the main thread none can be caught; there they do not arrive either.
    with contextlib.suppress(ValueError):
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, lambda number, _: caught.append(number))
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _silent(line: str) -> None:
    """Nobody wants to know."""
