"""Marks drawn by several processes, the same however many these are."""

import contextlib
import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import numpy.typing as npt

from inkdigits.data.dataset import Split
from inkdigits.data.hooks import Progress, watched
from inkdigits.data.touching import Marks

Mark = tuple[npt.NDArray[np.uint8], tuple[int, ...]]  # a strip (32, W), and what it says

_CHUNK = 1_000  # marks of one generator


def drawn_marks(
    digits: Split, count: int, seed: Sequence[int], workers: int, progress: Progress | None
) -> Iterator[Mark]:
    """So many marks, by as many processes as there are; the same however many these are."""
    sizes = [min(_CHUNK, count - start) for start in range(0, count, _CHUNK)]
    jobs = [(size, (*seed, number)) for number, size in enumerate(sizes)]
    with contextlib.ExitStack() as stack:
        if workers:
            spawned = multiprocessing.get_context("spawn")
            pool = ProcessPoolExecutor(workers, spawned, _take, (digits,))
            stack.callback(pool.shutdown, cancel_futures=True)  # on Ctrl-C too
            with _deaf():
                drawn = pool.map(_chunk, jobs)
        else:
            _take(digits)
            drawn = iter(map(_chunk, jobs))
        yield from watched((mark for part in drawn for mark in part), count, "Drawing", progress)


_taken: Split | None = None  # what this process draws


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Processes that start here never hear Ctrl-C, which is for the one that asked."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # outside the main thread, where nobody does
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _take(digits: Split) -> None:
    global _taken  # sent to a process once, and not with every job
    _taken = digits


def _chunk(job: tuple[int, tuple[int, ...]]) -> list[Mark]:
    if _taken is None:
        raise RuntimeError("A process draws marks of digits that it was not given.")
    size, seed = job
    marks = Marks(_taken.images, _taken.labels, np.random.default_rng(seed))
    return [marks.draw() for _ in range(size)]
