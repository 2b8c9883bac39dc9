"""Folders that cannot be written to: what is asked is said all the same."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Inkdigits, Outcome

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")

# What root may do against a folder's rights.
_RIGHTS = "-dac_override,-dac_read_search"
# Command lines one after the other, each a line of JSON: importing what they need takes longer.
_BOUND = """
import contextlib, io, json, sys
from inkdigits.cli import main
for line in sys.stdin:
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main(json.loads(line))
    except SystemExit as end:
        print(json.dumps([end.code or 0, out.getvalue(), err.getvalue()]), flush=True)
"""


@pytest.fixture(scope="module")
def bound() -> "Iterator[subprocess.Popen[str]]":
    """A process of a user whom folders' rights bind."""
    start = [sys.executable, "-c", _BOUND]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root may write anywhere, and there is no setpriv")
        start = ["setpriv", f"--bounding-set={_RIGHTS}", f"--inh-caps={_RIGHTS}", *start]
    with subprocess.Popen(
        start, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


@pytest.fixture
def command(bound: "subprocess.Popen[str]") -> Inkdigits:
    """Runs command lines there."""
    assert bound.stdin
    assert bound.stdout
    asked, answered = bound.stdin, bound.stdout

    def run(*arguments: object) -> Outcome:
        print(json.dumps([*map(str, arguments)]), file=asked, flush=True)
        return Outcome(*json.loads(answered.readline()))

    return run


@pytest.fixture
def closed(small_run: Path, tmp_path: Path) -> Iterator[Path]:
    """The small run in folders that cannot be written to, though their files can."""
    shutil.copytree(small_run, tmp_path / "closed" / "run")
    folders = [tmp_path / "closed", *(p for p in tmp_path.glob("closed/**/*") if p.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    yield tmp_path / "closed" / "run"
    for folder in folders:
        folder.chmod(0o755)


def test_models_are_compared_where_the_curves_cannot_be_drawn(
    command: Inkdigits, closed: Path, small_npz: Path, tmp_path: Path
) -> None:
    arguments = ("compare", closed, closed, "--data", small_npz)
    outcome = command(*arguments, "--format", "json")
    assert outcome.code == 0, outcome.err
    assert len(json.loads(outcome.out)["pairs"]) == 1
    assert f"{closed.parent / 'comparison.png'} cannot be written;" in outcome.err
    outcome = command(*arguments, "--png", tmp_path / "curves.png")
    assert outcome.code == 0, outcome.err
    assert (tmp_path / "curves.png").exists()


def test_a_picture_asked_for_that_cannot_be_drawn_fails_once_all_is_printed(
    command: Inkdigits, closed: Path, small_npz: Path
) -> None:
    compared = command("compare", closed, closed, "--data", small_npz, "--png", closed / "c.png")
    assert compared.code == 1
    assert "McNemar's test on 100 test images" in compared.out
    assert compared.err.splitlines()[-1].startswith(f"Error: Cannot write {closed / 'c.png'}")
    shown = command("show", closed, "--filters", "--png", closed / "f.png")
    assert shown.code == 1
    assert "Stage 3: 8 filters" in shown.out


def test_filters_are_told_where_they_cannot_be_drawn(command: Inkdigits, closed: Path) -> None:
    outcome = command("show", closed, "--filters")
    assert outcome.code == 0, outcome.err
    assert "Stage 3: 8 filters" in outcome.out
    said = outcome.err.splitlines()
    assert [line.partition(" cannot be written; --png")[0] for line in said] == [
        str(closed / "figures" / f"filters-{stage}.png") for stage in (1, 2, 3)
    ]


def test_a_figure_that_is_there_does_not_hide_that_its_folder_cannot_be_written_to(
    command: Inkdigits, closed: Path, small_npz: Path
) -> None:
    assert os.access(closed / "figures" / "confusion.png", os.W_OK)
    outcome = command("evaluate", closed, "--data", small_npz)
    assert outcome.code == 0, outcome.err
    assert "Test accuracy" in outcome.out
    assert "confusion.png cannot be written; --png" in outcome.err


def test_filters_are_not_drawn_through_a_link(
    command: Inkdigits, small_run: Path, tmp_path: Path
) -> None:
    run, mine = tmp_path / "run", tmp_path / "mine"
    shutil.copytree(small_run, run)
    shutil.rmtree(run / "figures")
    mine.mkdir()
    (run / "figures").symlink_to(mine)
    outcome = command("show", run, "--filters")
    assert outcome.code == 0, outcome.err
    assert "is a link; filters-1.png is not added" in outcome.err
    assert list(mine.iterdir()) == []
