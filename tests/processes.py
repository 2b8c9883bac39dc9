"""What tests do with processes: wait until something has happened, and find them."""

import contextlib
import subprocess
import time
from collections.abc import Callable
from typing import Any

import psutil


def wait_for(
    happened: Callable[[], Any],
    process: "subprocess.Popen[str] | None" = None,
    *,
    within_s: float = 60,
    every_s: float = 0.002,
) -> None:
    """Until it has happened, or the process has ended."""
    deadline = time.monotonic() + within_s
    while not happened() and (process is None or process.poll() is None):
        assert time.monotonic() < deadline, f"it has not happened in {within_s} s"
        time.sleep(every_s)


def below(root: int, *signs: str) -> list[int]:
    """Processes below one whose command line has one of the signs; any, if there is none."""
    found = []
    with contextlib.suppress(psutil.NoSuchProcess):
        for each in psutil.Process(root).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile
                line = " ".join(each.cmdline())
                if not signs or any(sign in line for sign in signs):
                    found.append(each.pid)
    return found
