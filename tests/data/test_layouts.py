"""Where a set's files may lie and how they may be called."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from inkdigits.data import Dataset, load_dataset
from inkdigits.data.class_names import FASHION, KMNIST, known_set, name_from_path
from inkdigits.data.found import read_path
from inkdigits.data.idxfiles import IDX_FILES
from inkdigits.errors import DataError, UsageError

Arrays = dict[str, npt.NDArray[np.uint8]]
WriteIdx = Callable[..., Path]
DOTTED = {part: name.replace("-idx", ".idx") for part, name in IDX_FILES.items()}
EMNIST = {part: "emnist-digits-" + name.replace("t10k", "test") for part, name in IDX_FILES.items()}


def same(dataset: Dataset, arrays: Arrays) -> bool:
    train, test = dataset
    read = {"train_images": train.images, "train_labels": train.labels}
    read |= {"test_images": test.images, "test_labels": test.labels}
    return all(np.array_equal(read[part], arrays[part]) for part in IDX_FILES)


@pytest.mark.parametrize("gz", [False, True])
@pytest.mark.parametrize("names", [IDX_FILES, DOTTED])
def test_four_idx_files_in_a_folder_are_a_set(
    tmp_path: Path, write_idx: WriteIdx, small: Arrays, names: Mapping[str, str], gz: bool
) -> None:
    dataset = load_dataset(write_idx(tmp_path / "mine", small, names, gz))
    assert same(dataset, small)
    assert dataset.name == "mine"
    assert dataset.class_names == tuple("0123456789")
    assert dataset.source == f"the given path {tmp_path / 'mine'}"
    assert not dataset.train.images.flags.writeable


def test_any_one_of_the_four_files_stands_for_all(
    tmp_path: Path, write_idx: WriteIdx, small: Arrays
) -> None:
    folder = write_idx(tmp_path / "mine", small)
    for name in IDX_FILES.values():
        assert same(load_dataset(folder / name), small)


def test_a_path_may_be_a_string_below_the_home_folder(
    tmp_path: Path, write_idx: WriteIdx, small: Arrays
) -> None:
    write_idx(tmp_path / "home" / "mine", small)
    assert same(load_dataset("~/mine"), small)


@pytest.mark.parametrize(
    ("folder", "name", "class_names"),
    [
        ("FashionMNIST/raw", "fashion-mnist", FASHION),
        ("datasets/fashion-mnist/raw", "fashion-mnist", FASHION),
        ("KMNIST/raw", "kmnist", KMNIST),
        ("QMNIST/raw", "QMNIST", tuple("0123456789")),
    ],
)
def test_a_known_set_has_its_class_names_from_the_path(
    tmp_path: Path,
    write_idx: WriteIdx,
    small: Arrays,
    folder: str,
    name: str,
    class_names: tuple[str, ...],
) -> None:
    write_idx(tmp_path / "data" / folder, small)
    for path in (tmp_path / "data" / folder, (tmp_path / "data" / folder).parent):
        dataset = load_dataset(path)
        assert same(dataset, small)
        assert (dataset.name, dataset.class_names) == (name, class_names)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/data/fashion/a/b/c", None),  # too far up to be about this set
        ("fashion", "fashion-mnist"),
        ("data/Kuzushiji/raw/train-images-idx3-ubyte", "kmnist"),
        ("/sets/mine", None),
        ("/share/dataset-fashion-mnist", "fashion-mnist"),
        ("data/fashion_mnist.npz", "fashion-mnist"),
        ("data/kmnist-train-imgs.npz", "kmnist"),
        ("old-fashioned/mine/digits.npz", None),
        ("my-kmnist-like-digits/raw", None),
    ],
)
def test_only_the_end_of_a_path_tells_a_known_set(path: str, name: str | None) -> None:
    known = known_set(Path(path))
    assert (known and known[0]) == name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/sets/letters/raw", "letters"),
        ("/sets/letters.npz", "letters"),
        ("Data/MNIST/processed", "MNIST-variant"),
        ("/", "own"),
        (".", "own"),
        ("../../data/raw", "own"),
        ("/...", "own"),
        ("/X", "X"),
    ],
)
def test_a_set_is_called_by_the_last_part_of_its_path_that_tells_something(
    path: str, name: str
) -> None:
    assert name_from_path(Path(path)) == name


def test_a_torchvision_root_with_one_set_is_that_set(
    tmp_path: Path, write_idx: WriteIdx, small: Arrays
) -> None:
    write_idx(tmp_path / "data" / "KMNIST" / "raw", small, gz=True)
    write_idx(tmp_path / "data" / "KMNIST" / "raw", small)
    assert load_dataset(tmp_path / "data").name == "kmnist"


def test_a_torchvision_root_with_several_sets_asks_for_one(
    tmp_path: Path, write_idx: WriteIdx, small: Arrays
) -> None:
    for name in ("KMNIST", "FashionMNIST"):
        write_idx(tmp_path / "data" / name / "raw", small)
    with pytest.raises(DataError, match=r"data holds several sets, .*FashionMNIST.*KMNIST"):
        load_dataset(tmp_path / "data")


def test_of_several_sets_the_preferred_is_taken_where_it_is_there(
    tmp_path: Path, write_idx: WriteIdx, small: Arrays
) -> None:
    for name in ("KMNIST", "MNIST"):
        write_idx(tmp_path / "data" / name / "raw", small)
    found = read_path(tmp_path / "data", prefer="MNIST")
    assert found.path == tmp_path / "data" / "MNIST" / "raw"
    with pytest.raises(DataError, match=r"holds several sets, .*KMNIST/raw/\*, .*MNIST/raw/\*"):
        read_path(tmp_path / "data", prefer="EMNIST")
    assert read_path(tmp_path / "data" / "KMNIST", prefer="MNIST").path.parent.name == "KMNIST"


def test_emnists_own_folder_and_a_stray_file_beside_a_whole_set(
    tmp_path: Path, write_idx: WriteIdx, small: Arrays
) -> None:
    folder = write_idx(tmp_path / "all" / "gzip", small)
    (folder / "emnist-letters-train-labels-idx1-ubyte").write_bytes(b"")
    found = read_path(tmp_path / "all")
    assert found.path == folder
    labels = found.parts["test_labels"]
    assert isinstance(labels, np.ndarray)
    assert labels.tolist() == small["test_labels"].tolist()


def test_a_file_called_npz_is_said_to_be_damaged_and_no_other_kind(tmp_path: Path) -> None:
    for name in ("mine.npz", "mine.NPZ"):
        (tmp_path / name).write_bytes(b"no archive")
        with pytest.raises(DataError, match=f"{name} is damaged: no .npz can be read"):
            read_path(tmp_path / name)


@pytest.mark.parametrize("gz", [False, True])
def test_emnist_images_are_turned_upright(
    tmp_path: Path, write_idx: WriteIdx, small: Arrays, gz: bool
) -> None:
    stored = small | {
        part: np.ascontiguousarray(small[part].transpose(0, 2, 1))
        for part in ("train_images", "test_images")
    }
    dataset = load_dataset(write_idx(tmp_path / "gzip", stored, EMNIST, gz))
    assert dataset.name == "emnist-digits"
    assert same(dataset, small)
    assert dataset.image_size == (4, 3)


def test_several_emnist_sets_in_one_folder_are_told_apart_by_one_file(
    tmp_path: Path, write_idx: WriteIdx, small: Arrays
) -> None:
    letters = {part: name.replace("digits", "letters") for part, name in EMNIST.items()}
    folder = write_idx(tmp_path / "both", small, EMNIST)
    write_idx(folder, small, letters)
    with pytest.raises(DataError, match="several sets"):
        load_dataset(folder)
    assert load_dataset(folder / letters["test_labels"]).name == "emnist-letters"


def test_a_folder_with_an_npz_is_that_npz(tmp_path: Path, small: Arrays) -> None:
    path = tmp_path / ".keras" / "datasets" / "mnist.npz"
    path.parent.mkdir(parents=True)
    arrays = {f"x_{split}": small[f"{split}_images"] for split in ("train", "test")}
    arrays |= {f"y_{split}": small[f"{split}_labels"] for split in ("train", "test")}
    np.savez(path, **arrays)  # type: ignore[arg-type]
    for given in (path, path.parent, tmp_path / ".keras"):
        dataset = load_dataset(given)
        assert same(dataset, small)
        assert dataset.name == "mnist-variant"  # only MNIST itself is called mnist
    path.rename(tmp_path / "mine.npz")
    assert same(load_dataset(tmp_path), small)
    (tmp_path / "other.npz").write_bytes(b"")
    with pytest.raises(DataError, match=f"{tmp_path} holds none of these"):
        load_dataset(tmp_path)


@pytest.mark.parametrize("part", list(IDX_FILES))
def test_a_missing_file_is_named(
    tmp_path: Path, write_idx: WriteIdx, small: Arrays, part: str
) -> None:
    folder = write_idx(tmp_path / "mine", small)
    (folder / IDX_FILES[part]).unlink()
    with pytest.raises(DataError, match=f"{IDX_FILES[part]} .* is missing"):
        load_dataset(folder)


def test_swapped_files_are_named(tmp_path: Path, write_idx: WriteIdx, small: Arrays) -> None:
    folder = write_idx(tmp_path / "mine", small)
    (folder / IDX_FILES["test_labels"]).replace(folder / IDX_FILES["train_images"])
    with pytest.raises(DataError, match="train-images-idx3-ubyte has 1 dimensions; images have 3"):
        load_dataset(folder)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"train_labels": np.zeros(3, np.uint8)}, "12 images but 3 labels"),
        ({"test_images": np.zeros((5, 9, 9), np.uint8)}, "3x4 pixels but its test images 9x9"),
        ({"test_images": np.zeros((0, 4, 3), np.uint8)}, "holds no images"),
        ({"train_images": np.zeros((12, 0, 3), np.uint8)}, "no pixels"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused_with_the_path(
    tmp_path: Path, write_idx: WriteIdx, small: Arrays, changed: Arrays, message: str
) -> None:
    folder = write_idx(tmp_path / "mine", small | changed)
    with pytest.raises(DataError, match=message) as caught:
        load_dataset(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_path_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no file or folder .*gone") as caught:
        load_dataset(tmp_path / "gone")
    assert caught.value.exit_code == 2
    with pytest.raises(UsageError):
        load_dataset("")


@pytest.mark.parametrize("name", ["notes.txt", "set.npz", "train-images-idx3-ubyte"])
def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("just some words")
    with pytest.raises(DataError, match=name) as caught:
        load_dataset(path)
    assert "\n" not in str(caught.value)


def test_an_empty_folder_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty holds none of these: four IDX files"):
        load_dataset(tmp_path / "empty")
