"""What the arguments of `read`, `classify` and `label` name: files, folders, standard input."""

import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from inkdigits.cli.text import one_line
from inkdigits.errors import DataError, InkdigitsError, PictureError, UsageError

STDIN = "-"
# Each picture, or page of a document, and what cannot be had; why it is not read, or None.
Found = dict[str, InkdigitsError | None]


def pictures_in(sources: Sequence[str], also: Sequence[str] = ()) -> Found:
    """The pictures that the arguments name, folders gone through to the bottom.

    What a folder holds of formats that are not read is told on standard error.

    Args:
        also: further endings of files that are wanted of folders.

    Raises:
        UsageError: if no argument leads to a picture.
        PictureError: if all that there are cannot be read.
    """
    found: Found = {}
    for source in sources:
        try:
            of_source = _pictures_of(source, also)
        except OSError as error:
            of_source = {source: _unreadable(source, error)}
        except InkdigitsError as error:
            of_source = {source: error}
        # What is named itself is read, though its folder would not have it.
        found.update({file: why for file, why in of_source.items() if not why or file not in found})
    errors = [error for error in found.values() if error is not None]
    if len(errors) == len(found):
        is_usage = all(isinstance(error, UsageError) for error in errors)
        raise (UsageError if is_usage else PictureError)("\n".join(map(str, errors)))
    return found


def _pictures_of(source: str, also: Sequence[str]) -> Found:
    from inkdigits.images.formats import PageName, pages, split_page

    path, page = split_page(source)
    if not source:
        raise UsageError("An empty name is no picture; . is the working directory.")
    if source == STDIN:
        return {source: None}
    if path.is_file():
        return {PageName(source, path, page): None} if page else dict.fromkeys(pages(source))
    if path.is_dir():
        return _pictures_below(path, also)
    if "://" in source:
        raise UsageError(f"{source} is no file here; inkdigits read --out takes a URI.")
    if path.exists():
        raise UsageError(f"{source} is no file; what a pipe gives is read as -, standard input.")
    raise UsageError(f"There is no picture {source}.")


def _pictures_below(folder: Path, also: Sequence[str]) -> Found:
    from inkdigits.images.formats import pages, suffixes
    from inkdigits.images.others import TABLES, Others, on_links

    found: Found = {}

    def note(error: OSError) -> None:
        found[error.filename] = _unreadable(error.filename, error)

    inside: list[Path] = []
    links = 0
    for where, folders, names in os.walk(folder, onerror=note):
        inside += (Path(where) / name for name in names if name[0] != ".")
        links += sum((Path(where) / name).is_symlink() for name in folders)
    wanted, others = {*suffixes(), *also}, Others()
    for path in sorted(inside):
        if path.suffix.lower() not in wanted:
            others.see(path.name)
        elif refusal := _refusal(path, folder):
            found[str(path)] = refusal
        else:
            found.update(dict.fromkeys(pages(str(path))))
    if not found:
        but = f", but {others}" if others else ""
        if any(path.suffix.lower() in TABLES for path in inside):
            but += "; Parquet files are read with --out"
        followed = f" {on_links(folder, links)}" if links else ""
        raise UsageError(f"{folder} holds no picture{but}.{followed}")
    if links:
        click.echo(one_line(on_links(folder, links)), err=True)
    if others:
        click.echo(one_line(f"{folder} holds pictures beside, {others}."), err=True)
    return found


def _refusal(path: Path, folder: Path) -> InkdigitsError | None:
    """Why a folder's picture is not even opened, if there is a reason."""
    from inkdigits.data.parts import check_inside

    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            return PictureError(f"{path} is no file.")
        check_inside(path, folder)
    except OSError as error:
        return _unreadable(path, error)
    except DataError as error:
        return error
    return None


def _unreadable(path: str | Path, error: OSError) -> InkdigitsError:
    return PictureError(f"{path} cannot be read: {error.strerror or error}.")


def standard_input(found: Found) -> dict[str, bytes]:
    """What standard input gives, by its name, if it is among `found`, which is told why not."""
    if STDIN not in found:
        return {}
    content = b"" if sys.stdin is None else sys.stdin.buffer.read()
    if not content:
        what = "closed" if sys.stdin is None else "empty"
        found[STDIN] = PictureError(f"Standard input is {what}: no readable picture.")
    return {STDIN: content}
