"""`inkdigits doctor`: what it finds sound, and damage that it must not miss."""

import shlex
import shutil
from pathlib import Path

import pytest

from inkdigits import recognition
from inkdigits.data import Dataset
from inkdigits.ensemble import create_ensemble, train_ensemble
from inkdigits.training.checkpoint import Interval
from inkdigits.training.engine import choose_engine
from inkdigits.training.recipes import find_recipe
from inkdigits.training.stopping import StopAfterStep
from inkdigits.training.trainer import Trainer
from inkdigits.workflow import train
from tests.cli.conftest import Inkdigits, ctrl_c_after


def test_it_names_versions_threads_device_data_and_the_network(
    inkdigits: Inkdigits, mnist: Dataset
) -> None:
    outcome = inkdigits("doctor")
    assert outcome.code == 0
    found = {line[:18].strip(): line[20:] for line in outcome.out.splitlines()}
    for what in ("inkdigits", "python", "numpy", "onnxruntime", "torch", "processor", "threads"):
        assert found[what]
    assert {"scikit-learn", "pi-heif", "pypdfium2", "fastapi", "pyarrow"} <= found.keys()  # extras
    assert found["training"].startswith("on c")
    assert "every byte as published" in found["data"]
    assert "can refuse" in found["network that ships"]


def test_a_cache_that_is_empty_or_damaged_is_said(
    inkdigits: Inkdigits, mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKDIGITS_CACHE", str(tmp_path))
    empty = inkdigits("doctor")
    assert empty.code == 0
    assert f"MNIST is not in the cache {tmp_path} yet" in empty.out
    from inkdigits.data.cache import MnistCache

    MnistCache(tmp_path).folder.mkdir()
    damaged = inkdigits("doctor")
    assert damaged.code == 1
    assert "DAMAGED" in damaged.out


def test_a_run_is_sound_until_a_byte_of_its_weights_is_flipped(
    inkdigits: Inkdigits, small_run: Path, tmp_path: Path
) -> None:
    run = tmp_path / "copy"
    shutil.copytree(small_run, run)
    sound = inkdigits("doctor", run)
    assert sound.code == 0
    assert "complete" in sound.out
    weights = run / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    damaged = inkdigits("doctor", run)
    assert damaged.code == 1
    assert "DAMAGED" in damaged.out
    assert "SHA-256" in damaged.out


class _Stop:
    def on_step(self, trainer: Trainer) -> None:
        if trainer.step == 5:
            raise KeyboardInterrupt

    def on_epoch(self, trainer: Trainer) -> None:
        """Not reached."""


def test_each_checkpoint_of_an_interrupted_run_is_looked_at(
    inkdigits: Inkdigits, mnist: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(
            find_recipe("quick"), mnist.first(3840, 10), folder=tmp_path, name="run", threads=1,
            checkpoints=Interval(steps=2), observers=lambda trainer: [_Stop()],
        )  # fmt: skip
    run = tmp_path / "run"
    state = run / "checkpoints" / "000000004" / "state.json"
    state.write_text(state.read_text().replace("0.", "1.", 1))
    outcome = inkdigits("doctor", run)
    assert outcome.code == 1
    lines = outcome.out.splitlines()
    assert "not trained to its end" in lines[0]
    assert "000000004" in lines[1]
    assert "DAMAGED: state.json" in lines[1]
    assert "a sound checkpoint" in lines[2]
    assert f"--resume {run}" in lines[-1]


@pytest.mark.parametrize("kind", ["run", "ensemble"])
def test_what_goes_on_with_data_of_ones_own_names_them(
    inkdigits: Inkdigits,
    small_npz: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(small_npz, "it's.npz")
    many = ["--ensemble", "2"] if kind == "ensemble" else []
    with monkeypatch.context() as patch:
        patch.setattr(StopAfterStep, "on_step", ctrl_c_after(3))
        stopped = inkdigits(
            "train", "--data", "it's.npz", "--name", "begun", "--batch-size", "64", *many
        )
    assert stopped.code == 130
    command = stopped.err.splitlines()[-1].partition("go on with: inkdigits ")[2]
    assert shlex.split(command) == ["train", "--resume", "runs/begun", "--data", "it's.npz"]
    assert inkdigits("doctor", "runs/begun").out.splitlines()[-1].endswith(f"inkdigits {command}")
    if kind == "run":
        assert command in inkdigits("evaluate", "runs/begun", "--data", "it's.npz").err
    monkeypatch.chdir("runs")
    elsewhere = inkdigits("doctor", "begun").out.splitlines()[-1].partition(" inkdigits ")[2]
    resumed = inkdigits(*shlex.split(elsewhere))
    assert resumed.code == 0, resumed.err


def test_networks_are_run_and_others_refused(inkdigits: Inkdigits, tmp_path: Path) -> None:
    shipped = Path(recognition.__path__[0]) / "shipped.onnx"
    assert inkdigits("doctor", shipped).code == 0
    (tmp_path / "broken.onnx").write_bytes(b"no network")
    broken = inkdigits("doctor", tmp_path / "broken.onnx", shipped)
    assert broken.code == 1
    assert len(broken.out.splitlines()) == 2
    missing = inkdigits("doctor", tmp_path / "missing")
    assert missing.code == 2
    assert "There is no run folder or network" in missing.err


def test_an_ensemble_is_looked_at_as_a_whole(
    inkdigits: Inkdigits, mnist: Dataset, tmp_path: Path
) -> None:
    dataset, engine = mnist.first(400, 50), choose_engine("cpu", threads=1)
    recipe = find_recipe("quick")
    ensemble = create_ensemble(recipe, dataset, engine, (0, 1), tmp_path, "pair")
    begun = inkdigits("doctor", ensemble.path)
    assert begun.code == 0
    assert begun.out.count("not begun yet") == 2
    assert begun.out.splitlines()[-1].endswith(f"train --resume {ensemble.path}")
    train_ensemble(ensemble, dataset)
    assert inkdigits("doctor", ensemble.path).code == 0
    (ensemble.path / "metrics.json").write_text("{")
    damaged = inkdigits("doctor", ensemble.path)
    assert damaged.code == 1
    assert "metrics.json" in damaged.out


def test_the_shipped_network_is_known_by_its_name(inkdigits: Inkdigits) -> None:
    assert inkdigits("doctor", "shipped").code == 0
