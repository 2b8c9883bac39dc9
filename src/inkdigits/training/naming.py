"""What the folders of runs are called: by the time and the recipe, or as the user says."""

import datetime
import itertools
import os
from pathlib import Path

from inkdigits import files
from inkdigits.errors import OutputError, UsageError
from inkdigits.training.recipe import NAME


def check_name(folder: Path, name: str | None) -> None:
    """Refuse what `new_folder` would refuse, before work that it would cost.

    Raises:
        UsageError: if `name` is no name of a folder, or there already.
    """
    if name is None:
        return
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a run: letters, digits, -, _ and dots inside.")
    if os.path.lexists(folder / name):
        raise _taken(folder / name)


def _taken(path: Path) -> UsageError:
    return UsageError(f"{path} is there already; take another name, or --resume to go on.")


def new_folder(folder: Path, recipe: str, name: str | None) -> Path:
    """Make a folder that was not there: two processes never get the same one.

    Raises:
        UsageError: if `name` is no name of a folder, or there already.
        OutputError: if it cannot be made.
    """
    check_name(folder, name)
    with files.output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    endings = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    for ending in endings:
        path = folder / (name or f"{stamp}-{recipe}{ending}")
        try:
            with files.output_errors(path):
                path.mkdir()
            break
        except OutputError as error:
            if not isinstance(error.__cause__, FileExistsError):
                raise
        if name:  # another process was faster
            raise _taken(path)
    return path
