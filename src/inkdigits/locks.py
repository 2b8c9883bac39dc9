"""One process at a time in a folder, by a lock that a process gives up when it dies."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from inkdigits.errors import InkdigitsError, OutputError


@contextlib.contextmanager
def locked(path: Path, in_use: InkdigitsError) -> Iterator[None]:
    """Hold the lock file `path` for the block; its folder must be there.

    Raises:
        InkdigitsError: `in_use`, if another process holds it.
        OutputError: if the lock cannot be written.
    """
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise in_use from error
    except OSError as error:
        raise OutputError(f"Cannot write {path}: {error.strerror or error}.") from error
    try:
        yield
    finally:
        lock.release()
