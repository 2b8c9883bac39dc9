"""A desk as the documentation speaks of it: photos, a form, crops, a small MNIST."""

import json
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import inkdigits
from inkdigits.cli import main
from inkdigits.data import Dataset
from tests.recognition.pages import page, row

TEXT = "721"  # of photo.jpg
SHIPPED = Path(inkdigits.__file__).parent / "recognition" / "shipped.onnx"


@pytest.fixture(scope="session")
def small(mnist: Dataset) -> Dataset:
    """Enough of MNIST for every command to have something to do, and little to wait for."""
    return mnist.first(160, 60)


@pytest.fixture(scope="session")
def furnished(mnist: Dataset, small: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that pages take for granted; to be copied, not to be changed."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "scans").mkdir()
    photo = page([row(mnist, range(3))[0]])
    Image.fromarray(photo).save(folder / "photo.jpg", quality=92)
    lines = [row(mnist, range(3, 11)), row(mnist, range(11, 19))]
    form = Image.fromarray(page([picture for picture, _ in lines]))
    form.save(folder / "form.png")
    form.save(folder / "scan.pdf", save_all=True, append_images=[form])
    for number in range(2):
        picture, _ = row(mnist, range(20 + 4 * number, 24 + 4 * number))
        Image.fromarray(page([picture])).save(folder / "scans" / f"{number}.png")
    for name, place in (("digit", 0), ("7", 0), ("3", 18)):
        Image.fromarray(255 - np.pad(mnist.test.images[place], 8)).save(folder / f"{name}.png")
    for number, (image, label) in enumerate(zip(*mnist.train, strict=True)):
        (folder / "my_digits" / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / "my_digits" / str(label) / f"{number}.png")
        if number == 60:
            break
    shutil.copy(SHIPPED, folder / "network.onnx")
    (folder / "token").write_text("not-easily-guessed")
    truth = {"file": "form.png", "lines": [text for _, text in lines], "group": "meters"}
    (folder / "manifest.jsonl").write_text(json.dumps(truth) + "\n")
    (x_train, y_train), (x_test, y_test) = small
    rows = np.column_stack([y_train, x_train.reshape(len(x_train), -1)])
    np.savetxt(folder / "digits.csv", rows[:60], "%d", delimiter=",", header="label, pixels")
    np.savez(folder / "small.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return folder


@pytest.fixture
def desk(furnished: Path, small: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of a test: a copy of all that, with the small MNIST for the whole."""
    shutil.copytree(furnished, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INKDIGITS_DATA", str(tmp_path / "small.npz"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr("inkdigits.data.load_mnist", lambda: small)
    for seen in ("DIGITS_SEEN", "MARRED_SEEN", "NONE_SEEN"):
        monkeypatch.setattr(f"inkdigits.teaching.{seen}", 300)
    monkeypatch.setattr(import_module("inkdigits.report.measure"), "MOST_NON_DIGITS", 10)
    return tmp_path


@pytest.fixture(scope="session")
def run_of_old(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs that sentences speak of as RUN: `whole` and `interrupted`; to be copied."""
    folder = tmp_path_factory.mktemp("runs")
    data = str(furnished / "small.npz")
    given = ["train", "--recipe", "lab", "--epochs", "1", "--set", "augmentation.rotation=10",
             "--data", data, "--runs", str(folder), "--threads", "1"]  # fmt: skip
    assert ended(*given, "--name", "whole") == 0
    with interruption():
        assert ended(*given, "--name", "interrupted") == 130
    return folder


def ended(*given: str) -> int:
    """Run a command of ours in this process, where all libraries are there already."""
    with pytest.raises(SystemExit) as end:
        main(given)
    return end.value.code if isinstance(end.value.code, int) else 0


@contextmanager
def interruption() -> Iterator[None]:
    """Ctrl-C, as if it were pressed in training's first step."""

    @contextmanager
    def pressed(*, of_many: bool) -> Iterator[list[int]]:
        yield [signal.SIGINT]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("inkdigits.training.saving.caught_signals", pressed)
        yield
