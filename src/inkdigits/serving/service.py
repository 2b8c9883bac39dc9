"""What one process of the service has: its workers, its limits on them, its figures."""

import gc
from collections.abc import Callable
from http import HTTPStatus

import numpy as np
import numpy.typing as npt

from inkdigits.errors import ModelError
from inkdigits.recognition.recognizer import Recognizer
from inkdigits.serving.batching import Batcher
from inkdigits.serving.jobs import Done
from inkdigits.serving.metrics import Metrics
from inkdigits.serving.pool import CHANGED, Pool
from inkdigits.serving.problems import ProblemError
from inkdigits.serving.settings import ServeSettings


class Service:
    """Reads and classifies, off the event loop.

    Raises:
        ModelError: if the model cannot be loaded, or is another than the settings say.
        UsageError: if there is none.
    """

    def __init__(self, settings: ServeSettings) -> None:
        network = Recognizer(settings.model, threads=1).sha256  # what is wrong with it is said here
        if settings.network not in ("", network):
            raise ModelError(CHANGED)
        self.settings = settings
        self.metrics = Metrics()
        self.pool = Pool(settings.model, settings.workers, network)
        self.batcher = Batcher(self._classify, settings.workers, self.metrics.waiting.set)
        self._pictures = 0  # being worked on or waiting for it

    async def start(self) -> None:
        """Start the workers."""
        await self.pool.start()
        gc.freeze()  # what is there by now stays, and need not be looked through again

    async def close(self) -> None:
        """End the workers."""
        await self.pool.close()
        self.metrics.close()

    async def on_picture(self, job: str, content: bytes, **options: object) -> bytes:
        """What a worker answers to a job of which one takes long.

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
            return self._counted(await self.pool.run(job, content, options))
        finally:
            self._pictures -= 1
            self.metrics.pictures.set(self._pictures)

    def _classify(
        self, crops: npt.NDArray[np.uint8], on_done: Callable[[list[bytes] | Exception], None]
    ) -> None:
        """What is answered for each of the crops `(N, H, W)`, as JSON."""

        def on_result(result: Done | Exception) -> None:
            if isinstance(result, Done):
                on_done(self._counted(result).split(b"\n"))
            else:
                on_done(result)

        options = {"shape": crops.shape}
        self.pool.submit("classify", crops.tobytes(), options, on_result, first=True)

    def _counted(self, done: Done) -> bytes:
        self.metrics.digits.inc(done.digits)
        self.metrics.refused.inc(done.refused)
        return done.content
