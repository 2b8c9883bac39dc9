"""Keras's layout: an `.npz` that holds `x_train`, `y_train`, `x_test` and `y_test`.

An `.npz` is a zip of `.npy` files (NumPy's NEP 1 describes those). They are read here rather than
by `numpy.load` so that nothing is pickled, and nothing is unpacked or allocated before the sizes
that the zip's directory and the array's header state have been compared.
"""

import math
import re
import zipfile
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.data.idx import MAX_BYTES, check_expansion
from inkdigits.data.parts import (
    ZIP_ERRORS,
    Array,
    Parts,
    attempt,
    check_compression,
    check_places,
    file_size,
    input_errors,
    narrowed,
)
from inkdigits.errors import DataError

_MEMBERS = {
    "train_images": "x_train",
    "train_labels": "y_train",
    "test_images": "x_test",
    "test_labels": "y_test",
}
# Only the form that NumPy itself writes; nothing is evaluated.
_HEADER = re.compile(
    rb"\{'descr': (?:'(?P<descr>[^']*)'|(?P<record>\[.*\])), "
    rb"'fortran_order': (?P<fortran>True|False), "
    rb"'shape': \((?P<shape>[0-9, ]*)\), ?\}\s*",
    re.DOTALL,
)
_INTEGER = re.compile(rb"[|<>=]?[ui][1248]")
_MAX_HEADER_BYTES = 4096


def read_npz(path: Path) -> Parts:
    """Decode the four arrays of an `.npz`; a damaged or missing one is its `DataError`.

    Images and labels may have any integer type whose values lie in 0 to 255 (some writers store
    labels as int64).

    Raises:
        DataError: where the file is no zip at all, two of its members lie at one place, or it holds
            none of the four arrays.
    """
    file_size(path)
    try:
        with input_errors(path), zipfile.ZipFile(path) as archive:
            check_places(archive, path)
            members = set(archive.namelist())
            if not any(f"{name}.npy" in members for name in _MEMBERS.values()):
                raise DataError(
                    f"{path} holds none of the arrays {', '.join(_MEMBERS.values())}, "
                    "as Keras's mnist.npz does."
                )
            return {
                part: attempt(partial(_read_member, archive, name, path, name[0] == "x"))
                for part, name in _MEMBERS.items()
            }
    except ZIP_ERRORS as error:
        raise DataError(f"{path} is damaged: no .npz can be read from it ({error}).") from error


class Crops(NamedTuple):
    """Crops `(N, H, W) uint8` and their labels `(N,) uint8`; None where the file has none."""

    images: Array
    labels: Array | None


def holds_crops(path: Path) -> bool:
    """Whether a file is a zip with an array `images`."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "images.npy" in archive.namelist()
    except (OSError, *ZIP_ERRORS):
        return False


def read_crops(path: Path) -> Crops:
    """Decode `images` and `labels` of an `.npz`.

    Raises:
        DataError: if the file is damaged, has no images, or not one label for each.
    """
    file_size(path)
    try:
        with input_errors(path), zipfile.ZipFile(path) as archive:
            check_places(archive, path)
            images = _read_member(archive, "images", path, True)
            labels = None
            if "labels.npy" in archive.namelist():
                labels = _read_member(archive, "labels", path, False)
    except ZIP_ERRORS as error:
        raise DataError(f"{path} is damaged: no .npz can be read from it ({error}).") from error
    if not images.size or (labels is not None and len(labels) != len(images)):
        count = "no" if labels is None else len(labels)
        raise DataError(f"{path} holds {len(images)} images and {count} labels.")
    return Crops(images, labels)


def _read_member(archive: zipfile.ZipFile, name: str, path: Path, is_images: bool) -> Array:
    what = f"{path}: its array {name}"
    try:
        member = archive.getinfo(f"{name}.npy")
    except KeyError:
        raise DataError(f"{what} is missing.") from None
    check_compression(member, what)
    if member.file_size > MAX_BYTES:
        raise DataError(
            f"{what} claims {member.file_size} bytes unpacked; the limit is {MAX_BYTES}."
        )
    # The directory may lie about what is packed, but not beyond the file.
    check_expansion(member.file_size, min(member.compress_size, file_size(path)), what)
    try:
        with input_errors(path), archive.open(member) as stream:
            values = _read_npy(stream, member.file_size, 3 if is_images else 1, what)
    except ZIP_ERRORS as error:
        raise DataError(f"{what} is damaged: {error}.") from error
    kind = "pixel" if is_images else "label"
    return narrowed(values, f"{path}: {kind} out of range in {name}")


def _read_npy(
    stream: IO[bytes], size: int, dimensions: int, what: str
) -> npt.NDArray[np.integer[Any]]:
    magic = stream.read(8)
    if len(magic) < 8 or magic[:6] != b"\x93NUMPY" or magic[6] not in (1, 2, 3):
        raise DataError(f"{what} is no .npy file.")
    width = 2 if magic[6] == 1 else 4
    length = int.from_bytes(stream.read(width), "little")
    if length > _MAX_HEADER_BYTES:
        raise DataError(f"{what} has a header of {length} bytes; the limit is {_MAX_HEADER_BYTES}.")
    dtype, shape, fortran = _parse_header(stream.read(length), what)
    if len(shape) != dimensions:
        raise DataError(f"{what} has the shape {shape}; needed are {dimensions} dimensions.")
    data_bytes = math.prod(shape) * dtype.itemsize
    expected = 8 + width + length + data_bytes
    if expected != size:
        raise DataError(
            f"{what} does not fit its header: it has {size} bytes and not the {expected} "
            f"of a header and the shape {shape} of type {dtype}."
        )
    content = stream.read(data_bytes)
    if len(content) != data_bytes or stream.read(1):  # the second read reaches the checksum
        raise DataError(f"{what} is truncated.")
    values = np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")
    return np.ascontiguousarray(values)


def _parse_header(header: bytes, what: str) -> tuple[np.dtype[Any], tuple[int, ...], bool]:
    match = _HEADER.fullmatch(header)
    if match is None:
        raise DataError(f"{what} has a header that is not NumPy's.")
    descr = match["descr"] or match["record"] or b""
    if not _INTEGER.fullmatch(descr):
        shown = descr.decode("ascii", "replace")
        held = "pickled Python objects" if "O" in shown else "no integers"
        raise DataError(f"{what} holds {held} (type {shown}); only integers are read.")
    shape = tuple(int(count) for count in match["shape"].replace(b",", b" ").split())
    return np.dtype(descr.decode("ascii")), shape, match["fortran"] == b"True"
