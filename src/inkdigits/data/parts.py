"""The four parts that every set of labelled images has, each decoded or with its reason why not."""

import contextlib
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits.errors import DataError

Array = npt.NDArray[np.uint8]
Parts = Mapping[str, Array | DataError]  # one entry for each of PART_NAMES
Arrays = Mapping[str, Array]

# What `zipfile` raises on damaged files, beyond what its documentation names.
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # an unknown compression
    RuntimeError,  # an encrypted member
    ValueError,
    struct.error,
)
PART_NAMES = ("train_images", "train_labels", "test_images", "test_labels")


def spoken(part: str) -> str:
    """A part's name in a sentence: 'training images' for `train_images`."""
    return part.replace("train_", "training ").replace("_", " ")


def attempt(read: Callable[[], Array]) -> Array | DataError:
    """What `read` returns, or the `DataError` that it raises."""
    try:
        return read()
    except DataError as error:
        return error


def complete(parts: Parts) -> dict[str, Array]:
    """The four arrays, read-only. Raises the first part's `DataError` where one is missing."""
    arrays: dict[str, Array] = {}
    for name in PART_NAMES:
        part = parts[name]
        if isinstance(part, DataError):
            raise part
        array = part.view()
        array.flags.writeable = False
        arrays[name] = array
    return arrays


def narrowed(values: npt.NDArray[np.integer[Any]], what: str) -> Array:
    """Integers of any width as uint8; `what` begins the sentence of an error.

    Raises:
        DataError: where a value lies outside 0 to 255.
    """
    if values.dtype == np.uint8:
        return values.view(np.uint8)
    if values.size:
        for extreme in (int(values.min()), int(values.max())):
            if not 0 <= extreme <= 255:
                raise DataError(f"{what}: {extreme} is not within 0 to 255.")
    return values.astype(np.uint8)


@contextlib.contextmanager
def input_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn an `OSError` while reading `path` into one sentence (a `DataError`)."""
    try:
        yield
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror or error}.") from error


def file_size(path: Path) -> int:
    """Bytes of a regular file. Raises `DataError`: devices and pipes have no end to trust."""
    with input_errors(path):
        if not path.exists():
            raise DataError(f"{path} is missing.")
        if not path.is_file():
            raise DataError(f"{path} is not a regular file.")
        return path.stat().st_size


def check_compression(member: zipfile.ZipInfo, what: str) -> None:
    """Raise `DataError` for a zip's member that is neither stored nor deflated.

    NumPy and wheels know no other way, and each more is a decoder that a stranger's file reaches.
    """
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(
            f"{what} is compressed by zip's method {member.compress_type}; only deflate is read."
        )


def check_places(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise `DataError` for a zip two of whose members lie at one place, as in a zip bomb.

    Later versions of `zipfile` print a warning then, and read them all the same.
    """
    places = [member.header_offset for member in archive.infolist()]
    if len(set(places)) < len(places):
        raise DataError(f"{path} is damaged: two of its members lie at one place.")


def check_inside(path: Path, root: Path) -> None:
    """Raise `DataError` for a link that leads out of the folder `root`.

    A stranger's folder could have a user's own pictures learned from, drawn and passed on.
    """
    if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
        raise DataError(f"{path} is a link that leads out of {root}; put a copy in its place.")
