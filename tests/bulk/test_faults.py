"""Workers that die, pictures that kill them, disks that are full."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest
from PIL import Image

from inkdigits.cluster import apart
from inkdigits.cluster.job import Options, begin
from inkdigits.cluster.places import place
from inkdigits.cluster.reader import Reader
from inkdigits.errors import InkdigitsError
from tests.bulk.conftest import Command, parts_of, read
from tests.processes import below, wait_for

WORKER = "inkdigits.cluster.worker"
pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")

# What a decoder's bug would do, since no picture is known that makes one do it.
BUG = """
import os, signal, time
from inkdigits.recognition import recognizer
read = recognizer.Recognizer.read
def broken(self, content, **options):
    if content.endswith(b"kills"):
        os.kill(os.getpid(), signal.SIGKILL)
    if content.endswith(b"hangs"):
        time.sleep(1000)
    return read(self, content, **options)
recognizer.Recognizer.read = broken
"""


@pytest.fixture
def bug(tmp_path: Path) -> str:
    """The folder to put on PYTHONPATH so that every Python has the bug."""
    (tmp_path / "bug").mkdir()
    (tmp_path / "bug" / "sitecustomize.py").write_text(BUG)
    return str(tmp_path / "bug")


@pytest.fixture
def hostile(many: Path, tmp_path: Path) -> Path:
    """Pictures of which one kills who reads it, and one never ends."""
    source = tmp_path / "in"
    source.mkdir()
    for number in range(40):
        os.link(many / f"{number:04}.png", source / f"{number:04}.png")
    good = (many / "0000.png").read_bytes()
    (source / "0005-kills.png").write_bytes(good + b"kills")
    (source / "0030-hangs.png").write_bytes(good + b"hangs")
    return source


def test_killed_workers_are_replaced_and_no_row_is_there_twice(
    command: Command, many: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    process = command(many, "--out", out, "--workers", 2)
    for parts in (2, 5):
        wait_for(lambda parts=parts: len(parts_of(out)) >= parts, process)  # type: ignore[misc]
        killed = below(process.pid, WORKER)
        assert killed
        for worker in killed:
            os.kill(worker, signal.SIGKILL)
    said, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "320 pictures" in said
    assert parts_of(out) == whole


def test_pictures_that_end_their_worker_or_never_end_are_rows_with_an_error(
    command: Command, hostile: Path, bug: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    process = command(
        hostile, "--out", out, "--workers", 2, "--picture-seconds", 1, PYTHONPATH=bug
    )  # fmt: skip
    _, errors = process.communicate(timeout=90)
    assert process.returncode == 0, errors
    rows = pq.read_table(out).to_pylist()
    assert len({row["picture"] for row in rows}) == 42
    said = {row["picture"]: row["error"] for row in rows}
    assert "ended the process" in said["0005-kills.png"]
    assert "takes too long" in said["0030-hangs.png"]
    assert all(row["text"] is None for row in rows if row["error"])
    assert not list((out / "_begun").iterdir())


# A worker whose part is a document of four pages, of which two end it, and a picture that cannot
# even be counted.
WORKER_OF_PAGES = """
import json, os, sys
picture, passed = map(int, sys.argv[-2:])
say = lambda *answer: print(json.dumps(answer), flush=True)
for number, pages in list(enumerate([[1, 2, 3, 4], [None]]))[picture:]:
    say("ab"[number], None)
    if number:
        os._exit(7)
    for page in pages[passed:]:
        say("a", page)
        if page in (2, 4):
            os._exit(7)
        say("a", [[page, 1, str(page), None, None, 0, None]], page == 4)
    if passed == 4:
        say("a", [], True)
"""


def test_a_page_that_ends_its_worker_takes_no_other_page_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(apart, "WORKER", [sys.executable, "-S", "-c", WORKER_OF_PAGES])
    found = [
        (name, row[0], row[2], row[-1] is not None, is_last)
        for name, rows, is_last in apart.apart("out", 0, 2)
        for row in rows or [(None, None, "nothing more", None)]
    ]
    assert found == [
        ("a", 1, "1", False, False),
        ("a", 2, None, True, False),
        ("a", 3, "3", False, False),
        ("a", 4, None, True, False),
        ("a", None, "nothing more", False, True),
        ("b", None, None, True, True),
    ]


# A worker of two documents: of seven pages, of which all but the second end it, and of three, of
# which all do.
WORKER_OF_A_HOSTILE_DOCUMENT = """
import json, os, sys
picture, passed = map(int, sys.argv[-2:])
say = lambda *answer: print(json.dumps(answer), flush=True)
for number, count in list(enumerate((7, 3)))[picture:]:
    say("ab"[number], None)
    for page in range(passed + 1, count + 1):
        say("ab"[number], page)
        if page != 2 or number:
            os._exit(7)
        say("ab"[number], [[page, 1, str(page), None, None, 0, None]], False)
    if passed == count:
        say("ab"[number], [], True)
    passed = 0
"""


def test_a_document_whose_pages_end_their_worker_one_after_the_other_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(apart, "_TRIES", 1)
    command = [sys.executable, "-S", "-c", WORKER_OF_A_HOSTILE_DOCUMENT]
    monkeypatch.setattr(apart, "WORKER", command)
    found = list(apart.apart("out", 0, 2))
    numbers = [(name, rows[0][0] if rows else None, is_last) for name, rows, is_last in found]
    assert numbers == [
        ("a", 1, False), ("a", 2, False), ("a", 3, False), ("a", 4, False), ("a", 5, False),
        ("a", 6, True), ("b", 1, False), ("b", 2, False), ("b", 3, False), ("b", None, True),
    ]  # fmt: skip
    assert found[1][1][0][-1] is None
    rest = found[5][1][0][-1]
    assert rest.startswith("The 3 pages before this one were given up")
    assert all("ended the process" in found[at][1][0][-1] for at in (0, 2, 3, 4, 6, 7, 8))


def test_each_page_of_a_document_has_its_own_time(
    contents: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = (Image.open(io.BytesIO(contents[name])) for name in ("2/002.png", "1/001.png"))
    first.save(tmp_path / "scan.tif", save_all=True, append_images=[last])
    begin(place(str(tmp_path / "scan.tif")), place(str(tmp_path / "out")), Options())
    limits: list[float] = []

    @contextlib.contextmanager
    def limited(seconds: float) -> Iterator[None]:
        limits.append(seconds)
        yield

    monkeypatch.setattr("inkdigits.cluster.reader._limited", limited)
    reader = Reader(str(tmp_path / "out"))
    whole = list(reader.pages(0))
    assert [(rows[0][0], is_last) for _, rows, is_last in whole] == [(1, False), (2, True)]
    assert limits == [100] * 3  # to count the pages, and for each
    assert list(reader.pages(0, (0, 1))) == whole[1:]
    assert list(reader.pages(0, (0, 2))) == [("scan.tif", [], True)]
    assert list(reader.pages(0, (1, 0))) == []


def test_workers_go_with_the_command(command: Command, many: Path, tmp_path: Path) -> None:
    process = command(many, "--out", tmp_path / "out", "--workers", 2)
    wait_for(lambda: parts_of(tmp_path / "out"), process)
    workers = below(process.pid, WORKER)
    assert len(workers) == 2
    process.kill()
    process.communicate()
    wait_for(lambda: not any(map(psutil.pid_exists, workers)), within_s=20)


@pytest.mark.parametrize(("ending", "said"), [("os._exit(1)", "It was ended.\n"), ("pass", "")])
def test_what_ends_without_a_word_is_told_by_another_process(ending: str, said: str) -> None:
    script = (
        "import os\nfrom inkdigits.cluster.witness import witnessed\n"
        f"with witnessed('It was ended.'): {ending}"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr == said


def test_workers_that_cannot_start_are_told_in_a_sentence(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, os\nif 'inkdigits.cluster.worker' in sys.orig_argv: os._exit(7)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(InkdigitsError, match=r"end as they start \(7\)"):
        read(many, tmp_path / "out", workers=2)


def test_a_full_disk_ends_the_job_in_a_sentence(many: Path, disk: Path) -> None:
    (disk / "ballast").write_bytes(bytes(300_000))
    with pytest.raises(InkdigitsError, match="No space left on device"):
        read(many, disk / "out", workers=2)
    (disk / "ballast").unlink()
    assert 0 < read(many, disk / "out", workers=2) <= 320
    assert len(set(pq.read_table(disk / "out")["picture"].to_pylist())) == 320
