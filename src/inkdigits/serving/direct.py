"""Small raw crops, from their connection to a batch and back, past ASGI.

A task, a scope and messages for each request cost the event loop as much as all else that it does
for a crop. Only the plain good request is taken here, whole in one piece, with a place free;
whatever is unusual about one, it goes the ordinary way, with its limits and its problems.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from inkdigits.images.normalize import SIDE
from inkdigits.serving.bodies import RAW, raw_crops
from inkdigits.serving.classify import PATH, listed
from inkdigits.serving.headers import API
from inkdigits.serving.limits import Guard
from inkdigits.serving.problems import ProblemError
from inkdigits.serving.service import Service

if TYPE_CHECKING:
    from inkdigits.serving.protocol import Protocol

LARGEST = 16_384  # bytes of a body that is taken
_PIXELS = SIDE * SIDE
_HEADERS = b"content-type: application/json\r\n" + b"".join(b"%b: %b\r\n" % each for each in API)
_NOT_PLAIN = (
    b"expect",
    b"transfer-encoding",
    b"content-encoding",
    b"upgrade",
    b"connection",
    b"origin",
)


class Direct:
    """Takes such requests."""

    def __init__(self, guard: Guard, service: Service) -> None:
        self._guard, self.service = guard, service
        self._url = PATH.encode()

    def takes(
        self, method: bytes, url: bytes, headers: Sequence[tuple[bytes, bytes]], data: bytes
    ) -> bool:
        """Whether a request is one; `data`: what came with the end of its head."""
        if method != b"POST" or url != self._url:
            return False
        length, authorization, kind = b"", b"", RAW.encode()
        for name, value in headers:
            if name == b"content-length":
                length = value
            elif name == b"content-type":
                kind = value
            elif name == b"authorization":
                authorization = value
            elif name in _NOT_PLAIN:
                return False
        if not length.isdigit() or kind != RAW.encode() or not self._guard.knows(authorization):
            return False
        size = int(length[:9])
        is_whole = data[-size - 4 : -size] == b"\r\n\r\n" if size else False
        fits = 0 < size <= min(LARGEST, self._guard.settings.max_body_bytes)
        return is_whole and fits and not size % _PIXELS and self._guard.has_place

    def begin(self, exchange: "Exchange") -> None:
        """Have the crops of a request that is there classified."""
        self._guard.working += 1
        crops = raw_crops(bytes(exchange.body), SIDE, SIDE)
        entries = self.service.batcher.enqueued(crops)
        limit = self._guard.settings.timeout_s
        expiry = asyncio.get_running_loop().call_later(limit, entries.cancel)

        def answer(done: "asyncio.Future[list[bytes]]") -> None:
            expiry.cancel()
            self._guard.working -= 1
            if done.cancelled():
                status = exchange.problem(self._guard.too_slow())
            elif done.exception() is not None:
                status = exchange.problem(self._guard.failed(done.exception(), "POST " + PATH))
            else:
                status = exchange.answer(listed(done.result()))
            self.service.metrics.answered(PATH, status, time.perf_counter() - exchange.began)

        entries.add_done_callback(answer)


class Exchange:
    """One request and its answer, in the form in which uvicorn keeps what is under way."""

    def __init__(self, protocol: "Protocol") -> None:
        self.protocol = protocol
        self.began = time.perf_counter()
        self.body = bytearray()
        self.more_body, self.response_complete = True, False
        self.disconnected, self.keep_alive = False, True
        self.message_event = self  # nobody waits for it

    def set(self) -> None:
        """What uvicorn says when there is more."""

    def answer(self, body: bytes) -> int:
        """Write the answer; its status."""
        head = [b"HTTP/1.1 200 OK\r\n", _HEADERS]
        head += [b"%b: %b\r\n" % each for each in self.protocol.server_state.default_headers]
        if not self.keep_alive:
            head.append(b"connection: close\r\n")
        head.append(b"content-length: %d\r\n\r\n" % len(body))
        return self._write(200, b"".join(head) + body)

    def problem(self, problem: ProblemError) -> int:
        """Write a problem, and hang up."""
        self.keep_alive = False
        return self._write(problem.status, self.protocol.refusal(problem))

    def _write(self, status: int, message: bytes) -> int:
        self.response_complete = True
        if self.disconnected:
            return 499
        self.protocol.transport.write(message)
        if not self.keep_alive:
            self.protocol.transport.close()
        self.protocol.on_response_complete()
        return status
