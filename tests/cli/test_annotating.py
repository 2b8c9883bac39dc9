"""What `read --annotate` draws, where it draws it, and what is kept if it cannot."""

from pathlib import Path

import numpy as np
from PIL import Image

from inkdigits.data import Dataset
from tests.cli.conftest import Inkdigits


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
