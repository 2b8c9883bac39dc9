"""Folders that cannot be written to: what is asked is said all the same."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")

Command = Callable[..., "subprocess.CompletedProcess[str]"]
# What root may do against a folder's rights.
_RIGHTS = "-dac_override,-dac_read_search"


@pytest.fixture
def command() -> Command:
    """Runs the command line as a user whom folders' rights bind."""
    start = [sys.executable, "-m", "inkdigits"]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root may write anywhere, and there is no setpriv")
        start = ["setpriv", f"--bounding-set={_RIGHTS}", f"--inh-caps={_RIGHTS}", *start]

    def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*start, *map(str, arguments)], capture_output=True, text=True)

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
    command: Command, closed: Path, small_npz: Path, tmp_path: Path
) -> None:
    arguments = ("compare", closed, closed, "--data", small_npz)
    outcome = command(*arguments, "--format", "json")
    assert outcome.returncode == 0, outcome.stderr
    assert len(json.loads(outcome.stdout)["pairs"]) == 1
    assert f"{closed.parent / 'comparison.png'} cannot be written;" in outcome.stderr
    outcome = command(*arguments, "--png", tmp_path / "curves.png")
    assert outcome.returncode == 0, outcome.stderr
    assert (tmp_path / "curves.png").exists()


def test_a_picture_asked_for_that_cannot_be_drawn_fails_once_all_is_printed(
    command: Command, closed: Path, small_npz: Path
) -> None:
    compared = command("compare", closed, closed, "--data", small_npz, "--png", closed / "c.png")
    assert compared.returncode == 1
    assert "McNemar's test on 100 test images" in compared.stdout
    assert compared.stderr.splitlines()[-1].startswith(f"Error: Cannot write {closed / 'c.png'}")
    shown = command("show", closed, "--filters", "--png", closed / "f.png")
    assert shown.returncode == 1
    assert "Stage 3: 32 filters" in shown.stdout


def test_filters_are_told_where_they_cannot_be_drawn(command: Command, closed: Path) -> None:
    outcome = command("show", closed, "--filters")
    assert outcome.returncode == 0, outcome.stderr
    assert "Stage 3: 32 filters" in outcome.stdout
    said = outcome.stderr.splitlines()
    assert [line.partition(" cannot be written; --png")[0] for line in said] == [
        str(closed / "figures" / f"filters-{stage}.png") for stage in (1, 2, 3)
    ]


def test_a_figure_that_is_there_does_not_hide_that_its_folder_cannot_be_written_to(
    command: Command, closed: Path, small_npz: Path
) -> None:
    assert os.access(closed / "figures" / "confusion.png", os.W_OK)
    outcome = command("evaluate", closed, "--data", small_npz)
    assert outcome.returncode == 0, outcome.stderr
    assert "Test accuracy" in outcome.stdout
    assert "confusion.png cannot be written; --png" in outcome.stderr


def test_filters_are_not_drawn_through_a_link(
    command: Command, small_run: Path, tmp_path: Path
) -> None:
    run, mine = tmp_path / "run", tmp_path / "mine"
    shutil.copytree(small_run, run)
    shutil.rmtree(run / "figures")
    mine.mkdir()
    (run / "figures").symlink_to(mine)
    outcome = command("show", run, "--filters")
    assert outcome.returncode == 0, outcome.stderr
    assert "is a link; filters-1.png is not added" in outcome.stderr
    assert list(mine.iterdir()) == []
