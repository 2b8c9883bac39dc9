"""Many files one by one or in parallel, with progress; one that fails does not stop the rest."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import click

from inkdigits.cli.text import one_line
from inkdigits.errors import InkdigitsError
from inkdigits.processors import available_processors

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Result = TypeVar("Result")


class Outcome(NamedTuple, Generic[Result]):
    """What came of many files."""

    results: list[tuple[str, Result]]  # each file with what it gave, in order
    problems: list[str]  # the sentences of those that failed
    exit_code: int


def each_file(files: Sequence[str], one: Callable[[str], Result]) -> Outcome[Result]:
    """What `one` gives for each file.

    Ctrl-C ends it early; what there is until then is given all the same.
    """

    def careful(file: str) -> "Result | InkdigitsError":
        try:
            return one(file)
        except InkdigitsError as error:
            return error

    count = len(files)
    workers = min(available_processors(), count)
    if workers < 2:
        done: list[tuple[str, Result | InkdigitsError]] = []
        with contextlib.suppress(KeyboardInterrupt):
            for file, result in zip(files, _with_progress(map(careful, files), count), strict=True):
                done.append((file, result))  # kept though it be interrupted
        return _outcome(done, count)
    pool = _pool(workers)
    tasks = [pool.submit(careful, file) for file in files]
    try:
        with contextlib.suppress(KeyboardInterrupt):
            for _ in _with_progress((task.result() for task in tasks), count):
                pass
    finally:
        pool.shutdown(cancel_futures=True)  # what is being read is read to its end
    ended = zip(files, tasks, strict=True)
    return _outcome([(file, task.result()) for file, task in ended if not task.cancelled()], count)


def _outcome(done: "Sequence[tuple[str, Result | InkdigitsError]]", wanted: int) -> Outcome[Result]:
    results: list[tuple[str, Result]] = []
    problems: list[str] = []
    for file, result in done:
        if isinstance(result, InkdigitsError):
            problems.append(str(result))
        else:
            results.append((file, result))
    left = wanted - len(done)
    if left:
        return Outcome(results, [*problems, f"Stopped: {left} of {wanted} are not read."], 130)
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
