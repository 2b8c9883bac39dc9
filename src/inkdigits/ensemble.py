"""An ensemble: runs of one recipe, each with a seed of its own, whose probabilities are averaged.

    runs/20260131-120000-best-x5/
      ensemble.json    recipe, seeds, engine; written before training
      seed-0/, ...     a run each
      figures/
      events.out.tfevents  the same for TensorBoard, beside its runs' curves
      metrics.json     evaluation of the averaged probabilities; written last

Averaging trained networks: Hansen and Salamon, 'Neural Network Ensembles', 1990.
"""

import contextlib
import dataclasses
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inkdigits import files
from inkdigits.data.dataset import Dataset
from inkdigits.data.hooks import Report, silent
from inkdigits.errors import InkdigitsError, RunError, UsageError
from inkdigits.evaluation.metrics import Evaluation, evaluate_logits, softmax
from inkdigits.networks.build import Network
from inkdigits.networks.predict import predict_logits
from inkdigits.settings import checked_seed, from_mapping
from inkdigits.training.checkpoint import DEFAULT_INTERVAL, Interval
from inkdigits.training.engine import Engine
from inkdigits.training.going_on import absolute, checked_path, newest_path, resume_command
from inkdigits.training.naming import new_folder
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import ENSEMBLE, METRICS, Run, open_run, read_history, read_json
from inkdigits.training.run import SETTINGS as RUN_SETTINGS
from inkdigits.training.stopping import Interrupted
from inkdigits.training.weights import load_network
from inkdigits.workflow import Observers, locked, resume, tidy_up, train

MOST_MEMBERS = 1000


@dataclass(frozen=True)
class Ensemble:
    """An ensemble's folder and settings. Made by `create_ensemble` or `open_ensemble`."""

    path: Path
    recipe: Recipe
    seeds: tuple[int, ...]
    engine: Engine
    data_sha256: dict[str, str]  # of the data set that its members are trained on
    data_path: str | None = None  # where it was read from, if a path was given

    @property
    def going_on(self) -> str:
        """The command that goes on where it was interrupted."""
        return resume_command(self.path, self.data_path)

    @property
    def members(self) -> list[Path]:
        """The run folders, trained or yet to be."""
        return [self.path / f"seed-{seed}" for seed in self.seeds]

    @property
    def is_complete(self) -> bool:
        """Whether training ended and every network of it is still there."""
        return (self.path / METRICS).exists() and all(path.is_dir() for path in self.members)

    def runs(self) -> list[Run]:
        """The runs of all seeds. Raises `RunError` if one is missing, damaged or another's."""
        return [self.member(seed) for seed in self.seeds]

    def member(self, seed: int) -> Run:
        """The run of one seed. Raises `RunError` if it is missing, damaged or another's."""
        path = self.path / f"seed-{seed}"
        if not path.exists():
            raise RunError(f"{path} is missing; {self.path} goes on with: {self.going_on}")
        run = open_run(path)
        parts = {
            "seed": run.seed == seed,
            "recipe": run.recipe == self.recipe,
            "data": run.data.get("sha256") == self.data_sha256,
        }
        if not all(parts.values()):
            other = next(name for name, is_own in parts.items() if not is_own)
            raise RunError(f"{path} is no run of {self.path}: its {other} is not the ensemble's.")
        return run


@dataclass(frozen=True)
class TrainedEnsemble:
    """An ensemble whose training ended."""

    ensemble: Ensemble
    evaluation: Evaluation  # of the averaged probabilities, on the whole test set
    members: tuple[Evaluation, ...]  # of each network alone


def is_ensemble(path: Path) -> bool:
    """Whether a folder holds an ensemble."""
    return (path / ENSEMBLE).is_file()


def create_ensemble(
    recipe: Recipe,
    dataset: Dataset,
    engine: Engine,
    seeds: Sequence[int],
    folder: Path,
    name: str | None,
) -> Ensemble:
    """Make a folder `folder/<time>-<recipe>-x<count>` (or `folder/name`) for a network a seed.

    Raises:
        UsageError: if there are too few or too many seeds, the device is not there, the recipe
            does not fit the data, or `name` is no name of a folder or there already.
        OutputError: if the folder cannot be written.
    """
    if not 2 <= len(seeds) <= MOST_MEMBERS:
        raise UsageError(f"An ensemble has 2 to {MOST_MEMBERS} networks, not {len(seeds)}.")
    engine.check_device()  # before anything is made
    recipe = recipe.for_data(len(dataset.class_names), dataset.image_size)
    path = new_folder(files.given_path(folder), f"{recipe.name}-x{len(seeds)}", name)
    data_path = absolute(dataset.path)
    ensemble = Ensemble(path, recipe, tuple(seeds), engine, dataset.hashes(), data_path)
    settings = {
        "recipe": recipe.to_json(),
        "seeds": list(ensemble.seeds),
        "engine": dataclasses.asdict(engine),
        "data_sha256": ensemble.data_sha256,
        "path": ensemble.data_path,
    }
    files.write_json(path / ENSEMBLE, settings)
    return ensemble


def open_ensemble(path: Path) -> Ensemble:
    """Read an ensemble's settings. Raises `RunError` if they are missing or damaged."""
    settings = read_json(path / ENSEMBLE)
    try:
        recipe = Recipe.from_json(settings["recipe"])
        engine = from_mapping(Engine, settings["engine"], "engine")
        seeds = tuple(checked_seed(seed) for seed in settings["seeds"])
        hashes = {str(name): str(value) for name, value in settings["data_sha256"].items()}
        data_path = checked_path(settings)
        if not 2 <= len(set(seeds)) == len(seeds):
            raise ValueError(f"its seeds are {list(seeds)}, not two or more, each once")
    except KeyError as error:
        raise RunError(f"{path / ENSEMBLE} is damaged: it has no {error}.") from error
    except (AttributeError, TypeError, ValueError, InkdigitsError) as error:
        raise RunError(f"{path / ENSEMBLE} is damaged: {error}") from error
    return Ensemble(path, recipe, seeds, engine, hashes, data_path)


def train_ensemble(
    ensemble: Ensemble,
    dataset: Dataset,
    *,
    checkpoints: Interval = DEFAULT_INTERVAL,
    observers: Observers | None = None,
    report: Report | None = None,
) -> TrainedEnsemble:
    """Train the members that are not trained yet, then score the averaged probabilities.

    Raises:
        UsageError: if it is complete.
        RunError: if a member is damaged, the ensemble was begun on other data, or another process
            trains it.
        Interrupted: on Ctrl-C or SIGTERM, once a checkpoint is written.
    """
    ensemble = dataclasses.replace(ensemble, data_path=newest_path(dataset, ensemble.data_path))
    if dataset.hashes() != ensemble.data_sha256:
        raise RunError(
            f"{ensemble.path} was begun on other data than those from {dataset.source}; "
            "give the same data with --data."
        )
    try:
        with locked(ensemble.path):
            if ensemble.is_complete:
                raise UsageError(f"{ensemble.path} is complete; nothing is left to train.")
            for seed, path in zip(ensemble.seeds, ensemble.members, strict=True):
                if not (path / RUN_SETTINGS).exists():
                    # Killed before anything but the folder was there.
                    shutil.rmtree(path, ignore_errors=True)
                    _train_member(ensemble, seed, dataset, checkpoints, observers, report)
                elif (run := ensemble.member(seed)).is_complete:
                    tidy_up(run)
                else:
                    resume(
                        path, dataset, checkpoints=checkpoints, observers=observers, report=report
                    )
            with ensemble.engine.applied():
                return _evaluated(ensemble, dataset, report or silent)
    except KeyboardInterrupt as stop:
        if ensemble.is_complete:  # nothing is left to go on with
            raise
        code = getattr(stop, "exit_code", 130)
        raise Interrupted(f"Stopped; go on with: {ensemble.going_on}", code) from stop


def _train_member(
    ensemble: Ensemble,
    seed: int,
    dataset: Dataset,
    checkpoints: Interval,
    observers: Observers | None,
    report: Report | None,
) -> None:
    engine = ensemble.engine
    train(
        ensemble.recipe,
        dataset,
        seed=seed,
        folder=ensemble.path,
        name=f"seed-{seed}",
        device=engine.device,
        precision=engine.precision,
        threads=engine.threads,
        checkpoints=checkpoints,
        observers=observers,
        report=report,
    )


def _evaluated(ensemble: Ensemble, dataset: Dataset, report: Report) -> TrainedEnsemble:
    from inkdigits.figures.confusion import confusion_figure
    from inkdigits.figures.style import save_png
    from inkdigits.training.tensorboard import TensorBoardLog

    names, (images, labels) = dataset.class_names, dataset.test
    runs = ensemble.runs()
    logits = [predict_logits(load_network(run), images) for run in runs]
    members = tuple(evaluate_logits(each, labels, names) for each in logits)
    evaluation = evaluate_logits(averaged(logits), labels, names)
    save_png(confusion_figure(evaluation), ensemble.path / "figures" / "confusion.png")
    with contextlib.closing(TensorBoardLog(ensemble.path, ensemble.recipe, report=report)) as log:
        steps = len(read_history(runs[0]).losses)
        log.add_results(ensemble.path / "figures", evaluation.loss, evaluation.accuracy, steps)
    metrics = {
        "test": evaluation.to_json(),
        "members": [member.accuracy for member in members],
    }
    files.write_json(ensemble.path / METRICS, metrics)
    return TrainedEnsemble(ensemble, evaluation, members)


def averaged(logits: Sequence[npt.NDArray[np.floating]]) -> npt.NDArray[np.float64]:
    """Logits `(N, classes)` whose probabilities are the mean of those of each in `logits`."""
    mean = np.mean([softmax(each.astype(np.float64)) for each in logits], axis=0)
    logarithms: npt.NDArray[np.float64] = np.log(np.maximum(mean, np.finfo(np.float64).tiny))
    return logarithms


def open_networks(path: Path) -> tuple[Run, list[Network]]:
    """The networks in a folder, a run's one or an ensemble's all, and the (first) run.

    Raises:
        UsageError: if there is no such folder.
        RunError: if something is missing or damaged.
    """
    runs = open_ensemble(path).runs() if is_ensemble(path) else [open_run(path)]
    return runs[0], [load_network(run) for run in runs]
