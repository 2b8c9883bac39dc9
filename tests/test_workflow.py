"""Training from start to end: signals at the worst moments."""

import os
import re
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from inkdigits.data import Dataset, Split
from inkdigits.errors import RunError, UsageError
from inkdigits.networks.build import build_network
from inkdigits.networks.description import NetworkDescription, Stage
from inkdigits.networks.predict import predict_logits
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import open_run
from inkdigits.training.stopping import Interrupted
from inkdigits.training.trainer import Trainer
from inkdigits.training.weights import load_network
from inkdigits.workflow import resume, train

NETWORK = NetworkDescription(stages=(Stage(2),), classes=3, image_size=(8, 8))


@pytest.fixture
def noise() -> Dataset:
    """64 images of 8x8, of three classes."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (64, 8, 8), dtype=np.uint8)
    split = Split(images, np.arange(64, dtype=np.uint8) % 3)
    return Dataset("noise", split, split, ("a", "b", "c"), "a fixture")


def test_recipes_go_by_name_and_folders_from_home(
    mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    result = train("quick", mnist.first(64, 5), folder="~/runs", name="it", threads=1)
    assert result.run.path == tmp_path / "runs" / "it"
    assert result.run.recipe.name == "quick"
    expected = predict_logits(result.network, mnist.test.images[:5])
    for named in ("~/runs/it", tmp_path / "runs" / "it", result.run):
        read = predict_logits(load_network(named), mnist.test.images[:5])
        np.testing.assert_array_equal(read, expected)
    for wrong in ("labb", None, ["lab"]):
        with pytest.raises(UsageError, match="There is no recipe"):
            train(wrong, mnist.first(64, 5), folder=tmp_path)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="There is no run folder"):
        load_network("~/runs/gone")


def test_classes_without_a_training_image_are_named(noise: Dataset, tmp_path: Path) -> None:
    lines: list[str] = []
    recipe = Recipe(name="short", network=NETWORK, epochs=1)
    train(recipe, noise, folder=tmp_path, threads=1, report=lines.append)
    assert [line for line in lines if line.startswith("Classes")] == []
    assert re.fullmatch(r"Run: .* 1 thread\)", lines[0])
    train_split = Split(noise.train.images, np.ones(64, np.uint8))
    train(recipe, replace(noise, train=train_split), folder=tmp_path, report=lines.append)
    assert "Classes without a training image, which are not learned: a, c" in lines


def test_training_leaves_torch_as_many_threads_as_it_had(noise: Dataset, tmp_path: Path) -> None:
    torch.set_num_threads(2)
    recipe = Recipe(name="short", network=NETWORK, epochs=1)
    run = train(recipe, noise, folder=tmp_path, threads=1).run
    assert torch.get_num_threads() == 2
    with pytest.raises(UsageError, match="There is no device"):
        train(recipe, noise, folder=tmp_path, threads=1, device="cuda:99")
    with pytest.raises(UsageError, match="is complete"):
        resume(run.path, noise)
    assert torch.get_num_threads() == 2


class SignalAtTheEnd:
    """Sends this process a SIGTERM in the last epoch's end, where no step follows."""

    def on_step(self, trainer: Trainer) -> None:
        """Nothing to do."""

    def on_epoch(self, trainer: Trainer) -> None:
        if trainer.epoch == trainer.recipe.epochs:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
def test_a_signal_after_the_last_step_is_not_lost(noise: Dataset, tmp_path: Path) -> None:
    recipe = replace(Recipe(name="short", network=NETWORK, epochs=2), average=0.9)
    settings = {"precision": "float32", "threads": 1, "folder": tmp_path}
    whole = train(recipe, noise, name="whole", **settings)  # type: ignore[arg-type]  # mixed values
    with pytest.raises(Interrupted) as stopped:
        train(
            recipe, noise, name="stopped", observers=lambda _: [SignalAtTheEnd()],
            **settings,  # type: ignore[arg-type]
        )  # fmt: skip
    assert stopped.value.exit_code == 143
    again = resume(tmp_path / "stopped", noise)
    ours, theirs = (
        (result.run.path / "weights.safetensors").read_bytes() for result in (again, whole)
    )
    assert ours == theirs


def test_a_run_that_goes_on_with_weights_can_be_begun_again_from_them(
    noise: Dataset, tmp_path: Path
) -> None:
    recipe = Recipe(name="short", network=NETWORK, epochs=1)
    first = train(recipe, noise, precision="float32", threads=1, folder=tmp_path, name="first")
    start = (first.run.path / "weights.safetensors").read_bytes()
    whole = train(
        recipe, noise, seed=1, precision="float32", threads=1, folder=tmp_path, start=start
    )
    # Killed before its first checkpoint: only what was there at the start is left.
    for path in whole.run.path.iterdir():
        if path.name not in ("run.json", "start.safetensors"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    again = resume(whole.run.path, noise)
    assert again.history.losses == whole.history.losses


def test_weights_of_another_network_are_no_start_and_leave_nothing(
    noise: Dataset, tmp_path: Path
) -> None:
    recipe = Recipe(name="short", network=NETWORK, epochs=1)
    others = build_network(replace(NETWORK, stages=(Stage(3),)), torch.Generator())
    start = safetensors.torch.save(others.state_dict())
    for wrong, words in (
        (start, r"start\.safetensors has .*; its recipe needs"),
        (b"junk", "is damaged"),
    ):
        with pytest.raises(RunError, match=words):
            train(recipe, noise, folder=tmp_path, name="none", start=wrong)
    assert not (tmp_path / "none").exists()
    run = train(recipe, noise, folder=tmp_path, start=None).run
    for path in run.path.iterdir():
        if path.name != "run.json":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (run.path / "start.safetensors").write_bytes(start)
    with pytest.raises(RunError, match=r"start\.safetensors has .*; its recipe needs"):
        resume(run.path, noise)


def test_a_seed_may_be_numpys_and_what_is_none_leaves_nothing(
    noise: Dataset, tmp_path: Path
) -> None:
    recipe = Recipe(name="short", network=NETWORK, epochs=1)
    settings = {"precision": "float32", "threads": 1, "folder": tmp_path}
    numpys = train(recipe, noise, seed=np.int64(3), name="numpys", **settings)  # type: ignore[arg-type]
    own = train(recipe, noise, seed=3, name="own", **settings)  # type: ignore[arg-type]
    assert numpys.history.losses == own.history.losses
    assert open_run(numpys.run.path).seed == 3
    for seed, said in ((-1, "seed is -1"), (True, "seed is True"), (1.5, "1.5"), ("1", "whole")):
        with pytest.raises(UsageError, match=said):
            train(recipe, noise, seed=seed, name="none", **settings)  # type: ignore[arg-type]
    assert not (tmp_path / "none").exists()
