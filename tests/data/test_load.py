"""`load_dataset`: what the command line's `--data` means."""

import hashlib
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from inkdigits.data import Dataset, Mirrors, Split, load_dataset
from inkdigits.data.cache import MnistCache
from inkdigits.data.idx import encode_idx
from inkdigits.data.idxfiles import IDX_FILES
from inkdigits.errors import DataError, UsageError

Arrays = dict[str, npt.NDArray[np.uint8]]
WriteIdx = Callable[..., Path]
NO_WEB = Mirrors(keras=None, pytorch=None, wheel=None)


def load(data: Path | None = None) -> tuple[Dataset, list[str]]:
    lines: list[str] = []
    dataset = load_dataset(data, report=lines.append, mirrors=NO_WEB)
    assert all("\n" not in line for line in lines)
    return dataset, lines


def test_a_sets_hashes_are_those_of_its_idx_files(small: Arrays) -> None:
    train = Split(small["train_images"], small["train_labels"])
    test = Split(small["test_images"], small["test_labels"])
    dataset = Dataset("small", train, test, tuple("0123456789"), "a test")
    assert dataset.hashes() == {
        part: hashlib.sha256(encode_idx(array)).hexdigest() for part, array in small.items()
    }
    first = dataset.first(7, 2)
    assert (first.train.images == small["train_images"][:7]).all()
    assert (first.test.labels == small["test_labels"][:2]).all()
    assert (len(first.train.labels), len(first.test.images)) == (7, 2)


def test_what_does_not_belong_together_is_told_with_its_set(small: Arrays) -> None:
    train = Split(small["train_images"], small["train_labels"])
    test = Split(small["test_images"], small["test_labels"])
    names = tuple("0123456789")
    with pytest.raises(DataError, match=r"^it's training set has 12 images but 5 labels\.$"):
        Dataset("it", Split(train.images, test.labels), test, names, "a test")
    with pytest.raises(DataError, match=r"^it's test set has 5 images but 12 labels\.$"):
        Dataset("it", train, Split(test.images, train.labels), names, "a test")
    with pytest.raises(DataError, match=r"^it's test set has the label 9, out of range for 9 cl"):
        Dataset("it", Split(train.images, train.labels % 9), test, names[:9], "a test")
    with pytest.raises(DataError, match=r"images are 3x4 pixels but its test images 4x3; both"):
        Dataset("it", train, Split(test.images.transpose(0, 2, 1), test.labels), names, "a test")
    with pytest.raises(DataError, match=r"has images of shape \(12, 12\) and type uint8; needed"):
        Dataset("it", Split(train.images.reshape(12, -1), train.labels), test, names, "a test")
    floats = train.images.astype(np.float32)
    with pytest.raises(
        DataError, match=r"of shape \(12, 4, 3\) and type float32; needed is \(N, h"
    ):
        Dataset("it", Split(floats, train.labels), test, names, "a test")  # type: ignore[arg-type]
    wide = train.labels.astype(np.int64)
    with pytest.raises(DataError, match=r"of shape \(12,\) and type int64; needed is \(N,\) uint8"):
        Dataset("it", Split(train.images, wide), test, names, "a test")  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"has labels of shape \(12, 1\) and type uint8; needed"):
        Dataset("it", Split(train.images, train.labels[:, None]), test, names, "a test")
    with pytest.raises(DataError, match=r"holds no images, or images of no pixels: \(0, 4, 3\)"):
        Dataset("it", Split(train.images[:0], train.labels[:0]), test, names, "a test")


def test_pairs_of_any_kind_are_splits_and_what_is_none_is_told(small: Arrays) -> None:
    pair = (small["train_images"], small["train_labels"])
    made = Dataset("it", pair, list(map(memoryview, pair)), np.array(list("0123456789")), "a test")  # type: ignore[arg-type]
    assert (made.train.images is pair[0], made.class_names) == (True, tuple("0123456789"))
    assert (made.test.images == pair[0]).all()
    listed = Dataset("it", pair, pair, list("0123456789"), "a test", "~/digits")
    assert (listed.train.labels is pair[1], listed.path) == (True, Path("~/digits").expanduser())
    wrong: dict[str, tuple[str, Any]] = {
        "^it's training set is no pair of images and labels": ("train", None),
        "^it's training set is no pair of images": ("train", (pair[0],)),
        r"shape \(\) and type int64; needed": ("train", (3, 4)),
        "^The images of it's training set make no array": ("train", ([[1], [1, 2]], [0, 0])),
        "^it has the class name 0; needed are strings": ("class_names", range(10)),
        "^it has the class names 3; needed": ("class_names", 3),
        "^it has the class names '0123456789'; needed": ("class_names", "0123456789"),
        "^it has two classes of the name '8'": ("class_names", tuple("0123456788")),
        "^A data set's name is 3; needed is a string": ("name", 3),
        "^A data set's source is .*; needed is a string": ("source", Path("here")),
    }
    for words, (field, value) in wrong.items():
        with pytest.raises(DataError, match=words):
            replace(made, **{field: value})


@pytest.mark.parametrize("counts", [(-1, 5), (5, -1), (0, 5), (2.5, 5), ("3", 5)])
def test_the_first_images_are_counted_from_1(small: Arrays, counts: tuple[int, int]) -> None:
    split = Split(small["train_images"], small["train_labels"])
    dataset = Dataset("it", split, split, tuple("0123456789"), "a test")
    assert len(dataset.first(10**6, 5).train.labels) == len(split.labels)
    with pytest.raises(UsageError, match=r"^(train|test) is .*; it must be (from 1|a whole)"):
        dataset.first(*counts)


def test_mnist_at_the_path_is_called_mnist(
    tmp_path: Path, write_idx: WriteIdx, mnist_arrays: Arrays, mnist: Dataset
) -> None:
    folder = write_idx(tmp_path / "digits", mnist_arrays)
    dataset, lines = load(folder)
    assert dataset.name == "mnist"
    assert dataset.hashes() == mnist.hashes()
    assert lines == [f"MNIST served by the given path {folder}"]


def test_mnist_with_a_damaged_part_is_reported_and_the_chain_serves(
    tmp_path: Path, write_idx: WriteIdx, mnist_arrays: Arrays, cache_root: Path
) -> None:
    MnistCache(cache_root).store(mnist_arrays)
    folder = write_idx(tmp_path / "digits", mnist_arrays)
    damaged = folder / IDX_FILES["train_labels"]
    damaged.write_bytes(damaged.read_bytes()[:-1])
    changed = folder / IDX_FILES["test_images"]
    changed.write_bytes(changed.read_bytes()[:-1] + b"\x01")
    dataset, lines = load(folder)
    assert dataset.name == "mnist"
    labels, images, served = lines
    assert labels.startswith(f"MNIST at {folder} is damaged in its training labels: {damaged}")
    assert "damaged in its test images: the test images have SHA-256" in images
    assert "served by the cache" in served


def test_that_other_data_is_taken_is_said_where_nobody_listens(
    tmp_path: Path,
    write_idx: WriteIdx,
    mnist_arrays: Arrays,
    cache_root: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    MnistCache(cache_root).store(mnist_arrays)
    labels = mnist_arrays["train_labels"].copy()
    labels[:500] = (labels[:500] + 1) % 10
    folder = write_idx(tmp_path / "digits", mnist_arrays | {"train_labels": labels})
    load_dataset(folder)
    (said,) = caplog.messages
    assert said.startswith(f"MNIST at {folder} is damaged in its training labels")
    assert said.endswith("MNIST itself is taken.")


def test_mnist_with_a_changed_pixel_is_no_set_of_ones_own(
    tmp_path: Path, write_idx: WriteIdx, mnist_arrays: Arrays, cache_root: Path
) -> None:
    MnistCache(cache_root).store(mnist_arrays)
    images = mnist_arrays["test_images"].copy()
    images[7, 7, 7] ^= 1
    dataset, (damaged, served) = load(
        write_idx(tmp_path / "digits", mnist_arrays | {"test_images": images})
    )
    assert "damaged in its test images: the test images have SHA-256" in damaged
    assert "served by the cache" in served
    assert dataset.name == "mnist"


@pytest.mark.parametrize("change", ["turned", "parity", "noise", "smaller"])
def test_mnist_changed_on_purpose_is_a_set_of_ones_own(
    tmp_path: Path, mnist_arrays: Arrays, cache_root: Path, change: str
) -> None:
    MnistCache(cache_root).store(mnist_arrays)
    arrays = dict(mnist_arrays)
    if change == "turned":
        arrays["test_images"] = np.rot90(arrays["test_images"], 1, (1, 2))
    elif change == "parity":
        arrays |= {part: arrays[part] % 2 for part in ("train_labels", "test_labels")}
    elif change == "noise":
        labels = arrays["train_labels"].copy()
        labels[::50] = (labels[::50] + 1) % 10  # 2%
        arrays["train_labels"] = labels
    else:
        arrays |= {part: arrays[part][:, ::2, ::2] for part in ("train_images", "test_images")}
    path = tmp_path / "changed.npz"
    np.savez(
        path,
        x_train=arrays["train_images"],
        y_train=arrays["train_labels"],
        x_test=arrays["test_images"],
        y_test=arrays["test_labels"],
    )
    dataset, lines = load(path)
    assert lines == [f"changed served by the given path {path}"]
    assert (dataset.name, len(dataset.class_names)) == ("changed", 2 if change == "parity" else 10)
    assert (dataset.test.images == arrays["test_images"]).all()
    assert (dataset.train.labels == arrays["train_labels"]).all()


def test_some_of_mnists_training_images_with_its_test_set_are_a_set_of_ones_own(
    mnist: Dataset, write_idx: WriteIdx, tmp_path: Path
) -> None:
    train, test = mnist.first(500, 10_000)
    arrays = {
        "train_images": train.images,
        "train_labels": train.labels,
        "test_images": test.images,
        "test_labels": test.labels,
    }
    dataset = load_dataset(write_idx(tmp_path / "few", arrays))
    assert dataset.train.images.shape == (500, 28, 28)
    assert dataset.name == "few"


def test_damaged_mnist_and_no_other_place_is_an_error(
    tmp_path: Path, write_idx: WriteIdx, mnist_arrays: Arrays
) -> None:
    folder = write_idx(tmp_path / "digits", mnist_arrays)
    (folder / IDX_FILES["test_labels"]).unlink()
    with pytest.raises(DataError, match="MNIST is nowhere to be had"):
        load(folder)


def test_a_damaged_set_of_another_kind_is_an_error_that_names_the_file(
    tmp_path: Path, write_idx: WriteIdx, small: Arrays
) -> None:
    folder = write_idx(tmp_path / "mine", small)
    damaged = folder / IDX_FILES["test_images"]
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(DataError, match="t10k-images-idx3-ubyte is truncated") as caught:
        load(folder)
    assert caught.value.exit_code == 1


def test_the_variable_is_the_path_where_none_is_given(
    tmp_path: Path, write_idx: WriteIdx, small: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKDIGITS_DATA", str(write_idx(tmp_path / "mine", small)))
    dataset, lines = load()
    assert dataset.name == "mine"
    assert lines == [f"mine served by INKDIGITS_DATA {tmp_path / 'mine'}"]
    other = write_idx(tmp_path / "other", small)
    assert load(other)[0].name == "other"


def test_a_missing_path_in_the_variable_is_reported_and_mnist_is_loaded(
    tmp_path: Path,
    mnist_arrays: Arrays,
    cache_root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    MnistCache(cache_root).store(mnist_arrays)
    monkeypatch.setenv("INKDIGITS_DATA", str(tmp_path / "gone"))
    dataset, (first, second) = load()
    assert dataset.name == "mnist"
    assert first == f"No MNIST from INKDIGITS_DATA: there is no file or folder {tmp_path / 'gone'}."
    assert "served by the cache" in second


def test_mnist_without_a_path_comes_by_the_same_mirrors_and_progress(
    serve: Callable[..., str], mnist_npz: Path, mnist: Dataset
) -> None:
    url = serve({"mnist.npz": mnist_npz.read_bytes()}) + "mnist.npz"
    seen: set[str] = set()
    dataset = load_dataset(
        mirrors=Mirrors(url, None, None), progress=lambda name, *_: seen.add(name)
    )
    assert dataset.hashes() == mnist.hashes()
    assert seen == {url}


def test_for_damaged_mnist_the_variable_is_asked_first_and_then_the_mirrors(
    tmp_path: Path,
    write_idx: WriteIdx,
    mnist_arrays: Arrays,
    mnist_npz: Path,
    serve: Callable[..., str],
    cache_root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = write_idx(tmp_path / "digits", mnist_arrays)
    (folder / IDX_FILES["test_labels"]).unlink()
    monkeypatch.setenv("INKDIGITS_DATA", str(mnist_npz))
    dataset, (_, served) = load(folder)
    assert served == f"MNIST served by INKDIGITS_DATA {mnist_npz}"
    assert dataset.source == f"INKDIGITS_DATA {mnist_npz}"
    shutil.rmtree(cache_root)
    monkeypatch.setenv("INKDIGITS_DATA", str(folder))  # which is no help
    url = serve({"mnist.npz": mnist_npz.read_bytes()}) + "mnist.npz"
    seen: set[str] = set()
    load_dataset(mirrors=Mirrors(url, None, None), progress=lambda name, *_: seen.add(name))
    assert seen == {url}


def test_mnist_of_ones_own_is_cached_and_says_where_it_lay(tmp_path: Path, mnist_npz: Path) -> None:
    dataset, _ = load(mnist_npz)
    assert dataset.source == f"the given path {mnist_npz}"
    _, (line,) = load()
    assert "served by the cache" in line
    shutil.rmtree(tmp_path / "cache")
    (tmp_path / "cache").write_text("in the way")
    _, (_, second) = load(mnist_npz)
    assert second.startswith("MNIST is not cached for the next time: Cannot write")


def test_a_set_without_any_image_is_refused(
    tmp_path: Path, write_idx: WriteIdx, small: Arrays
) -> None:
    empty = {part: array[:0] for part, array in small.items()}
    with pytest.raises(DataError, match=r"mine: mine's training set holds no images"):
        load(write_idx(tmp_path / "mine", empty))


def test_a_path_of_nobodys_home_is_no_path() -> None:
    with pytest.raises(UsageError, match="There is no file or folder ~nobody-of-this-name/it;"):
        load_dataset("~nobody-of-this-name/it")


def test_labels_beyond_ten_make_more_classes(
    tmp_path: Path, write_idx: WriteIdx, small: Arrays
) -> None:
    small["train_labels"] = small["train_labels"] + np.uint8(16)
    dataset, _ = load(write_idx(tmp_path / "letters", small))
    assert dataset.class_names == tuple(str(label) for label in range(26))


def test_loading_imports_neither_torch_nor_pillow(tmp_path: Path) -> None:
    import subprocess

    code = "import sys, inkdigits.data; print({'torch', 'PIL', 'matplotlib'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "set()\n"
