"""What one process of the service has: the recognizer, its threads and its figures."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

from inkdigits.recognition.recognizer import Recognizer
from inkdigits.serving.batching import Batcher
from inkdigits.serving.metrics import Metrics
from inkdigits.serving.problems import ProblemError
from inkdigits.serving.settings import ServeSettings

P = ParamSpec("P")
T = TypeVar("T")


class Service:
    """Reads and classifies in threads, off the event loop.

    Raises:
        ModelError: if the model cannot be loaded.
        UsageError: if there is none.
    """

    def __init__(self, settings: ServeSettings) -> None:
        self.settings, self.ready = settings, False
        self.metrics = Metrics()
        # One run of the network takes one thread; several requests are several runs.
        self.recognizer = Recognizer(settings.model, threads=1)
        self.readers = ThreadPoolExecutor(settings.workers, "read")
        self.classifiers = ThreadPoolExecutor(settings.workers, "classify")
        self.batcher = Batcher(
            self._entries, self.classifiers, settings.workers, self.metrics.waiting.set
        )
        self._pictures = 0  # being read or waiting for it

    def close(self) -> None:
        """Let the threads end."""
        self.readers.shutdown(wait=True)
        self.classifiers.shutdown(wait=True)
        self.metrics.close()

    async def in_reader(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in a thread for pictures.

        Raises:
            ProblemError: if so many wait already that this one would wait too long.
        """
        if self._pictures >= self.settings.pictures:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{self._pictures} pictures are being worked on; try again in a second.",
            )
        self._pictures += 1
        self.metrics.pictures.set(self._pictures)
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self.readers, lambda: work(*args, **kwargs))
        finally:
            self._pictures -= 1
            self.metrics.pictures.set(self._pictures)

    def _entries(self, crops: npt.NDArray[np.uint8]) -> list[bytes]:
        """What is answered for each of the crops `(N, H, W)`, as JSON."""
        scores = self.recognizer.classify(crops)
        probabilities = scores.probabilities.round(6)
        self.metrics.refused.inc(int(np.count_nonzero(scores.digit < 0.5)))
        self.metrics.digits.inc(len(crops))
        rows = zip(
            probabilities.argmax(1).tolist(),
            probabilities.max(1).tolist(),
            scores.digit.round(6).tolist(),
            probabilities.tolist(),
            strict=True,
        )
        # A list of floats reads the same in Python and in JSON; `json.dumps` takes three times as
        # long a crop.
        return [b'{"value":%d,"confidence":%a,"digit":%a,"probabilities":%a}' % row for row in rows]
