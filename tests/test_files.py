"""Writing that loses nothing."""

import contextlib
import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits import files
from inkdigits.errors import OutputError


def test_an_error_while_writing_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "file"
    files.write_text(path, "old")
    with contextlib.suppress(RuntimeError), files.atomic_file(path) as stream:
        stream.write(b"half of the new")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_place_that_may_not_be_looked_at_is_said_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300) / "file"  # to nobody, unlike a locked folder, which root opens
    with pytest.raises(OutputError, match="Cannot write"):
        files.write_text(path, "text")


def test_of_files_that_belong_together_a_full_disk_gets_none(disk: Path) -> None:
    numbers, page = disk / "it.json", disk / "it.html"
    files.write_together({numbers: "old", page: "old"})
    with pytest.raises(OutputError, match=r"Cannot write .*it\.html: No space left on device"):
        files.write_together({numbers: "new", page: "new" * 600_000})
    assert (numbers.read_text(), page.read_text()) == ("old", "old")
    assert sorted(entry.name for entry in disk.iterdir()) == ["it.html", "it.json"]
    files.write_together({numbers: "new", page: "new" * 3})
    assert (numbers.read_text(), page.read_text()) == ("new", "newnewnew")


def test_files_that_belong_together_take_their_names_in_order(tmp_path: Path) -> None:
    (tmp_path / "2").mkdir()
    with pytest.raises(OutputError, match=r"2: it is there already, and no file"):
        files.write_together({tmp_path / "1": "text", tmp_path / "2": b"bytes"})
    assert [entry.name for entry in tmp_path.iterdir()] == ["2"]
    first, last = tmp_path / "1", tmp_path / "3"
    files.write_together({first: "text", last: b"bytes"})
    assert first.stat().st_ctime_ns <= last.stat().st_ctime_ns  # a rename is a change
    assert last.read_bytes() == b"bytes"


@given(st.recursive(st.text(st.characters()), st.lists, max_leaves=5))
def test_json_gives_back_any_text_also_names_that_are_no_utf_8(content: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.json"
        files.write_json(path, [content, "caf\udce9"])
        assert json.loads(path.read_text(encoding="utf-8")) == [content, "caf\udce9"]


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with contextlib.suppress(RuntimeError), files.atomic_folder(tmp_path / "folder") as folder:
        (folder / "part").write_text("x")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with files.atomic_folder(tmp_path / "folder") as folder:
        (folder / "part").write_text("x")
        assert not (tmp_path / "folder").exists()
    assert (tmp_path / "folder" / "part").read_text() == "x"


def test_of_two_writers_of_a_folder_the_first_stays(tmp_path: Path) -> None:
    with files.atomic_folder(tmp_path / "folder") as late:
        (late / "who").write_text("second")
        with files.atomic_folder(tmp_path / "folder") as early:
            (early / "who").write_text("first")
    assert (tmp_path / "folder" / "who").read_text() == "first"
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"Cannot write .*inside: "):
        files.write_text(tmp_path / "file" / "inside", "x")


def test_files_get_the_permissions_that_the_umask_gives(tmp_path: Path) -> None:
    files.write_text(tmp_path / "ours", "x")
    (tmp_path / "plain").write_text("x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_device_or_a_pipe_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OutputError, match="no file"):
        files.write_text(pipe, "text")
    assert pipe.is_fifo()
    assert [entry.name for entry in tmp_path.iterdir()] == ["pipe"]
