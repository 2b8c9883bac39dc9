"""`inkdigits compare` of models: McNemar's test and the images on which they differ."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from scipy import stats

from inkdigits.data import load_dataset
from inkdigits.figures.gallery import gallery_figure
from inkdigits.networks.predict import predict_logits
from inkdigits.recognition.recognizer import Recognizer
from inkdigits.training.run import open_run
from inkdigits.training.weights import load_network
from tests.cli.conftest import Inkdigits


@pytest.fixture
def other(inkdigits: Inkdigits, small_npz: Path, tmp_path: Path) -> Path:
    """Another run on the same data."""
    outcome = inkdigits("train", "--recipe", "lab", "--data", small_npz, "--epochs", 1, "--runs",
                        tmp_path, "--name", "other", "--threads", 1, "--seed", 3)  # fmt: skip
    assert outcome.code == 0, outcome.err
    return tmp_path / "other"


def test_two_runs_are_tested_on_the_images_that_one_of_them_misreads(
    inkdigits: Inkdigits, small_run: Path, other: Path, small_npz: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    titles: list[str] = []

    def drawn(images: np.ndarray, captions: list[str], title: str, *, empty: str) -> Figure:
        titles.append(title)
        return gallery_figure(images, captions, title, empty=empty)

    monkeypatch.setattr("inkdigits.figures.gallery.gallery_figure", drawn)
    arguments = ("compare", small_run, other, "--data", small_npz, "--png", tmp_path / "c.png")
    outcome = inkdigits(*arguments, "--format", "json", "--gallery", tmp_path / "g.png")
    assert outcome.code == 0, outcome.err
    test = load_dataset(small_npz).test
    first, second = (
        predict_logits(load_network(open_run(path)), test.images).argmax(1)
        for path in (small_run, other)
    )
    right, others = first == test.labels, second == test.labels
    found = json.loads(outcome.out)
    (pair,) = found["pairs"]
    assert pair["only_first_right"] == (right & ~others).sum()
    assert pair["only_second_right"] == (~right & others).sum()
    assert pair["both_wrong"] == (~right & ~others).sum()
    one, two = int((right & ~others).sum()), int((~right & others).sum())
    assert pair["p_value"] == pytest.approx(stats.binomtest(one, one + two).pvalue)
    assert [row["index"] for row in pair["differing"]] == np.flatnonzero(first != second).tolist()
    for row in pair["differing"]:
        index = row["index"]
        assert (row["label"], row["first"], row["second"]) == (
            str(test.labels[index]), str(first[index]), str(second[index])
        )  # fmt: skip
    runs = found["runs"]
    assert runs["seed"] == [0, 3]
    for name, key in (("accuracy", "test accuracy"), ("loss", "test loss")):
        assert runs[key] == pytest.approx([model[name] for model in found["models"]])
    assert runs["95% interval"] == [model["accuracy_interval_95"] for model in found["models"]]
    with Image.open(tmp_path / "g.png") as picture:
        assert picture.width > 200
    assert titles == [
        f"{len(pair['differing'])} of 100 test images read differently by small / other"
    ]
    text = inkdigits(*arguments).out
    assert f"only small (first) {one}; only other (second) {two}" in text
    assert "images differently: " in text


def test_runs_of_one_name_are_told_apart_and_the_one_stood_in_has_its_own(
    inkdigits: Inkdigits, small_run: Path, small_npz: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for folder in ("one", "two"):
        shutil.copytree(small_run, tmp_path / folder / "seed-0")
    monkeypatch.chdir(tmp_path / "one" / "seed-0")
    paths = [".", "../../two/seed-0", small_run]
    outcome = inkdigits("compare", *paths, "--data", small_npz, "--format", "json")
    assert outcome.code == 0, outcome.err
    assert (tmp_path / "one" / "comparison.png").exists()
    found = json.loads(outcome.out)
    names = [".", "../../two/seed-0", small_run.name]
    assert found["runs"]["run"] == [model["name"] for model in found["models"]] == names
    alone = inkdigits("compare", ".", small_run, "--data", small_npz)
    assert alone.out.splitlines()[1].split()[0] == "seed-0"


def test_a_model_and_itself_have_nothing_to_test(
    inkdigits: Inkdigits, small_run: Path, small_npz: Path, tmp_path: Path
) -> None:
    outcome = inkdigits("compare", small_run, small_run, "--data", small_npz,
                        "--png", tmp_path / "c.png", "--gallery", tmp_path / "g.png")  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert "nothing to test" in outcome.out
    assert "They read every image alike." in outcome.out
    assert (tmp_path / "g.png").exists()


def test_runs_tested_on_other_data_than_those_at_hand_are_not_tested_silently(
    inkdigits: Inkdigits, small_run: Path, other: Path, tmp_path: Path
) -> None:
    outcome = inkdigits("compare", small_run, other, "--png", tmp_path / "c.png")
    assert outcome.code == 0, outcome.err
    assert "McNemar's test needs the runs' test set; name it with --data." in outcome.err
    assert "McNemar" not in outcome.out


def test_accuracies_that_are_not_those_recorded_are_said_beside_the_test(
    inkdigits: Inkdigits, small_run: Path, other: Path, small_npz: Path, tmp_path: Path
) -> None:
    arguments = ("compare", small_run, other, "--png", tmp_path / "c.png", "--data")
    assert "As they read" not in inkdigits(*arguments, small_npz).out
    with np.load(small_npz) as arrays:
        fewer = {name: values[:37] for name, values in arrays.items()}
    np.savez(tmp_path / "fewer.npz", **fewer)
    out = inkdigits(*arguments, tmp_path / "fewer.npz").out
    counts = re.search(
        r"Both right (\d+); only small \(first\) (\d+); only other \(second\) (\d+)", out
    )
    assert counts
    both, first, second = map(int, counts.groups())
    shown = out[out.index("As they read fewer ('no digit' is no answer):") :].splitlines()[2:4]
    for line, right in zip(shown, (both + first, both + second), strict=True):
        assert f" {right / 37:.2%} " in line


def test_runs_files_and_the_shipped_network_stand_side_by_side(
    inkdigits: Inkdigits, small_run: Path, other: Path, small_npz: Path
) -> None:
    models = ("shipped", small_run, other)
    outcome = inkdigits("compare", *models, "--data", small_npz, "--format", "json")
    assert outcome.code == 0, outcome.err
    found = json.loads(outcome.out)
    test = load_dataset(small_npz).test
    read = Recognizer().network.score(test.images).probabilities.argmax(1)
    assert found["models"][0]["accuracy"] == (read == test.labels).mean()
    assert [(pair["first"], pair["second"]) for pair in found["pairs"]] == [
        ("shipped", "small"), ("shipped", "other"), ("small", "other"),
    ]  # fmt: skip
    for pair in found["pairs"]:
        assert pair["p_value"] <= pair["p_value_corrected"] <= min(1, 3 * pair["p_value"]) + 1e-12
    text = inkdigits("compare", *models, "--data", small_npz).out
    assert "p, Holm" in text
    assert text.splitlines()[-3].split()[-1] == "shipped"  # better than what saw 640 digits


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["shipped", "nowhere"], ["nowhere"]),
        (["shipped"], ["shipped is no run", "second"]),
        (["shipped", "shipped", "--png", "curves.png"], ["--png"]),
        (["shipped", "--gallery", "g.png"], ["--gallery", "two"]),
    ],
)
def test_wrong_requests_exit_with_2(
    inkdigits: Inkdigits, arguments: list[str], words: list[str]
) -> None:
    outcome = inkdigits("compare", *arguments)
    assert outcome.code == 2
    for word in words:
        assert word in outcome.err
