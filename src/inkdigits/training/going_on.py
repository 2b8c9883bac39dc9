"""What goes on with a run or an ensemble: its folder and the data that it was begun on."""

import contextlib
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inkdigits.data.dataset import Dataset


def absolute(path: Path | None) -> str | None:
    """A data set's path as settings keep it: whoever goes on may stand in another folder."""
    return os.path.abspath(path) if path else None  # noqa: PTH100  # links stay as they are


def newest_path(dataset: Dataset, before: str | None) -> str | None:
    """Where the data set in hand was read from, or else the one that the run was begun on."""
    return absolute(dataset.path) or before


def checked_path(settings: Mapping[str, Any]) -> str | None:
    """The data set's path in what a file says. Raises `TypeError` where it is none."""
    path = settings.get("path")
    if not isinstance(path, str | None):
        raise TypeError(f"the path of its data is {path!r}")
    return path


def resume_command(path: Path, data: str | None, command: str = "train") -> str:
    """What goes on with the run or ensemble at `path`, begun on the set at `data` if not MNIST."""
    words = ["inkdigits", command, "--resume", str(path)]
    if data and command == "train":
        with contextlib.suppress(OSError, ValueError):  # no such folder; not below it
            data = str(Path(data).relative_to(Path.cwd()))
        words += ["--data", data]
    return shlex.join(words)
