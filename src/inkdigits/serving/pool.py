"""The processes that work for the service, each at one job at a time.

Processes, since what reads a picture holds Python's lock most of the time: in threads, two read no
more than one does, and thousands of small answers a second kept a batch waiting for its turn. And a
picture that hangs or breaks a decoder takes one process with it, which another replaces.

An answer is handed on, and the next job sent, within one step of the event loop: under load, each
step more takes a millisecond in which a worker stands still. And a small urgent job may be sent to
a worker that still does another such, which then goes on at once.
"""

import asyncio
import json
import logging
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from inkdigits.errors import PictureError
from inkdigits.messages import LENGTHS, packed
from inkdigits.processors import one_thread_environment
from inkdigits.serving.jobs import Done

OnDone = Callable[[Done | Exception], None]
# Bytes of a job that may be sent behind another: a pipe holds so many on its own.
_SMALL = 48 << 10
_OUTPUT = 1  # the descriptor that a worker answers on
_END_S = 5.0  # that a worker may take to end
_AGAIN_S = 1.0  # after which one that could not start is tried again, and then twice as long
_LONGEST_AGAIN_S = 30.0
_PATIENCE_S = 0.1  # that a job waits while urgent ones pass it by
_GRACE_S = 1.0  # that a job may still take, from its beginning, once nobody waits for it

CHANGED = "The network's file is another than at the start; the service must start anew."

log = logging.getLogger("inkdigits.serving.pool")


class WorkerError(Exception):
    """A job was not done: it failed, or its process died."""


@dataclass(eq=False)
class _Job:
    message: bytes
    on_done: OnDone
    is_small: bool
    came: float  # seconds of `time.monotonic`
    began: float = 0.0
    is_wanted: bool = True
    worker: "_Worker | None" = None  # that does it

    def end_worker(self) -> None:
        """End the process that still does it."""
        if self.worker is not None:
            self.worker.kill()


class Pool:
    """So many workers, and the jobs that wait for one.

    Args:
        model: as `Recognizer` takes it; it is known to be good.
        network: the hash of its network, which all workers must have; "": of the first one's.
    """

    def __init__(self, model: str | None, count: int, network: str = "") -> None:
        self._command = [sys.executable, "-m", "inkdigits.serving.worker"]
        self._command += [] if model is None else [model]
        self._count = count
        self._urgent: deque[_Job] = deque()
        self._others: deque[_Job] = deque()
        self._other_was_last = False  # of the jobs that were sent
        self._network = network
        self._workers: set[_Worker] = set()
        self._starts: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def is_ready(self) -> bool:
        """Whether there is a worker."""
        return any(worker.is_ready for worker in self._workers)

    async def start(self) -> None:
        """Start all workers, and wait until they are ready."""
        await asyncio.gather(*(self._start_one() for _ in range(self._count)))

    async def close(self) -> None:
        """End all workers."""
        self._closed = True
        await asyncio.gather(*(worker.end() for worker in list(self._workers)))

    async def run(self, job: str, content: bytes, options: dict[str, Any]) -> Done:
        """Have a job done. Given up while it is worked on, it takes its process with it, soon.

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
                grace = max(0.0, entry.began + _GRACE_S - time.monotonic())
                asyncio.get_running_loop().call_later(grace, entry.end_worker)
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
        """Have a job done; `first`: before those that are not so urgent, unless they wait long."""
        message = packed({"job": job, "options": options}, content)
        entry = _Job(message, on_done, first and len(message) <= _SMALL, time.monotonic())
        (self._urgent if first else self._others).append(entry)
        self._send()
        return entry

    def _send(self) -> None:
        """Give jobs to the workers that can take one."""
        while jobs := self._next():
            job = jobs[0]
            worker = self._free_for(job) if job.is_wanted else None
            if job.is_wanted and worker is None:
                return
            jobs.popleft()
            if worker is not None:
                self._other_was_last = jobs is self._others
                worker.send(job)

    def _next(self) -> deque[_Job]:
        """The jobs of which the first is next: the urgent, by turns with others that wait long."""
        if not self._urgent or not self._others:
            return self._urgent or self._others
        waits_long = time.monotonic() - self._others[0].came > _PATIENCE_S
        return self._others if waits_long and not self._other_was_last else self._urgent

    def _free_for(self, job: _Job) -> "_Worker | None":
        """A worker that does one small job if this is one too, or else one that does none."""
        idle = None
        for worker in self._workers:
            if job.is_small and len(worker.jobs) == 1 and worker.jobs[0].is_small:
                return worker
            if not worker.jobs and worker.is_ready:
                idle = worker
        return idle

    def on_answer(self, job: _Job, result: Done | Exception) -> None:
        """A worker is done with a job."""
        job.worker = None
        self._send()
        job.on_done(result)

    def on_ready(self, worker: "_Worker", network: str) -> None:
        """A worker can take jobs, with the network of this hash; all have the same."""
        self._network = self._network or network
        if network == self._network:
            worker.ready.set_result(None)
            return
        log.error(CHANGED)
        worker.kill()

    def on_death(self, worker: "_Worker") -> None:
        """A worker has gone, with its jobs if it had any."""
        self._workers.discard(worker)
        if not self._closed and worker.is_ready:
            task = asyncio.get_running_loop().create_task(self._replace())
            self._starts.add(task)
            task.add_done_callback(self._starts.discard)
        for job in worker.jobs:
            job.worker = None
            job.on_done(WorkerError("The process that worked on it died."))

    async def _replace(self) -> None:
        """Start a worker, now or as soon as there is memory for one."""
        wait = _AGAIN_S
        while not self._closed:
            try:
                await self._start_one()
                return
            except (WorkerError, OSError):
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LONGEST_AGAIN_S)

    async def _start_one(self) -> None:
        loop = asyncio.get_running_loop()
        _, worker = await loop.subprocess_exec(
            lambda: _Worker(self), *self._command, stderr=None, env=one_thread_environment(),
            start_new_session=True,  # a signal to all of the terminal's processes is not for it
        )  # fmt: skip
        self._workers.add(worker)
        await worker.ready
        self._send()


class _Worker(asyncio.SubprocessProtocol):
    """One process, as asyncio tells of it."""

    def __init__(self, pool: Pool) -> None:
        loop = asyncio.get_running_loop()
        self._pool = pool
        self.jobs: deque[_Job] = deque()  # that it does, one after the other
        self._input = bytearray()
        self.ready: asyncio.Future[None] = loop.create_future()
        self._gone: asyncio.Future[None] = loop.create_future()

    @property
    def is_ready(self) -> bool:
        """Whether it got as far as taking jobs."""
        return self.ready.done() and self.ready.exception() is None

    def send(self, job: _Job) -> None:
        """Give it a job."""
        job.worker, job.began = self, time.monotonic()
        self.jobs.append(job)
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
        self._transport.close()
        if not self.ready.done():
            self.ready.set_exception(WorkerError("A worker could not start."))
        self._pool.on_death(self)

    def _answered(self, header: dict[str, Any], content: bytes) -> None:
        if not self.ready.done():
            self._pool.on_ready(self, header["network"])
            return
        job = self.jobs.popleft()
        result: Done | Exception
        if "error" in header:
            result = PictureError(header["error"])
        elif "failed" in header:
            result = WorkerError("The job failed.")
        else:
            result = Done(content, header["digits"], header["refused"])
        self._pool.on_answer(job, result)
