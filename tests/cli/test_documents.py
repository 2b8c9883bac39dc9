"""`read` of documents: pages, faxes, scans that are cut short, and what is no picture."""

import csv
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkdigits.images.tiff import page_places
from tests.cli.conftest import Inkdigits


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
