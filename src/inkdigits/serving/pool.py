"""The processes that work for the service, each at one job at a time.

Processes, since what reads a picture holds Python's lock most of the time: in threads, two read no
more than one does, and thousands of small answers a second kept a batch waiting for its turn. And a
picture that hangs or breaks a decoder takes one process with it, which another replaces.

An answer is handed on, and the next job sent, within one step of the event loop: under load, each
step more takes a millisecond in which a worker stands still.
"""

import asyncio
import heapq
import itertools
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from inkdigits.errors import PictureError
from inkdigits.serving.jobs import Done
from inkdigits.serving.worker import LENGTHS, packed

OnDone = Callable[[Done | Exception], None]
_OUTPUT = 1  # the descriptor that a worker answers on
_END_S = 5.0  # that a worker may take to end


class WorkerError(Exception):
    """A job was not done: it failed, or its process died."""


@dataclass(eq=False)
class _Job:
    message: bytes
    on_done: OnDone
    is_wanted: bool = True
    worker: "_Worker | None" = None  # that does it


class Pool:
    """So many workers, and the jobs that wait for one.

    Args:
        model: as `Recognizer` takes it; it is known to be good.
    """

    def __init__(self, model: str | None, count: int) -> None:
        self._command = [sys.executable, "-m", "inkdigits.serving.worker"]
        self._command += [] if model is None else [model]
        self._count = count
        self._jobs: list[tuple[bool, int, _Job]] = []  # a heap
        self._numbers = itertools.count()
        self._workers: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._starts: set[asyncio.Task[None]] = set()
        self._closed = False

    async def start(self) -> None:
        """Start all workers, and wait until they are ready."""
        await asyncio.gather(*(self._start_one() for _ in range(self._count)))

    async def close(self) -> None:
        """End all workers."""
        self._closed = True
        await asyncio.gather(*(worker.end() for worker in list(self._workers)))

    async def run(self, job: str, content: bytes, options: dict[str, Any]) -> Done:
        """Have a job done. Given up while it is worked on, it takes its process with it.

        Raises:
            PictureError: if the worker says that the request cannot be met.
            WorkerError: if the job failed, or its process died.
        """
        future: asyncio.Future[Done] = asyncio.get_running_loop().create_future()

        def on_done(result: Done | Exception) -> None:
            if future.done():
                return
            if isinstance(result, Done):
                future.set_result(result)
            else:
                future.set_exception(result)

        entry = self.submit(job, content, options, on_done)
        try:
            return await future
        except asyncio.CancelledError:
            entry.is_wanted = False
            if entry.worker is not None:
                entry.worker.kill()
            raise

    def submit(
        self,
        job: str,
        content: bytes,
        options: dict[str, Any],
        on_done: OnDone,
        *,
        first: bool = False,
    ) -> _Job:
        """Have a job done; `first`: before those that are not so urgent."""
        message = packed({"job": job, "options": options}, content)
        entry = _Job(message, on_done)
        heapq.heappush(self._jobs, (not first, next(self._numbers), entry))
        self._send()
        return entry

    def _send(self) -> None:
        """Give jobs to the workers that have none."""
        while self._idle and self._jobs:
            *_, job = heapq.heappop(self._jobs)
            if job.is_wanted:
                self._idle.pop().send(job)

    def on_answer(self, worker: "_Worker", job: _Job, result: Done | Exception) -> None:
        """A worker is free again."""
        job.worker = None
        self._idle.append(worker)
        self._send()
        job.on_done(result)

    def on_death(self, worker: "_Worker", job: _Job | None) -> None:
        """A worker has gone, with its job if it had one."""
        self._workers.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        if not self._closed and worker.was_ready:
            task = asyncio.get_running_loop().create_task(self._start_one())
            self._starts.add(task)
            task.add_done_callback(self._starts.discard)
        if job is not None:
            job.worker = None
            job.on_done(WorkerError("The process that worked on it died."))

    async def _start_one(self) -> None:
        loop = asyncio.get_running_loop()
        _, worker = await loop.subprocess_exec(lambda: _Worker(self), *self._command, stderr=None)
        self._workers.add(worker)
        await worker.ready
        self._idle.append(worker)
        self._send()


class _Worker(asyncio.SubprocessProtocol):
    """One process, as asyncio tells of it."""

    def __init__(self, pool: Pool) -> None:
        loop = asyncio.get_running_loop()
        self._pool = pool
        self._job: _Job | None = None
        self._input = bytearray()
        self.ready: asyncio.Future[None] = loop.create_future()
        self._gone: asyncio.Future[None] = loop.create_future()

    @property
    def was_ready(self) -> bool:
        """Whether it ever got as far as taking jobs."""
        return self.ready.done() and self.ready.exception() is None

    def send(self, job: _Job) -> None:
        """Give it a job; it must have none."""
        self._job, job.worker = job, self
        self._stdin.write(job.message)

    def kill(self) -> None:
        """End it at once."""
        if not self._gone.done():
            self._transport.kill()

    async def end(self) -> None:
        """End it: it ends with its input, or is killed."""
        self._stdin.close()
        try:
            await asyncio.wait_for(asyncio.shield(self._gone), _END_S)
        except TimeoutError:
            self.kill()
            await self._gone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)
        self._stdin = cast(asyncio.WriteTransport, self._transport.get_pipe_transport(0))

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd != _OUTPUT:
            return
        self._input += data
        while len(self._input) >= LENGTHS.size:
            head, size = LENGTHS.unpack_from(self._input)
            middle, end = LENGTHS.size + head, LENGTHS.size + head + size
            if len(self._input) < end:
                return
            header = json.loads(self._input[LENGTHS.size : middle])
            content = bytes(self._input[middle:end])
            del self._input[:end]
            self._answered(header, content)

    def process_exited(self) -> None:
        if self._gone.done():
            return
        self._gone.set_result(None)
        if not self.ready.done():
            self.ready.set_exception(WorkerError("A worker could not start."))
        job, self._job = self._job, None
        self._pool.on_death(self, job)

    def _answered(self, header: dict[str, Any], content: bytes) -> None:
        job, self._job = self._job, None
        if job is None:
            if not self.ready.done():
                self.ready.set_result(None)
            return
        result: Done | Exception
        if "error" in header:
            result = PictureError(header["error"])
        elif "failed" in header:
            result = WorkerError("The job failed.")
        else:
            result = Done(content, header["digits"], header["refused"])
        self._pool.on_answer(self, job, result)
