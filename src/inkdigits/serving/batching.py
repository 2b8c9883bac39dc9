"""Small requests worked on together: what waits while a batch is computed is the next batch.

Nothing waits for company: alone, a request is computed at once; under load, batches grow by
themselves, and one run of the network serves many requests.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inkdigits.recognition.network import Scores

Crops = npt.NDArray[np.uint8]
Classify = Callable[[Crops], Scores]

LARGEST = 512  # crops of one batch


@dataclass(frozen=True, eq=False)
class _Waiting:
    crops: Crops  # (n, H, W)
    scores: "asyncio.Future[Scores]"


class Batcher:
    """Classifies crops of many requests, on one event loop."""

    def __init__(self, classify: Classify, executor: Executor) -> None:
        self._classify, self._executor = classify, executor
        self._waiting: list[_Waiting] = []
        self._busy = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """Requests that wait for their batch."""
        return len(self._waiting)

    async def classify(self, crops: Crops) -> Scores:
        """Scores of crops `(n, H, W) uint8`."""
        loop = asyncio.get_running_loop()
        entry = _Waiting(crops, loop.create_future())
        self._waiting.append(entry)
        if not self._busy:
            self._busy = True
            task = loop.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await entry.scores

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                batch = self._next()
                try:
                    scores = await loop.run_in_executor(self._executor, self._score, batch)
                except Exception as error:  # noqa: BLE001 - it is each request's own
                    for entry in batch:
                        if not entry.scores.done():
                            entry.scores.set_exception(error)
                    continue
                for entry, own in zip(batch, scores, strict=True):
                    if not entry.scores.done():  # its client may have gone
                        entry.scores.set_result(own)
        finally:
            self._busy = False

    def _next(self) -> list[_Waiting]:
        """The oldest requests whose crops are of one size, up to `LARGEST` crops."""
        shape = self._waiting[0].crops.shape[1:]
        batch: list[_Waiting] = []
        rest: list[_Waiting] = []
        count = 0
        for entry in self._waiting:
            fits = entry.crops.shape[1:] == shape and count + len(entry.crops) <= LARGEST
            if fits or not batch:
                batch.append(entry)
                count += len(entry.crops)
            else:
                rest.append(entry)
        self._waiting = rest
        return batch

    def _score(self, batch: list[_Waiting]) -> list[Scores]:
        together = self._classify(np.concatenate([entry.crops for entry in batch]))
        cuts = np.cumsum([len(entry.crops) for entry in batch])[:-1]
        parts = zip(
            np.split(together.probabilities, cuts), np.split(together.digit, cuts), strict=True
        )
        return [Scores(probabilities, digit) for probabilities, digit in parts]
