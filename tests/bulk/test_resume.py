"""Stopped, killed, started again: only what is missing is read, nothing is written over."""

import contextlib
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inkdigits import UsageError
from inkdigits.cli import main
from inkdigits.cluster import plan
from inkdigits.cluster.earlier import earlier
from inkdigits.cluster.job import Options, begin, load
from inkdigits.cluster.places import Place, place
from inkdigits.cluster.run import locked, run
from inkdigits.errors import DataError, JobError
from tests.bulk.conftest import Command, Row, parts_of, read, rows_of
from tests.processes import wait_for

SCHEMA = pa.schema([("png", pa.binary())])
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_whole_parts_and_the_same_command_goes_on(
    command: Command,
    many: Path,
    whole: dict[str, bytes],
    tmp_path: Path,
    number: signal.Signals,
    code: int,
) -> None:
    process = command(many, "--out", tmp_path / "out", "--workers", 2)
    wait_for(lambda: len(parts_of(tmp_path / "out")) >= 3, process)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code, said
    assert "of 320 pictures are read; the same command goes on." in said
    assert "Traceback" not in said
    there = parts_of(tmp_path / "out")
    assert 3 <= len(there) < len(whole)
    assert there.items() <= whole.items()
    assert not (tmp_path / "out" / "_SUCCESS").exists()
    left = read(many, tmp_path / "out", workers=2)
    assert left == 16 * (len(whole) - len(there))
    assert parts_of(tmp_path / "out") == whole
    assert (tmp_path / "out" / "_SUCCESS").exists()


def test_only_what_is_missing_is_read(folder: Path, expected: list[Row], tmp_path: Path) -> None:
    out = tmp_path / "out"
    read(folder, out)
    before = {path: path.stat().st_mtime_ns for path in out.glob("part-*")}
    (out / "part-00000002.parquet").unlink()
    (out / ".partial-left").write_bytes(b"of a writer that died")
    cut = out / "part-00000001.parquet"
    cut.write_bytes(cut.read_bytes()[:100])
    job = load(place(str(out)))
    assert job is not None
    found = earlier(job, place(str(out)))
    assert (list(found.left), found.pictures, found.damaged) == ([1, 2], 32, (cut.name,))
    success, seen = out / "_SUCCESS", [(out / "_SUCCESS").exists()]
    done = run(job, place(str(out)), "pool", known=lambda _: seen.append(success.exists()))
    assert sum(part.pictures for part in done) == 32
    assert [*seen, success.exists()] == [True, False, True]  # not while a part is missing
    assert read(folder, out) == 0
    assert earlier(job, place(str(out))).errors == 3
    assert rows_of(out) == expected
    assert not (out / ".partial-left").exists()
    after = {path: path.stat().st_mtime_ns for path in out.glob("part-*")}
    assert sorted(path.name for path in before if before[path] != after[path]) == [
        cut.name, "part-00000002.parquet"
    ]  # fmt: skip


def test_what_could_not_be_read_is_tried_again_when_asked(
    contents: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "pictures", tmp_path / "out"
    source.mkdir()
    good = [content for name, content in contents.items() if name[0] in "0123"]
    for number, content in enumerate(good[:48]):  # three parts
        (source / f"{number:03}.png").write_bytes(content)
    bad = source / "020.png", source / "021.png", source / "040.png"
    for path in bad:
        path.write_bytes(b"no picture")

    def start(*arguments: str) -> object:
        with pytest.raises(SystemExit) as ended:
            main(["read", *arguments])
        return ended.value.code

    arguments = str(source), "--out", str(out), "--workers", "1"
    assert start(*arguments) == 0
    before, rows = parts_of(out), rows_of(out)
    assert len(before) == 3
    bad[0].write_bytes(good[20])
    assert start(*arguments) == 0
    assert parts_of(out) == before
    job, target = load(place(str(out))), place(str(out))
    assert job is not None
    with contextlib.closing(run(job, target, "pool", workers=1, retry_errors=True)) as done:
        assert next(done).part == 1
    there = parts_of(out)  # what was not reached has what it had
    assert [name for name in before if there[name] != before[name]] == ["part-00000001.parquet"]
    assert not (out / "_SUCCESS").exists()
    bad[2].write_bytes(good[40])
    capsys.readouterr()
    assert start(*arguments, "--retry-errors") == 0
    printed = capsys.readouterr()
    said = "2 pictures that could not be read: tried again, with all of the same parts."
    assert said in printed.err
    assert "16 of 48 pictures are read already." in printed.err
    assert "1 could not be read" in printed.out
    failed = {row[0] for row in rows_of(out) if row[-1]}
    assert failed == {bad[1].name}
    names = {path.name for path in bad}
    expected = {row for row in rows_of(out) if row[0] not in names}
    assert expected == {row for row in rows if row[0] not in names}
    assert (out / "_SUCCESS").exists()
    assert start(str(bad[0]), "--retry-errors") == 2
    assert "--retry-errors needs --out" in capsys.readouterr().err


def test_a_part_that_cannot_be_fetched_is_not_called_damaged(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    read(folder, out)
    job = load(place(str(out)))
    assert job is not None

    def refuse(self: Place, name: str) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Place, "input", refuse)
    with pytest.raises(DataError, match=r"part-00000000\.parquet: .*Input/output error"):
        earlier(job, place(str(out)))


def test_pictures_that_came_since_are_read_too(folder: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    files = sorted(folder.glob("[0-3]/*.png"))
    source.mkdir()
    for path in files[::2]:
        os.link(path, source / path.name)
    assert read(source, out) == 30
    before = parts_of(out)
    for path in files[1::2]:
        os.link(path, source / path.name)
    (source / files[0].name).unlink()  # its rows stay
    assert read(source, out) == 30
    assert before.items() <= parts_of(out).items()
    assert {row[0] for row in rows_of(out)} == {path.name for path in files}
    assert read(source, out) == 0


GROWN: list[tuple[list[int], list[int], list[plan.Span]]] = [  # rows of groups, before and now
    ([3], [3], []),
    ([3], [5], [plan.Span(b"a.parquet", 0, 3, 5)]),
    ([2, 1], [2, 3], [plan.Span(b"a.parquet", 1, 1, 3)]),
    ([2, 1], [2, 1, 4], [plan.Span(b"a.parquet", 2, 0, 4)]),
]


@pytest.mark.parametrize(("before", "now", "new"), GROWN)
def test_rows_that_came_since_are_read_too(
    tmp_path: Path, before: list[int], now: list[int], new: list[plan.Span]
) -> None:
    said: list[str] = []
    was = planned(tmp_path, before, said.append)
    assert said == []
    assert [span for span in planned(tmp_path, now, said.append) if span not in was] == new
    assert len(said) == len(new)


@pytest.mark.parametrize(("before", "now"), [([3], [2]), ([2, 2], [4]), ([2, 2], [3, 2])])
def test_a_parquet_file_whose_rows_have_moved_is_refused(
    tmp_path: Path, before: list[int], now: list[int]
) -> None:
    planned(tmp_path, before)
    with pytest.raises(UsageError, match=r"a\.parquet has changed since the job was begun"):
        planned(tmp_path, now)


def planned(
    folder: Path, groups: list[int], told: Callable[[str], None] = lambda sentence: None
) -> list[plan.Span]:
    """What a job has planned once a Parquet file's groups have so many rows."""
    out = place(str(folder / "out"))
    (folder / "in").mkdir(exist_ok=True)
    with pq.ParquetWriter(folder / "in" / "a.parquet", SCHEMA) as writer:
        for rows in groups:
            writer.write_table(pa.table({"png": [b""] * rows}, SCHEMA))
    job = begin(place(str(folder / "in")), out, Options(), told=told)
    return list(plan.Plan(out, job.plans).spans())


def test_an_output_of_something_else_is_refused(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    read(folder / "0", out)
    before = parts_of(out)
    for source, options, said in (
        (folder / "1", {}, "begun with another source"),
        (folder / "0", {"single": True}, "begun with another --single;"),
        (folder / "0", {"max_pixels": 9}, "begun with another --max-pixels;"),
    ):
        with pytest.raises(UsageError, match=said):
            read(source, out, **options)
    assert read(folder / "0", out, picture_seconds=7.0) == 0  # which may change
    job = load(place(str(out)))
    assert job is not None
    assert job.options.picture_seconds == 7
    assert parts_of(out) == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="is there already"):
        read(folder / "0", tmp_path / "mine")
    (tmp_path / "file").write_text("dear")
    with pytest.raises(UsageError, match="is a file"):
        read(folder / "0", tmp_path / "file")
    assert (tmp_path / "file").read_text() == "dear"


def test_a_job_of_another_version_or_damaged_is_refused(folder: Path, tmp_path: Path) -> None:
    read(folder / "0", tmp_path)
    record = tmp_path / "_job.json"
    settings = json.loads(record.read_text())
    record.write_text(json.dumps({**settings, "version": "0.0.1"}))
    with pytest.raises(UsageError, match="another version of inkdigits"):
        read(folder / "0", tmp_path)
    for damage in ({**settings, "plans": [{"first": "x"}]}, {**settings, "format": 9}, 3):
        record.write_text(json.dumps(damage))
        with pytest.raises(DataError, match=r"_job\.json is damaged"):
            read(folder / "0", tmp_path)


def test_a_plan_cannot_lead_out_of_the_source(folder: Path, tmp_path: Path) -> None:
    out = place(str(tmp_path / "out"))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(b"x")
    read(tmp_path / "in", tmp_path / "out")
    (tmp_path / "out" / "part-00000000.parquet").unlink()
    picture = (folder / "0" / "000.png").resolve()
    names = [os.fsencode(f"../{name}") for name in ("in/a.png", os.path.relpath(picture, tmp_path))]
    plan.write(out, map(plan.Span, [*names, os.fsencode(picture)]), 0)
    read(tmp_path / "in", tmp_path / "out")
    rows = rows_of(tmp_path / "out")
    assert len(rows) >= 3
    assert all(row[-1] for row in rows)


def test_two_jobs_do_not_write_into_one_place(folder: Path, tmp_path: Path) -> None:
    with (
        locked(place(str(tmp_path / "out"))),
        pytest.raises(JobError, match="another job writes into it"),
    ):
        read(folder, tmp_path / "out")


def test_what_cannot_be_met_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    for arguments, said in (
        (("nowhere",), "There is nothing at"),
        (("in",), "holds no picture and no Parquet file"),
        (("in", "in"), "one collection is read"),
        (("-",), "one collection is read"),
        (("in", "--model", "none.onnx"), "no network at"),
        (("in", "--format", "csv"), "--format cannot be given with --out"),
        (("in", "--single", "--expect-length", "3"), "cannot be given with --single"),
        (("in", "--engine", "pool", "--address", "auto"), "--address is of Ray"),
        (("s3://key:secret@bucket/x",), "would be kept"),
        (("nix://bucket/x",), "cannot be opened"),
    ):
        given = [str(tmp_path / each) if each == "in" else each for each in arguments]
        with pytest.raises(SystemExit) as ended:
            main(["read", *given, "--out", str(tmp_path / "out")])
        errors = capsys.readouterr().err
        assert ended.value.code == 2, errors
        assert said in errors
        assert errors.count("\n") == 1
        assert "secret" not in errors
        assert not (tmp_path / "out").exists(), arguments
