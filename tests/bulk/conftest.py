"""A folder of small pictures, good and bad, and the rows that they must give."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from inkdigits import InkdigitsError, Recognizer
from inkdigits.cluster import run as running
from inkdigits.cluster.job import Options, begin
from inkdigits.cluster.places import place
from inkdigits.cluster.run import Engine
from inkdigits.data import Dataset

COUNT = 60
Row = tuple[Any, ...]
Command = Callable[..., "subprocess.Popen[str]"]


def png(levels: "np.ndarray[Any, Any]") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(levels.astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture(scope="session")
def contents(mnist: Dataset) -> dict[str, bytes]:
    """Pictures by their names: of one to three digits, in one or two lines, blank, no pictures."""
    made: dict[str, bytes] = {}
    images = 255 - mnist.train.images[: 3 * COUNT].astype(np.int64)
    for number in range(COUNT):
        three = images[3 * number : 3 * number + 1 + number % 3]
        line = np.pad(np.concatenate(list(three), 1), 10, constant_values=255)
        page = np.concatenate([line, line]) if number % 10 == 9 else line
        made[f"{number % 4}/{number:03}.png"] = png(page)
    made["blank.png"] = png(np.full((60, 90), 255))
    made["empty.png"] = b""
    made["text.png"] = b"no picture"
    made["zz/half.png"] = made["0/000.png"][:100]
    return made


@pytest.fixture(scope="session")
def folder(contents: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pictures as files; tests must not change it."""
    root = tmp_path_factory.mktemp("pictures")
    for name, content in contents.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(content)
    (root / "notes.txt").write_text("no picture, and not named as one")
    (root / ".hidden.png").write_bytes(contents["0/000.png"])
    return root


@pytest.fixture(scope="session")
def expected(contents: dict[str, bytes]) -> list[Row]:
    """What `Recognizer` itself says: picture, line, text, confidence, box, whether it failed."""
    recognizer = Recognizer(threads=1)
    rows: list[Row] = []
    for name, content in contents.items():
        try:
            lines = recognizer.read(content).lines
        except InkdigitsError:
            rows.append((name, 0, None, None, None, None, None, True))
            continue
        if not lines:
            rows.append((name, 0, "", None, None, None, None, False))
        for number, line in enumerate(lines, 1):
            boxes = np.array([digit.box for digit in line.digits])
            corner = boxes[:, :2].min(0)
            extent = (boxes[:, :2] + boxes[:, 2:]).max(0) - corner
            least = min(digit.confidence for digit in line.digits)
            box = tuple(int(value) for value in (*corner, *extent))
            numbers = tuple(each.text for each in line.numbers)
            rows.append((name, number, line.text, numbers, line.written, least, box, False))
    return sorted(rows, key=repr)


def rows_of(out: object, filesystem: Any = None) -> list[Row]:
    """The rows that are there, in the same form and order."""
    table: pa.Table = pq.read_table(str(out), filesystem=filesystem)
    found = [
        (row["picture"], row["line"], row["text"],
         None if row["numbers"] is None else tuple(row["numbers"]), row["written"],
         row["confidence"],
         None if row["box"] is None else tuple(row["box"]), row["error"] is not None)
        for row in table.to_pylist()
    ]  # fmt: skip
    return sorted(found, key=repr)


def parts_of(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.glob("part-*.parquet")}


def read(source: object, out: object, engine: Engine = "pool", **options: Any) -> int:
    """Read a collection in this process; how many pictures this start has read."""
    workers, address = options.pop("workers", 1), options.pop("address", None)
    columns = {name: options.pop(name, None) for name in ("model", "column", "name_column")}
    target = place(str(out))
    with running.locked(target):
        job = begin(place(str(source)), target, Options(**options), **columns)
        done = running.run(job, target, engine, workers=workers, address=address)
        return sum(part.pictures for part in done)


@pytest.fixture
def command() -> Iterator[Command]:
    """`inkdigits read` as a process, in a session of its own, ended with the test if not before."""

    def start(*arguments: object, **environment: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "inkdigits", "read", *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **environment}, start_new_session=True,
        )  # fmt: skip
        started.enter_context(process)
        started.callback(end, process)
        return process

    def end(process: "subprocess.Popen[str]") -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)

    with contextlib.ExitStack() as started:
        yield start


@pytest.fixture(scope="session")
def many(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same pictures five times over, so that there is a middle in which to be disturbed."""
    root = tmp_path_factory.mktemp("many")
    files = [path for path in folder.rglob("*.png") if path.name[0] != "."]
    for number, path in enumerate(files * 5):
        os.link(path, root / f"{number:04}.png")
    return root


@pytest.fixture(scope="session")
def whole(many: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The parts of those, read undisturbed."""
    out = tmp_path_factory.mktemp("whole") / "rows"
    assert read(many, out, workers=2) == 320
    return parts_of(out)
