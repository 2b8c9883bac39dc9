"""One training from data to figures, started or resumed: what `inkdigits train` and notebooks call.

from inkdigits import find_recipe, load_mnist, train

result = train(find_recipe("lab"), load_mnist(), seed=0)
print(result.evaluation.accuracy, result.run.path)

Under torchrun every process calls the same. The first alone reads and writes the run folder, and
evaluates; the others get what it found.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from inkdigits import files, locks
from inkdigits.data.dataset import Dataset
from inkdigits.data.hooks import Report, silent
from inkdigits.errors import InkdigitsError, RunError, UsageError
from inkdigits.evaluation.metrics import Evaluation
from inkdigits.networks.build import Network
from inkdigits.results import Conclude, finish_run, import_what_draws, read_evaluation
from inkdigits.settings import checked_seed
from inkdigits.training.beginning import Beginning, give_teacher, put_back
from inkdigits.training.checkpoint import (
    DEFAULT_INTERVAL,
    Checkpoints,
    Interval,
    has_checkpoints,
    remove_checkpoints,
    share_place,
)
from inkdigits.training.distribution import Ranks
from inkdigits.training.engine import AUTO, Device, Engine, choose_engine
from inkdigits.training.going_on import newest_path
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import find_recipe
from inkdigits.training.run import (
    PLAIN,
    SETTINGS,
    TEACHER,
    Origin,
    Run,
    create_run,
    open_run,
    read_history,
    refuse_links,
    run_of_launch,
)
from inkdigits.training.saving import run_saving
from inkdigits.training.stopping import interrupted, saying_how_to_go_on
from inkdigits.training.trainer import History, Observer, Trainer
from inkdigits.training.weights import checked_weights, load_network
from inkdigits.words import counted

Observers = Callable[[Trainer], Sequence[Observer]]
_THE_SAME_DIGITS = ", and the same digits with --add; where they have changed, begin anew"


@dataclass(frozen=True)
class _Watch:
    """Who is told what of a training, how often it is saved, and what is done at its end."""

    interval: Interval
    observers: Observers | None
    report: Report
    conclude: Conclude | None


@dataclass(frozen=True)
class TrainedRun:
    """A training that ended.

    Attributes:
        run: its folder.
        network: as trained, ready to evaluate.
        history: losses, accuracies and seconds.
        evaluation: on the whole test set.
    """

    run: Run
    network: Network
    history: History
    evaluation: Evaluation


def train(
    recipe: Recipe | str,
    dataset: Dataset,
    *,
    seed: int = 0,
    folder: Path | str = "runs",
    name: str | None = None,
    device: Device = AUTO,
    precision: str | None = AUTO,
    threads: int | None = None,
    start: bytes | None = None,
    teacher: Run | Path | str | bytes | None = None,
    origin: Origin = PLAIN,
    conclude: Conclude | None = None,
    checkpoints: Interval = DEFAULT_INTERVAL,
    observers: Observers | None = None,
    report: Report | None = None,
) -> TrainedRun:
    """Train by a recipe into a new run folder `folder/<time>-<recipe>` (or `folder/name`).

    Args:
        recipe: or the name of one that `inkdigits recipes` lists.
        dataset: whose number of classes and image size become the recipe's.
        seed: 0 to `2**64 - 1` (on the command line to `2**32 - 1`); on a CPU the same seed, machine
            and threads give the same bits.
        folder: that the run folder is made in, `--runs` on the command line; it may begin with `~`.
        name: the run folder's; None: the time and the recipe's name.
        device: auto, cpu, cuda, mps, or torch's own; auto, or None, is a CUDA device or else the
            CPU.
        precision: auto, bfloat16, float32; auto, or None, is bfloat16 where the device multiplies
            it.
        threads: by default as many as this process may use; afterwards torch has what it had.
        start: weights to begin with, a safetensors file's content; without it those of the seed.
        teacher: a run, its folder, or its weights file's content, whose network's probabilities
            are learned in place of the labels; it is for as many classes and images of the same
            size.
        origin: what made the data, kept in the run so that it can go on.
        conclude: is given the run and the trained network before the run is complete, for whatever
            else there is to do.
        checkpoints: how often what there is is saved.
        observers: is given the trainer and makes those who watch, such as a progress bar: objects
            with `on_step(trainer)` and `on_epoch(trainer)`.
        report: is given lines about what happens.

    Raises:
        UsageError: if there is no such recipe or teacher, the settings contradict each other, the
            seed is no such number, or `name` is a run already.
        RunError: if `start` or `teacher` is damaged, or of another network.
        TrainingError: if the loss is no longer a number.
        OutputError: if the run folder cannot be written.
        Interrupted: on Ctrl-C or SIGTERM, once a checkpoint is written.
    """
    seed = checked_seed(seed)
    engine = choose_engine(device, precision, threads)
    folder = files.given_path(folder)
    recipe = find_recipe(recipe).for_data(len(dataset.class_names), dataset.image_size)
    watch = _Watch(checkpoints, observers, report or silent, conclude)
    ranks = Ranks.here()
    beginning = Beginning(start)
    if isinstance(teacher, bytes):
        beginning = Beginning(start, teacher)
        origin = replace(origin, teacher=origin.teacher or TEACHER)
    elif teacher is not None and ranks.is_first:  # other hosts need not see it
        teacher = teacher if isinstance(teacher, Run) else open_run(teacher)
        beginning = Beginning(start, checked_weights(teacher))
        origin = replace(origin, teacher=str(teacher.path))
    beginning.check(recipe)  # what is none is refused before a folder is made
    if ranks.is_first:
        import_what_draws()
    with ranks.joined(), contextlib.ExitStack() as stack:
        stack.enter_context(ranks.place(engine).applied())
        launch = ranks.gathered(ranks.agent) if ranks.agent else []
        is_restart = ranks.largest(ranks.restarts) > 0

        def begin() -> tuple[Run, bool]:
            """The new run; or, where torchrun starts this anew, the one begun before."""
            if is_restart and name:
                _forget_empty(folder / name)
            begun = run_of_launch(recipe, seed, folder, name, launch)
            if begun:
                stack.enter_context(saying_how_to_go_on(begun))
                stack.enter_context(_taken_up(begun, dataset, watch.report))
                return begun, True
            run = create_run(recipe, dataset, engine, seed, folder, name, launch, origin)
            stack.enter_context(saying_how_to_go_on(run))
            stack.enter_context(locked(run.path))
            beginning.keep(run)
            return run, False

        run, resumes = ranks.of_first(begin)
        if not ranks.is_first:
            _check_data(run, dataset)
        # Processors may differ from host to host; the arithmetic must not.
        engine = ranks.place(replace(engine, precision=run.engine.precision))
        return _carry_out(run, engine, dataset, ranks, watch, resumes=resumes)


def resume(
    path: Path | str,
    dataset: Dataset,
    *,
    conclude: Conclude | None = None,
    checkpoints: Interval = DEFAULT_INTERVAL,
    observers: Observers | None = None,
    report: Report | None = None,
) -> TrainedRun:
    """Go on with an interrupted run, from its newest sound checkpoint or else from the start.

    Args:
        dataset: the data that it was begun on.
        conclude: as in `train`, and so are the others.

    Raises:
        UsageError: if there is no such run, it is complete, or its device is not there.
        RunError: if the run is damaged, in use, or was begun on other data.
        TrainingError: if the loss is no longer a number.
        OutputError: if the run folder cannot be written.
        Interrupted: on Ctrl-C or SIGTERM, once a checkpoint is written.
    """
    watch = _Watch(checkpoints, observers, report or silent, conclude)
    ranks = Ranks.here()
    with ranks.joined(), contextlib.ExitStack() as stack:
        is_restart = ranks.largest(ranks.restarts) > 0

        def reopen() -> Run:
            run = open_run(path)
            where = newest_path(dataset, run.data.get("path"))
            run = replace(run, data={**run.data, "path": where})
            stack.enter_context(saying_how_to_go_on(run))
            if not is_restart:  # where torchrun starts this anew, it may have ended meanwhile
                refuse_complete(run)
            import_what_draws()
            stack.enter_context(_taken_up(run, dataset, watch.report))
            if not is_restart:
                refuse_complete(run)  # by now, by another process
            return run

        run = ranks.of_first(reopen)
        if not ranks.is_first:
            _check_data(run, dataset)
        engine = ranks.place(ranks.engine_again(run.engine, run.processes))
        stack.enter_context(engine.applied())
        return _carry_out(run, engine, dataset, ranks, watch, resumes=True)


def refuse_complete(run: Run) -> None:
    """Raise `UsageError` for a run of which nothing is left to train, once it is tidied up."""
    if run.is_complete:
        tidy_up(run)
        raise UsageError(f"{run.path} is complete; nothing is left to train.")


def tidy_up(run: Run) -> None:
    """Do what a process that was stopped at the very end left of a complete run.

    Nothing is done to a damaged run, whose checkpoints may be wanted, to one that another process
    writes into, or where this one may not write.
    """
    if not has_checkpoints(run):  # they are removed last
        return
    from inkdigits.training.tensorboard import TensorBoardLog, has_results

    with contextlib.suppress(InkdigitsError):
        refuse_links(run)
        with locked(run.path):
            ended = trained(run)
            evaluation, step = ended.evaluation, len(ended.history.losses)
            if not has_results(run.path):
                with contextlib.closing(TensorBoardLog(run.path, run.recipe, step)) as log:
                    log.add_results(run.figures, evaluation.loss, evaluation.accuracy, step)
            remove_checkpoints(run)


def _check_data(run: Run, dataset: Dataset) -> None:
    if not run.knows(dataset):
        raise RunError(
            f"{run.path} was begun on {run.data.get('name')} with other bytes than those from "
            f"{dataset.source}; give the same data with --data"
            f"{_THE_SAME_DIGITS if run.origin.added else ''}."
        )


def _forget_empty(folder: Path) -> None:
    """Remove a folder of which a process that died had made no more than the name."""
    if folder.is_dir() and not (folder / SETTINGS).exists():
        files.remove_leftovers(folder)
        with contextlib.suppress(OSError):  # it is not empty: it was not made so
            folder.rmdir()


@contextlib.contextmanager
def _taken_up(run: Run, dataset: Dataset, report: Report) -> Iterator[None]:
    """Hold a run that was begun before; say what is another now."""
    refuse_links(run)
    _check_data(run, dataset)
    for name, (then, now) in run.changed_versions().items():
        report(f"{name} was {then} and is {now}: the result may differ in its last bits.")
    with locked(run.path):
        files.remove_leftovers(run.path)
        yield


def locked(folder: Path) -> contextlib.AbstractContextManager[None]:
    """Keep other trainings out of a folder; a process that dies gives the lock up.

    Raises:
        RunError: from the block's beginning, if another process holds it.
        OutputError: likewise, if the lock cannot be written.
    """
    in_use = RunError(f"{folder} is in use: another training writes into it.")
    return locks.locked(folder / ".lock", in_use)


def _carry_out(
    run: Run, engine: Engine, dataset: Dataset, ranks: Ranks, watch: _Watch, *, resumes: bool
) -> TrainedRun:
    if ranks.of_first(lambda: run.is_complete):
        return ranks.of_first(lambda: trained(run))
    report = watch.report if ranks.is_first else silent
    report(
        f"Run: {run.path} (recipe {run.recipe.name}, seed {run.seed}, {engine.device}, "
        f"{engine.precision}, {counted(engine.threads, 'thread')}"
        f"{f', {ranks.size} processes' if ranks.are_many else ''})"
    )
    if unseen := dataset.unseen_classes:
        report(f"Classes without a training image, which are not learned: {', '.join(unseen)}")
    trainer = Trainer(run.recipe, dataset.train, engine, run.seed, ranks)
    ranks.of_first(lambda: put_back(run, trainer, report, resumes=resumes))
    share_place(trainer)
    give_teacher(run, trainer, ranks)
    if not ranks.is_first:
        run_saving(run, trainer, None, ())
        evaluation = ranks.of_first(lambda: _finished(run, trainer, dataset, watch))
        return TrainedRun(run, trainer.network.eval(), trainer.history, evaluation)
    from inkdigits.training.tensorboard import TensorBoardLog

    log = TensorBoardLog(run.path, run.recipe, trainer.step if resumes else None, report)
    with contextlib.closing(log):
        watchers = watch.observers(trainer) if watch.observers else ()
        checkpoints = Checkpoints(run, watch.interval, report, log.flush)
        run_saving(run, trainer, checkpoints, (log, checkpoints, *watchers))
        evaluation = ranks.of_first(lambda: _finished(run, trainer, dataset, watch))
        log.add_results(run.figures, evaluation.loss, evaluation.accuracy, trainer.step)
    remove_checkpoints(run)
    return TrainedRun(run, trainer.network.eval(), trainer.history, evaluation)


def trained(run: Run) -> TrainedRun:
    """What a complete run gave. Raises `RunError` if it is damaged, or not complete."""
    return TrainedRun(run, load_network(run), read_history(run), read_evaluation(run))


def _finished(run: Run, trainer: Trainer, dataset: Dataset, watch: _Watch) -> Evaluation:
    """Keep and score what was trained, in the first process alone: each test image once."""
    try:
        return finish_run(run, trainer, dataset, watch.conclude)
    except KeyboardInterrupt as error:  # the last checkpoint is that of the trained network
        raise interrupted(run, "Stopped before evaluation", error) from error
