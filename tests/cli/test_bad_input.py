"""Bad input: one sentence that names the thing, the documented exit code, nothing left behind."""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inkdigits.data import Dataset
from inkdigits.data.idx import encode_idx
from tests.cli.conftest import Inkdigits, Outcome


def check_sentence(outcome: Outcome, code: int, *words: str) -> None:
    assert outcome.code == code, outcome.err
    assert "Traceback" not in outcome.err + outcome.out
    last = outcome.err.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    for word in words:
        assert word in last


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "--recipe", "labb"], ["labb", "lab"]),
        (["train", "--kernel", "31"], ["31x31", "28x28"]),
        (["train", "--filters", "8,8,8,8,8,8"], ["Stage"]),
        (["train", "--filters", "8,x"], ["8,x"]),
        (["train", "--epochs", "0"], ["epochs"]),
        (["train", "--batch-size", "0"], ["batch_size"]),
        (["train", "--learning-rate", "-1"], ["learning_rate"]),
        (["train", "--learning-rate", "nan"], ["learning_rate"]),
        (["train", "--dropout", "1"], ["dropout"]),
        (["train", "--set", "speed=3"], ["speed"]),
        (["train", "--set", "speed"], ["key=value"]),
        (["train", "--epochs", "1", "--set", "epochs=2"], ["--set epochs=2", "--epochs says"]),
        (
            ["summary", "--learning-rate", "1", "--set", " optimizer.learning_rate =2"],
            ["--learning-rate says already what optimizer.learning_rate is"],
        ),
        (["train", "--set", "network.classes=5"], ["network.classes", "data"]),
        (["train", "--set", "optimizer.epsilon=0"], ["epsilon"]),
        (["train", "--seed", "-1"], ["--seed"]),
        (["train", "--name", "../up"], ["../up", "name for a run"]),
        (["train", "--padding", "mirror"], ["--padding"]),
        (["train", "--data", "nowhere.npz"], ["nowhere.npz"]),
        (["train", "--resume", "nowhere"], ["nowhere"]),
        (["train", "--resume", "nowhere", "--epochs", "3"], ["--epochs", "--resume"]),
        (["train", "--teacher", "nowhere"], ["nowhere"]),
        (["train", "--teacher", "runs/a", "--ensemble", "2"], ["--teacher", "--ensemble"]),
        (["train", "--device", "warp"], ["warp"]),
        (["evaluate", "nowhere"], ["nowhere"]),
        (["show", "nowhere"], ["nowhere"]),
        (["compare", "nowhere"], ["nowhere"]),
        (["board", "nowhere"], ["nowhere"]),
        (["study", "lab", "--only", "magic"], ["magic"]),
        (["study", "data", "--only", "magic"], ["magic"]),
        (["study", "data", "--sizes", "10,7"], ["7 images", "50,000"]),
        (["study", "noise", "--wrong", "100"], ["100%"]),
        (["summary", "--kernel", "99"], ["99"]),
        (["summary", "nowhere"], ["nowhere"]),
        (["summary", "nowhere", "--kernel", "5"], ["--kernel", "RUN"]),
        (["data", "--png", "sheet.jpg"], ["--png", "sheet.jpg", ".png"]),
        (["show", "nowhere", "--png", "shown.gif"], ["shown.gif"]),
        (["compare", "shipped", "shipped", "--gallery", "a.svg"], ["--gallery", "a.svg"]),
        (["fly"], ["fly"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_requests_exit_with_2(
    inkdigits: Inkdigits,
    arguments: list[str],
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    check_sentence(inkdigits(*arguments), 2, *words)
    assert list(tmp_path.iterdir()) == []


def write_set(folder: Path, mnist: Dataset) -> None:
    folder.mkdir()
    train, test = mnist.first(64, 16)
    for name, array in (
        ("train-images-idx3-ubyte", train.images), ("train-labels-idx1-ubyte", train.labels),
        ("t10k-images-idx3-ubyte", test.images), ("t10k-labels-idx1-ubyte", test.labels),
    ):  # fmt: skip
        (folder / name).write_bytes(encode_idx(array))


def truncated(folder: Path) -> Path:
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-5])
    return path


def huge_count(folder: Path) -> Path:
    path = folder / "t10k-labels-idx1-ubyte"
    path.write_bytes(b"\0\0\x08\x01\xff\xff\xff\xff" + b"\0" * 16)
    return path


def no_idx(folder: Path) -> Path:
    path = folder / "train-labels-idx1-ubyte"
    path.write_bytes(b"these are no labels at all, but text")
    return path


def broken_gzip(folder: Path) -> Path:
    path = folder / "t10k-images-idx3-ubyte"
    content = gzip.compress(path.read_bytes())
    path.unlink()
    path = path.with_name(path.name + ".gz")
    path.write_bytes(content[: len(content) // 2])
    return path


def other_shape(folder: Path) -> Path:
    path = folder / "t10k-images-idx3-ubyte"
    path.write_bytes(encode_idx(np.zeros((16, 14, 28), np.uint8)))
    return folder


def other_count(folder: Path) -> Path:
    path = folder / "train-labels-idx1-ubyte"
    path.write_bytes(encode_idx(np.zeros(63, np.uint8)))
    return folder


@pytest.mark.parametrize(
    "damage", [truncated, huge_count, no_idx, broken_gzip, other_shape, other_count]
)
def test_damaged_data_exits_with_1_and_names_the_file(
    inkdigits: Inkdigits, mnist: Dataset, tmp_path: Path, damage: Callable[[Path], Path]
) -> None:
    write_set(tmp_path / "set", mnist)
    named = damage(tmp_path / "set")
    outcome = inkdigits("train", "--data", tmp_path / "set", "--runs", tmp_path / "runs")
    check_sentence(outcome, 1, str(named))
    assert not (tmp_path / "runs").exists()


def test_a_damaged_npz_and_one_with_pickles_are_refused(
    inkdigits: Inkdigits, small_npz: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.npz"
    cut.write_bytes(small_npz.read_bytes()[:-100])
    check_sentence(inkdigits("train", "--data", cut), 1, "cut.npz")
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, x_train=np.array([{"a": 1}], dtype=object))
    check_sentence(inkdigits("train", "--data", pickled), 1, "pickled.npz")


def test_labels_out_of_range_are_refused(inkdigits: Inkdigits, tmp_path: Path) -> None:
    path = tmp_path / "labels.npz"
    images = np.zeros((4, 28, 28), np.uint8)
    np.savez(path, x_train=images, y_train=[0, 1, 300, 2], x_test=images, y_test=[0, 1, 2, 3])
    check_sentence(inkdigits("train", "--data", path), 1, "labels.npz", "300")


def test_an_index_beyond_the_set_is_refused(
    inkdigits: Inkdigits, small_run: Path, small_npz: Path
) -> None:
    for index in (100, -1):
        outcome = inkdigits("show", small_run, "--data", small_npz, "--index", index)
        check_sentence(outcome, 2, f"no test image {index}", "0 to 99")


def test_images_of_another_size_than_the_runs_are_refused(
    inkdigits: Inkdigits, small_run: Path, tmp_path: Path
) -> None:
    path = tmp_path / "small-images.npz"
    images, labels = np.zeros((4, 20, 20), np.uint8), np.arange(4, dtype=np.uint8)
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    check_sentence(inkdigits("evaluate", small_run, "--data", path), 2, "28x28", "20x20")


def test_a_run_without_weights_or_with_foreign_ones_is_refused(
    inkdigits: Inkdigits, small_run: Path, small_npz: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(small_run, run)
    weights = run / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    check_sentence(inkdigits("evaluate", run, "--data", small_npz), 1, "weights.safetensors")
    weights.unlink()
    check_sentence(inkdigits("show", run, "--data", small_npz), 1, "weights.safetensors")
    (run / "run.json").write_text("{")
    check_sentence(inkdigits("evaluate", run, "--data", small_npz), 1, "run.json")


def test_a_complete_run_is_not_resumed(
    inkdigits: Inkdigits, small_run: Path, small_npz: Path
) -> None:
    outcome = inkdigits("train", "--resume", small_run, "--data", small_npz)
    check_sentence(outcome, 2, "complete")


def test_a_run_goes_on_only_with_its_own_data(
    inkdigits: Inkdigits, small_run: Path, mnist: Dataset, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(small_run, run)
    (run / "weights.safetensors").unlink()
    write_set(tmp_path / "set", mnist)
    outcome = inkdigits("train", "--resume", run, "--data", tmp_path / "set")
    check_sentence(outcome, 1, "begun on", "--data")


def test_an_unwritable_output_is_named(
    inkdigits: Inkdigits, small_npz: Path, small_run: Path, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder is wanted")
    outcome = inkdigits("train", "--data", small_npz, "--runs", blocked / "runs")
    check_sentence(outcome, 1, str(blocked))
    outcome = inkdigits("show", small_run, "--data", small_npz, "--png", blocked / "picture.png")
    check_sentence(outcome, 1, str(blocked))


def test_escapes_in_a_file_name_do_not_reach_the_terminal(
    inkdigits: Inkdigits, tmp_path: Path
) -> None:
    evil = tmp_path / "a\x1b[31mb\u202ec.npz"
    outcome = inkdigits("train", "--data", evil)
    assert outcome.code == 2
    assert "\x1b" not in outcome.err
    assert "\u202e" not in outcome.err
    assert r"a\x1b[31mb\u202ec.npz" in outcome.err
