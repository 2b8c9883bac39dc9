"""What a set of labelled images is: two splits, class names, where it came from, its hashes."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.arrays import as_array
from inkdigits.data.idx import idx_header
from inkdigits.errors import DataError
from inkdigits.files import given_path
from inkdigits.settings import checked_whole

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint8]
_MOST = 2**32 - 1  # images


class Split(NamedTuple):
    """Images and their labels, in order.

    Attributes:
        images: `(N, H, W) uint8`, 0 to 255, white ink on black.
        labels: `(N,) uint8`, class indices.
    """

    images: Images
    labels: Labels


def joined(splits: Sequence[Split]) -> Split:
    """The images and labels of all, one after the other."""
    return Split(
        np.concatenate([split.images for split in splits]),
        np.concatenate([split.labels for split in splits]),
    )


@dataclass(frozen=True, eq=False)
class Dataset:
    """A training and a test split of the same kind of images.

    Unpacks as Keras's loader does: `(x_train, y_train), (x_test, y_test) = dataset`. Each split may
    be given as any such pair, class names as any sequence.

    Attributes:
        name: what the set is called.
        train: what is learned from.
        test: what is scored.
        class_names: in the order of the labels' indices.
        source: which source served, in one line.
        path: that it was read from, where one was named: as `--data` takes it.

    Raises:
        DataError: where images and labels are no such arrays or do not belong together, names or
            the source are no strings, or class names not unlike each other.
    """

    name: str
    train: Split
    test: Split
    class_names: tuple[str, ...]
    source: str
    path: Path | None = None

    if TYPE_CHECKING:  # what may be given, which is more than what is kept

        def __init__(
            self,
            name: str,
            train: Sequence[npt.ArrayLike],
            test: Sequence[npt.ArrayLike],
            class_names: Iterable[str],
            source: str,
            path: str | os.PathLike[str] | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        for field, value in (("name", self.name), ("source", self.source)):
            if not isinstance(value, str):
                raise DataError(f"A data set's {field} is {value!r}; needed is a string.")
        if self.path is not None:
            object.__setattr__(self, "path", given_path(self.path))
        object.__setattr__(self, "class_names", _checked_names(self.name, self.class_names))
        for field, part in (("train", "training"), ("test", "test")):
            what = f"{self.name}'s {part} set"
            checked = _checked_split(what, getattr(self, field), len(self.class_names))
            object.__setattr__(self, field, checked)
        if self.train.images.shape[1:] != self.test.images.shape[1:]:
            raise DataError(
                f"{self.name}'s training images are {_size(self.train)} pixels "
                f"but its test images {_size(self.test)}; both must have one size."
            )

    def __iter__(self) -> Iterator[Split]:
        return iter((self.train, self.test))

    @property
    def image_size(self) -> tuple[int, int]:
        """Height and width of every image, in pixels."""
        _, height, width = self.train.images.shape
        return int(height), int(width)

    @property
    def unseen_classes(self) -> tuple[str, ...]:
        """The names of the classes of which no training image is."""
        counts = np.bincount(self.train.labels, minlength=len(self.class_names))
        return tuple(
            name for name, count in zip(self.class_names, counts, strict=True) if not count
        )

    def first(self, train: int, test: int) -> "Dataset":
        """The same set with only its first so many training and test images, or all it has.

        Raises:
            UsageError: unless both are whole numbers from 1 on.
        """
        train = checked_whole("train", train, 1, _MOST)
        test = checked_whole("test", test, 1, _MOST)
        return replace(
            self,
            train=Split(self.train.images[:train], self.train.labels[:train]),
            test=Split(self.test.images[:test], self.test.labels[:test]),
            path=None,  # where there is more
        )

    def hashes(self) -> dict[str, str]:
        """SHA-256 of each part's uncompressed IDX form, as a run folder records it."""
        return {
            "train_images": idx_sha256(self.train.images),
            "train_labels": idx_sha256(self.train.labels),
            "test_images": idx_sha256(self.test.images),
            "test_labels": idx_sha256(self.test.labels),
        }


def idx_sha256(array: npt.NDArray[np.uint8]) -> str:
    """SHA-256 (hexadecimal) of an array's uncompressed IDX form, whatever file it came from."""
    digest = hashlib.sha256(idx_header(array.shape))
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _size(split: Split) -> str:
    _, height, width = split.images.shape
    return f"{width}x{height}"


def _checked_names(what: str, names: object) -> tuple[str, ...]:
    checked: list[str] = []
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise DataError(f"{what} has the class names {names!r}; needed are several strings.")
    for name in names:
        if not isinstance(name, str):
            raise DataError(f"{what} has the class name {name!r}; needed are strings.")
        if name in checked:
            raise DataError(f"{what} has two classes of the name {name!r}.")
        checked.append(str(name))
    return tuple(checked)


def _checked_split(what: str, split: Sequence[object], classes: int) -> Split:
    try:
        images, labels = split
    except (TypeError, ValueError) as error:
        raise DataError(f"{what} is no pair of images and labels.") from error
    images, labels = as_array(f"images of {what}", images), as_array(f"labels of {what}", labels)
    if images.dtype != np.uint8 or images.ndim != 3:
        raise DataError(
            f"{what} has images of shape {images.shape} and type {images.dtype}; "
            "needed is (N, height, width) uint8."
        )
    if labels.dtype != np.uint8 or labels.ndim != 1:
        raise DataError(
            f"{what} has labels of shape {labels.shape} and type {labels.dtype}; "
            "needed is (N,) uint8."
        )
    if images.size == 0:
        raise DataError(f"{what} holds no images, or images of no pixels: {images.shape}.")
    if len(images) != len(labels):
        raise DataError(f"{what} has {len(images)} images but {len(labels)} labels.")
    if int(labels.max()) >= classes:
        raise DataError(
            f"{what} has the label {int(labels.max())}, out of range for {classes} classes "
            f"(0 to {classes - 1})."
        )
    return Split(images, labels)
