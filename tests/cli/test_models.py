"""Models of every kind say what the networks in them say."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.special import softmax

from inkdigits import recognition
from inkdigits.data import Dataset, load_dataset
from inkdigits.ensemble import open_networks
from inkdigits.errors import ModelError, RunError, UsageError
from inkdigits.models import open_model, scores_of
from inkdigits.networks.predict import predict_logits
from inkdigits.recognition.modelfile import network_source
from inkdigits.recognition.network import DIGIT_NAMES
from inkdigits.recognition.recognizer import Recognizer
from tests.cli.conftest import Inkdigits

SHIPPED = Path("shipped")


def test_a_run_says_the_softmax_of_its_logits(small_run: Path, small_npz: Path) -> None:
    model, images = open_model(small_run), load_dataset(small_npz).test.images[:30]
    logits = predict_logits(open_networks(small_run)[1][0], images)
    scores = model.score(images)
    np.testing.assert_allclose(scores.probabilities, softmax(logits.astype(float), 1), atol=1e-9)
    np.testing.assert_allclose(scores.digit, (scores.probabilities.max(1) - 0.1) / 0.9)
    assert (model.name, model.kind, model.class_names) == ("small", "a run", DIGIT_NAMES)
    assert model.reads_digits


def test_a_calibrated_run_divides_its_logits_as_reading_with_it_does(
    small_run: Path, mnist: Dataset, tmp_path: Path
) -> None:
    copy = tmp_path / "calibrated"
    shutil.copytree(small_run, copy)
    (copy / "calibration.json").write_text(json.dumps({"temperature": 2.5}))
    images = mnist.test.images[:50]
    expected = Recognizer(copy).network.score(images)
    scores = open_model(copy).score(images)
    np.testing.assert_allclose(scores.probabilities, expected.probabilities, atol=1e-5)
    np.testing.assert_allclose(scores.digit, expected.digit, atol=1e-5)
    (copy / "calibration.json").write_text(json.dumps({"temperature": -1}))
    with pytest.raises(RunError, match="temperature"):
        open_model(copy)


def test_a_run_on_ten_other_classes_reads_no_digits(
    small_run: Path, tmp_path: Path, inkdigits: Inkdigits
) -> None:
    Image.new("L", (28, 28)).save(tmp_path / "blank.png")
    clothes = tmp_path / "clothes"
    shutil.copytree(small_run, clothes)
    settings = json.loads((clothes / "run.json").read_text())
    settings["data"]["class_names"] = ["coat", "bag", "shirt", *"3456789"]
    (clothes / "run.json").write_text(json.dumps(settings))
    file = tmp_path / "clothes.onnx"
    assert inkdigits("export", "onnx", clothes, file).code == 0
    for model in (clothes, file):
        said = f"{model} is no network for digits: its classes are 'coat', 'bag', 'shirt' and 7 "
        with pytest.raises(ModelError, match=re.escape(said)):
            Recognizer(model)
        for command in (["read", tmp_path / "blank.png"], ["serve", "--port", "0"]):
            outcome = inkdigits(*command, "--model", model)
            assert (outcome.code, outcome.out) == (1, "")
            assert outcome.err == f"Error: {said}more.\n"


def test_the_shipped_network_s_weights_in_torch_are_those_of_its_file(mnist: Dataset) -> None:
    model, images = open_model(SHIPPED), mnist.test.images[:200]
    by_torch = model.logits(torch.from_numpy(np.array(images))[:, None].float() / 255)
    expected = Recognizer().network.score(images)
    np.testing.assert_allclose(
        by_torch.softmax(1).detach().numpy(), expected.probabilities, atol=1e-4
    )
    np.testing.assert_array_equal(model.score(images).probabilities, expected.probabilities)


def test_a_file_has_no_networks_to_look_into(tmp_path: Path, mnist: Dataset) -> None:
    source = network_source(None)
    assert isinstance(source, bytes)
    path = tmp_path / "own.onnx"
    path.write_bytes(source)
    model = open_model(path)
    assert model.networks == ()
    assert model.kind == "an ONNX file"
    images = mnist.test.images[:20]
    np.testing.assert_array_equal(
        model.score(images).probabilities, open_model(SHIPPED).score(images).probabilities
    )
    path.write_bytes(b"nothing")
    with pytest.raises(ModelError):
        open_model(path)


def test_an_ensemble_s_logits_are_logarithms_of_the_mean(
    inkdigits: Inkdigits, small_npz: Path, tmp_path: Path
) -> None:
    outcome = inkdigits("train", "--data", small_npz, "--epochs", 1, "--threads", 1, "--filters",
                        "4,4", "--runs", tmp_path, "--name", "team", "--ensemble", 2)  # fmt: skip
    assert outcome.code == 0, outcome.err
    model, images = open_model(tmp_path / "team"), load_dataset(small_npz).test.images[:20]
    assert model.kind == "an ensemble of 2 networks"
    by_torch = model.logits(torch.from_numpy(np.array(images))[:, None].float() / 255)
    expected = np.mean(
        [softmax(predict_logits(network, images), 1) for network in model.networks], 0
    )
    np.testing.assert_allclose(by_torch.exp().detach().numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(model.score(images).probabilities, expected, atol=1e-6)


def test_no_digit_is_left_out_of_the_choice() -> None:
    logits = np.array([[1.0, 0.0, 9.0], [3.0, 1.0, -9.0]])
    scores = scores_of(logits, refuses=True)
    np.testing.assert_allclose(scores.probabilities, softmax(logits[:, :2], 1))
    np.testing.assert_allclose(scores.digit, 1 - softmax(logits, 1)[:, 2])


def test_a_folder_called_shipped_is_taken_before_the_shipped_network(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_model(SHIPPED).kind == "the network that inkdigits ships"
    shutil.copytree(small_run, tmp_path / "shipped")
    assert open_model(SHIPPED).kind == "a run"


def test_data_of_other_sizes_and_classes_are_refused(mnist: Dataset, small_run: Path) -> None:
    small = Dataset(
        "small",
        mnist.train._replace(images=mnist.train.images[:, :8, :8]),
        mnist.test._replace(images=mnist.test.images[:, :8, :8]),
        mnist.class_names,
        "here",
    )
    named = Dataset("named", mnist.train, mnist.test, tuple("abcdefghij"), "here")
    for model in (open_model(SHIPPED), open_model(small_run)):
        with pytest.raises(UsageError, match="8x8"):
            model.check(small)
        with pytest.raises(UsageError, match="named"):
            model.check(named)
        model.check(mnist)


def test_there_must_be_something(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        open_model(tmp_path / "nowhere")
    assert Path(recognition.__path__[0]).is_dir()
