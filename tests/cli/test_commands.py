"""Each command does what it says, on a small set of real digits."""

import importlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from inkdigits import __version__, find_recipe
from inkdigits.data import Dataset
from inkdigits.evaluation.mcnemar import holm
from inkdigits.figures.augmented import augmented_figure
from tests.cli.conftest import Inkdigits


def test_help_lists_the_commands_and_imports_nothing_heavy() -> None:
    script = (
        "import sys; from inkdigits.cli import main\n"
        "try: main(['--help'])\n"
        "finally: print([name for name in ('torch', 'numpy', 'rich', 'matplotlib') "
        "if name in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert output.returncode == 0
    assert output.stdout.rstrip().endswith("[]")
    for command in ("train", "evaluate", "show", "compare", "study", "board", "summary"):
        assert command in output.stdout


def test_figures_need_no_backend_of_matplotlibs() -> None:
    script = (
        "from inkdigits.cli import main\n"
        "try: main(['--version'])\n"
        "finally: import inkdigits.figures.style"
    )
    environment = {**os.environ, "MPLBACKEND": "nonsense"}
    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment
    )
    assert output.returncode == 0, output.stderr


def test_summary_prints_keras_totals_without_torch() -> None:
    script = (
        "import sys; from inkdigits.cli import main\n"
        "try: main(['summary', '--recipe', 'lab'])\n"
        "finally: assert 'torch' not in sys.modules"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert output.returncode == 0, output.stderr
    for line in (
        "Total params: 104,288 (407.38 KB)",
        "Trainable params: 34,698 (135.54 KB)",
        "Non-trainable params: 192 (768.00 B)",
        "Optimizer params: 69,398 (271.09 KB)",
    ):
        assert line in output.stdout
    assert "conv2d_1 (Conv2D)" in output.stdout
    assert "(None, 14, 14, 32)" in output.stdout


def test_version(inkdigits: Inkdigits) -> None:
    assert inkdigits("--version").out == f"inkdigits, version {__version__}\n"


def test_summary_follows_the_options(inkdigits: Inkdigits) -> None:
    outcome = inkdigits(
        "summary",
        "--recipe",
        "lab",
        "--filters",
        "8,16",
        "--padding",
        "reflect",
        "--pooling",
        "min",
    )
    assert outcome.code == 0
    for word in ("reflect_padding2d", "min_pooling2d", "(None, 14, 14, 16)"):
        assert word in outcome.out
    momentum = inkdigits("summary", "--optimizer", "sgd", "--set", "optimizer.momentum=0.9").out
    (trainable,) = re.findall(r"Trainable params: ([\d,]+)", momentum)
    assert f"Optimizer params: {int(trainable.replace(',', '')) + 2:,} " in momentum


def test_recipes_lists_lab(inkdigits: Inkdigits) -> None:
    (line,) = (line for line in inkdigits("recipes").out.splitlines() if line.startswith("lab "))
    assert "34,698" in line
    assert "98.9" in line


def test_train_says_what_it_did_and_where(
    inkdigits: Inkdigits, small_npz: Path, tmp_path: Path
) -> None:
    outcome = inkdigits(
        "train", "--recipe", "lab", "--data", small_npz, "--epochs", 1, "--runs", tmp_path,
        "--seed", 5, "--set", "network.stages.1.filters=8", "--activation", "leaky_relu",
        "--threads", 1,
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert re.search(r"Test accuracy \d+\.\d\d% \(\d+ of 100; 95% interval", outcome.out)
    assert "small served by the given path" in outcome.err
    assert "Epoch 1/1" in outcome.err
    (run,) = tmp_path.iterdir()
    recipe = json.loads((run / "run.json").read_text())["recipe"]
    assert recipe["network"]["stages"][0]["filters"] == 8
    assert {stage["activation"] for stage in recipe["network"]["stages"]} == {"leaky_relu"}


def test_images_of_dark_ink_are_told_before_training(mnist: Dataset) -> None:
    hints = importlib.import_module("inkdigits.cli.train")._hints
    images = mnist.train.images[:300]
    assert not list(hints(find_recipe("lab"), np.tile(images, (100, 1, 1))))
    (told,) = hints(find_recipe("lab"), np.tile(255 - images, (100, 1, 1)))
    assert "look dark on light" in told
    assert "255 - images" in told


def test_evaluate_prints_figures_that_an_independent_count_gives(
    inkdigits: Inkdigits, small_run: Path, small_npz: Path, tmp_path: Path
) -> None:
    png = tmp_path / "confusion.png"
    outcome = inkdigits(
        "evaluate", small_run, "--data", small_npz, "--format", "json", "--png", png
    )
    assert outcome.code == 0, outcome.err
    figures = json.loads(outcome.out)
    confusion = np.array(figures["confusion_matrix"])
    with np.load(small_npz) as data:
        assert confusion.sum(1).tolist() == np.bincount(data["y_test"], minlength=10).tolist()
    assert figures["accuracy"] == confusion.trace() / 100
    recorded = json.loads((small_run / "metrics.json").read_text())
    assert figures == recorded["test"]
    with Image.open(png) as picture:
        assert picture.format == "PNG"


def test_evaluate_as_text_has_interval_classes_and_matrix(
    inkdigits: Inkdigits, small_run: Path, small_npz: Path
) -> None:
    out = inkdigits("evaluate", small_run, "--data", small_npz).out
    for word in ("95% interval", "precision", "recall", "F1", "Confusion matrix"):
        assert word in out
    assert (small_run / "figures" / "confusion.png").exists()


def test_show_prints_the_digit_label_prediction_and_ten_probabilities(
    inkdigits: Inkdigits, small_run: Path, small_npz: Path, tmp_path: Path
) -> None:
    png = tmp_path / "shown.png"
    outcome = inkdigits("show", small_run, "--data", small_npz, "--index", 47, "--png", png)
    assert outcome.code == 0, outcome.err
    assert "Test image 47. Label: 2" in outcome.out
    assert re.search(r"Predicted label: \d", outcome.out)
    assert len(re.findall(r"\d\.\d%", outcome.out)) == 10
    assert png.exists()


def test_show_writes_mistakes_filters_and_maps(
    inkdigits: Inkdigits, small_run: Path, small_npz: Path, tmp_path: Path
) -> None:
    run = tmp_path / "copy"
    shutil.copytree(small_run, run)
    outcome = inkdigits("show", run, "--data", small_npz, "--mistakes", "--filters", "--maps", 3)
    assert outcome.code == 0, outcome.err
    assert "of 100 test images misread" in outcome.out
    assert "Stage 3, receptive field 18x18: 8 feature maps of 7x7" in outcome.out
    names = {path.name for path in (run / "figures").iterdir()}
    assert names >= {
        "mistakes.png", "filters-1.png", "filters-2.png", "filters-3.png", "maps-3.png",
    }  # fmt: skip


def test_compare_shows_what_differs(
    inkdigits: Inkdigits, small_run: Path, small_npz: Path, tmp_path: Path
) -> None:
    inkdigits("train", "--recipe", "lab", "--filters", "8,8,8", "--data", small_npz, "--epochs", 1,
              "--runs", tmp_path, "--name", "other", "--dropout", 0.25, "--threads", 1)  # fmt: skip
    png = tmp_path / "both.png"
    outcome = inkdigits("compare", small_run, tmp_path / "other", "--png", png)
    assert outcome.code == 0, outcome.err
    header, first, second = outcome.out.splitlines()
    assert "network.dropout" in header
    assert "epochs" in header
    assert "0.5" in first
    assert "0.25" in second
    assert png.exists()
    again = inkdigits("compare", small_run, tmp_path / "other", png)  # as a shell's * would name it
    assert (again.code, again.out) == (0, outcome.out)
    assert inkdigits("compare", png).code == 2


def test_compare_has_a_column_a_run_where_much_differs(
    inkdigits: Inkdigits, small_run: Path, small_npz: Path, tmp_path: Path
) -> None:
    trained = inkdigits("train", "--data", small_npz, "--runs", tmp_path, "--name", "quick",
                        "--threads", 1)  # fmt: skip
    assert trained.code == 0, trained.err
    outcome = inkdigits("compare", small_run, tmp_path / "quick", "--png", tmp_path / "both.png")
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[0].split() == ["small", "quick"]
    lines = {line.split()[0]: line.split()[1:] for line in outcome.out.splitlines()[1:]}
    assert lines["label_smoothing"] == ["0.0", "0.1"]
    assert lines["batch_size"] == ["128", "384"]


def test_data_prints_shapes_and_hashes(
    inkdigits: Inkdigits, small_npz: Path, tmp_path: Path
) -> None:
    outcome = inkdigits("data", "--data", small_npz, "--png", tmp_path / "sheet.png")
    assert outcome.code == 0, outcome.err
    assert "Dimension of x_train: (640, 28, 28) uint8" in outcome.out
    assert len(re.findall(r"SHA-256 of \w+: [0-9a-f]{64}", outcome.out)) == 4
    assert (tmp_path / "sheet.png").exists()


def test_study_trains_compares_and_goes_on_where_it_was(
    inkdigits: Inkdigits, small_npz: Path, tmp_path: Path
) -> None:
    arguments = ["study", "lab", "--data", small_npz, "--only", "sigmoid,sgd", "--epochs", 1,
                 "--out", tmp_path, "--threads", 1]  # fmt: skip
    first = inkdigits(*arguments, "--seeds", 1)
    assert first.code == 0, first.err
    assert len(re.findall(r"about .* min left", first.err)) == 3
    (tmp_path / "sgd" / "seed-0.json").unlink()  # as if it had been stopped before this one
    second = inkdigits(*arguments, "--seeds", 2)
    assert len(re.findall("kept from before", second.err)) == 2
    assert len(re.findall(r"about .* min left", second.err)) == 4
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    assert [row["variant"] for row in rows] == ["baseline", "sigmoid", "sgd"]
    for row in rows:
        assert len(row["accuracies"]) == 2
        expected = np.mean(row["accuracies"]) - np.mean(rows[0]["accuracies"])
        if row["variant"] != "baseline":
            assert row["difference_mean"] == pytest.approx(expected)
    p_values = [row["p_value"] for row in rows[1:]]
    assert [row["p_value_corrected"] for row in rows] == [None, *holm(p_values)]
    assert (tmp_path / "table.txt").read_text() in second.out
    assert "p, Holm" in second.out
    assert "2 seeds; accuracy on 106 held-out training images" in second.out
    assert "corrected for 2 claims" in second.out
    assert (tmp_path / "differences.png").exists()


def test_training_on_folders_of_pictures_with_two_classes(
    inkdigits: Inkdigits, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    for label, place in (("bar", 4), ("dot", 9)):
        folder = tmp_path / "pictures" / label
        folder.mkdir(parents=True)
        for number in range(12):
            pixels = rng.integers(0, 50, (14, 14), dtype=np.uint8)
            pixels[place, 2:12] = 255
            Image.fromarray(pixels).save(folder / f"{number}.png")
    arguments = ["train", "--data", tmp_path / "pictures", "--runs", tmp_path / "runs",
                 "--name", "own", "--epochs", 1, "--threads", 1]  # fmt: skip
    refused = inkdigits(*arguments)  # made for 28x28
    assert refused.code == 2
    assert "The recipe quick does not fit images of 14x14" in refused.err
    outcome = inkdigits(*arguments, "--recipe", "lab")
    assert outcome.code == 0, outcome.err
    hint = outcome.err.splitlines()[-1].removeprefix("Next: inkdigits ")
    assert inkdigits(*shlex.split(hint)).code == 0
    labels = set()
    for index in range(4):  # in a mixed order
        shown = inkdigits("show", tmp_path / "runs" / "own", "--data", tmp_path / "pictures",
                          "--index", index)  # fmt: skip
        labels |= set(re.findall("Label: (bar|dot)", shown.out))
    assert labels == {"bar", "dot"}


def test_other_data_than_the_runs_own_leaves_its_figures_alone(
    inkdigits: Inkdigits, small_run: Path, small_npz: Path, tmp_path: Path
) -> None:
    with np.load(small_npz) as data:
        arrays = {name: data[name] for name in data.files}
    other = tmp_path / "other.npz"
    np.savez(other, **(arrays | {"x_test": arrays["x_test"][:50], "y_test": arrays["y_test"][:50]}))
    before = {path: path.read_bytes() for path in small_run.rglob("*") if path.is_file()}
    for command in (["evaluate", small_run], ["show", small_run, "--mistakes", "--maps", 2]):
        outcome = inkdigits(*command, "--data", other)
        assert outcome.code == 0, outcome.err
        assert "not the data" in outcome.err
    png = tmp_path / "drawn.png"
    assert inkdigits("evaluate", small_run, "--data", other, "--png", png).code == 0
    assert png.exists()
    assert before == {path: path.read_bytes() for path in small_run.rglob("*") if path.is_file()}


def test_a_study_under_other_conditions_is_refused_in_the_same_folder(
    inkdigits: Inkdigits, small_npz: Path, tmp_path: Path
) -> None:
    arguments = ["study", "lab", "--data", small_npz, "--only", "sgd", "--seeds", 1,
                 "--out", tmp_path, "--threads", 1]  # fmt: skip
    assert inkdigits(*arguments, "--epochs", 1).code == 0
    before = (tmp_path / "results.json").read_bytes()
    outcome = inkdigits(*arguments, "--epochs", 2)
    assert outcome.code == 2
    assert "epochs was 1, is 2" in outcome.err
    assert "--out" in outcome.err
    assert (tmp_path / "results.json").read_bytes() == before


def test_a_study_keeps_earlier_variants_and_compares_each_with_its_counterpart(
    inkdigits: Inkdigits, small_npz: Path, tmp_path: Path
) -> None:
    arguments = ["study", "lab", "--data", small_npz, "--seeds", 2, "--epochs", 1,
                 "--out", tmp_path, "--threads", 1, "--only"]  # fmt: skip
    assert inkdigits(*arguments, "sgd").code == 0
    outcome = inkdigits(*arguments, "linear")
    assert outcome.code == 0, outcome.err
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    means = {row["variant"]: np.mean(row["accuracies"]) for row in rows}
    assert set(means) == {"baseline", "linear", "pooling-average", "sgd"}
    for row in rows[1:]:
        expected = means[row["variant"]] - means[row["compared_with"]]
        assert row["difference_mean"] == pytest.approx(expected)
    assert {row["variant"]: row["compared_with"] for row in rows}["linear"] == "pooling-average"


def test_the_history_is_kept_for_every_batch(small_run: Path) -> None:
    history = json.loads((small_run / "history.json").read_text())
    assert len(history["losses"]) == len(history["accuracies"]) == 10  # 640 / 128 x 2
    assert history["epoch_steps"] == [5, 10]


def test_module_and_command_are_the_same() -> None:
    output = subprocess.run(
        [sys.executable, "-m", "inkdigits", "--version"], capture_output=True, text=True
    )
    assert output.stdout == f"inkdigits, version {__version__}\n"


def test_show_augmented_draws_a_recipes_changes_and_refuses_one_without(
    inkdigits: Inkdigits, small_run: Path, small_npz: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    said: list[str] = []

    def drawn(images: np.ndarray, changed: np.ndarray, title: str, reach: str) -> Figure:
        said.append(reach)
        return augmented_figure(images, changed, title, reach)

    monkeypatch.setattr("inkdigits.figures.augmented.augmented_figure", drawn)
    run = tmp_path / "augmented"
    arguments = ["--data", small_npz, "--epochs", 1, "--threads", 1, "--filters", "4",
                 "--runs", tmp_path, "--name", "augmented"]  # fmt: skip
    changes = ["--set", "augmentation.rotation=15", "--set", "augmentation.elastic=0.5"]
    assert inkdigits("train", *arguments, *changes).code == 0
    outcome = inkdigits("show", run, "--augmented", "--data", small_npz)
    assert outcome.code == 0, outcome.err
    with Image.open(run / "figures" / "augmented.png") as picture:
        assert picture.width > 500
    assert said == ["rotation ±15°, elastic 0.5 px (sd), elastic_grid 5"]
    refused = inkdigits("show", small_run, "--augmented", "--data", small_npz)
    assert refused.code == 2
    assert "has no augmentation" in refused.err
    assert inkdigits("show", "--augmented").code == 2
    assert inkdigits("show").code == 2
    assert "RUN" in inkdigits("show").err


def test_classes_of_other_names_are_not_scored_as_if_they_were_the_runs(
    inkdigits: Inkdigits, tmp_path: Path
) -> None:
    for number, label in enumerate("abc"):
        for folder in ("first", *(("second",) if number else ())):
            draw_bars(tmp_path / folder / label, 4 + 3 * number)
    run = tmp_path / "runs" / "own"
    trained = inkdigits("train", "--recipe", "lab", "--data", tmp_path / "first", "--epochs", 1,
                        "--runs", run.parent, "--name", "own", "--threads", 1)  # fmt: skip
    assert trained.code == 0, trained.err
    outcome = inkdigits("evaluate", run, "--data", tmp_path / "second")
    assert outcome.code == 2
    assert "a class 'a' where" in outcome.err


def draw_bars(folder: Path, place: int) -> None:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(place)
    for number in range(8):
        pixels = rng.integers(0, 50, (14, 14), dtype=np.uint8)
        pixels[place, 2:12] = 255
        Image.fromarray(pixels).save(folder / f"{number}.png")


def test_options_count_by_their_outcome_only(inkdigits: Inkdigits, tmp_path: Path) -> None:
    # Each of these changes alone would not fit.
    outcome = inkdigits("summary", "--filters", "8,16,32,64", "--kernel", 3, "--padding", "same")
    assert outcome.code == 0, outcome.err
    for label in ("a", "b"):
        draw_bars(tmp_path / "set" / label, 5)
    outcome = inkdigits("train", "--data", tmp_path / "set", "--padding", "same",
                        "--kernel", 3, "--threads", 1, "--runs", tmp_path / "runs")  # fmt: skip
    assert outcome.code == 0, outcome.err


def test_a_claim_that_does_not_fit_the_data_is_no_obstacle_to_the_others(
    inkdigits: Inkdigits, tmp_path: Path
) -> None:
    for label in ("a", "b"):
        draw_bars(tmp_path / "set" / label, 5)
    study = ["study", "lab", "--data", tmp_path / "set", "--seeds", 1, "--epochs", 1,
             "--threads", 1, "--out", tmp_path / "study", "--only"]  # fmt: skip
    refused = inkdigits(*study, "padding-valid")
    assert refused.code == 2
    assert not (tmp_path / "study").exists()
    assert inkdigits(*study, "l2").code == 0
