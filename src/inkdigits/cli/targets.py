"""Files that options name to be written: refused before anything is measured, not after."""

import tempfile
from pathlib import Path
from typing import Any

import click

from inkdigits import files
from inkdigits.errors import OutputError, UsageError


class Target(click.Path):
    """The type of an option that names a file to write; with `suffix`, of no other kind."""

    def __init__(self, suffix: str = "") -> None:
        super().__init__(path_type=Path)
        self.suffix = suffix

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path. Raises `UsageError` for another suffix, `OutputError` as `check_writable`."""
        path: Path = super().convert(value, param, ctx)  # type: ignore[assignment]  # as asked for
        if self.suffix and path.suffix.lower() not in ("", self.suffix):
            option = param.opts[0] if param else "The file"
            raise UsageError(f"{option} is {path}; what is written there is {self.suffix} only.")
        check_writable(path)
        return path


PNG = Target(".png")


def check_writable(path: Path) -> None:
    """Raise `OutputError` where `files.write_bytes` would; nothing is made or changed."""
    with files.output_errors(path):
        if path.exists() and not path.is_file():
            raise OutputError(f"Cannot write {path}: it is there already, and no file.")
        there = next(each for each in path.absolute().parents if each.exists())
        with tempfile.TemporaryFile(dir=there):
            pass
