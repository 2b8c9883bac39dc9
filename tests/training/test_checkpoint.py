"""Going on after an interruption: at any step, with the same bits; damage is noticed."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from inkdigits.data import Dataset
from inkdigits.training.checkpoint import (
    Checkpoints,
    Interval,
    examined_checkpoints,
    restore,
)
from inkdigits.training.engine import Engine
from inkdigits.training.hyperparameters import Augmentation, Schedule
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import Run, create_run
from inkdigits.training.trainer import Trainer
from tests.training.stopping import StopAfter


def everything(recipe: Recipe) -> Recipe:
    """The recipe with all that has a state of its own."""
    return replace(
        recipe,
        augmentation=Augmentation(shift=1, elastic=0.5, noise=0.1),
        schedule=Schedule(warm_up=0.3, down="linear"),
        average=0.9,
    )


@pytest.fixture(params=["plain", "everything"])
def run(
    request: pytest.FixtureRequest, recipe: Recipe, bars: Dataset, engine: Engine, tmp_path: Path
) -> Run:
    chosen = recipe if request.param == "plain" else everything(recipe)
    return create_run(chosen, bars, engine, 3, tmp_path, "run")


@pytest.fixture
def new_trainer(run: Run, bars: Dataset) -> Callable[[], Trainer]:
    return lambda: Trainer(run.recipe, bars.train, run.engine, run.seed)


def interrupted(trainer: Trainer, run: Run, steps: int) -> None:
    checkpoints = Checkpoints(run)
    with pytest.raises(KeyboardInterrupt):
        trainer.run([checkpoints, StopAfter(steps)])
    checkpoints.save(trainer)


@pytest.mark.parametrize("steps", [1, 4, 6, 7, 12, 17])
def test_going_on_ends_with_the_bits_of_a_run_never_stopped(
    run: Run, new_trainer: Callable[[], Trainer], steps: int
) -> None:
    whole = new_trainer()
    whole.run()
    interrupted(new_trainer(), run, steps)
    resumed = new_trainer()
    assert restore(run, resumed, print)
    assert resumed.step == steps
    resumed.run()
    for (name, ours), theirs in zip(
        resumed.network.state_dict().items(), whole.network.state_dict().values(), strict=True
    ):
        assert torch.equal(ours, theirs), name
    assert resumed.history.losses == whole.history.losses
    assert resumed.history.epoch_losses == whole.history.epoch_losses


def test_only_the_last_two_checkpoints_are_kept(
    run: Run, new_trainer: Callable[[], Trainer]
) -> None:
    new_trainer().run([Checkpoints(run, Interval(steps=1))])
    assert sorted(path.name for path in (run.path / "checkpoints").iterdir()) == [
        "000000017",
        "000000018",
    ]


def test_each_damaged_file_of_the_newest_is_noticed_and_the_one_before_taken(
    run: Run, new_trainer: Callable[[], Trainer]
) -> None:
    folder = run.path / "checkpoints"
    interrupted(new_trainer(), run, 8)  # leaves the epoch's at 6 and its own at 8
    newest, kept = folder / "000000008", folder.with_name("kept")
    shutil.copytree(newest, kept)
    for name in ("network.safetensors", "optimizer.safetensors", "state.json", "manifest.json"):
        for damage in (flip_a_byte, truncate, Path.unlink):
            damage(newest / name)
            lines: list[str] = []
            trainer = new_trainer()
            assert restore(run, trainer, lines.append)
            assert trainer.step == 6, (name, damage)
            assert len(lines) == 1
            assert lines[0].startswith(f"{newest} cannot be used (")
            assert name == "manifest.json" or name in lines[0]  # whose hash of another differs
            # Where it was set aside; what lies there already gives way.
            assert not (folder / "damaged-000000008" / "earlier").exists()
            (folder / "damaged-000000008" / "earlier").touch()
            shutil.copytree(kept, newest)


@pytest.mark.parametrize("names", [[], ["state.json"], ["state.json", "../../run.json"]])
def test_a_manifest_that_does_not_vouch_for_all_three_files_is_damage(
    run: Run, new_trainer: Callable[[], Trainer], names: list[str]
) -> None:
    interrupted(new_trainer(), run, 8)
    newest = run.path / "checkpoints" / "000000008"
    hashes = {
        name: hashlib.sha256((newest / name).read_bytes()).hexdigest() for name in names[:1]
    } | dict.fromkeys(names[1:], "0" * 64)
    (newest / "manifest.json").write_text(json.dumps(hashes))
    trainer = new_trainer()
    assert restore(run, trainer, print)
    assert trainer.step == 6


def test_a_checkpoint_refused_late_leaves_the_trainer_as_it_was(
    run: Run, new_trainer: Callable[[], Trainer]
) -> None:
    interrupted(new_trainer(), run, 3)
    (newest,) = (run.path / "checkpoints").iterdir()
    # Of another kind of generator.
    forge(newest, lambda state: state | {"augmentation": state["augmentation"][:400]})
    trainer, fresh = new_trainer(), new_trainer()
    assert not restore(run, trainer, print)
    assert torch.equal(trainer.parameters, fresh.parameters)
    assert trainer.step == trainer.epoch == trainer.position == 0


@pytest.mark.parametrize(
    "place", [{"epoch": -1}, {"epoch": 4}, {"position": -1}, {"position": 331}]
)
def test_a_place_that_the_training_does_not_have_is_refused(
    run: Run, new_trainer: Callable[[], Trainer], place: dict[str, int]
) -> None:
    interrupted(new_trainer(), run, 3)
    (newest,) = (run.path / "checkpoints").iterdir()
    forge(newest, lambda state: state | place)
    lines: list[str] = []
    assert not restore(run, new_trainer(), lines.append)
    epoch, position = place.get("epoch", 0), place.get("position", 192)
    assert f"there is no image {position} of epoch {epoch}" in lines[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"processes": None}, []),  # of a version that knew of one only
        ({"processes": 3}, ["processes were 3 and are 1: the result may differ in its last bits."]),
    ],
)
def test_another_number_of_processes_than_before_is_told(
    run: Run, new_trainer: Callable[[], Trainer], change: dict[str, Any], said: list[str]
) -> None:
    interrupted(new_trainer(), run, 3)
    (newest,) = (run.path / "checkpoints").iterdir()
    assert json.loads((newest / "state.json").read_text())["processes"] == 1
    forge(newest, lambda state: {k: v for k, v in (state | change).items() if v is not None})
    lines: list[str] = []
    assert restore(run, new_trainer(), lines.append)
    assert lines == said


def test_a_damaged_manifest_is_told_for_what_it_is(
    run: Run, new_trainer: Callable[[], Trainer]
) -> None:
    interrupted(new_trainer(), run, 3)
    (newest,) = (run.path / "checkpoints").iterdir()
    (newest / "manifest.json").write_text("{}")
    examined = list(examined_checkpoints(run))
    assert examined == [(newest, "manifest.json is damaged")]
    lines: list[str] = []
    assert not restore(run, new_trainer(), lines.append)
    assert lines == [f"{newest} cannot be used (manifest.json is damaged); taking the one before."]


def test_a_training_at_its_end_goes_on_from_there(
    run: Run, new_trainer: Callable[[], Trainer]
) -> None:
    new_trainer().run([Checkpoints(run)])
    trainer = new_trainer()
    assert restore(run, trainer, print)
    assert trainer.step == trainer.total_steps


def test_without_a_sound_checkpoint_training_starts_anew(
    run: Run, new_trainer: Callable[[], Trainer]
) -> None:
    assert not restore(run, new_trainer(), print)


def test_leftovers_of_a_killed_write_are_cleaned_and_never_taken(
    run: Run, new_trainer: Callable[[], Trainer]
) -> None:
    leftover = run.path / "checkpoints" / ".partial-abc"
    leftover.mkdir(parents=True)
    assert not restore(run, new_trainer(), print)
    Checkpoints(run)
    assert not leftover.exists()


def forge(checkpoint: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Change what a checkpoint says of itself, with a manifest that vouches for it."""
    path, manifest = checkpoint / "state.json", checkpoint / "manifest.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"state.json": digest}))


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x40
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])
