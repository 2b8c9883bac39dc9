"""Small requests worked on together: what waits while a batch is computed is the next batch.

Nothing waits for company: alone, a request is computed at once; under load, batches grow by
themselves, and one run of the network serves many requests. Large requests are cut into portions,
which all workers work on.
"""

import asyncio
import functools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

Result = TypeVar("Result")
Crops = npt.NDArray[np.uint8]

LARGEST = 256  # crops of one batch
_PIXELS = LARGEST * 64 * 64  # of one batch, if it has several crops
LEAST = 8  # crops that are never parted, and that are worth a batch beside or behind another


@dataclass(frozen=True, eq=False)
class _Waiting(Generic[Result]):
    crops: Crops  # (n, H, W)
    results: "asyncio.Future[list[Result]]"


class Batcher(Generic[Result]):
    """Has crops of many requests worked on, on one event loop.

    Args:
        work: is given crops `(N, H, W) uint8`, and what to call with one result for each, or with
            what went wrong.
        workers: that work at the same time.
        on_waiting: is told how many requests wait, whenever a batch begins.
    """

    def __init__(
        self,
        work: Callable[[Crops, Callable[[list[Result] | Exception], None]], None],
        workers: int = 1,
        on_waiting: Callable[[float], None] = lambda count: None,
    ) -> None:
        self._work, self._workers, self._on_waiting = work, workers, on_waiting
        self._waiting: deque[_Waiting[Result]] = deque()
        self._crops = 0  # that wait
        self._in_work = 0  # crops of the batches under way
        self._last = 0  # crops of the batch that was finished last
        self._running = 0  # batches
        self._scheduled = False
        self._loop: asyncio.AbstractEventLoop | None = None  # asking for it is a system call

    async def results(self, crops: Crops) -> list[Result]:
        """One result for each of the crops `(n, H, W) uint8`."""
        largest = _largest(crops)
        if len(crops) <= largest:
            return await self.enqueued(crops)
        portions = [crops[start : start + largest] for start in range(0, len(crops), largest)]
        parts = await asyncio.gather(*(self.enqueued(portion) for portion in portions))
        return [result for part in parts for result in part]

    def enqueued(self, crops: Crops) -> "asyncio.Future[list[Result]]":
        """The results to come for at most `LARGEST` crops, of as few pixels."""
        loop = self._loop = self._loop or asyncio.get_running_loop()
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
        while self._waiting and self._is_time():
            batch = self._next()
            if batch:
                crops = [entry.crops for entry in batch]
                together = crops[0] if len(crops) == 1 else np.concatenate(crops)
                self._running += 1
                self._in_work += len(together)
                self._work(together, functools.partial(self._finish, batch, len(together)))
        self._on_waiting(len(self._waiting))

    def _is_time(self) -> bool:
        """Whether another batch is to begin: on each worker one, and one behind it."""
        return not self._running or (self._running < 2 * self._workers and self._crops >= LEAST)

    def _next(self) -> list[_Waiting[Result]]:
        """The oldest requests whose crops are of one size, up to `LARGEST` crops.

        And up to a third of what is under way, counting the batch that was just finished: clients
        that ask again once they are answered then fall into three groups, of which one is computed
        and one is next while one is answered. All in one, workers and event loop would wait for
        each other.
        """
        most = min(LARGEST, max(LEAST, -(-(self._crops + self._in_work + self._last) // 3)))
        batch: list[_Waiting[Result]] = []
        count = 0
        while self._waiting:
            entry = self._waiting[0]
            fits = not batch or (
                entry.crops.shape[1:] == batch[0].crops.shape[1:]
                and count + len(entry.crops) <= min(most, _largest(entry.crops))
            )
            if not fits:
                break
            self._waiting.popleft()
            self._crops -= len(entry.crops)
            if not entry.results.done():  # its client may have gone
                batch.append(entry)
                count += len(entry.crops)
        return batch

    def _finish(
        self, batch: list[_Waiting[Result]], count: int, results: list[Result] | Exception
    ) -> None:
        self._running -= 1
        self._in_work -= count
        self._last = count
        self._start()  # before the answers are written, which takes its time
        start = 0
        for entry in batch:
            end = start + len(entry.crops)
            if not entry.results.done():
                if isinstance(results, Exception):
                    entry.results.set_exception(results)
                else:
                    entry.results.set_result(results[start:end])
            start = end


def _largest(crops: Crops) -> int:
    """How many such crops `(n, H, W)` make a batch at most."""
    return max(1, min(LARGEST, _PIXELS // int(crops[0].size)))
