"""IDX files on disk, raw or gzipped, and the names by which four of them make a set.

MNIST's own names are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the same with
`t10k`; torchvision keeps them in `MNIST/raw`. Some copies spell `train-images.idx3-ubyte`. EMNIST
puts `emnist-digits-` before, says `test`, and stores each image transposed (Cohen et al. 2017,
'EMNIST: an extension of MNIST to handwritten letters').
"""

import gzip
import math
import re
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from inkdigits.data.idx import (
    IDX_HEAD_BYTES,
    check_expansion,
    check_idx_length,
    decode_idx,
    parse_idx_header,
)
from inkdigits.data.parts import PART_NAMES, Array, Parts, attempt, file_size, input_errors
from inkdigits.errors import DataError

IDX_FILES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
_FILE_NAME = re.compile(
    r"(?P<prefix>.*?)(?P<split>train|t10k|test)[-_.](?P<kind>images|labels)"
    r"[-_.]idx[13][-_.]?ubyte(?P<gz>\.gz)?",
    re.IGNORECASE,
)
_GZIP_MAGIC = b"\x1f\x8b"
_DEFLATE_RATIO = 1032  # no more than this can come out of a deflated byte (zlib's own notes)
_CHUNK_BYTES = 2**20


def read_idx(path: Path) -> Array:
    """Read one IDX file, raw or gzipped (told by its first bytes), as a read-only uint8 array.

    The header is checked against the file's size before anything is allocated, and no more is
    unpacked than the header promises.

    Raises:
        DataError: where the file is missing, damaged, truncated or no IDX file.
    """
    size = file_size(path)
    name = str(path)
    with input_errors(path), path.open("rb") as stream:
        head = stream.read(IDX_HEAD_BYTES)
        stream.seek(0)
        if head.startswith(_GZIP_MAGIC):
            return _read_gzipped(stream, size, name)
        start, shape = parse_idx_header(head, name)
        check_idx_length(size, start, shape, name)
        return decode_idx(stream.read(size), name)


def _read_gzipped(stream: IO[bytes], size: int, name: str) -> Array:
    try:
        with gzip.GzipFile(fileobj=stream, mode="rb") as unpacked:
            content = bytearray(unpacked.read(IDX_HEAD_BYTES))
            start, shape = parse_idx_header(bytes(content), name)
            total = start + math.prod(shape)
            if total > _DEFLATE_RATIO * size + IDX_HEAD_BYTES:
                raise DataError(
                    f"{name} is truncated: its header promises {total} bytes, "
                    f"more than {size} gzipped bytes can hold."
                )
            check_expansion(total, size, name)
            # One byte more than promised, so that gzip reaches its checksum.
            while len(content) <= total:
                chunk = unpacked.read(min(_CHUNK_BYTES, total + 1 - len(content)))
                if not chunk:
                    break
                content += chunk
    except EOFError as error:
        raise DataError(f"{name} is truncated: its gzip stream does not end.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{name} is damaged: {error}.") from error
    if len(content) > total:
        raise DataError(
            f"{name} is too long: it unpacks to more than the limit of {total} bytes "
            "that its header sets."
        )
    return decode_idx(content, name)


@dataclass(frozen=True)
class IdxSet:
    """Four IDX files of one folder that share what stands before their names, or some of them."""

    folder: Path
    prefix: str  # "" for MNIST's own names, "emnist-digits-" for EMNIST's
    files: dict[str, Path]  # by part; the missing ones lack


def idx_prefix(path: Path) -> str | None:
    """What stands before an IDX file's name, or None where the name is not one of an IDX set."""
    match = _FILE_NAME.fullmatch(path.name)
    return match["prefix"].lower() if match else None


def find_idx_sets(folder: Path) -> list[IdxSet]:
    """The IDX sets whose files lie directly in `folder`, sorted by prefix; raw before gzipped.

    Raises:
        DataError: where the folder cannot be read.
    """
    found: dict[str, dict[str, Path]] = {}
    with input_errors(folder):
        # Sorted, a raw file comes before the same with .gz, and the first one stays.
        entries = sorted(folder.iterdir())
    for path in entries:
        match = _FILE_NAME.fullmatch(path.name)
        if match and not path.is_dir():
            split = "train" if match["split"].lower() == "train" else "test"
            files = found.setdefault(match["prefix"].lower(), {})
            files.setdefault(f"{split}_{match['kind'].lower()}", path)
    return [IdxSet(folder, prefix, files) for prefix, files in sorted(found.items())]


def read_idx_set(idx_set: IdxSet) -> Parts:
    """Decode the four files; a part that is missing or damaged is its `DataError`."""
    return {part: attempt(partial(_read_part, idx_set, part)) for part in PART_NAMES}


def _read_part(idx_set: IdxSet, part: str) -> Array:
    path = idx_set.files.get(part)
    if path is None:
        missing = idx_set.folder / (idx_set.prefix + IDX_FILES[part])
        raise DataError(f"{missing} (or with .gz) is missing.")
    array = read_idx(path)
    needed = 3 if part.endswith("images") else 1
    if array.ndim != needed:
        raise DataError(f"{path} has {array.ndim} dimensions; {part.split('_')[1]} have {needed}.")
    if needed == 3 and idx_set.prefix.startswith("emnist"):
        return np.ascontiguousarray(array.transpose(0, 2, 1))
    return array
