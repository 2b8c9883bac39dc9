"""Ensembles by the command line: trained, interrupted, gone on with, evaluated."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import softmax
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from inkdigits import Recognizer
from inkdigits.cli import main
from inkdigits.data import load_dataset
from inkdigits.ensemble import averaged, open_networks
from inkdigits.models import open_model
from inkdigits.networks.predict import predict_logits
from inkdigits.recognition.network import DigitNetwork
from inkdigits.training.run import open_run, read_history
from inkdigits.workflow import locked
from tests.cli.conftest import Inkdigits


def ensemble(data: Path, folder: Path) -> list[object]:
    """What trains three small networks."""
    return ["train", "--data", data, "--epochs", 1, "--threads", 1, "--filters", "4,4",
            "--runs", folder, "--name", "team", "--ensemble", 3, "--seed", 5]  # fmt: skip


@pytest.fixture(scope="module")
def trained(small_npz: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained ensemble of seeds 5, 6 and 7; to be copied, not to be changed."""
    folder = tmp_path_factory.mktemp("ensembles")
    with pytest.raises(SystemExit) as ended:
        main([*map(str, ensemble(small_npz, folder))])
    assert ended.value.code in (0, None)
    return folder / "team"


@pytest.fixture
def team(trained: Path, tmp_path: Path) -> Path:
    """That ensemble, of a test's own."""
    return Path(shutil.copytree(trained, tmp_path / "team"))


def test_an_ensemble_scores_the_mean_of_its_networks_probabilities(
    inkdigits: Inkdigits, team: Path, small_npz: Path
) -> None:
    test = load_dataset(small_npz).test
    alone = [open_networks(team / f"seed-{seed}")[1][0] for seed in (5, 6, 7)]
    logits = [predict_logits(network, test.images) for network in alone]
    mean = np.mean([softmax(each.astype(float), axis=1) for each in logits], axis=0)
    metrics = json.loads((team / "metrics.json").read_text())
    assert metrics["test"]["accuracy"] == (mean.argmax(1) == test.labels).mean()
    assert metrics["members"] == [(each.argmax(1) == test.labels).mean() for each in logits]
    np.testing.assert_allclose(np.exp(averaged(logits)), mean, atol=1e-12)
    evaluated = inkdigits("evaluate", team, "--data", small_npz, "--format", "json")
    assert json.loads(evaluated.out) == metrics["test"]
    assert (team / "figures" / "confusion.png").exists()


def test_tensorboard_shows_an_ensembles_result_beside_its_networks(team: Path) -> None:
    events = EventAccumulator(str(team))
    events.Reload()
    (accuracy,) = events.Scalars("test/accuracy")
    test = json.loads((team / "metrics.json").read_text())["test"]
    assert accuracy.value == pytest.approx(test["accuracy"])
    assert events.Scalars("test/loss")[0].value == pytest.approx(test["loss"])
    assert accuracy.step == len(read_history(open_run(team / "seed-5")).losses)
    assert events.Tags()["images"] == ["confusion"]


def test_going_on_trains_only_the_members_that_are_missing(
    inkdigits: Inkdigits, team: Path, small_npz: Path
) -> None:
    whole = (team / "seed-6" / "weights.safetensors").read_bytes()
    untouched = (team / "seed-5" / "run.json").stat().st_mtime_ns
    (team / "metrics.json").unlink()
    for name in ("metrics.json", "weights.safetensors"):  # as if it had been killed in the second
        (team / "seed-6" / name).unlink()
    shutil.rmtree(team / "seed-7")
    outcome = inkdigits("train", "--resume", team, "--data", small_npz)
    assert outcome.code == 0, outcome.err
    assert "3 networks, alone" in outcome.out
    assert (team / "seed-6" / "weights.safetensors").read_bytes() == whole
    assert (team / "seed-5" / "run.json").stat().st_mtime_ns == untouched
    assert (team / "metrics.json").exists()


def test_going_on_with_other_data_is_refused_before_anything_is_trained(
    inkdigits: Inkdigits, team: Path, small_npz: Path, tmp_path: Path
) -> None:
    (team / "metrics.json").unlink()
    shutil.rmtree(team / "seed-7")
    with np.load(small_npz) as data:
        arrays = {name: data[name][::-1] for name in data.files}
    np.savez(tmp_path / "other.npz", **arrays)
    outcome = inkdigits("train", "--resume", team, "--data", tmp_path / "other.npz")
    assert outcome.code == 1
    assert "begun on other data" in outcome.err
    assert not (team / "seed-7").exists()


def test_a_member_killed_at_birth_is_trained_anew(
    inkdigits: Inkdigits, team: Path, small_npz: Path
) -> None:
    whole = (team / "seed-7" / "weights.safetensors").read_bytes()
    (team / "metrics.json").unlink()
    shutil.rmtree(team / "seed-7")
    (team / "seed-7").mkdir()
    assert inkdigits("train", "--resume", team, "--data", small_npz).code == 0
    assert (team / "seed-7" / "weights.safetensors").read_bytes() == whole


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (["--name", "../escaped"], "no name for a run"),
        (["--name", "gpu", "--device", "mps"], "no device 'mps'"),
        (["--name", "none", "--ensemble", "0"], "2 to 1000"),
    ],
)
def test_a_wrong_request_leaves_no_folder(
    inkdigits: Inkdigits, small_npz: Path, tmp_path: Path, wrong: list[str], words: str
) -> None:
    if "mps" in wrong and torch.backends.mps.is_available():
        pytest.skip("this machine has an MPS device")
    before = sorted(tmp_path.iterdir())
    outcome = inkdigits(*ensemble(small_npz, tmp_path), *wrong)
    assert outcome.code == 2
    assert words in outcome.err
    assert sorted(tmp_path.iterdir()) == before
    assert not (tmp_path.parent / "escaped").exists()


def test_an_ensemble_of_one_and_a_damaged_one_are_refused(
    inkdigits: Inkdigits, small_npz: Path, tmp_path: Path
) -> None:
    outcome = inkdigits("train", "--data", small_npz, "--ensemble", 1, "--runs", tmp_path)
    assert outcome.code == 2
    assert "2 to 1000" in outcome.err
    (tmp_path / "ensemble.json").write_text('{"seeds": 3}')
    outcome = inkdigits("evaluate", tmp_path, "--data", small_npz)
    assert outcome.code == 1
    assert "ensemble.json is damaged" in outcome.err


def test_a_complete_ensemble_and_one_in_training_are_not_trained_again(
    inkdigits: Inkdigits, team: Path, small_npz: Path
) -> None:
    complete = inkdigits("train", "--resume", team, "--data", small_npz)
    assert complete.code == 2
    assert "nothing is left to train" in complete.err
    (team / "metrics.json").unlink()
    with locked(team):
        busy = inkdigits("train", "--resume", team, "--data", small_npz)
    assert busy.code == 1
    assert "in use" in busy.err


def test_a_network_that_is_lost_is_named_and_trained_again(
    inkdigits: Inkdigits, team: Path, small_npz: Path
) -> None:
    whole = (team / "seed-6" / "weights.safetensors").read_bytes()
    metrics = (team / "metrics.json").read_bytes()
    shutil.rmtree(team / "seed-6")
    for command in (["evaluate", team, "--data", small_npz], ["doctor", team]):
        lost = inkdigits(*command)
        assert lost.code == 1
        said = lost.err + lost.out
        assert f"{team / 'seed-6'} is missing; {team} goes on with: inkdigits train --res" in said
    assert inkdigits("train", "--resume", team, "--data", small_npz).code == 0
    assert (team / "seed-6" / "weights.safetensors").read_bytes() == whole
    assert (team / "metrics.json").read_bytes() == metrics


@pytest.mark.parametrize("part", ["seed", "recipe", "data"])
def test_another_run_in_a_networks_place_is_not_averaged(
    inkdigits: Inkdigits, team: Path, small_npz: Path, part: str
) -> None:
    path = team / "seed-6" / "run.json"
    settings = json.loads(path.read_text())
    other: dict[str, dict[str, object]] = {
        "seed": {"seed": 5},
        "recipe": {"recipe": {**settings["recipe"], "epochs": 9}},
        "data": {"data": {**settings["data"], "sha256": {}}},
    }
    path.write_text(json.dumps({**settings, **other[part]}))
    for command in (["evaluate", team, "--data", small_npz], ["doctor", team]):
        outcome = inkdigits(*command)
        assert outcome.code == 1
        words = f"{team / 'seed-6'} is no run of {team}: its {part} is not the ensemble's."
        assert words in outcome.err + outcome.out


@pytest.mark.parametrize("seeds", [[], [5], [5, 5]])
def test_seeds_that_make_no_ensemble_are_refused(
    inkdigits: Inkdigits, team: Path, small_npz: Path, seeds: list[int]
) -> None:
    settings = json.loads((team / "ensemble.json").read_text())
    (team / "ensemble.json").write_text(json.dumps({**settings, "seeds": seeds}))
    outcome = inkdigits("evaluate", team, "--data", small_npz)
    assert outcome.code == 1
    assert f"its seeds are {seeds}, not two or more, each once" in outcome.err


def test_an_ensemble_goes_on_without_digits_added(
    inkdigits: Inkdigits, team: Path, small_npz: Path, tmp_path: Path
) -> None:
    (team / "metrics.json").unlink()
    outcome = inkdigits("train", "--resume", team, "--data", small_npz, "--add", tmp_path)
    assert outcome.code == 2
    assert f"{team} was begun without --add" in outcome.err
    assert not (team / "metrics.json").exists()


def test_going_on_tidies_up_a_member_that_was_stopped_at_its_very_end(
    inkdigits: Inkdigits, team: Path, small_npz: Path
) -> None:
    (team / "metrics.json").unlink()
    (team / "seed-7" / "checkpoints" / "000000005").mkdir(parents=True)
    assert inkdigits("train", "--resume", team, "--data", small_npz).code == 0
    assert not (team / "seed-7" / "checkpoints").exists()


def test_an_ensembles_file_reads_as_it_does(
    inkdigits: Inkdigits, team: Path, small_npz: Path, tmp_path: Path
) -> None:
    images = load_dataset(small_npz).test.images
    outcome = inkdigits("export", "onnx", team, tmp_path / "team.onnx")
    assert outcome.code == 0, outcome.err
    expected, found = (
        open_model(team).score(images),
        DigitNetwork(tmp_path / "team.onnx").score(images),
    )
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-5)
    by_folder, by_file = (
        Recognizer(each).classify(images) for each in (team, tmp_path / "team.onnx")
    )
    np.testing.assert_array_equal(by_folder.probabilities, by_file.probabilities)
    assert inkdigits("export", "onnx", team, team / "ensemble.json").code == 2
    assert json.loads((team / "ensemble.json").read_text())["seeds"] == [5, 6, 7]
    (team / "seed-5" / "calibration.json").write_text('{"temperature": "warm"}')
    outcome = inkdigits("export", "onnx", team / "seed-5", tmp_path / "again.onnx")
    assert outcome.code == 1
    assert "calibration.json has a temperature of 'warm'" in outcome.err
    (team / "seed-6" / "weights.safetensors").unlink()
    outcome = inkdigits("export", "onnx", team, tmp_path / "again.onnx")
    assert outcome.code == 1
    assert "seed-6" in outcome.err
    assert not (tmp_path / "again.onnx").exists()


def test_what_takes_one_run_says_that_this_is_an_ensemble(
    inkdigits: Inkdigits, team: Path, small_npz: Path
) -> None:
    for command in (["show", team, "--filters"], ["compare", team]):
        outcome = inkdigits(*command)
        assert outcome.code == 2
        assert "is an ensemble" in outcome.err
