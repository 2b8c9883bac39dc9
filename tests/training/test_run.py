"""Run folders: what they keep, and what is refused."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from inkdigits.data import Dataset
from inkdigits.doctor import examine_path
from inkdigits.errors import ModelError, OutputError, RunError, UsageError
from inkdigits.networks.predict import predict_logits
from inkdigits.recognition.recognizer import Recognizer
from inkdigits.results import read_evaluation, save_curves
from inkdigits.training.engine import Engine
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import Run, open_run, read_history
from inkdigits.training.weights import load_network
from inkdigits.workflow import TrainedRun, resume, train


@pytest.fixture(scope="module")
def trained_once(
    recipe: Recipe, bars: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> TrainedRun:
    folder = tmp_path_factory.mktemp("runs")
    return train(
        replace(recipe, epochs=1), bars, folder=folder, name="run", precision="float32", threads=1
    )


@pytest.fixture
def trained(trained_once: TrainedRun, tmp_path: Path) -> TrainedRun:
    """That run in a folder of the test's own."""
    path = shutil.copytree(trained_once.run.path, tmp_path / "run")
    return replace(trained_once, run=open_run(path))


def test_a_run_holds_what_its_result_depends_on(trained: TrainedRun, bars: Dataset) -> None:
    settings = json.loads((trained.run.path / "run.json").read_text())
    assert Recipe.from_json(settings["recipe"]) == trained.run.recipe
    assert settings["seed"] == 0
    assert settings["data"]["sha256"] == bars.hashes()
    assert settings["versions"]["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert settings["engine"] == {"device": "cpu", "precision": "float32", "threads": 1}
    metrics = json.loads((trained.run.path / "metrics.json").read_text())
    assert metrics["test"]["images"] == 60
    names = {path.name for path in trained.run.figures.iterdir()}
    assert names == {"confusion.png", "curves.png", "test-47.png"}
    assert not (trained.run.path / "checkpoints").exists()


def test_a_run_moved_elsewhere_gives_the_same_network(
    trained: TrainedRun, bars: Dataset, tmp_path: Path
) -> None:
    moved = tmp_path / "else" / "where"
    moved.parent.mkdir()
    shutil.move(trained.run.path, moved)
    network = load_network(open_run(moved))
    expected = predict_logits(trained.network, bars.test.images)
    assert np.array_equal(predict_logits(network, bars.test.images), expected)
    assert read_history(open_run(moved)).losses == trained.history.losses


def test_the_curves_of_a_run_that_one_stands_in_have_its_name(
    trained: TrainedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = (trained.run.figures / "curves.png").read_bytes()
    monkeypatch.chdir(trained.run.path)
    save_curves(open_run("."), trained.history)
    assert (trained.run.figures / "curves.png").read_bytes() == whole


def test_a_run_without_weights_says_how_to_go_on(trained: TrainedRun, bars: Dataset) -> None:
    run = trained.run
    content = (run.path / "weights.safetensors").read_bytes()
    (run.path / "weights.safetensors").unlink()
    lost = r"weights.safetensors is missing, though metrics.json says.*train it again with: ink"
    for read in (load_network, read_evaluation):
        with pytest.raises(RunError, match=lost):
            read(run)
    assert [finding.is_sound for finding in examine_path(run.path)] == [False]
    assert resume(run.path, bars).run.is_complete  # as it was told to
    assert (run.path / "weights.safetensors").read_bytes() == content
    (run.path / "weights.safetensors").unlink()
    (run.path / "metrics.json").unlink()
    with pytest.raises(RunError, match=r"has no weights.safetensors: .* not ended; go on with: "):
        load_network(run)


def test_a_run_of_something_else_than_digits_is_refused_by_its_path(trained: TrainedRun) -> None:
    words = f"^{re.escape(str(trained.run.path))} is no network for digits: it must take"
    with pytest.raises(ModelError, match=words):
        Recognizer(trained.run.path)


def test_metrics_without_the_weights_hash_are_what_is_damaged(trained: TrainedRun) -> None:
    (trained.run.path / "metrics.json").write_text("{}")
    with pytest.raises(RunError, match=r"metrics.json is damaged: it has no weights_sha256\.$"):
        load_network(trained.run)


@pytest.mark.parametrize(
    ("entry", "value", "words"),
    [
        ("seed", "x", "seed is 'x'; it must be a whole number."),
        ("seed", None, "it has no 'seed'."),
        ("processes", 0.5, "processes is 0.5; it must be a whole number."),
        ("data", {"class_names": list("abcd"), "path": 3}, "the path of its data is 3"),
        ("data", "mnist", "its data are 'mnist', no object"),
        (
            "data",
            {"class_names": list("abcd"), "sha256": ["x"]},
            "the sha256 of its data are ['x'], no object",
        ),
    ],
)
def test_a_damaged_entry_of_a_runs_settings_is_named(
    trained: TrainedRun, entry: str, value: object, words: str
) -> None:
    path = trained.run.path / "run.json"
    settings = json.loads(path.read_text())
    settings[entry] = value
    path.write_text(json.dumps({key: each for key, each in settings.items() if each is not None}))
    with pytest.raises(RunError) as caught:
        open_run(trained.run.path)
    assert str(caught.value) == f"{path} is damaged: {words}"


@pytest.mark.parametrize(
    ("entry", "value", "words"),
    [
        ("losses", float("inf"), "its losses are no numbers."),
        ("accuracies", float("nan"), "its accuracies are no numbers."),
        ("epoch_losses", 10**400, "its epoch_losses are no numbers."),
        ("epoch_accuracies", True, "its epoch_accuracies are no numbers."),
        ("seconds", 10**400, "its seconds are no numbers."),
        ("epoch_steps", 0, "its epoch_steps are none of its 6 steps."),
        ("epoch_steps", 7, "its epoch_steps are none of its 6 steps."),
    ],
)
def test_a_history_of_what_no_training_gives_is_named(
    trained: TrainedRun, entry: str, value: object, words: str
) -> None:
    path = trained.run.path / "history.json"
    content = json.loads(path.read_text())
    wrong = value if entry == "seconds" else [*content[entry][:-1], value]
    path.write_text(json.dumps({**content, entry: wrong}))
    with pytest.raises(RunError) as caught:
        read_history(trained.run)
    assert str(caught.value) == f"{path} is damaged: {words}"


@pytest.mark.parametrize(
    ("file", "entry", "words"),
    [
        ("history.json", "accuracies", "its losses and accuracies are not equally many."),
        ("history.json", "epoch_losses", "its epoch_steps and epoch_losses are not equally many."),
        ("metrics.json", "test", "The stored evaluation is incomplete"),
    ],
)
def test_doctor_names_the_file_of_numbers_that_contradict_each_other(
    trained: TrainedRun, file: str, entry: str, words: str
) -> None:
    path = trained.run.path / file
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, entry: []}))
    (found,) = examine_path(trained.run.path)
    assert not found.is_sound
    assert found.found.startswith(f"{path} is damaged: {words}")


def other_shape(path: Path) -> None:
    state = safetensors.torch.load(path.read_bytes())
    state["dense.bias"] = torch.zeros(7)
    path.write_bytes(safetensors.torch.save(state))


def other_names(path: Path) -> None:
    state = safetensors.torch.load(path.read_bytes())
    state["dense.offset"] = state.pop("dense.bias")
    path.write_bytes(safetensors.torch.save(state))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def garbage(path: Path) -> None:
    path.write_bytes(b"\xff" * 64)


@pytest.mark.parametrize("with_metrics", [True, False])
@pytest.mark.parametrize("damage", [other_shape, other_names, cut, garbage])
def test_weights_that_do_not_fit_are_refused_by_name(
    trained: TrainedRun, damage: Callable[[Path], None], with_metrics: bool
) -> None:
    damage(trained.run.path / "weights.safetensors")
    if not with_metrics:  # which holds the weights' hash
        (trained.run.path / "metrics.json").unlink()
    with pytest.raises(RunError, match=r"weights\.safetensors"):
        load_network(trained.run)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"format": 99}', '{"format": 1}',
                '{"format": 1, "recipe": 3, "seed": 0, "engine": {}, "data": {}}'],
)  # fmt: skip
def test_damaged_settings_are_a_run_error_that_names_the_folder(
    trained: TrainedRun, content: str
) -> None:
    (trained.run.path / "run.json").write_text(content)
    with pytest.raises(RunError, match="run"):
        open_run(trained.run.path)


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"is no run folder: it has no run\.json\.$"):
        open_run(tmp_path)
    with pytest.raises(UsageError, match="no run folder"):
        open_run(tmp_path / "nowhere")


def test_a_taken_name_is_refused_and_the_run_left_alone(
    trained: TrainedRun, recipe: Recipe, bars: Dataset
) -> None:
    before = (trained.run.path / "run.json").read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        train(recipe, bars, folder=trained.run.path.parent, name="run")
    assert (trained.run.path / "run.json").read_bytes() == before


def test_a_second_training_into_a_run_is_refused_while_the_first_lives(
    recipe: Recipe, bars: Dataset, engine: Engine, tmp_path: Path
) -> None:
    from inkdigits.training.run import create_run

    run = create_run(recipe, bars, engine, 0, tmp_path, "run")
    script = (
        "import sys, filelock\n"
        f"lock = filelock.FileLock({str(run.path / '.lock')!r})\n"
        "lock.acquire()\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(RunError, match="in use: another training"):
            resume(run.path, bars)
        other.kill()  # a dead process holds nothing
    assert resume(run.path, bars).run.is_complete


def test_a_folder_that_cannot_be_written_is_an_output_error(
    recipe: Recipe, bars: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="Cannot write"):
        train(recipe, bars, folder=tmp_path / "file" / "runs")


def test_runs_of_the_same_second_get_names_of_their_own(
    recipe: Recipe, bars: Dataset, engine: Engine, tmp_path: Path
) -> None:
    from inkdigits.training.run import create_run

    paths = {create_run(recipe, bars, engine, 0, tmp_path, None).path for _ in range(4)}
    assert len(paths) == 4


def test_a_run_remembers_class_names(trained: TrainedRun) -> None:
    run: Run = open_run(trained.run.path)
    assert run.class_names == ("top", "left", "bottom", "right")
