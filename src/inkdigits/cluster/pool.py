"""The engine of one machine: processes that read a part each, and others for those that die.

A thread for each process asks it for a part and waits; that is all the threads do, so they hold
nobody up. A process has one part at a time, so that is all that waits for its turn.
"""

import contextlib
import json
import queue
import subprocess
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from inkdigits.cluster.apart import WORKER
from inkdigits.cluster.reader import Done
from inkdigits.errors import InkdigitsError, JobError
from inkdigits.processors import one_thread_environment

_DEATHS = 3  # of a process in a row before it has answered anything, after which none is started


def run(out: str, parts: Iterable[int], workers: int) -> Iterator[Done]:
    """Read parts of the job at `out`; each as it is done. Closed early, it ends all processes.

    Raises:
        JobError: if a worker says that it cannot go on, or workers die as they start.
    """
    pool = _Pool(out, parts)
    threads = [threading.Thread(target=pool.work, daemon=True) for _ in range(workers)]
    try:
        for thread in threads:
            thread.start()
        at_work = workers
        while at_work:
            result = pool.results.get()
            if isinstance(result, Exception):
                raise result
            if result is None:
                at_work -= 1
            else:
                yield result
    finally:
        pool.end()
        for thread in threads:
            thread.join()


class _Pool:
    def __init__(self, out: str, parts: Iterable[int]) -> None:
        self._out = out
        self._parts = iter(parts)
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._ended = False
        # Each part done; an error; None from a thread that has no more to do.
        self.results: queue.SimpleQueue[Done | Exception | None] = queue.SimpleQueue()

    def work(self) -> None:
        """Have parts read by a process, and by another where it dies, until there are no more."""
        try:
            part = self._next()
            deaths = 0
            while part is not None and not self._ended:
                with self._process() as process:
                    if _answer(process) is not None:
                        deaths = 0
                    while part is not None and (done := _ask(process, part)):
                        self.results.put(done)
                        part = self._next()
                deaths += 1
                if part is not None and deaths == _DEATHS and not self._ended:
                    raise JobError(f"The processes that read end as they start ({process.poll()}).")
            self.results.put(None)
        except (InkdigitsError, OSError) as error:
            self.results.put(error)

    def end(self) -> None:
        """End all processes now."""
        with self._lock:
            self._ended = True
            for process in self._processes:
                process.kill()

    def _next(self) -> int | None:
        with self._lock:
            return next(self._parts, None)

    @contextlib.contextmanager
    def _process(self) -> Iterator["subprocess.Popen[bytes]"]:
        with self._lock:
            if self._ended:
                raise JobError("Ended.")
            process = subprocess.Popen(
                [*WORKER, self._out],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=one_thread_environment(),
            )
            self._processes.add(process)
        try:
            yield process
        finally:
            assert process.stdin is not None
            assert process.stdout is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()  # with which it ends
            process.wait()
            process.stdout.close()
            with self._lock:
                self._processes.discard(process)


def _ask(process: "subprocess.Popen[bytes]", part: int) -> Done | None:
    """What a process makes of a part; None if it dies."""
    assert process.stdin is not None
    try:
        process.stdin.write(b"%d\n" % part)
        process.stdin.flush()
    except BrokenPipeError:
        return None
    answer = _answer(process)
    return None if answer is None else Done(**answer)


def _answer(process: "subprocess.Popen[bytes]") -> dict[str, Any] | None:
    """The next answer of a process; None if it dies. Raises `JobError` if it says it failed."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.endswith(b"\n"):
        return None
    answer: dict[str, Any] = json.loads(line)
    if "failed" in answer:
        raise JobError(answer["failed"])
    return answer
