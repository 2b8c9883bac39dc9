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


def writable(path: Path) -> Path | None:
    """`path`, where a picture may be drawn without being asked for; else None, said in a line."""
    # Writing puts another file in its place: the folder's rights decide, not the file's.
    there = next(each for each in path.absolute().parents if each.exists())
    if os.access(there, os.W_OK):
        return path
    note(f"{path} cannot be written; --png PATH draws a picture.")
    return None


def own_figure(run: "Run", dataset: Dataset | None, path: Path) -> Path | None:
    """`path`, a figure among the run's, for the run's own data; None, said in a line, for other.

    Args:
        dataset: that it is drawn from; None if it shows the network alone.
    """
    if run.figures.is_symlink():
        note(f"{run.figures} is a link; {path.name} is not added, --png PATH draws a picture.")
        return None
    if not writable(path):
        return None
    if dataset is None or run.knows(dataset):
        return path
    note(
        f"{dataset.source} is not the data that {run.path} was trained with; "
        "nothing is added to the run, --png PATH draws a picture."
    )
    return None
