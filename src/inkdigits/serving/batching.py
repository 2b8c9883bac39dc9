"""Small requests worked on together: what waits while a batch is computed is the next batch.

Nothing waits for company: alone, a request is computed at once; under load, batches grow by
themselves, and one run of the network serves many requests. Large requests are cut into portions,
which all threads work on.
"""

import asyncio
import functools
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

Result = TypeVar("Result")
Crops = npt.NDArray[np.uint8]

LARGEST = 256  # crops of one batch
# Crops that must wait for a second thread to begin another batch beside the first: two small
# batches at once take longer than one after the other, each being of less use.
SECOND = 128


@dataclass(frozen=True, eq=False)
class _Waiting(Generic[Result]):
    crops: Crops  # (n, H, W)
    results: "asyncio.Future[list[Result]]"


class Batcher(Generic[Result]):
    """Has crops of many requests worked on, on one event loop.

    Args:
        work: gives one result a crop of `(N, H, W) uint8`; runs in the executor's threads.
        threads: that the executor has.
        on_waiting: is told how many requests wait, whenever a batch begins.
    """

    def __init__(
        self,
        work: Callable[[Crops], list[Result]],
        executor: Executor,
        threads: int = 1,
        on_waiting: Callable[[float], None] = lambda count: None,
    ) -> None:
        self._work, self._executor, self._threads = work, executor, threads
        self._on_waiting = on_waiting
        self._waiting: deque[_Waiting[Result]] = deque()
        self._crops = 0  # that wait
        self._running = 0  # batches
        self._scheduled = False

    async def results(self, crops: Crops) -> list[Result]:
        """One result for each of the crops `(n, H, W) uint8`."""
        if len(crops) <= LARGEST:
            return await self._enqueued(crops)
        portions = [crops[start : start + LARGEST] for start in range(0, len(crops), LARGEST)]
        parts = await asyncio.gather(*(self._enqueued(portion) for portion in portions))
        return [result for part in parts for result in part]

    def _enqueued(self, crops: Crops) -> "asyncio.Future[list[Result]]":
        loop = asyncio.get_running_loop()
        entry = _Waiting(crops, loop.create_future())
        self._waiting.append(entry)
        self._crops += len(crops)
        if not self._scheduled:
            # Once all that has come by now is in.
            self._scheduled = True
            loop.call_soon(self._start)
        return entry.results

    def _start(self) -> None:
        self._scheduled = False
        loop = asyncio.get_running_loop()
        while self._waiting and self._running < self._threads:
            if self._running and self._crops < SECOND:
                break
            batch = self._next()
            if batch:
                self._running += 1
                future = loop.run_in_executor(self._executor, self._computed, batch)
                future.add_done_callback(functools.partial(self._finish, batch))
        self._on_waiting(len(self._waiting))

    def _next(self) -> list[_Waiting[Result]]:
        """The oldest requests whose crops are of one size, up to `LARGEST` crops."""
        batch: list[_Waiting[Result]] = []
        count = 0
        while self._waiting:
            entry = self._waiting[0]
            fits = not batch or (
                entry.crops.shape[1:] == batch[0].crops.shape[1:]
                and count + len(entry.crops) <= LARGEST
            )
            if not fits:
                break
            self._waiting.popleft()
            self._crops -= len(entry.crops)
            if not entry.results.done():  # its client may have gone
                batch.append(entry)
                count += len(entry.crops)
        return batch

    def _computed(self, batch: list[_Waiting[Result]]) -> list[Result]:
        if len(batch) == 1:
            return self._work(batch[0].crops)
        return self._work(np.concatenate([entry.crops for entry in batch]))

    def _finish(self, batch: list[_Waiting[Result]], done: "asyncio.Future[list[Result]]") -> None:
        self._running -= 1
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        results = [] if error else done.result()
        start = 0
        for entry in batch:
            end = start + len(entry.crops)
            if not entry.results.done():
                if error:
                    entry.results.set_exception(error)
                else:
                    entry.results.set_result(results[start:end])
            start = end
        self._start()
