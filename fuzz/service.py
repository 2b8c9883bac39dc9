"""The service in one process and without a network: what its targets send, and what must not be.

Pictures are read here and not in workers; all else is the service's own. An answer that says that
the service failed is a finding, and so is one that does not come.
"""

import asyncio
import functools
import json
import logging
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt
from starlette.types import ASGIApp, Message
from uvicorn.config import Config
from uvicorn.server import ServerState

from fuzz.targets import MAX_PIXELS, recognizer
from inkdigits.cli.serve import UVICORN
from inkdigits.serving import application
from inkdigits.serving.jobs import perform
from inkdigits.serving.problems import ProblemError
from inkdigits.serving.protocol import Protocol
from inkdigits.serving.service import Service
from inkdigits.serving.settings import ServeSettings

HANG_S = 10.0
SETTINGS = ServeSettings(max_pixels=MAX_PIXELS, max_body_bytes=50_000, timeout_s=HANG_S / 2)


class _InProcess(Service):
    """Does jobs where it is asked for them; their options go through JSON, as on the way there."""

    async def on_picture(self, job: str, content: bytes, **options: object) -> bytes:
        return perform(recognizer(), job, content, json.loads(json.dumps(options))).content

    def _classify(
        self, crops: npt.NDArray[np.uint8], on_done: Callable[[list[bytes] | Exception], None]
    ) -> None:
        shape = {"shape": crops.shape}
        on_done(perform(recognizer(), "classify", crops.tobytes(), shape).content.split(b"\n"))


class _Failures(logging.Handler):
    """Keeps what the service, or the server below it, could not deal with."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.errors.append(error or AssertionError(record.getMessage()))

    def check(self) -> None:
        """Raise the first."""
        errors, self.errors = self.errors, []
        if errors:
            raise errors[0]


@functools.cache
def _failures() -> _Failures:
    handler = _Failures()
    for name in ("inkdigits.serving", "uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.propagate = False
    return handler


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


@functools.cache
def _app() -> ASGIApp:
    with mock.patch.object(application, "Service", _InProcess):
        return application.create_app(SETTINGS)


def answered(target: bytes, kind: bytes, body: bytes) -> None:
    """Post to the application. Raises `ProblemError` for what it refuses."""
    if not target.isascii():  # the parser of `Protocol` takes no such head
        raise ProblemError(400, "400")
    path, _, query = target.partition(b"?")
    headers = [(b"content-type", kind)] if kind else []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path.decode("utf-8", "replace"),
        "raw_path": path,
        "root_path": "",
        "query_string": query,
        "headers": [(b"host", b"a"), (b"content-length", b"%d" % len(body)), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    to_come = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        return to_come.pop() if to_come else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    failures = _failures()
    _loop().run_until_complete(asyncio.wait_for(_app()(scope, receive, send), HANG_S))
    failures.check()
    status = sent[0]["status"]
    assert status != 500, sent
    if status >= 400:
        raise ProblemError(status, f"{status}")


class _Transport(asyncio.Transport):
    """A connection on which all that is written is kept."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.written = bytearray()
        self.closed = False

    def write(self, data: "bytes | bytearray | memoryview[Any]") -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        """Nothing more comes anyway."""

    def resume_reading(self) -> None:
        """Nothing more comes anyway."""


def received(data: bytes) -> None:
    """Have a connection receive this, then end. Raises `ProblemError` for what is refused."""
    failures = _failures()
    written = _loop().run_until_complete(asyncio.wait_for(_exchanged(data), HANG_S))
    failures.check()
    assert not written.startswith(b"HTTP/1.1 500"), written
    if not written.startswith(b"HTTP/1.1 2"):
        raise ProblemError(400, bytes(written[:12]).decode("latin-1") or "no answer")


async def _exchanged(data: bytes) -> bytes:
    loop, state, transport = asyncio.get_running_loop(), ServerState(), _Transport()
    protocol = Protocol(_config(), state, {}, loop)
    protocol.connection_made(transport)
    protocol.data_received(data)
    # A batch begins at the loop's next turn, and is answered at one of those that follow.
    for _ in range(5):
        await asyncio.sleep(0)
    protocol.connection_lost(None)
    if state.tasks:
        await asyncio.wait(state.tasks)
    return bytes(transport.written)


@functools.cache
def _config() -> Config:
    return Config(_app(), lifespan="off", log_config=None, **UVICORN)
