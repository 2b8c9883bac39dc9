"""Running the command line inside the test process: its exit code and what it prints."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkdigits.cli import main
from inkdigits.data import Dataset
from inkdigits.training.stopping import StopAfterStep
from inkdigits.training.trainer import Trainer


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str


Inkdigits = Callable[..., Outcome]
FEW = ("--images", "12", "--steps", "3", "--restarts", "1")  # so that a report takes seconds


def ctrl_c_after(steps: int) -> Callable[[StopAfterStep, Trainer], None]:
    """A `StopAfterStep.on_step` that presses Ctrl-C after so many."""
    stop_if_asked = StopAfterStep.on_step

    def on_step(self: StopAfterStep, trainer: Trainer) -> None:
        if trainer.step == steps:
            signal.raise_signal(signal.SIGINT)
        stop_if_asked(self, trainer)

    return on_step


@pytest.fixture
def inkdigits(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Inkdigits:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("INKDIGITS_DATA", raising=False)

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        code = ended.value.code
        printed = capsys.readouterr()
        return Outcome(code if isinstance(code, int) else 0, printed.out, printed.err)

    return run


@pytest.fixture(scope="session")
def photo(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three digits, 7 2 1, dark on light."""
    canvas = np.zeros((44, 130), np.uint8)
    for place in range(3):
        canvas[8:36, 10 + 40 * place : 38 + 40 * place] = mnist.test.images[place]
    path = tmp_path_factory.mktemp("photos") / "photo.png"
    Image.fromarray(np.kron(245 - (0.9 * canvas).astype(np.uint8), np.ones((4, 4), np.uint8))).save(
        path
    )
    return path


@pytest.fixture(scope="session")
def small_npz(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 640 training and 100 test images of MNIST, as a set of one's own."""
    path = tmp_path_factory.mktemp("data") / "small.npz"
    (x_train, y_train), (x_test, y_test) = mnist.first(640, 100)
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return path


@pytest.fixture(scope="session")
def small_run(small_npz: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run trained on that set by the command line; tests must not change it."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.raises(SystemExit) as ended:
        main(["train", "--recipe", "lab", "--filters", "8,8,8", "--epochs", "2", "--threads", "1",
              "--data", str(small_npz), "--runs", str(folder), "--name", "small"])  # fmt: skip
    assert ended.value.code in (0, None)
    return folder / "small"


@pytest.fixture(scope="session")
def page(small_run: Path, small_npz: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on the small run; its numbers are beside it."""
    path = tmp_path_factory.mktemp("report") / "page.html"
    with pytest.raises(SystemExit) as ended:
        main(["report", str(small_run), "--data", str(small_npz), "--out", str(path), *FEW])
    assert ended.value.code in (0, None)
    return path
