"""A run folder: everything that a result depends on and everything that it gave.

    runs/20260131-120000-lab/
      run.json             recipe, seed, engine, data hashes, versions; written before training
      start.safetensors    weights that training began with, where they are another run's
      teacher.safetensors  the network whose probabilities are learned, where there is one
      checkpoints/         where to go on after an interruption; see checkpoint.py
      events.out.tfevents  TensorBoard's curves
      history.json         loss and accuracy of every batch and epoch
      weights.safetensors  the trained network
      figures/             pictures
      metrics.json         evaluation on the whole test set, and the weights' SHA-256; written last,
                           so its presence says that the run is complete

The folder may be moved: nothing in it depends on where it lies.
"""

import contextlib
import dataclasses
import datetime
import importlib.metadata
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import inkdigits
from inkdigits import files
from inkdigits.data.dataset import Dataset
from inkdigits.errors import InkdigitsError, RunError, UsageError
from inkdigits.processors import processor
from inkdigits.settings import checked_seed, checked_whole, from_mapping
from inkdigits.training.engine import Engine
from inkdigits.training.going_on import absolute, checked_path, resume_command
from inkdigits.training.naming import new_folder
from inkdigits.training.recipe import Recipe
from inkdigits.training.trainer import History

FORMAT = 1
WEIGHTS = "weights.safetensors"
HISTORY = "history.json"
METRICS = "metrics.json"
SETTINGS = "run.json"
CALIBRATION = "calibration.json"  # the temperature that its logits are divided by
START = "start.safetensors"  # of a run that went on with another's weights
TEACHER = "teacher.safetensors"  # of one that learned what another network says
ENSEMBLE = "ensemble.json"  # in a folder of runs; see inkdigits/ensemble.py
_MAX_BYTES = 1 << 30  # of a weights file


@dataclass(frozen=True)
class Origin:
    """What made a run beside a recipe and a set at a path; it goes on by the same.

    Attributes:
        command: that of `inkdigits`, train or model.
        start: the network that it was begun from; empty: none.
        added: the folder of the digits that it is taught; empty: none.
        teacher: the run, or file, whose network it learns from; empty: it learns labels.
        labelled: with a teacher: of how many images, the last, the labels are learned all the same.

    Raises:
        UsageError: if `labelled` is no number of images.
    """

    command: Literal["train", "model"] = "train"
    start: str = ""
    added: str = ""
    teacher: str = ""
    labelled: int = 0

    def __post_init__(self) -> None:
        checked_whole("labelled", self.labelled, 0, 2**32 - 1)


PLAIN = Origin()  # a set at a path, and its labels


@dataclass(frozen=True)
class Run:
    """A run folder's settings. Made by `train` or `open_run`.

    Attributes:
        path: the folder.
        recipe: that it is trained by.
        seed: 0 or more.
        engine: what it is trained on.
        data: of its data set `name`, `source`, `class_names`, the numbers `train_images` and
            `test_images`, and `sha256` as `Dataset.hashes` gives it.
        processes: how many it was begun by.
        origin: what made the data.
    """

    path: Path
    recipe: Recipe
    seed: int
    engine: Engine
    data: dict[str, Any]
    processes: int = 1
    origin: Origin = PLAIN

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the classes are called, in the order of the logits."""
        return tuple(self.data["class_names"])

    @property
    def has_ended(self) -> bool:
        """Whether training ended, though something of the folder may be lost since."""
        return (self.path / METRICS).exists()

    @property
    def is_complete(self) -> bool:
        """Whether training ended and everything about it is kept."""
        return (self.path / WEIGHTS).is_file() and (self.path / METRICS).is_file()

    @property
    def without_weights(self) -> str:
        """The sentence that says so, and what there is to do."""
        if self.has_ended:
            return (
                f"{self.path / WEIGHTS} is missing, though {METRICS} says that training ended; "
                f"train it again with: {self.going_on}"
            )
        return f"{self.path} has no {WEIGHTS}: its training has not ended; {self.how_to_go_on}"

    @property
    def going_on(self) -> str:
        """The command that goes on where it was interrupted."""
        return resume_command(self.path, self.data.get("path"), self.origin.command)

    @property
    def how_to_go_on(self) -> str:
        """The end of a sentence that says so."""
        return f"go on with: {self.going_on}"

    def knows(self, dataset: Dataset) -> bool:
        """Whether these are the data, byte for byte, that the run was begun on."""
        return bool(self.data.get("sha256") == dataset.hashes())

    def changed_versions(self) -> dict[str, tuple[str, str]]:
        """What decides a result's last bits and is another now: name to (then, now)."""
        stored, present = read_json(self.path / SETTINGS).get("versions", {}), versions()
        return {
            name: (str(stored.get(name)), value)
            for name, value in present.items()
            if name in ("inkdigits", "numpy", "torch", "processor") and stored.get(name) != value
        }

    @property
    def figures(self) -> Path:
        """The folder of pictures."""
        return self.path / "figures"


def create_run(
    recipe: Recipe,
    dataset: Dataset,
    engine: Engine,
    seed: int,
    folder: Path,
    name: str | None,
    launch: Sequence[str] = (),
    origin: Origin = PLAIN,
) -> Run:
    """Make a run folder `folder/<time>-<recipe>` (or `folder/name`) with its settings.

    Args:
        launch: who started the processes that train, one entry each; empty without torchrun.
        origin: what made the data.

    Raises:
        UsageError: if `name` is no name of a folder, or there already.
        OutputError: if the folder cannot be written.
    """
    data = {
        "name": dataset.name,
        "source": dataset.source,
        "path": absolute(dataset.path),
        "class_names": list(dataset.class_names),
        "train_images": len(dataset.train.images),
        "test_images": len(dataset.test.images),
        "sha256": dataset.hashes(),
    }
    path = new_folder(folder, recipe.name, name)
    run = Run(path, recipe, seed, engine, data, max(len(launch), 1), origin)
    settings = {
        "format": FORMAT,
        "recipe": recipe.to_json(),
        "seed": seed,
        "engine": dataclasses.asdict(engine),
        "processes": run.processes,
        "launch": list(launch),
        "data": data,
        "origin": dataclasses.asdict(origin),
        "versions": versions(),
        "started": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    files.write_json(path / SETTINGS, settings)
    return run


def open_run(path: Path | str) -> Run:
    """Read the settings of the run folder at `path`, which may begin with `~`.

    Raises:
        UsageError: if there is no such folder, or it is an ensemble's.
        RunError: if it is no run, or one that this version cannot read.
    """
    path = files.given_path(path)
    if not path.is_dir():
        raise UsageError(f"There is no run folder {path}.")
    if (path / ENSEMBLE).is_file():
        raise UsageError(f"{path} is an ensemble; name one of the runs in it.")
    if not (path / SETTINGS).exists():
        raise RunError(f"{path} is no run folder: it has no {SETTINGS}.")
    settings = read_json(path / SETTINGS)
    version = settings.get("format")
    if version != FORMAT:
        raise RunError(f"{path} has run format {version!r}; this version reads {FORMAT}.")
    try:
        engine = from_mapping(Engine, settings["engine"], "engine")
        recipe = Recipe.from_json(settings["recipe"])
        data = _checked_data(settings["data"])
        names = data["class_names"]
        if not isinstance(names, list) or len(names) != recipe.network.classes:
            raise ValueError(f"it does not name {recipe.network.classes} classes")
        data["class_names"] = [str(name) for name in names]
        checked_path(data)
        seed = checked_seed(settings["seed"])
        processes = checked_whole("processes", settings.get("processes", 1), 1, 2**20)
        origin = from_mapping(Origin, settings.get("origin", {}), "origin")
        return Run(path, recipe, seed, engine, data, processes, origin)
    except KeyError as error:
        raise RunError(f"{path / SETTINGS} is damaged: it has no {error}.") from error
    except (TypeError, ValueError, InkdigitsError) as error:
        raise RunError(f"{path / SETTINGS} is damaged: {error}") from error


def _checked_data(data: Any) -> dict[str, Any]:
    """What a file says of a data set. Raises `TypeError` where it says it in another form."""
    if not isinstance(data, dict):
        raise TypeError(f"its data are {data!r}, no object")
    if not isinstance(data.get("sha256", {}), dict):
        raise TypeError(f"the sha256 of its data are {data['sha256']!r}, no object")
    return data


def run_of_launch(
    recipe: Recipe, seed: int, folder: Path, name: str | None, launch: Sequence[str]
) -> Run | None:
    """The run in `folder` that one of `launch` began with this recipe and seed, if there is one.

    So what torchrun starts anew finds the folder that it made before, and nothing of another time.
    """
    paths = [folder / name / SETTINGS] if name else sorted(folder.glob(f"*/{SETTINGS}"))
    for path in paths if launch else ():
        with contextlib.suppress(InkdigitsError):  # a damaged one is none of ours
            begun = read_json(path).get("launch")
            if isinstance(begun, list) and not set(launch).isdisjoint(map(str, begun)):
                run = open_run(path.parent)
                if (run.recipe, run.seed) == (recipe, seed):
                    return run
    return None


def refuse_links(run: Run) -> None:
    """Raise `RunError` for a link in a run folder that is to be written into.

    A stranger's run must not have a user's own files truncated, removed or replaced.
    """
    for path in (*run.path.iterdir(), *run.path.glob("checkpoints/*")):
        if path.is_symlink():
            raise RunError(f"{path} is a link; put what it leads to in its place.")


def versions() -> dict[str, str]:
    """Versions of the package and of the libraries that decide a result, and the machine."""
    names = ("numpy", "torch", "safetensors", "pillow", "scipy")
    libraries = {name: importlib.metadata.version(name) for name in names}
    return {
        "inkdigits": inkdigits.__version__,
        "python": platform.python_version(),
        **libraries,
        "system": platform.platform(),
        "processor": processor()[0],
    }


def read_history(run: Run) -> History:
    """The history of a run that ended. Raises `RunError` if it is missing or damaged."""
    path = run.path / HISTORY
    values = read_json(path)
    try:
        return History.from_json(values)
    except (TypeError, ValueError) as error:
        raise RunError(f"{path} is damaged: {error}.") from error


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises `RunError` if it is missing or damaged."""
    try:
        values = json.loads(read_bounded(path))
    except (ValueError, RecursionError) as error:  # of JSON or of UTF-8; nested too deep
        raise RunError(f"{path} is damaged: {error}.") from error
    if not isinstance(values, dict):
        raise RunError(f"{path} is damaged: it holds no JSON object.")
    return values


def read_bounded(path: Path) -> bytes:
    """A file's content, if it is not absurdly large. Raises `RunError`."""
    try:
        if path.exists() and not path.is_file():
            raise RunError(f"{path} is no file; devices and pipes have no end to trust.")
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise RunError(f"{path} has {size} bytes; the limit is {_MAX_BYTES}.")
        return path.read_bytes()
    except OSError as error:
        raise RunError(f"Cannot read {path}: {error.strerror or error}.") from error
