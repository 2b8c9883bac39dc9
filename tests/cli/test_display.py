"""What a terminal shows while something takes long."""

import io
import time
from typing import Literal

import pytest

from inkdigits.cli.display import Bars


class Terminal(io.StringIO):
    """A standard error that is one."""

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
    bars = Bars(unit)
    for done in range(0, 50_000_001, 10_000_000):
        bars("Fetching", done, 50_000_000)
        time.sleep(0.05)
    shown = terminal.getvalue()
    assert "Fetching" in shown
    assert rate in shown
    assert "100%" in shown
    assert bars.progress is None
