"""Making the shipped network, on a small part of everything."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from inkdigits import Recognizer, recognition
from inkdigits.data import Dataset
from inkdigits.data.dataset import Split
from inkdigits.errors import RunError, UsageError
from inkdigits.evaluation.card import Card, measure
from inkdigits.shipping import making
from inkdigits.shipping.hands import teach_hands
from inkdigits.shipping.images import and_cuts, labelled
from inkdigits.shipping.making import make_model
from inkdigits.shipping.marks import drawn_marks
from inkdigits.shipping.strings import Making
from inkdigits.shipping.touching import make_touching
from inkdigits.teaching import SHIPPED_WEIGHTS
from inkdigits.training.recipes import SHIPPED, SHIPPED_HANDS, SHIPPED_TEACHER
from inkdigits.training.run import open_run
from inkdigits.training.stopping import Interrupted
from tests.training.stopping import StopAfter


@pytest.mark.usefixtures("few_to_ship")
def test_a_network_is_made_and_scored_without_the_test_sets_labels(
    mnist: Dataset, tmp_path: Path
) -> None:
    small = mnist.first(700, 50)
    wrong = replace(small, test=Split(small.test.images, (small.test.labels + 1) % 10))
    said: list[str] = []
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "CARD.json").write_text('{"sha256": {"shipped.onnx": "of the one before"}}')
    for number, dataset in enumerate((small, wrong)):
        made = make_model(
            dataset,
            tmp_path / str(number),
            recipe=replace(SHIPPED, epochs=1),
            teacher=replace(SHIPPED_TEACHER, epochs=1),
            runs=tmp_path / f"runs-{number}",
            report=said.append,
            with_card=False,
        )
        assert made is None
    first, second = ((tmp_path / name / "shipped.onnx").read_bytes() for name in "01")
    assert first == second
    assert sum(line.startswith("Held out: ") for line in said) == 2
    Recognizer(tmp_path / "1" / "shipped.onnx")
    assert len(Recognizer(tmp_path / "0" / "stages.onnx").stages(small.test.images[0])) == len(
        SHIPPED.network.stages
    )


def test_the_card_claims_the_hashes_of_all_that_ships() -> None:
    folder = Path(recognition.__path__[0])
    claims = json.loads((folder / "CARD.json").read_text())["sha256"]
    assert set(claims) == {
        "shipped.onnx",
        "stages.onnx",
        "shipped.safetensors",
        "touching.onnx",
    }
    for name, claim in claims.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == claim


def test_the_shipped_card_tells_the_figures_that_are_kept_beside_it() -> None:
    folder = Path(recognition.__file__).parent
    figures = json.loads((folder / "CARD.json").read_text(encoding="utf-8"))
    assert (folder / "CARD.md").read_text(encoding="utf-8") == Card(figures).text()


def test_a_card_says_what_was_measured(mnist: Dataset) -> None:
    made = {
        "recipe": SHIPPED.to_json(),
        "seed": 1,
        "temperature": 0.7,
        "training_images": 10,
        "held_out": {"images": 5, "accuracy": 0.99, "negative_log_likelihood": 0.02},
        "bytes": 1024,
        "largest_logit_difference": 1e-6,
    }
    network = Recognizer(threads=1).network
    card = measure(network, mnist.first(10, 200), made, lambda line: None, corrupted=20)
    read = network.score(mnist.test.images[:200]).probabilities.argmax(1)
    assert card.figures["test"]["accuracy"] == np.mean(read == mnist.test.labels[:200])
    assert len(card.figures["corruptions"]) == 15
    assert f"{card.figures['uci_accuracy']:.2%}" in card.text()
    assert "20 test images each, normalised as for reading | accuracy |" in card.text()
    assert card.figures["uci_accuracy"] > 0.97


@pytest.mark.usefixtures("few_to_ship")
def test_what_the_reader_cuts_out_of_pages_is_labelled_by_the_teacher(
    mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkdigits.shipping.images.CUT", 300)  # of several pages
    teacher = (Path(recognition.__path__[0]) / "shipped.onnx").read_bytes()
    data = labelled(mnist.first(300, 50), 4)
    more = and_cuts(data, mnist.train.images[:240], teacher, 4)
    before = len(data.train.labels)
    assert len(more.train.labels) == before + 300
    assert np.array_equal(more.train.images[:before], data.train.images)
    scores = Recognizer(threads=1).network.score(more.train.images[before:])
    labels = more.train.labels[before:]
    assert np.array_equal(labels == 10, scores.digit < 0.5)
    assert np.array_equal(labels[labels < 10], scores.probabilities.argmax(1)[labels < 10])
    assert 0.2 < np.mean(labels < 10) < 0.9
    again = and_cuts(data, mnist.train.images[:240], teacher, 4)
    assert np.array_equal(again.train.images, more.train.images)


@pytest.mark.usefixtures("few_to_ship")
def test_interrupted_while_pages_are_read_it_says_how_to_go_on(
    mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> Dataset:
        raise KeyboardInterrupt

    monkeypatch.setattr(making, "and_cuts", interrupt)
    teacher = replace(SHIPPED_TEACHER, epochs=1)
    with pytest.raises(Interrupted, match=r"inkdigits model --resume .*-shipped-teacher"):
        make_model(mnist.first(300, 50), tmp_path / "out", teacher=teacher, runs=tmp_path / "runs")


@pytest.mark.usefixtures("few_to_ship")
def test_hands_are_taught_to_a_folders_network_and_a_stopped_lesson_goes_on(
    mnist: Dataset, tmp_path: Path
) -> None:
    small, runs = mnist.first(300, 50), tmp_path / "runs"
    installed = (Path(recognition.__path__[0]) / SHIPPED_WEIGHTS).read_bytes()
    lesson: dict[str, Any] = {"recipe": replace(SHIPPED_HANDS, epochs=2), "with_card": False}

    for out in ("once", "twice"):  # without a card, which would say that it was taught so
        (tmp_path / out).mkdir()
        (tmp_path / out / SHIPPED_WEIGHTS).write_bytes(installed)

    def taught(out: str, **more: Any) -> bytes:
        teach_hands(small, tmp_path / out, **lesson, **more)
        return (tmp_path / out / SHIPPED_WEIGHTS).read_bytes()

    once = taught("once", runs=runs)
    (first,) = runs.iterdir()
    assert once != installed
    for name in ("start.safetensors", "teacher.safetensors"):
        assert (first / name).read_bytes() == installed
    assert open_run(first).origin.labelled == 120
    before, learned, between = (
        safetensors.numpy.load(content)
        for content in (installed, (first / "weights.safetensors").read_bytes(), once)
    )
    for name, value in between.items():
        np.testing.assert_allclose(
            value, (before[name] + 2 * learned[name]) / 3, rtol=1e-5, atol=1e-6
        )

    with pytest.raises(Interrupted, match=r"inkdigits model --resume"):
        taught("twice", runs=tmp_path / "stopped", observers=lambda _: [StopAfter(3)])
    (stopped,) = (tmp_path / "stopped").iterdir()
    assert taught("twice", resume=stopped) == once

    with pytest.raises(Interrupted):
        taught("once", runs=tmp_path / "again", observers=lambda _: [StopAfter(1)])
    (second,) = (tmp_path / "again").iterdir()
    assert (second / "start.safetensors").read_bytes() == once
    settings = second / "run.json"
    settings.write_text(settings.read_text().replace('"command": "model"', '"command": "train"'))
    with pytest.raises(UsageError, match="no run of `inkdigits model`"):
        taught("none", resume=second)
    with pytest.raises(UsageError, match=r"knows these hands; make it anew first"):
        taught("none", runs=runs)


FEW = Making(marks=300, penned=20, epochs=2, held_out=40, workers=0)


def test_the_network_for_touching_digits_is_made_and_goes_on_where_it_was_stopped(
    mnist: Dataset, tmp_path: Path
) -> None:
    small = mnist.first(6_000, 50)
    said: list[str] = []
    made = make_touching(
        small, tmp_path / "once", seed=3, making=FEW, runs=tmp_path / "1", report=said.append
    )
    assert sum("loss" in line for line in said) == 2
    assert made["held_out"]["marks"] == 40

    def stop_in_second_epoch(what: str, done: int, total: int | None) -> None:
        if what.startswith("Epoch 2") and done:
            raise KeyboardInterrupt

    (tmp_path / "twice").mkdir()
    card = tmp_path / "twice" / "CARD.json"
    card.write_text('{"sha256": {"shipped.onnx": "another"}, "made": 1}')
    keywords: dict[str, Any] = {"seed": 3, "making": FEW, "runs": tmp_path / "2"}
    with pytest.raises(Interrupted, match="the same command goes on"):
        make_touching(small, tmp_path / "twice", progress=stop_in_second_epoch, **keywords)
    assert not (tmp_path / "twice" / "touching.onnx").exists()
    went_on: list[str] = []
    again = make_touching(small, tmp_path / "twice", report=went_on.append, **keywords)
    assert [line.partition(" ")[2][:3] for line in went_on if "loss" in line] == ["2/2"]
    assert again == made
    once, twice = ((tmp_path / name / "touching.onnx").read_bytes() for name in ("once", "twice"))
    assert once == twice
    claims = json.loads(card.read_text())
    assert claims["touching"] == made
    assert claims["made"] == 1
    digest = hashlib.sha256(once).hexdigest()
    assert claims["sha256"] == {"shipped.onnx": "another", "touching.onnx": digest}
    assert not list((tmp_path / "2").glob("*/*"))


def test_a_state_that_is_damaged_is_named(mnist: Dataset, tmp_path: Path) -> None:
    state = tmp_path / "touching-seed-0" / "touching.safetensors"
    state.parent.mkdir()
    state.write_bytes(b"no tensors")
    with pytest.raises(RunError, match=r"touching.safetensors is damaged; remove it"):
        make_touching(mnist.first(5_100, 50), tmp_path, making=FEW, runs=tmp_path)


def test_a_state_of_other_settings_is_not_taken_up(mnist: Dataset, tmp_path: Path) -> None:
    def stop(what: str, done: int, total: int | None) -> None:
        if what.startswith("Epoch 2"):
            raise KeyboardInterrupt

    small = mnist.first(5_100, 50)
    with pytest.raises(Interrupted):
        make_touching(small, tmp_path, making=FEW, runs=tmp_path, progress=stop)
    with pytest.raises(RunError, match=r"touching.safetensors is of other settings"):
        make_touching(small, tmp_path, making=replace(FEW, rate=0.1), runs=tmp_path)
    with pytest.raises(UsageError, match="epochs"):
        replace(FEW, epochs=0)


def test_marks_are_the_same_however_many_processes_draw(
    mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inkdigits.shipping.marks._CHUNK", 20)
    digits = Split(mnist.train.images[:100], mnist.train.labels[:100])
    alone, several = (list(drawn_marks(digits, 70, (1, 2), workers, None)) for workers in (0, 2))
    assert len(alone) == 70
    for (image, values), (other, said) in zip(alone, several, strict=True):
        assert values == said
        assert np.array_equal(image, other)
