"""`label`, and `train --from --add` with what was corrected."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkdigits import Recognizer
from inkdigits.data import Dataset
from inkdigits.errors import OutputError
from inkdigits.training.stopping import StopAfterStep
from tests.cli.conftest import Inkdigits, ctrl_c_after
from tests.recognition.pages import page, row, touching_row


@pytest.mark.slow
def test_label_and_teach_close_the_loop(
    inkdigits: Inkdigits,
    photo: Path,
    mnist: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (x_train, y_train), (x_test, y_test) = mnist.first(3_000, 500)
    known = tmp_path / "known.npz"
    np.savez(known, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    for seen in ("DIGITS_SEEN", "MARRED_SEEN", "NONE_SEEN"):
        monkeypatch.setattr(f"inkdigits.teaching.{seen}", 500)
    own = tmp_path / "mine"
    assert inkdigits("label", photo, "--out", own).code == 0
    assert sorted(path.parent.name for path in own.glob("*/*.png")) == ["1", "2", "7"]
    lesson = ["train", "--from", "shipped", "--add", own, "--data", known, "--threads", 1]
    one_each = inkdigits(*lesson, "--runs", tmp_path / "runs")
    assert one_each.code == 1
    assert "mine holds no two digits of one value" in one_each.err
    for path in list(own.glob("*/*.png")):
        for copy in range(6):
            (path.parent / f"copy-{copy}.png").write_bytes(path.read_bytes())
    taught = inkdigits(*lesson, "--runs", tmp_path / "runs", "--name", "mine")
    assert taught.code == 0, taught.err
    assert "held out: 100.00% before, 100.00% after" in taught.out
    assert "test digits" in taught.out
    assert "No 0, 3, 4, 5, 6, 8, 9 of yours" in taught.err
    again = inkdigits("read", photo, "--model", tmp_path / "runs" / "mine", "--format", "text")
    assert again.out == "721\n"
    kept = json.loads((tmp_path / "runs" / "mine" / "calibration.json").read_text())
    recognizer = Recognizer(tmp_path / "runs" / "mine")
    assert 0.3 < kept["temperature"] < 3
    assert recognizer.network.temperature == pytest.approx(kept["temperature"])
    assert inkdigits("train", "--from", "shipped").code == 2
    for there in ("mine", "../mine"):  # said before anything is read or drawn
        taken = inkdigits("train", "--from", "shipped", "--add", tmp_path / "none",
                          "--runs", tmp_path / "runs", "--name", there)  # fmt: skip
        assert taken.code == 2
        assert ("is no name" if "/" in there else "is there already") in taken.err


def test_a_lesson_goes_on_after_ctrl_c_to_the_same_end_though_its_digits_moved(
    inkdigits: Inkdigits,
    mnist: Dataset,
    small_npz: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for seen in ("DIGITS_SEEN", "MARRED_SEEN", "NONE_SEEN"):
        monkeypatch.setattr(f"inkdigits.teaching.{seen}", 150)
    own, runs = tmp_path / "own", tmp_path / "runs"
    for place, (image, label) in enumerate(zip(*mnist.first(60, 1).train, strict=True)):
        (own / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(own / str(label) / f"{place}.png")
    lesson = ["train", "--from", "shipped", "--add", own, "--runs", runs, "--data", small_npz]
    whole = inkdigits(*lesson, "--name", "whole")
    assert whole.code == 0, whole.err
    with monkeypatch.context() as patch:
        patch.setattr(StopAfterStep, "on_step", ctrl_c_after(3))
        stopped = inkdigits(*lesson, "--name", "stopped")
    assert stopped.code == 130
    go_on = ["train", "--resume", runs / "stopped", "--data", small_npz]
    assert f"go on with: inkdigits train --resume {runs / 'stopped'} --data" in stopped.err
    moved = own.rename(tmp_path / "moved")
    lost = inkdigits(*go_on)
    assert lost.code == 2
    assert f"{own}, the digits that it is taught, is missing; say where" in lost.err
    (first, *_) = sorted(moved.glob("*/*.png"))
    first.rename(tmp_path / "away.png")
    changed = inkdigits(*go_on, "--add", moved)
    assert changed.code == 1
    assert "the same digits with --add; where they have changed, begin anew" in changed.err
    (tmp_path / "away.png").rename(first)
    resumed = inkdigits(*go_on, "--add", moved)
    assert resumed.code == 0, resumed.err
    assert resumed.out == whole.out.replace("whole", "stopped")
    for kept in ("weights.safetensors", "calibration.json"):
        assert (runs / "stopped" / kept).read_bytes() == (runs / "whole" / kept).read_bytes()
    assert inkdigits("train", "--resume", runs / "whole").code == 2  # it is complete


def test_label_goes_on_past_a_bad_file_and_leaves_corrections_alone(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path
) -> None:
    pictures, own = tmp_path / "pictures", tmp_path / "own"
    pictures.mkdir()
    (pictures / "a.png").write_bytes(b"no picture")
    (pictures / "b.png").write_bytes(photo.read_bytes())
    first = inkdigits("label", pictures, "--out", own)
    assert first.code == 1
    assert "a.png is no readable picture" in first.err
    (seven,) = (own / "7").iterdir()
    (own / "1" / seven.name).write_bytes(seven.read_bytes())  # the user's correction
    seven.unlink()
    again = inkdigits("label", pictures, "--out", own)
    assert "0 digits written" in again.out
    assert "3 were there already" in again.out
    assert not list((own / "7").iterdir())
    (pictures / "0").mkdir()  # whose picture of the same name comes first
    with Image.open(photo) as picture:
        picture.crop((176, 0, 520, 176)).save(pictures / "0" / "b.png")
    more = inkdigits("label", pictures / "0", pictures, "--out", own)
    assert "2 digits written" in more.out
    assert "3 were there already" in more.out
    assert not list((own / "7").iterdir())
    assert inkdigits("label", "-").code == 2


def test_label_leaves_out_digits_that_touch(
    inkdigits: Inkdigits, mnist: Dataset, tmp_path: Path
) -> None:
    touching, text, _ = touching_row(mnist, range(504, 506), 1)
    apart, more = row(mnist, range(100, 103))
    Image.fromarray(page([touching, apart], scale=2)).save(tmp_path / "page.png")
    read = inkdigits("read", tmp_path / "page.png", "--format", "text")
    assert read.out.split() == [text, more]
    written = inkdigits("label", tmp_path / "page.png", "--out", tmp_path / "own")
    assert "3 digits written" in written.out
    assert "2 touch another and are left out" in written.out
    values = sorted(path.parent.name for path in (tmp_path / "own").glob("*/*.png"))
    assert values == sorted(more)


def test_label_writes_crops_of_long_names_and_says_what_was_written_before_it_failed(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / f"{'ü' * 120}.png"
    long.write_bytes(photo.read_bytes())
    own = tmp_path / "own"
    assert "3 digits written" in inkdigits("label", long, "--out", own).out
    module = importlib.import_module("inkdigits.cli.label")
    write = module.write_bytes

    def full_after_the_first(path: Path, content: bytes) -> None:
        if any((tmp_path / "more").glob("*/*.png")):
            raise OutputError(f"Cannot write {path}: No space left on device.")
        write(path, content)

    monkeypatch.setattr(module, "write_bytes", full_after_the_first)
    full = inkdigits("label", photo, "--out", tmp_path / "more")
    assert full.code == 1
    assert "1 digits written" in full.out
    assert "No space left" in full.err


def test_label_knows_crops_wherever_they_stand_and_reads_none_of_its_own(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "a.png").write_bytes(photo.read_bytes())
    own = pictures / "mine"
    assert "3 digits written" in inkdigits("label", pictures, "--out", own).out
    (seven,) = (own / "7").iterdir()
    mark = seven.stem.rpartition("-")[2]
    (own / "none").mkdir()
    seven.rename(own / "none" / seven.name)  # no digit, its user finds
    (one,) = (own / "1").iterdir()
    (own / "4").mkdir()  # corrected on the page, whose marks are longer
    one.rename(own / "4" / f"page-{one.stem.rpartition('-')[2]}00000000.png")
    again = inkdigits("label", pictures, "--out", own)
    assert again.code == 0
    assert "0 digits written" in again.out
    assert "3 were there already" in again.out
    seven = own / "none" / seven.name
    seven.rename(own / "7" / f"a-1-9-{mark}.png")  # as where more is read before it
    assert "0 digits written" in inkdigits("label", pictures, "--out", own).out
    only = inkdigits("label", own, "--out", own)
    assert only.code == 2
    assert f"{own} holds crops that were written before" in only.err


def test_pictures_that_have_become_more_since_the_training_are_told(
    inkdigits: Inkdigits, mnist: Dataset, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    for place in range(60):
        folder = own / str(place % 10)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(mnist.train.images[place]).save(folder / f"{place}.png")
    trained = inkdigits("train", "--data", own, "--epochs", 1, "--threads", 1, "--filters", "4,4",
                        "--runs", tmp_path, "--name", "run")  # fmt: skip
    assert trained.code == 0, trained.err
    before = inkdigits("evaluate", tmp_path / "run", "--data", own, "--format", "json")
    assert json.loads(before.out)["images"] == 10
    assert "changed since" not in before.err
    Image.fromarray(mnist.train.images[60]).save(own / "3" / "new.png")
    after = inkdigits("evaluate", tmp_path / "run", "--data", own, "--format", "json")
    assert json.loads(after.out)["images"] == 61
    assert "was trained on a part of own, which has changed since" in after.err
