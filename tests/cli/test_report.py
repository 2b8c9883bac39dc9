"""`inkdigits report`: its numbers, its text, and what is left out of it."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from inkdigits.data import Dataset, Split, load_dataset
from inkdigits.evaluation.adversarial import Attack
from inkdigits.evaluation.corruptions import CORRUPTIONS
from inkdigits.evaluation.selective import selective_curve
from inkdigits.models import open_model
from inkdigits.networks.description import NetworkDescription, Stage
from inkdigits.networks.predict import predict_logits
from inkdigits.recognition.modelfile import network_source
from inkdigits.report import Settings, measure, report_numbers, report_page
from inkdigits.report.reading import _answered
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import open_run
from inkdigits.training.weights import load_network
from inkdigits.workflow import train
from tests.cli.conftest import FEW, Inkdigits

SECTIONS = ("accuracy", "mistakes", "confidence", "corruptions", "refusal", "attacks",
            "attributions", "favourites", "changes", "measured")  # fmt: skip
ESCAPES = "--><b>$x$\x1b\u202e\ud800"


class Parsed(HTMLParser):
    """A page's elements, their attributes and their text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, name: str) -> list[str]:
        return [each[name] or "" for _, each in self.elements if name in each]


def test_its_numbers_are_what_an_independent_count_gives(
    page: Path, small_run: Path, small_npz: Path
) -> None:
    numbers = json.loads(page.with_suffix(".json").read_text())
    test = load_dataset(small_npz).test
    read = predict_logits(load_network(open_run(small_run)), test.images).argmax(1)
    assert numbers["test"]["accuracy"] == (read == test.labels).mean()
    wrong = np.flatnonzero(read != test.labels).tolist()
    assert sorted(mistake["index"] for mistake in numbers["mistakes"]) == wrong
    assert not any("disputed" in mistake for mistake in numbers["mistakes"])
    assert sum(row["readings"] for row in numbers["calibration"]["bins"]) == 100
    assert numbers["selective"]["answered"][0]["accuracy"] == numbers["test"]["accuracy"]
    sample = numbers["sample"]["indices"]
    assert len(set(sample)) == 12
    assert numbers["sample"]["right"] == (read == test.labels)[sample].sum()
    assert list(numbers["corruptions"]) == list(CORRUPTIONS)
    accuracies = [row["accuracy"] for row in numbers["attacks"]["accuracy"]]
    assert accuracies == sorted(accuracies, reverse=True)
    assert accuracies[0] == numbers["sample"]["right"] / 12
    assert [row["epsilon"] for row in numbers["attacks"]["accuracy"]] == [0, 0.1, 0.2, 0.3]
    assert all(0 <= area <= 1 for area in numbers["refusal_auroc"].values())
    for name, (low, high) in numbers["refusal_auroc_interval_95"].items():
        assert low <= numbers["refusal_auroc"][name] <= high
    assert {"letters", "scribbles", "textures"} < numbers["refusal_auroc"].keys()
    for each in numbers["attributions"]:
        assert each["sum"] == pytest.approx(each["output"] - each["baseline"], rel=0.05, abs=0.02)
    assert set(numbers["sensitivity"]) == {"stroke width", "tilt", "scale", "shift"}
    assert numbers["left_out"] == {}


def test_the_page_has_all_its_sections_and_asks_for_nothing(page: Path) -> None:
    text = page.read_text()
    parsed = Parsed(text)
    identities = parsed.values("id")
    assert len(set(identities)) == len(identities)
    assert set(SECTIONS) < set(identities)
    assert all(target.startswith(("#", "data:")) for target in parsed.values("href"))
    assert all(source.startswith("data:image/png;base64,") for source in parsed.values("src"))
    tags = [tag for tag, _ in parsed.elements]
    assert "script" not in tags
    assert tags.count("svg") == 10
    assert all(each.get("alt") for tag, each in parsed.elements if tag == "img")
    assert not parsed.values("style")
    assert "http" not in re.sub("http-equiv", "", text)
    for remark in (
        "mean of MNIST-C’s 15, of 12 images",
        "pixels by 0.1, of 12 images",
        "99.9% right, on these images",
        "what another training would give is not in that",
        "Of 100 readings: above the dashed line",
    ):
        assert remark in parsed.text


@pytest.mark.parametrize(
    ("sure", "right", "words"),
    [
        (
            [0.99996] * 98 + [0.5, 0.4],
            98,
            "at least 0.9999, of which 98 of 98 are right (95% interval 96.23% to 100.00%). That",
        ),
        ([0.9, 0.8], 0, "Of 2 images, not even the surest answers are 99.9% right."),
    ],
)
def test_a_threshold_says_how_far_it_can_be_trusted(
    sure: list[float], right: int, words: str
) -> None:
    assert words in _answered(selective_curve(np.array(sure), np.arange(len(sure)) < right))


def test_the_same_model_data_and_seed_give_the_same_page(
    page: Path, inkdigits: Inkdigits, small_run: Path, small_npz: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.html"
    outcome = inkdigits("report", small_run, "--data", small_npz, "--out", again, *FEW)
    assert outcome.code == 0, outcome.err
    assert again.read_bytes() == page.read_bytes()
    assert re.search(r"Measuring attacks \(\d+% done; about \d+ s left\)", outcome.err)
    assert "Test accuracy" in outcome.out


@pytest.fixture
def own_file(tmp_path: Path) -> Path:
    """A network as a file, which has no gradients."""
    source = network_source(None)
    assert isinstance(source, bytes)
    path = tmp_path / "own.onnx"
    path.write_bytes(source)
    return path


def test_of_a_file_what_needs_gradients_is_left_out_with_the_reason(
    inkdigits: Inkdigits, own_file: Path, small_npz: Path, tmp_path: Path
) -> None:
    out = tmp_path / "below" / "page.html"
    outcome = inkdigits("report", own_file, "--data", small_npz, "--out", out, *FEW)
    assert outcome.code == 0, outcome.err
    numbers = json.loads(out.with_suffix(".json").read_text())
    assert set(numbers["left_out"]) == {"attacks", "attributions", "favourite inputs"}
    assert numbers["attacks"] is None
    assert Parsed(out.read_text()).text.count("an ONNX file gives none") == 6


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Dataset]:
    """A run on images of 12x10 pixels of three classes, with names that would be HTML."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (90, 12, 10)).astype(np.uint8)
    split = Split(images, (np.arange(90) % 3).astype(np.uint8))
    network = NetworkDescription(stages=(Stage(3), Stage(4, pooling="none")))
    recipe = Recipe(name="tiny", network=network, epochs=1).for_data(3, (12, 10))
    folder = tmp_path_factory.mktemp("runs")
    harmless = Dataset("data", split, split, ("a", "b", "c"), "here")
    run = train(recipe, harmless, folder=folder, threads=1).run.path
    names = ("<script>alert(1)</script>", '"><img src=x onerror=alert(2)>', ESCAPES)
    settings = json.loads((run / "run.json").read_text())
    settings["data"]["class_names"] = names
    (run / "run.json").write_text(json.dumps(settings))
    path = run.rename(folder / "<h1>&'run'")
    return path, Dataset("<i>data</i>", split, split, names, "here")


def test_names_out_of_files_are_text_and_other_data_leave_parts_out(
    hostile: tuple[Path, Dataset],
) -> None:
    path, dataset = hostile
    findings = measure(open_model(path), dataset, Settings(8, attack=Attack(2, 1)))
    text = report_page(findings)
    parsed = Parsed(text)
    tags = [tag for tag, _ in parsed.elements]
    assert not {"script", "i", "u"} & set(tags)
    assert tags.count("h1") == 1
    assert not parsed.values("onerror")
    for name in (*dataset.class_names[:2], r"--><b>$x$\x1b\u202e\ud800", dataset.name, path.name):
        assert name in parsed.text
    text.encode()
    assert set(findings.left_out) == {"corruptions", "what is no digit"}
    assert "these have 10x12" in parsed.text
    assert "of 2 steps from 1 random start, on 8 test images" in parsed.text
    json.dumps(report_numbers(findings), allow_nan=False)


def test_disputed_labels_are_marked_on_mnist_itself(own_file: Path, mnist: Dataset) -> None:
    findings = measure(open_model(own_file), mnist, Settings(2))
    numbers = report_numbers(findings)
    marked = [each["index"] for each in numbers["mistakes"] if "disputed" in each]
    assert set(marked) == set(findings.disputed) & set(findings.mistakes.tolist())
    assert marked
    assert "Northcutt" in report_page(findings)


def test_a_model_without_a_mistake_has_a_page_too(hostile: tuple[Path, Dataset]) -> None:
    path, dataset = hostile
    model = open_model(path)
    read = model.score(dataset.test.images).probabilities.argmax(1).astype(np.uint8)
    flawless = Dataset(
        "easy", dataset.train, Split(dataset.test.images, read), dataset.class_names, "here"
    )
    findings = measure(model, flawless, Settings(3, attack=Attack(1, 1)))
    assert findings.evaluation.accuracy == 1
    assert "None in 90 test images" in report_page(findings)


def test_a_model_that_reads_nothing_rightly_has_a_page_too(hostile: tuple[Path, Dataset]) -> None:
    path, dataset = hostile
    model = open_model(path)
    images = dataset.test.images[:1]
    wrong = (model.score(images).probabilities.argmax(1) + 1).astype(np.uint8) % 3
    hard = Dataset("hard", dataset.train, Split(images, wrong), dataset.class_names, "here")
    text = Parsed(report_page(measure(model, hard, Settings(3, attack=Attack(1, 1))))).text
    assert "measured on hard: 1 test image of 3 classes" in text
    assert "not even the surest are 99.9% right" in text
    assert "as many as are 99.9% right: 0.00%––" in text
    assert "1 images" not in text
    assert "1 test images" not in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], ["nowhere"]),
        (["shipped", "--out", "numbers.json"], ["numbers.json"]),
        (["shipped", "--images", "0"], ["--images"]),
        (["shipped", "--data", "nowhere.npz"], ["nowhere.npz"]),
    ],
)
def test_wrong_requests_exit_with_2(
    inkdigits: Inkdigits, arguments: list[str], words: list[str]
) -> None:
    outcome = inkdigits("report", *arguments)
    assert outcome.code == 2
    assert "Traceback" not in outcome.err
    for word in words:
        assert word in outcome.err


def test_a_page_that_cannot_be_written_is_refused_before_anything_is_measured(
    inkdigits: Inkdigits, small_run: Path, small_npz: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "page.json").mkdir()
    for out, named in (("file/page.html", "file/page.html"), ("page.html", "page.json")):
        outcome = inkdigits("report", small_run, "--data", small_npz, "--out", tmp_path / out)
        assert outcome.code == 1
        assert outcome.err.startswith(f"Error: Cannot write {tmp_path / named}: ")
        assert len(outcome.err.splitlines()) == 1
    assert not (tmp_path / "page.html").exists()


def test_ctrl_c_leaves_nothing_half_written(
    small_run: Path, small_npz: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "inkdigits", "report", str(small_run), "--data",
               str(small_npz), "--out", str(tmp_path / "page.html")]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    for line in process.stderr:
        if "Measuring what is no digit" in line:
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.strip().splitlines()[-1] == "Stopped."
    assert list(tmp_path.iterdir()) == []
