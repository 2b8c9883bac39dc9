"""Files that a command is told to write, refused before it works for them."""

import tempfile
from pathlib import Path
from typing import Any

import click

from inkdigits import files
from inkdigits.errors import OutputError, UsageError


class _Png(click.Path):
    """The type of an option that names a picture to write.

    Whether it can be written is for the end to say, once all else that was asked for is printed.
    """

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path. Raises `UsageError` where its suffix is another picture's."""
        path: Path = super().convert(value, param, ctx)  # type: ignore[assignment]  # as asked for
        if path.suffix.lower() not in ("", ".png"):
            option = param.opts[0] if param else "The file"
            raise UsageError(f"{option} is {path}; what is written there is .png only.")
        return path


PNG = _Png()


def check_writable(path: Path) -> None:
    """Raise `OutputError` where `files.write_bytes` would; nothing is made or changed."""
    with files.output_errors(path):
        if path.exists() and not path.is_file():
            raise OutputError(f"Cannot write {path}: it is there already, and no file.")
        there = next(each for each in path.absolute().parents if each.exists())
        with tempfile.TemporaryFile(dir=there):
            pass
