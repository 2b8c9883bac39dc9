"""Loading data for a command, with its lines and its progress."""

from pathlib import Path

from inkdigits.cli.display import DownloadProgress, note
from inkdigits.data import Dataset, load_dataset


def load(data: Path | None) -> Dataset:
    """The data set at `data`, or MNIST; says on standard error which source served."""
    progress = DownloadProgress()
    try:
        return load_dataset(data, report=note, progress=progress)
    finally:
        progress.close()
