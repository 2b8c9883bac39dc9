"""What a terminal shows while something takes long."""

import io
import re
import time
from typing import Literal

import numpy as np
import pytest

from inkdigits.cli.compare import _p_value, _print_table, _turned
from inkdigits.cli.display import Bars
from inkdigits.cli.evaluate import print_evaluation
from inkdigits.cli.summary import recipes
from inkdigits.evaluation.metrics import Evaluation


class Terminal(io.StringIO):
    """A standard output or error that is one."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("unit", "rate"), [("images", "images/s"), ("bytes", "MB/s")])
def test_a_bar_says_how_much_a_second_and_goes(
    unit: Literal["bytes", "images"], rate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr("rich.file_proxy.FileProxy.isatty", lambda _: False)  # Rich before 15
    bars = Bars(unit)
    for done in range(0, 50_000_001, 10_000_000):
        bars("Fetching", done, 50_000_000)
        time.sleep(0.05)
    shown = terminal.getvalue()
    assert "Fetching" in shown
    assert rate in shown
    assert "100%" in shown
    assert bars.progress is None


def many_classes() -> Evaluation:
    confusion = np.diag(np.full(47, 1000))
    confusion[3, 5], confusion[40, 2] = 777, 888
    return Evaluation(tuple(f"letter {place}" for place in range(47)), 0.25, confusion)


def test_a_matrix_of_many_classes_is_whole_where_no_terminal_ends_its_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_evaluation(many_classes())
    lines = capsys.readouterr().out.splitlines()
    assert "…" not in "".join(lines)
    (row,) = [line for line in lines if line.startswith("letter 40 ") and "·" in line]
    assert row.split()[2:] == [*"··", "888", *"·" * 37, "1000", *"·" * 6]


def test_a_matrix_wider_than_the_terminal_is_told_by_its_mistakes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout", terminal := Terminal())
    print_evaluation(many_classes())
    rows = [line.split() for line in terminal.getvalue().splitlines()]
    assert ["letter", "40", "letter", "2", "888"] in rows
    assert ["letter", "3", "letter", "5", "777"] in rows
    assert "·" not in terminal.getvalue()


def test_a_class_without_images_has_no_recall_rather_than_none_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_evaluation(Evaluation(("a", "b", "c"), 0.25, np.diag([3, 2, 0])))
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["b", "1.0000", "1.0000", "1.0000", "2"] in rows
    assert ["c", "–", "–", "–", "0"] in rows


@pytest.mark.parametrize(
    ("p_value", "shown"), [(0.88543, "0.885"), (1.0, "1"), (0.0, "under 1e-300")]
)
def test_a_p_value_too_small_for_a_float_is_not_0(p_value: float, shown: str) -> None:
    assert _p_value(p_value) == shown


def test_names_of_runs_are_not_cut_short_by_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stdout", terminal := Terminal())
    _print_table(["pair", "better"], [["20261127-152233 / 20261127-152244", "20261127-152244"]])
    assert "…" not in terminal.getvalue()
    assert "".join(terminal.getvalue().split()).count("52244") >= 1


@pytest.mark.parametrize(("width", "across"), [(72, "seed"), (71, "a"), (20, "a")])
def test_runs_stand_side_by_side_where_a_line_each_is_too_wide(width: int, across: str) -> None:
    table = {
        "run": ["a", "b"],
        "seed": ["0", "1"],
        "epochs": ["1", "2"],
        "batch_size": ["128", "64"],
        "95% interval": ["91.56% to 95.77%"] * 2,
        "the test set's accuracy": ["94.00%"] * 2,
    }
    header, lines = _turned(table, width)
    assert header[1] == across
    assert len(lines) == (2 if across == "seed" else 5)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_narrow_terminal_hides_nothing_of_the_recipes(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout", terminal := Terminal())
    assert recipes.callback
    recipes.callback()
    shown = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= width
    words = " ".join(shown.split())
    for figure in ("compact", "41,034", "269.5", "99.70%", "0.03"):
        assert figure in words
