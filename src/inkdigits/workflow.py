"""One training from data to figures, started or resumed: what `inkdigits train` and notebooks call.

from inkdigits import find_recipe, load_mnist, train

result = train(find_recipe("lab"), load_mnist(), seed=0)
print(result.evaluation.accuracy, result.run.path)
"""

import contextlib
import shlex
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from inkdigits import files
from inkdigits.data.dataset import Dataset
from inkdigits.errors import OutputError, RunError, TrainingError, UsageError
from inkdigits.evaluation.metrics import Evaluation
from inkdigits.networks.build import Network
from inkdigits.results import finish_run
from inkdigits.training.checkpoint import (
    DEFAULT_INTERVAL,
    Checkpoints,
    Interval,
    remove_checkpoints,
    restore,
)
from inkdigits.training.engine import choose_engine
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import (
    START,
    Run,
    create_run,
    open_run,
    read_bounded,
    refuse_links,
    tensors_from,
)
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
    start: bytes | None = None,
    checkpoints: Interval = DEFAULT_INTERVAL,
    observers: Observers | None = None,
    report: Report | None = None,
) -> TrainedRun:
    """Train by a recipe into a new run folder `folder/<time>-<recipe>` (or `folder/name`).

    Args:
        seed: 0 or more; on a CPU the same seed, machine and threads give the same bits.
        device: auto, cpu, cuda, mps; auto is a CUDA device or else the CPU.
        precision: auto, bfloat16, float32; auto is bfloat16 where the device multiplies it.
        threads: by default as many as this process may use.
        start: weights to begin with, a safetensors file's content; without it those of the seed.
        checkpoints: how often what there is is saved, beside each epoch's end.
        observers: makes those who watch, such as a progress bar, of the trainer.
        report: is given lines about what happens.

    Raises:
        UsageError: if the settings contradict each other, or `name` is a run already.
        TrainingError: if the loss is no longer a number.
        OutputError: if the run folder cannot be written.
        Interrupted: on Ctrl-C or SIGTERM, once a checkpoint is written.
    """
    engine = choose_engine(device, precision, threads)
    engine.apply()
    recipe = recipe.for_data(len(dataset.class_names), dataset.image_size)
    run = create_run(recipe, dataset, engine, seed, Path(folder), name)
    with locked(run.path):
        if start is not None:
            files.write_bytes(run.path / START, start)
        return _carry_out(run, dataset, checkpoints, observers, report or _silent, resumes=False)


def resume(
    path: Path | str,
    dataset: Dataset,
    *,
    checkpoints: Interval = DEFAULT_INTERVAL,
    observers: Observers | None = None,
    report: Report | None = None,
) -> TrainedRun:
    """Go on with an interrupted run, from its newest sound checkpoint or else from the start.

    Raises:
        UsageError: if there is no such run, or it is complete.
        RunError: if the run is damaged or was begun on other data.
    """
    run = open_run(path)
    refuse_links(run)
    if run.is_complete:
        raise UsageError(f"{path} is complete; nothing is left to train.")
    run.engine.apply()
    if not run.knows(dataset):
        raise RunError(
            f"{path} was begun on {run.data.get('name')} with other bytes than those from "
            f"{dataset.source}; give the same data with --data."
        )
    report = report or _silent
    for name, (then, now) in run.changed_versions().items():
        report(f"{name} was {then} and is {now}: the result may differ in its last bits.")
    with locked(run.path):
        if run.is_complete:  # by now, by another process
            raise UsageError(f"{path} is complete; nothing is left to train.")
        files.remove_leftovers(run.path)
        return _carry_out(run, dataset, checkpoints, observers, report, resumes=True)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other trainings out of a folder; a process that dies gives the lock up.

    Raises:
        RunError: if another process holds it.
        OutputError: if the lock cannot be written.
    """
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise RunError(f"{folder} is in use: another training writes into it.") from error
    except OSError as error:
        raise OutputError(f"Cannot write {lock.lock_file}: {error.strerror or error}.") from error
    try:
        yield
    finally:
        lock.release()


def _carry_out(
    run: Run,
    dataset: Dataset,
    interval: Interval,
    observers: Observers | None,
    report: Report,
    *,
    resumes: bool,
) -> TrainedRun:
    engine = run.engine
    report(
        f"Run: {run.path} (recipe {run.recipe.name}, seed {run.seed}, {engine.device}, "
        f"{engine.precision}, {engine.threads} threads)"
    )
    trainer = Trainer(run.recipe, dataset.train, engine, run.seed)
    if (run.path / START).exists():
        trainer.begin_with(tensors_from(read_bounded(run.path / START), run.path / START))
    if resumes and restore(run, trainer, report):
        report(f"Going on at step {trainer.step} of {trainer.total_steps}.")
    log = TensorBoardLog(run.path, run.recipe, trainer.step if resumes else None, report)
    with contextlib.closing(log):
        watchers = observers(trainer) if observers else ()
        checkpoints = Checkpoints(run, interval, report, log.flush)
        _run_saving(run, trainer, checkpoints, (log, checkpoints, *watchers))
        try:
            evaluation = finish_run(run, trainer, dataset)
        except KeyboardInterrupt as error:  # the last checkpoint is that of the trained network
            raise Interrupted(f"Stopped before evaluation; {_how_to_go_on(run)}", 130) from error
        log.add_results(run.figures, evaluation.loss, evaluation.accuracy, trainer.step)
    remove_checkpoints(run)
    return TrainedRun(run, trainer.network.eval(), trainer.history, evaluation)


def _run_saving(
    run: Run, trainer: Trainer, checkpoints: Checkpoints, observers: Sequence[Observer]
) -> None:
    """Train to the end; a signal writes one more checkpoint and says how to go on."""
    with _caught_signals() as caught:
        try:
            with contextlib.suppress(_Stop):
                trainer.run([*observers, _StopAfterStep(caught)])
        except TrainingError as error:
            raise TrainingError(f"{error} In {run.path}, {checkpoints.last_good()}.") from error
        if caught:  # in the last epoch's end, where no step follows, too
            checkpoints.try_to_save(trainer)
            lost = (
                f" without a checkpoint of it; {checkpoints.last_good()}" * checkpoints.is_failing
            )
            stopped = f"Stopped at step {trainer.step} of {trainer.total_steps}{lost}"
            raise Interrupted(f"{stopped}; {_how_to_go_on(run)}", 128 + caught[0])


def _how_to_go_on(run: Run) -> str:
    return f"go on with: inkdigits train --resume {shlex.quote(str(run.path))}"


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
