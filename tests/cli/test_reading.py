"""`read`, `classify` and `evaluate` on pictures."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkdigits import Reading, Recognizer
from inkdigits.data import Dataset
from tests.cli.conftest import Inkdigits
from tests.processes import wait_for
from tests.recognition.pages import page, row
from tests.recognition.signed import numbers


def test_read_prints_a_table_and_text(inkdigits: Inkdigits, photo: Path) -> None:
    table = inkdigits("read", photo)
    assert table.code == 0
    assert "721" in table.out
    assert inkdigits("read", photo, "--format", "text").out == "721\n"


def test_read_prints_json_and_csv(inkdigits: Inkdigits, photo: Path) -> None:
    (entry,) = json.loads(inkdigits("read", photo, "--format", "json").out)
    assert entry["file"] == str(photo)
    assert entry["text"] == "721"
    digit = entry["lines"][0]["digits"][0]
    assert digit["value"] == 7
    x, y, width, height = digit["box"]
    assert 40 < x < 160
    assert 30 < y < 150
    assert 40 < width < 112
    assert 60 < height < 112
    rows = list(csv.DictReader(io.StringIO(inkdigits("read", photo, "--format", "csv").out)))
    assert [row["value"] for row in rows] == ["7", "2", "1"]
    assert [row["number"] for row in rows] == ["1", "1", "1"]


def test_numbers_with_a_wide_gap_between_are_told_apart(
    inkdigits: Inkdigits, mnist: Dataset, tmp_path: Path
) -> None:
    first, second = (row(mnist, places)[0] for places in ((0, 1), (3, 4, 2)))
    gap = np.zeros((28, 60), np.uint8)
    file = tmp_path / "two.png"
    Image.fromarray(page([np.concatenate((first, gap, second), 1)])).save(file)
    printed = inkdigits("read", file).out.splitlines()
    assert printed[0].split()[:4] == ["file", "line", "digits", "numbers"]
    assert printed[1].split()[1:5] == ["1", "72041", "72", "041"]
    (entry,) = json.loads(inkdigits("read", file, "--format", "json").out)
    numbers = entry["lines"][0]["numbers"]
    assert [number["text"] for number in numbers] == ["72", "041"]
    digits = entry["lines"][0]["digits"]
    assert [number["confidence"] for number in numbers] == [
        min(digit["confidence"] for digit in digits[:2]),
        min(digit["confidence"] for digit in digits[2:]),
    ]
    rows = list(csv.DictReader(io.StringIO(inkdigits("read", file, "--format", "csv").out)))
    assert [(each["place"], each["number"]) for each in rows] == [
        ("1", "1"), ("2", "1"), ("3", "2"), ("4", "2"), ("5", "2"),
    ]  # fmt: skip
    assert inkdigits("read", file, "--format", "text").out == "72041\n"


def test_signs_are_printed_where_there_is_a_place_for_them(
    inkdigits: Inkdigits, mnist: Dataset, tmp_path: Path
) -> None:
    file, drawn = tmp_path / "signed.png", tmp_path / "drawn.png"
    Image.fromarray(numbers(mnist, ["3.75", "-40,2", "568"], 50)).save(file)
    table = [line.split()[-3:-1] for line in inkdigits("read", file).out.splitlines()[1:]]
    assert table == [["375", "3.75"], ["402", "-40,2"], ["3", "568"]]
    assert inkdigits("read", file, "--format", "text").out == "375\n402\n568\n"
    assert inkdigits("read", file, "--format", "written").out == "3.75\n-40,2\n568\n"
    sure = inkdigits("read", file, "--format", "written", "--min-confidence", 1)
    assert sure.out == "?.??\n-??,?\n???\n"
    (entry,) = json.loads(inkdigits("read", file, "--format", "json").out)
    assert entry["written"] == "3.75\n-40,2\n568"
    signs = [[(sign["text"], sign["after"]) for sign in row["signs"]] for row in entry["lines"]]
    assert signs == [[(".", 1)], [("-", 0), (",", 2)], []]
    rows = list(csv.DictReader(io.StringIO(inkdigits("read", file, "--format", "csv").out)))
    assert [row["sign"] for row in rows] == ["", ".", "", "-", "", ",", "", "", ""]
    assert inkdigits("read", file, "--annotate", drawn).code == 0
    x, y, width, height = entry["lines"][0]["signs"][0]["box"]
    with Image.open(drawn) as picture:
        scale = picture.width / entry["width"]
        edges = x - 4, y - 4, x + width + 4, y + height + 4
        left, top, right, bottom = (round(scale * edge) for edge in edges)
        cut = np.asarray(picture.convert("RGB")).astype(int)[top:bottom, left:right]
    assert (cut[..., 1] - cut[..., 0] > 60).any()  # the green of a box around the point


def test_one_bad_file_does_not_stop_the_rest(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    (tmp_path / "b.png").write_bytes(photo.read_bytes())
    outcome = inkdigits("read", tmp_path, "--format", "text")
    assert outcome.code == 1
    assert outcome.out == "721\n"
    assert "a.png is no readable picture" in outcome.err
    assert "Traceback" not in outcome.err


def test_a_picture_that_takes_all_memory_does_not_stop_the_rest(
    inkdigits: Inkdigits, tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = tmp_path / "large.png"
    Image.new("L", (60, 60), 255).save(large)
    read = Recognizer.read

    def short_of_memory(self: Recognizer, source: Any, **options: Any) -> Reading:
        if source == str(large):
            raise MemoryError
        return read(self, source, **options)

    monkeypatch.setattr(Recognizer, "read", short_of_memory)
    outcome = inkdigits("read", large, photo, "--format", "text")
    assert (outcome.code, outcome.out) == (1, "721\n")
    assert outcome.err == f"There is not enough memory to read {large}.\n"


def test_read_says_what_is_missing(inkdigits: Inkdigits, tmp_path: Path, photo: Path) -> None:
    assert inkdigits("read", tmp_path / "none.png").code == 2
    empty = inkdigits("read", tmp_path)
    assert empty.code == 2
    assert "holds no picture" in empty.err
    both = inkdigits("read", photo, "--single", "--expect-length", 2)
    assert both.code == 2
    model = tmp_path / "other.onnx"
    model.write_bytes(b"nothing")
    broken = inkdigits("read", photo, "--model", model)
    assert broken.code == 1
    assert "other.onnx" in broken.err
    limit = inkdigits("read", photo, "--max-pixels", 100)
    assert limit.code == 1
    assert "the limit is 100 pixels" in limit.err


@pytest.mark.skipif(os.name == "nt", reason="no pipes that have names there")
def test_what_cannot_be_had_is_named_at_the_end_and_the_rest_is_read(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(photo.read_bytes())
    (tmp_path / "pictures" / "gone.png").symlink_to("nowhere")
    (tmp_path / "pictures" / "out.png").symlink_to(photo)
    (tmp_path / "pictures" / "self.png").symlink_to("self.png")
    os.mkfifo(tmp_path / "pictures" / "pipe.png")
    sources = [tmp_path / name for name in ("pictures", "none.png", "empty")]
    outcome = inkdigits("read", *sources, "--format", "text")
    assert (outcome.code, outcome.out) == (1, "721\n")
    for name, said in (
        ("pictures/gone.png", "cannot be read: No such file"),
        ("pictures/out.png", "is a link that leads out"),
        ("pictures/pipe.png", "is no file."),
        ("pictures/self.png", "cannot be read: "),
        ("empty", "holds no picture."),
    ):
        assert f"{tmp_path / name} {said}" in outcome.err
    assert f"There is no picture {tmp_path / 'none.png'}." in outcome.err
    assert len(outcome.err.splitlines()) == 6
    link = tmp_path / "pictures" / "out.png"  # which may be read where it is named itself
    named = inkdigits("read", link, tmp_path / "pictures", "--format", "text")
    assert (named.code, named.out) == (1, "721\n\n721\n")
    none = inkdigits("read", tmp_path / "none.png", tmp_path / "empty")
    assert none.code == 2  # there is nothing to read at all
    assert len(none.err.splitlines()) == 2


@pytest.mark.skipif(os.name == "nt", reason="no pipes that have names there")
def test_what_is_no_file_here_is_told_what_it_is(inkdigits: Inkdigits, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "x.parquet").write_bytes(b"")
    for source, said in (
        (tmp_path / "pipe", "is no file; what a pipe gives is read as -"),
        (os.devnull, "is no file; what a pipe gives is read as -"),
        ("s3://bucket/scans", "is no file here; inkdigits read --out takes a URI."),
        (tmp_path, "holds no picture; Parquet files are read with --out."),
    ):
        refused = inkdigits("read", source)
        assert refused.code == 2
        assert f"{source} {said}" in refused.err


@pytest.mark.parametrize("command", ["read", "classify"])
def test_standard_input_without_content_is_told(
    inkdigits: Inkdigits, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    for stream, said in ((None, "closed"), (io.TextIOWrapper(io.BytesIO()), "empty")):
        monkeypatch.setattr(sys, "stdin", stream)
        outcome = inkdigits(command, "-")
        assert (outcome.code, outcome.err) == (
            1,
            f"Standard input is {said}: no readable picture.\n",
        )


def test_classify_takes_pictures_and_arrays(
    inkdigits: Inkdigits, mnist: Dataset, tmp_path: Path
) -> None:
    Image.fromarray(mnist.test.images[0]).save(tmp_path / "seven.png")
    np.savez(tmp_path / "more.npz", images=mnist.test.images[1:4], labels=mnist.test.labels[1:4])
    outcome = inkdigits("classify", tmp_path, "--format", "text")
    assert outcome.code == 0
    assert outcome.out.split() == ["2", "1", "0", "7"]
    rows = json.loads(inkdigits("classify", tmp_path / "seven.png", "--format", "json").out)
    assert rows[0]["digit"] > 0.9


def test_evaluate_scores_photos(inkdigits: Inkdigits, photo: Path) -> None:
    manifest = photo.parent / "manifest.jsonl"
    manifest.write_text(json.dumps({"file": photo.name, "lines": ["721"], "group": "made"}) + "\n")
    figures = json.loads(inkdigits("evaluate", "--photos", manifest, "--format", "json").out)
    assert figures["all"]["character_error_rate"] == 0
    assert figures["groups"]["made"]["exact_pictures"] == 1
    text = inkdigits("evaluate", "--photos", manifest).out
    assert "made" in text
    (all_digits,) = [row for row in figures["all"]["thresholds"] if row["confidence"] == 0]
    read, right = all_digits["digits_read"], all_digits["digits_right"]
    assert f"{read} of {read}" in text
    assert f"{right} of {read}" in text
    manifest.write_text(json.dumps({"file": "gone.png", "lines": ["7"]}) + "\n")
    assert inkdigits("evaluate", "--photos", manifest).code == 1


def test_evaluate_scores_crops_of_any_size(
    inkdigits: Inkdigits, mnist: Dataset, tmp_path: Path
) -> None:
    images, labels = mnist.test.images[:300], mnist.test.labels[:300]
    np.savez(tmp_path / "crops.npz", images=255 - images[:, 2:26, 2:26], labels=labels)
    outcome = inkdigits("evaluate", "--data", tmp_path / "crops.npz", "--format", "json")
    assert json.loads(outcome.out)["accuracy"] > 0.98
    for place in range(40):
        folder = tmp_path / "mine" / str(labels[place])
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(images[place]).resize((40 + place, 50)).save(folder / f"{place}.png")
    outcome = inkdigits("evaluate", "--data", tmp_path / "mine", "--format", "json")
    assert json.loads(outcome.out)["images"] == 40
    assert json.loads(outcome.out)["accuracy"] > 0.9


def test_a_run_reads_photos_and_crops_too(
    inkdigits: Inkdigits, small_run: Path, photo: Path, mnist: Dataset, tmp_path: Path
) -> None:
    np.savez(tmp_path / "crops.npz", images=mnist.test.images[:50], labels=mnist.test.labels[:50])
    outcome = inkdigits("evaluate", small_run, "--data", tmp_path / "crops.npz")
    assert outcome.code == 0
    assert inkdigits("read", photo, "--model", small_run).code == 0


def test_the_shipped_network_has_a_name_wherever_a_model_is_named(
    inkdigits: Inkdigits, photo: Path, small_npz: Path
) -> None:
    assert inkdigits("read", photo, "--model", "shipped").out == inkdigits("read", photo).out
    scored = inkdigits("evaluate", "shipped", "--data", small_npz, "--format", "json")
    assert json.loads(scored.out)["accuracy"] > 0.98


def test_a_digit_of_less_confidence_is_a_question_mark_in_every_text(
    inkdigits: Inkdigits, photo: Path
) -> None:
    for form, found in (("text", "???\n"), ("json", '"text": "???"'), ("table", "???")):
        assert found in inkdigits("read", photo, "--min-confidence", 1, "--format", form).out


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_to_folders_that_are_not_followed_are_told(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "round").symlink_to(tmp_path)
    told = f"{tmp_path} holds 1 link to a folder, which is not followed."
    alone = inkdigits("read", tmp_path)
    assert (alone.code, alone.err) == (2, f"Error: {tmp_path} holds no picture. {told}\n")
    (tmp_path / "c.png").write_bytes(photo.read_bytes())
    beside = inkdigits("read", tmp_path, "--format", "text")
    assert (beside.code, beside.out, beside.err) == (0, "721\n", f"{told}\n")


def test_wrong_names_are_refused_in_a_sentence(inkdigits: Inkdigits, photo: Path) -> None:
    for arguments, said in (
        (["read", ""], "An empty name is no picture"),
        (["read", f"{photo}#page=0"], "photo.png#page=0 names no page"),
        (["read", f"{photo.parent}#page=2"], f"{photo.parent} is a folder, which has no pages."),
        (["read", photo, "--annotate", "x.jpg"], "x.jpg: what was read is drawn as PNG"),
    ):
        refused = inkdigits(*arguments)
        assert refused.code == 2
        assert said in refused.err


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="there every folder may be read")
def test_a_folder_that_may_not_be_read_is_named(inkdigits: Inkdigits, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0)
    refused = inkdigits("read", tmp_path)
    assert refused.code == 1
    assert f"{locked} cannot be read: Permission denied." in refused.err


def test_ctrl_c_prints_what_was_read_until_then(photo: Path, tmp_path: Path) -> None:
    with Image.open(photo) as picture:
        picture.resize((2600, 880)).save(tmp_path / "000.png", compress_level=1)
    for number in range(1, 200):
        os.link(tmp_path / "000.png", tmp_path / f"{number:03}.png")
    drawn = tmp_path / "drawn"
    process = subprocess.Popen(
        [sys.executable, "-m", "inkdigits", "read", tmp_path, "--format", "csv",
         "--annotate", drawn],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for((drawn / "001.png").exists, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "000.png,1,1,7," in out
    assert "of 200 are not read" in err
    assert "Traceback" not in err


def test_sigterm_prints_what_was_read_until_then(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).write_bytes(photo.read_bytes())
    read = Recognizer.read

    def stopped_at_b(self: Recognizer, source: Any, **options: Any) -> Reading:
        if source.endswith("b.png"):
            signal.raise_signal(signal.SIGTERM)
        return read(self, source, **options)

    monkeypatch.setattr(Recognizer, "read", stopped_at_b)
    monkeypatch.setattr("inkdigits.cli.many.available_processors", lambda: 1)
    outcome = inkdigits("read", tmp_path, "--format", "text")
    assert (outcome.code, outcome.out) == (143, "721\n")
    assert outcome.err == "Stopped: 2 of 3 are not read.\n"
