"""`read`, `classify`, `label`, `evaluate` on pictures, and `train --from --add`."""

import csv
import importlib
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
from inkdigits.errors import OutputError
from inkdigits.images.tiff import page_places
from inkdigits.training.stopping import StopAfterStep
from tests.cli.conftest import Inkdigits, ctrl_c_after
from tests.processes import wait_for
from tests.recognition.pages import page, row, touching_row
from tests.recognition.signed import numbers


@pytest.fixture(scope="module")
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


def test_read_annotates_and_marks_doubts(inkdigits: Inkdigits, photo: Path, tmp_path: Path) -> None:
    target = tmp_path / "drawn.png"
    outcome = inkdigits(
        "read", photo, "--annotate", target, "--min-confidence", 1, "--format", "text"
    )
    assert outcome.out == "???\n"
    with Image.open(target) as drawn:
        assert drawn.size == (520, 176)
        assert len(drawn.convert("RGB").getcolors(1 << 20) or ()) > 2


def test_a_small_dark_picture_is_drawn_large_in_light_colours(
    inkdigits: Inkdigits, mnist: Dataset, tmp_path: Path
) -> None:
    row = np.concatenate([np.pad(image, ((20, 20), (4, 4))) for image in mnist.test.images[:4]], 1)
    Image.fromarray(row).save(tmp_path / "dark.png")
    drawn = tmp_path / "drawn.png"
    outcome = inkdigits("read", tmp_path / "dark.png", "--annotate", drawn, "--format", "text")
    assert outcome.out == "7210\n"
    with Image.open(drawn) as picture:
        assert picture.size == (4 * 144, 4 * 68)
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert (pixels[..., 1] > pixels[..., 0] + 60).sum() > 500
    assert (pixels[pixels[..., 1] > pixels[..., 0] + 60][:, 1] > 180).mean() > 0.5


def test_a_value_is_drawn_within_a_picture_that_its_digit_fills(
    inkdigits: Inkdigits, mnist: Dataset, tmp_path: Path
) -> None:
    rows, columns = np.nonzero(mnist.test.images[0])
    digit = mnist.test.images[0][rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scan = np.kron(255 - np.pad(digit, 1), np.ones((12, 12), np.uint8))
    Image.fromarray(scan).save(tmp_path / "scan.png")
    arguments = (tmp_path / "scan.png", "--annotate", tmp_path / "drawn.png")
    assert inkdigits("read", *arguments, "--format", "text").out == "7\n"
    with Image.open(tmp_path / "drawn.png") as picture:
        inside = np.asarray(picture.convert("RGB")).astype(int)[16:-16, 16:-16]
    assert (inside[..., 1] > inside[..., 0] + 60).sum() > 20  # green: the value, not the box


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


def test_pictures_of_formats_that_are_not_read_are_told(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path
) -> None:
    for name in ("a.DNG", "b.svg", "notes.txt", ".hidden.svg"):
        (tmp_path / name).write_bytes(b"")
    alone = inkdigits("read", tmp_path)
    assert alone.code == 2
    assert "holds no picture, but 2 in formats that are not read (.dng, .svg)." in alone.err
    (tmp_path / "c.png").write_bytes(photo.read_bytes())
    beside = inkdigits("read", tmp_path, "--format", "text")
    assert (beside.code, beside.out) == (0, "721\n")
    assert "pictures beside, 2 in formats that are not read (.dng, .svg)." in beside.err


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


@pytest.mark.parametrize("form", ["TIFF", "PDF"])
def test_every_page_of_a_document_is_read_under_its_name(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path, form: str
) -> None:
    with Image.open(photo) as opened:
        first, second = opened.copy(), opened.crop((0, 0, 340, opened.height))  # 721 and 72
    file = tmp_path / f"scan.{form.lower()}"
    first.save(file, save_all=True, append_images=[second])
    printed = inkdigits("read", file, "--format", "csv")
    assert (printed.code, printed.err) == (0, "")
    read = [(row["file"], row["value"]) for row in csv.DictReader(io.StringIO(printed.out))]
    one, two = f"{file}#page=1", f"{file}#page=2"
    assert read == [(one, "7"), (one, "2"), (one, "1"), (two, "7"), (two, "2")]
    assert inkdigits("read", tmp_path, "--format", "csv").out == printed.out
    assert inkdigits("read", two, "--format", "text").out == "72\n"
    drawn = tmp_path / "drawn"
    assert inkdigits("read", file, "--annotate", drawn).code == 0
    assert sorted(path.name for path in drawn.iterdir()) == ["scan-2.png", "scan.png"]
    assert "5 digits written" in inkdigits("label", file, "--out", tmp_path / "mine").out
    assert "it has 2 pages, there is no page 3" in inkdigits("read", f"{file}#page=3").err
    with file.open("rb") as stream:
        alone = subprocess.run(
            [sys.executable, "-m", "inkdigits", "read", "-", "--format", "text"],
            stdin=stream, capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert (alone.stdout, alone.stderr) == (
        "721\n",
        "- has more pages than the first, which is read.\n",
    )


def test_a_scan_that_is_cut_short_gives_its_first_page_and_says_what_is_missing(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path
) -> None:
    with Image.open(photo) as opened:
        opened.save(tmp_path / "scan.tif", save_all=True, append_images=[opened.rotate(180)])
    whole = (tmp_path / "scan.tif").read_bytes()
    (tmp_path / "scan.tif").write_bytes(whole[: page_places(whole)[0][1] + 1])
    printed = inkdigits("read", tmp_path / "scan.tif", "--format", "text")
    assert (printed.code, printed.out) == (1, "721\n")
    assert "scan.tif#page=2 is no readable picture (the file is cut short" in printed.err


def test_pages_and_a_file_that_is_called_like_one_are_each_read_once(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path
) -> None:
    file = tmp_path / "scan.pdf"
    with Image.open(photo) as opened:
        second = opened.crop((0, 0, 340, opened.height))  # 72
        opened.save(file, save_all=True, append_images=[second])
    named = f"{file}#page=2"
    arguments = ["read", file, named, "--format", "text"]
    assert inkdigits(*arguments).out == "721\n\n72\n"
    Path(named).write_bytes(photo.read_bytes())
    drawn = tmp_path / "drawn"
    assert inkdigits(*arguments, "--annotate", drawn).out == "721\n\n72\n\n721\n"
    assert len(list(drawn.iterdir())) == 3


def test_the_squashed_pixels_of_a_fax_are_read_and_drawn_over_where_they_are(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path
) -> None:
    file, drawn = tmp_path / "fax.png", tmp_path / "drawn.png"
    with Image.open(photo) as opened:
        opened.resize((opened.width, opened.height // 3)).save(file, dpi=(300, 100))
    digits = list(
        csv.DictReader(
            io.StringIO(inkdigits("read", file, "--format", "csv", "--annotate", drawn).out)
        )
    )
    assert [row["value"] for row in digits] == ["7", "2", "1"]
    assert all(int(row["y"]) + int(row["height"]) <= 176 / 3 for row in digits)
    with Image.open(drawn) as picture:
        green = np.asarray(picture)[..., 1].astype(int) - np.asarray(picture)[..., 0]
    assert picture.size == (520, 174)
    assert np.flatnonzero((green > 60).any(1))[-1] > 120  # as far down as the digits reach


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


def test_a_picture_that_is_read_is_never_drawn_over(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.png"
    own.write_bytes(photo.read_bytes())
    for arguments in ((own, "--annotate", own), (tmp_path, "--annotate", tmp_path)):
        outcome = inkdigits("read", *arguments)
        assert outcome.code == 2
        assert "own.png is a picture that is read" in outcome.err
        assert own.read_bytes() == photo.read_bytes()


def test_a_picture_in_the_folder_that_is_drawn_into_is_kept_and_a_drawing_replaced(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "scan.jpg").write_bytes(photo.read_bytes())
    other = tmp_path / "scan.png"
    Image.new("L", (8, 8)).save(other)
    before = other.read_bytes()
    kept = inkdigits("read", tmp_path / "scan.jpg", "--annotate", tmp_path)
    assert kept.code == 2
    assert "scan.png is there, and was not drawn here" in kept.err
    assert other.read_bytes() == before
    other.unlink()
    for _ in range(2):
        assert inkdigits("read", tmp_path / "scan.jpg", "--annotate", tmp_path).code == 0
    other.write_bytes(before)  # named itself, it may go
    assert inkdigits("read", tmp_path / "scan.jpg", "--annotate", other).code == 0


def test_what_is_read_is_printed_though_it_cannot_be_drawn(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    target = tmp_path / "file" / "drawn.png"
    outcome = inkdigits("read", photo, "--annotate", target, "--format", "text")
    assert outcome.code == 1
    assert outcome.out == "721\n"
    assert "drawn.png" in outcome.err


def test_what_is_read_is_printed_though_nobody_may_look_where_it_is_drawn(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path
) -> None:
    (tmp_path / "more.png").write_bytes(photo.read_bytes())
    target = tmp_path / ("x" * 300)  # a name that no folder can hold
    drawn = tmp_path / "drawn.png"
    assert inkdigits("read", photo, tmp_path / "none.png", "--annotate", drawn).code == 1
    assert drawn.is_file()  # of the one picture that there is
    several = inkdigits("read", photo, tmp_path / "more.png", "--annotate", tmp_path / "new.png")
    assert several.code == 2
    assert "new.png is one picture; name a folder" in several.err
    for sources in ([photo], [photo, tmp_path / "more.png"]):
        outcome = inkdigits("read", *sources, "--annotate", target, "--format", "text")
        assert outcome.code == 1
        assert "721\n" in outcome.out
        assert outcome.err.count("Cannot write ") == len(sources)


def test_pictures_of_one_name_are_drawn_apart(
    inkdigits: Inkdigits, photo: Path, tmp_path: Path
) -> None:
    for folder, name in (("a", "same.png"), ("b", "Same.png")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_bytes(photo.read_bytes())
    drawn = tmp_path / "drawn"
    assert inkdigits("read", tmp_path / "a", tmp_path / "b", "--annotate", drawn).code == 0
    assert sorted(path.name for path in drawn.iterdir()) == ["Same-2.png", "same.png"]


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
