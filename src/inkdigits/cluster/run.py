"""A job from its beginning to its end, on either engine."""

import contextlib
import importlib.util
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Literal

from inkdigits import files, locks
from inkdigits.cluster import pool
from inkdigits.cluster.earlier import Earlier, count_missing, earlier
from inkdigits.cluster.job import SUCCESS, Job
from inkdigits.cluster.places import Place
from inkdigits.cluster.reader import Done
from inkdigits.errors import JobError, OutputError, UsageError
from inkdigits.processors import available_processors

Engine = Literal["pool", "ray"]
LOCK = "_lock"


def run(
    job: Job,
    out: Place,
    engine: Engine,
    *,
    workers: int | None = None,
    address: str | None = None,
    retry_errors: bool = False,
    known: Callable[[Earlier], None] = lambda before: None,
) -> Generator[Done, None, None]:
    """Read what is missing of a job; each part as it is done.

    Args:
        workers: how many; None: as many as there are processors, of the whole cluster with Ray.
        address: of a Ray cluster; None: a Ray of this process's own.
        retry_errors: read the parts again that hold a picture which could not be read; what they
            held stays until they are.
        known: told what earlier starts have read.

    Raises:
        JobError: if reading cannot go on.
        OutputError: if what workers say they wrote is not there.
    """
    before = earlier(job, out, retry_errors=retry_errors)
    parts = before.left
    if parts:  # some may have been lost, or are to be read again, since all were there
        out.remove(SUCCESS)
    known(before)
    if parts and engine == "ray":
        from inkdigits.cluster import ray_data

        yield from ray_data.run(out.text, parts, workers, address)
    elif parts:
        yield from pool.run(out.text, parts, min(workers or available_processors(), len(parts)))
    left = count_missing(job, out)
    if left:
        raise OutputError(
            f"{left} parts were read but are not in {out.shown}: "
            "it must be one place that every worker sees."
        )
    out.write(SUCCESS, b"")


@contextlib.contextmanager
def locked(out: Place) -> Iterator[None]:
    """Keep other jobs out of a folder of this machine; a process that dies gives the lock up.

    Raises:
        JobError: if another process holds it.
        OutputError: if the lock cannot be written.
    """
    if not out.is_local:  # a store has no locks; what two jobs write is the same
        yield
        return
    folder = Path(out.path)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; rows are written into a folder.")
    with files.output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    in_use = JobError(f"{folder} is in use: another job writes into it.")
    with contextlib.ExitStack() as stack:
        stack.enter_context(locks.locked(folder / LOCK, in_use))
        stack.callback(_forget_empty, folder)
        yield


def _forget_empty(folder: Path) -> None:
    """Remove a folder of which nothing came but the lock, which is still held."""
    if [path.name for path in folder.iterdir()] in ([LOCK], []):
        with contextlib.suppress(OSError):
            (folder / LOCK).unlink(missing_ok=True)
            folder.rmdir()


def choose_engine(asked: Engine | None, address: str | None) -> Engine:
    """The engine asked for, or else Ray where a cluster is named and this machine's processes else.

    Without Ray and without a cluster the processes give what Ray would have given.
    """
    has_ray = importlib.util.find_spec("ray") is not None
    if asked == "ray" and not has_ray and not address:
        return "pool"
    return asked or ("ray" if address and has_ray else "pool")
