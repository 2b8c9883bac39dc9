"""Writing that loses nothing: temp file or folder beside the target, fsync, rename.

A reader sees the old content or the new one, never half of it. POSIX renames are atomic within
a file system, and the fsync of the folder makes the rename itself durable
(see the LWN article 'A way to do atomic writes', 2019).
"""

import contextlib
import json
import math
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from inkdigits.errors import OutputError

TEMPORARY_PREFIX = ".partial-"


def given_path(path: str | os.PathLike[str]) -> Path:
    """A path as a user wrote it, which may begin with `~` for the home folder."""
    try:
        return Path(path).expanduser()
    except RuntimeError:  # `~name` of a user who does not exist
        return Path(path)


def why_no_text(error: OSError | UnicodeDecodeError) -> str:
    """Why a text file could not be read, without its name, which the caller gives."""
    return (error.strerror or str(error)) if isinstance(error, OSError) else "it is no UTF-8 text"


def fsync_path(path: Path) -> None:
    """Flush a file or folder to disk; folders cannot be opened on Windows, and need not be."""
    on_windows = os.name == "nt"
    if on_windows and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDWR if on_windows else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turn an `OSError` while writing `path` into one sentence (an `OutputError`)."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"Cannot write {path}: {reason}.") from error


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a binary file that takes the name `path` only once the block has ended well.

    Missing parent folders are made. Raises `OutputError` where the file cannot be written, or a
    device or a pipe would be replaced by it.
    """
    with output_errors(path):
        if path.exists() and not path.is_file():
            raise OutputError(f"Cannot write {path}: it is there already, and no file.")
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY_PREFIX)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
            fsync_path(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder to fill that takes the name `path` once the block has ended well.

    All files in it are fsynced first. An existing `path` is left alone when another process was
    faster: the caller's content is then dropped. Raises `OutputError`.
    """
    with output_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=TEMPORARY_PREFIX))
        try:
            yield temporary
            for file in sorted(temporary.rglob("*")):
                fsync_path(file)
            fsync_path(temporary)
            temporary.chmod(0o777 & ~_umask())
            try:
                temporary.rename(path)
            except OSError:
                if not path.is_dir():
                    raise
            fsync_path(path.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def remove_leftovers(folder: Path, older_than_s: float = -math.inf) -> None:
    """Remove what a process that died left half written.

    Where others may be writing too, only what is older than anything that they have begun.
    """
    for leftover in folder.glob(f"{TEMPORARY_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - leftover.lstat().st_mtime < older_than_s:
                continue
            if leftover.is_dir() and not leftover.is_symlink():
                shutil.rmtree(leftover, ignore_errors=True)
            else:
                leftover.unlink()


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically. Raises `OutputError`."""
    with atomic_file(path) as stream:
        stream.write(content)


def write_text(path: Path, content: str) -> None:
    """Write `content` as UTF-8 to `path` atomically. Raises `OutputError`."""
    write_bytes(path, _encoded(content))


def write_together(contents: Mapping[Path, str | bytes]) -> None:
    """Write files that belong together, text as UTF-8, none of them where the disk is full.

    They take their names in the order given, each atomically, once all have their place on disk.

    Raises:
        OutputError: where one cannot be written; where it is only its name that it cannot take,
            those before it are new.
    """
    with contextlib.ExitStack() as stack:
        for path, content in reversed(list(contents.items())):  # as the stack is left in reverse
            stream = stack.enter_context(atomic_file(path))
            with output_errors(path):
                stream.write(content if isinstance(content, bytes) else _encoded(content))
                # On disk before any is renamed: a full disk is found while all old files stand.
                stream.flush()
                os.fsync(stream.fileno())


def _encoded(content: str) -> bytes:
    # Names of files need not be UTF-8; in JSON such an escape is read back as what it was.
    return content.encode(errors="backslashreplace")


def write_json(path: Path, content: Any) -> None:
    """Write `content` as indented JSON to `path` atomically. Raises `OutputError`."""
    write_text(path, as_json(content))


def as_json(content: Any) -> str:
    """`content` as `write_json` writes it."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
