"""Many files one by one or in parallel, with progress; one that fails does not stop the rest."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import click

from inkdigits.cli.text import one_line
from inkdigits.errors import InkdigitsError, PictureError
from inkdigits.processors import available_processors

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Result = TypeVar("Result")


class Outcome(NamedTuple, Generic[Result]):
    """What came of many files."""

    results: list[tuple[str, Result]]  # each file with what it gave, in order
    problems: list[str]  # the sentences of those that failed
    exit_code: int


def each_file(
    files: Mapping[str, InkdigitsError | None], one: Callable[[str], Result]
) -> Outcome[Result]:
    """What `one` gives for each file.

    Ctrl-C and SIGTERM end it early; what there is until then is given all the same.

    Args:
        files: each, and why it is not read, if it is not.
    """

    def careful(file: str) -> "Result | InkdigitsError":
        refusal = files[file]
        if refusal is not None:
            return refusal
        try:
            return one(file)
        except InkdigitsError as error:
            return error
        except MemoryError:  # of which the next file may take less
            return PictureError(f"There is not enough memory to read {file}.")

    count = len(files)
    workers = min(available_processors(), count)
    if workers < 2:
        done: list[tuple[str, Result | InkdigitsError]] = []
        with _stopping() as stopped:
            for file, result in zip(files, _with_progress(map(careful, files), count), strict=True):
                done.append((file, result))  # kept though it be interrupted
        return _outcome(done, count, stopped)
    pool = _pool(workers)
    tasks = [pool.submit(careful, file) for file in files]
    try:
        with _stopping() as stopped:
            for _ in _with_progress((task.result() for task in tasks), count):
                pass
    finally:
        pool.shutdown(cancel_futures=True)  # what is being read is read to its end
    ended = [each for each in zip(files, tasks, strict=True) if not each[1].cancelled()]
    return _outcome([(file, task.result()) for file, task in ended], count, stopped)


@contextlib.contextmanager
def _stopping() -> Iterator[list[int]]:
    """A list that is given the exit code of the interruption that ends the block, if one does."""
    codes: list[int] = []
    try:
        yield codes
    except KeyboardInterrupt as error:
        codes.append(getattr(error, "exit_code", 130))


def _outcome(
    done: "Sequence[tuple[str, Result | InkdigitsError]]", wanted: int, stopped: Sequence[int]
) -> Outcome[Result]:
    results: list[tuple[str, Result]] = []
    problems: list[str] = []
    for file, result in done:
        if isinstance(result, InkdigitsError):
            problems.append(str(result))
        else:
            results.append((file, result))
    left = wanted - len(done)
    if left:
        return Outcome(
            results, [*problems, f"Stopped: {left} of {wanted} are not read."], stopped[0]
        )
    return Outcome(results, problems, 1 if problems else 0)


def _pool(workers: int) -> "ThreadPoolExecutor":
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(workers)


def _with_progress(done: Iterator[Result], total: int) -> Iterator[Result]:
    """A bar on standard error, on a terminal, where it takes a while."""
    if total < 10 or not sys.stderr.isatty():
        yield from done
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(done, "Reading", total=total, console=Console(stderr=True), transient=True)


def report(outcome: Outcome[Any]) -> int:
    """Print what failed, and give the exit code."""
    for problem in outcome.problems:
        click.echo(one_line(problem), err=True)
    return outcome.exit_code
