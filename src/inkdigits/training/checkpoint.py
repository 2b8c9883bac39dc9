"""Checkpoints: where training goes on after Ctrl-C, a kill or a power cut, in mid-epoch too.

A checkpoint is a folder `checkpoints/<step>` of a run: the network's and the optimizer's tensors,
the generators' states, the position in the epoch and the history. It is written beside, fsynced
and renamed, so one that has its name is whole; the hashes in its manifest tell later damage. The
last two are kept. A disk that is full stops no training: what was written last stays.
"""

import base64
import dataclasses
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from inkdigits import files
from inkdigits.errors import OutputError, RunError
from inkdigits.settings import check_range, check_types
from inkdigits.training.run import Run, read_bounded, read_json
from inkdigits.training.trainer import History, Trainer
from inkdigits.training.weights import check_fit, tensors_from

KEPT = 2
_NETWORK, _OPTIMIZER, _STATE = "network.safetensors", "optimizer.safetensors", "state.json"
_NAMES = {_NETWORK, _OPTIMIZER, _STATE}
_MANIFEST = "manifest.json"
_AVERAGE = "running_average"  # among the optimizer's tensors


@dataclass(frozen=True)
class Interval:
    """How often a checkpoint is written, beside each epoch's end.

    Attributes:
        seconds: after so many, 0.001 to 1e9.
        steps: after so many, 1 to 1e9; None: by time alone.

    Raises:
        UsageError: if a value is of another type, or out of its range.
    """

    seconds: float = 15.0
    steps: int | None = None

    def __post_init__(self) -> None:
        check_types(self)
        check_range("seconds between checkpoints", self.seconds, 1e-3, 1e9)
        if self.steps is not None:
            check_range("steps between checkpoints", self.steps, 1, 10**9)


DEFAULT_INTERVAL = Interval()


class Checkpoints:
    """Writes checkpoints of `run`, which it must have for itself (see `workflow.locked`).

    Args:
        interval: how often.
        report: is told in one line of a checkpoint that cannot be written.
        flush: is called before each, so that what others keep reaches as far as it.
    """

    def __init__(
        self,
        run: Run,
        interval: Interval = DEFAULT_INTERVAL,
        report: Callable[[str], None] = lambda line: None,
        flush: Callable[[], None] = lambda: None,
    ) -> None:
        self.folder = run.path / "checkpoints"
        self.interval, self.report, self.flush = interval, report, flush
        self.tried_at, self.is_failing = time.monotonic(), False
        files.remove_leftovers(self.folder)

    def on_step(self, trainer: Trainer) -> None:
        interval = self.interval
        is_due = time.monotonic() - self.tried_at >= interval.seconds
        if is_due or (interval.steps and trainer.step % interval.steps == 0):
            self.try_to_save(trainer)

    def on_epoch(self, trainer: Trainer) -> None:
        self.try_to_save(trainer)

    def try_to_save(self, trainer: Trainer) -> None:
        """Write a checkpoint, or say why that is not possible, once until it is again."""
        try:
            self.save(trainer)
        except OutputError as error:
            if not self.is_failing:
                self.report(f"{error} Training goes on; {self.last_good()}.")
            self.is_failing = True
        else:
            if self.is_failing:
                self.report(f"Checkpoints can be written again; {self.last_good()}.")
            self.is_failing = False
        self.tried_at = time.monotonic()

    def save(self, trainer: Trainer) -> None:
        """Write a checkpoint and forget all but the last two. Raises `OutputError`.

        Weights that are not finite are not kept: the next step says so.
        """
        self.flush()
        path = self.folder / f"{trainer.step:09d}"
        if not path.exists() and bool(torch.isfinite(trainer.parameters).all()):
            with files.atomic_folder(path) as temporary:
                _write(trainer, temporary)
        for old in _newest_first(self.folder)[KEPT:]:
            shutil.rmtree(old, ignore_errors=True)

    def last_good(self) -> str:
        """Which checkpoint is the last, as a part of a sentence."""
        newest = next(iter(_newest_first(self.folder)), None)
        return f"the last good checkpoint is {newest}" if newest else "there is no checkpoint yet"


def has_checkpoints(run: Run) -> bool:
    """Whether there is their folder; of a run that ended, only if it was stopped right then."""
    return (run.path / "checkpoints").exists()


def remove_checkpoints(run: Run) -> None:
    """Forget the checkpoints of a run that ended."""
    shutil.rmtree(run.path / "checkpoints", ignore_errors=True)


def restore(run: Run, trainer: Trainer, report: Callable[[str], None]) -> bool:
    """Put `trainer` where the newest sound checkpoint of `run` left it; False if there is none.

    A damaged checkpoint is reported in one line and set aside, and the one before is taken.
    """
    for path in _newest_first(run.path / "checkpoints"):
        try:
            state, network, optimizer = _read(path)
            _apply(trainer, path, state, network, optimizer)
        except (RunError, KeyError, OverflowError, TypeError, ValueError, RuntimeError) as error:
            report(f"{path} cannot be used ({error}); taking the one before.")
            aside = path.with_name(f"damaged-{path.name}")
            with files.output_errors(path):
                shutil.rmtree(aside, ignore_errors=True)
                path.rename(aside)
            continue
        before, now = state.get("processes", 1), trainer.ranks.size
        if before != now:
            report(
                f"processes were {before} and are {now}: the result may differ in its last bits."
            )
        return True
    return False


def share_place(trainer: Trainer) -> None:
    """Put the trainers of all processes where the first one's stands."""
    ranks = trainer.ranks
    if not ranks.are_many:
        return
    average = () if trainer.average is None else (trainer.average,)
    for values in (trainer.parameters.data, trainer.statistics, *average,
                   *trainer.optimizer.state.values()):  # fmt: skip
        ranks.take_firsts(values)
    trainer.epoch, trainer.position, trainer.order_state, trainer.history = ranks.of_first(
        lambda: (trainer.epoch, trainer.position, trainer.order_state, trainer.history)
    )


def examined_checkpoints(run: Run) -> Iterator[tuple[Path, str]]:
    """Each checkpoint of a run, the newest first, and what is wrong with it, if anything."""
    for path in _newest_first(run.path / "checkpoints"):
        try:
            _read(path)
        except RunError as error:
            yield path, str(error)
        else:
            yield path, ""


def _newest_first(folder: Path) -> list[Path]:
    return sorted((path for path in folder.glob("[0-9]*") if path.is_dir()), reverse=True)


def _write(trainer: Trainer, folder: Path) -> None:
    optimizer = dict(trainer.optimizer.state)
    if trainer.average is not None:
        optimizer[_AVERAGE] = trainer.average
    contents = {
        _NETWORK: safetensors.torch.save(
            {name: value.contiguous() for name, value in trainer.network.state_dict().items()}
        ),
        _OPTIMIZER: safetensors.torch.save(optimizer),
        _STATE: json.dumps(_state(trainer)).encode(),
    }
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    contents[_MANIFEST] = json.dumps(hashes, indent=2).encode()
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def _state(trainer: Trainer) -> dict[str, Any]:
    return {
        "epoch": trainer.epoch,
        "position": trainer.position,
        "processes": trainer.ranks.size,
        "order": _encoded(trainer.order_state),
        "dropout": _encoded(trainer.dropout.get_state()),
        "augmentation": _encoded(trainer.changes.get_state()),
        "history": dataclasses.asdict(trainer.history),
    }


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    manifest = read_json(path / _MANIFEST)
    if set(manifest) != _NAMES:
        raise RunError(f"{_MANIFEST} is damaged")
    for name, expected in manifest.items():
        if hashlib.sha256(read_bounded(path / name)).hexdigest() != expected:
            raise RunError(f"{name} is damaged")
    network, optimizer = path / _NETWORK, path / _OPTIMIZER
    return (
        read_json(path / _STATE),
        tensors_from(read_bounded(network), network),
        tensors_from(read_bounded(optimizer), optimizer),
    )


def _apply(
    trainer: Trainer,
    path: Path,
    state: dict[str, Any],
    network: dict[str, Any],
    optimizer: dict[str, Any],
) -> None:
    check_fit(trainer.network, network, path / _NETWORK)
    history = History.from_json(state["history"])  # read whole before anything is changed
    order, dropout, changes = (
        _decoded(state[name]) for name in ("order", "dropout", "augmentation")
    )
    for generator, value in ((trainer.order, order), (trainer.dropout, dropout),
                             (trainer.changes, changes)):  # fmt: skip
        torch.Generator(generator.device).set_state(value)  # raises where it is of another kind
    targets = dict(trainer.optimizer.state)
    if trainer.average is not None:
        targets[_AVERAGE] = trainer.average
    values = [(target, optimizer[name].view_as(target)) for name, target in targets.items()]
    epoch, position = int(state["epoch"]), int(state["position"])
    if not (0 <= epoch <= trainer.recipe.epochs and 0 <= position <= len(trainer.images)):
        raise RunError(f"{_STATE} is damaged: there is no image {position} of epoch {epoch}")
    trainer.network.load_state_dict(network)
    for target, value in values:
        target.copy_(value)
    trainer.epoch, trainer.position = epoch, position
    trainer.order_state = order
    trainer.dropout.set_state(dropout)
    trainer.changes.set_state(changes)
    trainer.history = history


def _encoded(state: torch.Tensor) -> str:
    return base64.b64encode(state.numpy().tobytes()).decode()


def _decoded(state: str) -> torch.Tensor:
    return torch.frombuffer(bytearray(base64.b64decode(state)), dtype=torch.uint8)
