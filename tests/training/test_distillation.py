"""A network that learns what another one says."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from scipy.special import log_softmax, softmax

from inkdigits.data import Dataset, Split
from inkdigits.errors import RunError, UsageError
from inkdigits.networks.build import build_network
from inkdigits.training.distillation import taught
from inkdigits.training.engine import Engine
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import open_run
from inkdigits.training.trainer import Trainer
from inkdigits.training.weights import load_network
from inkdigits.workflow import resume, train

ALIKE: dict[str, Any] = {"precision": "float32", "threads": 1}


@pytest.fixture(scope="module")
def teacher(bars: Dataset, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of two columns that tell the bars apart."""
    network = replace(recipe.network, columns=2, dropout=0.0)
    able = replace(recipe, network=network, epochs=12)
    result = train(able, bars, folder=tmp_path_factory.mktemp("teacher"), **ALIKE)
    assert result.evaluation.accuracy > 0.95
    return result.run.path


def test_what_is_taught_is_the_mean_of_the_columns_probabilities(
    recipe: Recipe, bars: Dataset
) -> None:
    network = build_network(replace(recipe.network, columns=2), torch.Generator().manual_seed(0))
    for column in network.columns:
        column.dense.weight.data *= 20
    images = torch.from_numpy(bars.train.images[:3].copy())[:, None].float() / 255
    logits = network.eval().column_logits(images).detach().double().numpy()
    expected = softmax(logits, axis=2).mean(0)
    assert not np.allclose(expected, softmax(logits.mean(0), axis=1), rtol=1e-3)
    np.testing.assert_allclose(taught(network, images).numpy(), expected, rtol=1e-4)


@pytest.mark.parametrize("loss", ["cross_entropy", "mean_squared_error"])
def test_the_teacher_is_believed_where_labels_say_otherwise(
    loss: Any, recipe: Recipe, bars: Dataset, teacher: Path, tmp_path: Path
) -> None:
    labels = np.random.default_rng(1).permutation(bars.train.labels)
    wrong = replace(bars, train=Split(bars.train.images, labels))
    able = replace(recipe, epochs=16, loss=loss, network=replace(recipe.network, dropout=0.0))
    learned = train(able, wrong, folder=tmp_path, teacher=teacher, **ALIKE)
    alone = train(able, wrong, folder=tmp_path, **ALIKE)
    assert learned.evaluation.accuracy > 0.9
    assert alone.evaluation.accuracy < 0.6


def test_of_some_images_the_labels_are_learned_and_of_the_others_what_a_teacher_says(
    recipe: Recipe, bars: Dataset, teacher: Path
) -> None:
    """The first step's loss, of all images at once, as counted by hand."""
    labelled, smoothing = 100, 0.1
    whole = replace(
        recipe, batch_size=len(bars.train.labels), epochs=1, label_smoothing=smoothing,
        network=replace(recipe.network, dropout=0.0),
    )  # fmt: skip
    begun = Trainer(whole, bars.train, Engine("cpu", "float32", 1), seed=2)
    images = begun.images.float() / 255
    with torch.no_grad():
        logits = begun.network.train()(images).double().numpy()
    trainer = Trainer(whole, bars.train, Engine("cpu", "float32", 1), seed=2)
    trainer.teacher, trainer.labelled = load_network(teacher), labelled
    targets = taught(trainer.teacher, images).double().numpy()
    certain = np.eye(4)[bars.train.labels[-labelled:]]
    targets[-labelled:] = (1 - smoothing) * certain + smoothing / 4
    expected = -(targets * log_softmax(logits, axis=1)).sum(1).mean()
    trainer.run()
    assert trainer.history.losses == [pytest.approx(expected, rel=1e-4)]


def test_a_taught_run_that_was_killed_goes_on_with_its_teacher(
    recipe: Recipe, bars: Dataset, teacher: Path, tmp_path: Path
) -> None:
    whole = train(recipe, bars, folder=tmp_path, teacher=teacher, **ALIKE)
    for path in whole.run.path.iterdir():
        if path.name not in ("run.json", "teacher.safetensors"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert open_run(whole.run.path).origin.teacher == str(teacher)
    assert resume(whole.run.path, bars).history.losses == whole.history.losses
    (whole.run.path / "metrics.json").unlink()
    (whole.run.path / "teacher.safetensors").unlink()
    with pytest.raises(RunError, match=r"teacher\.safetensors: No such file"):
        resume(whole.run.path, bars)


def test_what_is_no_teacher_is_refused_and_leaves_nothing(
    recipe: Recipe, bars: Dataset, teacher: Path, tmp_path: Path
) -> None:
    larger = replace(bars, class_names=(*bars.class_names, "none"))
    with pytest.raises(RunError, match="tells 4 classes of 12x12 apart; it can teach no network"):
        train(recipe, larger, folder=tmp_path, name="none", teacher=teacher)
    with pytest.raises(UsageError, match="There is no run folder"):
        train(recipe, bars, folder=tmp_path, name="none", teacher=tmp_path / "gone")
    damaged = shutil.copytree(teacher, tmp_path / "damaged")
    (damaged / "weights.safetensors").write_bytes(b"junk")
    with pytest.raises(RunError, match=r"weights\.safetensors is damaged"):
        train(recipe, bars, folder=tmp_path, name="none", teacher=damaged)
    assert not (tmp_path / "none").exists()


def test_a_run_with_a_damaged_teacher_says_so(
    recipe: Recipe, bars: Dataset, teacher: Path, tmp_path: Path
) -> None:
    run = train(recipe, bars, folder=tmp_path, teacher=teacher, **ALIKE).run
    (run.path / "metrics.json").unlink()
    tensors = safetensors.torch.load((teacher / "weights.safetensors").read_bytes())
    nonsense = json.dumps({"classes": "x"})
    for wrong, words in (
        (b"junk", "is damaged"),
        (safetensors.torch.save(tensors), "does not say what network its weights are of"),
        (
            safetensors.torch.save(tensors, {"inkdigits.network": nonsense}),
            "does not say what network its weights are of",
        ),
    ):
        (run.path / "teacher.safetensors").write_bytes(wrong)
        with pytest.raises(RunError, match=rf"teacher\.safetensors {words}"):
            resume(run.path, bars)


TOGETHER = """
import json, os, sys
from pathlib import Path
import numpy as np
from inkdigits import train
from inkdigits.data import Dataset, Split
from inkdigits.training.recipe import Recipe

folder = Path(sys.argv[1])
with np.load(folder / "data.npz") as arrays:
    split = Split(arrays["images"], arrays["labels"])
data = Dataset("bars", split, split, ("a", "b", "c", "d"), "a fixture")
recipe = Recipe.from_json(json.loads((folder / "recipe.json").read_text()))
# The first process alone sees the teacher.
teacher = sys.argv[2] if os.environ["RANK"] == "0" else folder / "not there"
result = train(recipe, data, folder=folder, teacher=teacher, precision="float32", threads=1)
if os.environ["RANK"] == "0":
    (folder / "losses.json").write_text(json.dumps(result.history.losses))
os._exit(0)  # as the command line does; see cli/process.py
"""


def test_several_processes_learn_of_one_teacher_as_one_does(
    recipe: Recipe, bars: Dataset, engine: Engine, teacher: Path, tmp_path: Path
) -> None:
    recipe = replace(recipe, network=replace(recipe.network, dropout=0.0), epochs=2)
    (tmp_path / "recipe.json").write_text(json.dumps(recipe.to_json()))
    np.savez(tmp_path / "data.npz", images=bars.train.images, labels=bars.train.labels)
    (tmp_path / "together.py").write_text(TOGETHER)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    ended = subprocess.run(
        [*command, "--nproc-per-node", "2", tmp_path / "together.py", tmp_path, teacher],
        timeout=120, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    alone = train(recipe, bars, folder=tmp_path, teacher=teacher, **ALIKE)
    losses = json.loads((tmp_path / "losses.json").read_text())
    np.testing.assert_allclose(losses, alone.history.losses, rtol=1e-3)
    untaught = Trainer(recipe, bars.train, engine, 0)
    untaught.run()
    assert not np.allclose(losses, untaught.history.losses, rtol=1e-2)
