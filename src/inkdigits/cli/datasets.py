"""Loading data for a command, with its lines and its progress."""

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from inkdigits.cli.display import Bars, note
from inkdigits.data import Dataset, load_dataset

if TYPE_CHECKING:
    from inkdigits.training.run import Run


def load(data: Path | None) -> Dataset:
    """The data set at `data`, or MNIST; says on standard error which source served."""
    with contextlib.closing(Bars("bytes")) as bars:
        return load_dataset(data, report=note, progress=bars)


def _is_writable(path: Path) -> bool:
    there = next(each for each in (path, *path.absolute().parents) if each.exists())
    return os.access(there, os.W_OK)


def own_figure(run: "Run", dataset: Dataset, path: Path) -> Path | None:
    """`path`, a figure among the run's, for the run's own data; None, said in a line, for other."""
    if run.figures.is_symlink():
        note(f"{run.figures} is a link; nothing is added to it, --png PATH draws a picture.")
        return None
    if not _is_writable(path):
        note(f"{run.path} cannot be written to; --png PATH draws a picture.")
        return None
    if run.knows(dataset):
        return path
    note(
        f"{dataset.source} is not the data that {run.path} was trained with; "
        "nothing is added to the run, --png PATH draws a picture."
    )
    return None
