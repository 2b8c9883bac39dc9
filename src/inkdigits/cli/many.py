"""Many files one by one or in parallel, with progress; one that fails does not stop the rest."""

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
    results: list[tuple[str, Result]] = []
    problems: list[str] = []

    def careful(file: str) -> "Result | InkdigitsError":
        try:
            return one(file)
        except InkdigitsError as error:
            return error

    workers = min(available_processors(), len(files))
    pool = _pool(workers) if workers > 1 else None
    try:
        done = pool.map(careful, files) if pool else map(careful, files)
        for file, result in zip(files, _with_progress(done, len(files)), strict=True):
            if isinstance(result, InkdigitsError):
                problems.append(str(result))
            else:
                results.append((file, result))
    except KeyboardInterrupt:
        left = len(files) - len(results) - len(problems)
        return Outcome(results, [*problems, f"Stopped: {left} of {len(files)} are not read."], 130)
    finally:
        if pool:
            pool.shutdown(cancel_futures=True)
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
