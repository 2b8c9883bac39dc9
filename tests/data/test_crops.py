"""Labelled crops: an `.npz` or folders named after digits, and all that is neither."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest

from inkdigits.data import Dataset
from inkdigits.data.crops import is_crops, load_aside, load_crops
from inkdigits.data.npz import holds_crops, read_crops
from inkdigits.errors import DataError, PictureError
from inkdigits.images.crops import normalize_crops
from tests.data.conftest import lay_together


@pytest.fixture
def images(mnist: Dataset) -> npt.NDArray[np.uint8]:
    return mnist.test.images[:4]


def folders(root: Path, images: npt.NDArray[np.uint8], labels: list[str]) -> Path:
    for place, (image, label) in enumerate(zip(images, labels, strict=True)):
        (root / label).mkdir(parents=True, exist_ok=True)
        PIL.Image.fromarray(image).save(root / label / f"{place}.png")
    return root


def npz(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def test_an_archive_of_no_crops_is_refused(tmp_path: Path, images: npt.NDArray[np.uint8]) -> None:
    path = npz(tmp_path / "crops.npz", images=images[:0], labels=np.zeros(0, int))
    with pytest.raises(DataError, match=r"crops\.npz holds 0 images and 0 labels"):
        load_crops(path)


def test_a_file_of_another_kind_is_told_which_ones_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "digits.csv"
    path.write_text("label,pixel0\n3,255\n")
    said = r"digits\.csv is neither an \.npz of images and labels nor a folder with one for each "
    with pytest.raises(DataError, match=said):
        load_crops(path)
    path.rename(path.with_suffix(".npz"))
    with pytest.raises(DataError, match=r"digits\.npz is damaged: no \.npz can be read from it"):
        load_crops(path.with_suffix(".npz"))


def test_an_archive_of_two_arrays_at_one_place_is_refused(
    tmp_path: Path, images: npt.NDArray[np.uint8]
) -> None:
    path = npz(tmp_path / "crops.npz", images=images, labels=np.array([9, 2, 1, 0]))
    lay_together(path)
    with pytest.raises(DataError, match=r"crops\.npz is damaged: two of its members lie at one"):
        load_crops(path)


def test_an_archive_gives_its_crops_normalised_with_their_digits(
    tmp_path: Path, images: npt.NDArray[np.uint8]
) -> None:
    path = npz(tmp_path / "crops.npz", images=images, labels=np.array([9, 2, 1, 0]))
    assert is_crops(path)
    loaded, labels, _ = load_crops(path)
    assert (loaded == normalize_crops(images)).all()
    assert labels.tolist() == [9, 2, 1, 0]
    unlabelled = read_crops(npz(tmp_path / "unlabelled.npz", images=images))
    assert (unlabelled.images == images).all()
    assert unlabelled.labels is None


def test_folders_give_their_pictures_by_digit_and_name(
    tmp_path: Path, images: npt.NDArray[np.uint8]
) -> None:
    path = folders(tmp_path / "crops", images, ["7", "2", "7", "0"])
    assert is_crops(path)
    loaded, labels, _ = load_crops(path)
    assert labels.tolist() == [0, 2, 7, 7]
    assert (loaded == normalize_crops(images[[3, 1, 0, 2]])).all()


def test_other_sets_are_no_crops(tmp_path: Path, images: npt.NDArray[np.uint8]) -> None:
    parts = npz(tmp_path / "mnist.npz", x_train=images, y_train=np.arange(4))
    text = tmp_path / "text.npz"
    text.write_text("no archive")
    empty = tmp_path / "empty"
    empty.mkdir()
    letters = folders(tmp_path / "letters", images, ["7", "A", "B", "7"])
    for path in (parts, text, empty, letters, tmp_path / "nothing"):
        assert not is_crops(path), path
    assert not holds_crops(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, r"its array images is missing\.$"),
        ({"images": np.zeros((2, 5, 5), np.uint8)}, "holds images but no labels"),
        ({"images": np.zeros((0, 5, 5), np.uint8)}, "holds 0 images and no labels"),
        (
            {"images": np.zeros((2, 5, 5), np.uint8), "labels": np.zeros(3, np.uint8)},
            "holds 2 images and 3 labels",
        ),
        (
            {"images": np.zeros((2, 5, 5), np.uint8), "labels": np.array([3, 10])},
            r"has the label 10; digits are 0 to 9\.",
        ),
        ({"images": np.zeros((2, 5), np.uint8)}, r"images has the shape \(2, 5\)"),
        ({"images": np.zeros((2, 5, 5))}, "images holds no integers"),
        (
            {"images": np.full((2, 5, 5), 256), "labels": np.zeros(2, np.uint8)},
            "pixel out of range in images",
        ),
        (
            {"images": np.zeros((2, 5, 5), np.uint8), "labels": np.array([3, 256])},
            "label out of range in labels",
        ),
    ],
)
def test_an_archive_of_anything_else_is_refused_by_name(
    tmp_path: Path, arrays: dict[str, Any], message: str
) -> None:
    path = npz(tmp_path / "crops.npz", other=np.zeros(1), **arrays)
    with pytest.raises(DataError, match=f"{path.name}.*{message}"):
        load_crops(path)


def test_a_damaged_archive_is_refused_by_name(
    tmp_path: Path, images: npt.NDArray[np.uint8]
) -> None:
    path = npz(tmp_path / "crops.npz", images=images, labels=np.arange(4))
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(DataError, match=rf"^{path} is damaged: "):
        load_crops(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images.npy", b"no array")
    with pytest.raises(DataError, match=rf"^{path}: its array images is no \.npy file"):
        load_crops(path)


def test_folders_without_crops_or_of_no_digit_are_refused_by_name(
    tmp_path: Path, images: npt.NDArray[np.uint8]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match=rf"^{empty} holds no crops; .*7/\*\.png\.$"):
        load_crops(empty)
    letters = folders(tmp_path / "letters", images, ["7", "10", "3", "7"])
    with pytest.raises(DataError, match=rf"^{letters / '10'} is named after no digit"):
        load_crops(letters)


def test_what_is_no_digit_is_kept_aside(tmp_path: Path, images: npt.NDArray[np.uint8]) -> None:
    path = folders(tmp_path / "crops", images, ["7", "2", "none", "0"])
    assert is_crops(path)
    crops = load_crops(path)
    assert crops.labels.tolist() == [0, 2, 7]
    assert crops.names == tuple(str(path / name) for name in ("0/3.png", "2/1.png", "7/0.png"))
    assert (load_aside(path) == normalize_crops(images[2:3])).all()
    assert load_aside(folders(tmp_path / "more", images[:1], ["7"])).shape == (0, 28, 28)


def test_pictures_that_cannot_be_read_are_named_together(
    tmp_path: Path, images: npt.NDArray[np.uint8]
) -> None:
    path = folders(tmp_path / "crops", images, ["7", "2", "7", "0"])
    for name in ("2/b.png", "7/a.png"):
        (path / name).write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"(?s)2/b\.png is no .*\n.*7/a\.png is no "):
        load_crops(path)
