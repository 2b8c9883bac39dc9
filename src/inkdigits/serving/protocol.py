"""uvicorn's HTTP/1.1 connection, with what it leaves open: limits on heads and on silence.

uvicorn waits for ever for the end of a request's head, takes heads of any length, goes on reading
a body that was refused for as long as it comes, and answers what is no HTTP in plain text.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from inkdigits.serving.direct import Direct, Exchange
from inkdigits.serving.headers import API
from inkdigits.serving.problems import MEDIA_TYPE, RETRY_AFTER_S, ProblemError, problem_body

HEAD_BYTES = 65_536  # of a request's line and headers, or of a body's trailers
HEAD_S = 10.0  # from a connection's or a request's beginning to the end of its head
LINGER_S = 5.0  # that a body is still read and dropped once its request is answered


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = False
        self._unparsed = 0  # bytes since the parser last got somewhere
        self._data = b""  # that the parser is given
        # Only where nothing stands around the service, such as what answers other sites.
        self._direct: Direct | None = getattr(self.app, "direct", None)
        self._last_call: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._in_head = True
        self._close_in(HEAD_S)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stay()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unparsed += len(data)
        self._data = data
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._unparsed > HEAD_BYTES:
            self._refuse(431, f"The headers are larger than the limit of {HEAD_BYTES} bytes.")
        elif self._in_head and self._last_call is None:
            self._close_in(HEAD_S)

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head, self._unparsed = False, 0
        self._stay()
        if not self._goes_direct():
            super().on_headers_complete()

    def _goes_direct(self) -> bool:
        """Take a request past ASGI, where it is of that kind."""
        if self._direct is None or (self.cycle is not None and not self.cycle.response_complete):
            return False
        is_usual = self.parser.get_http_version() == "1.1" and self.parser.should_keep_alive()
        method = self.parser.get_method()
        if not is_usual or not self._direct.takes(method, self.url, self.headers, self._data):
            return False
        self.cycle = Exchange(self)  # type: ignore[assignment]  # has what uvicorn looks at
        return True

    def on_body(self, body: bytes) -> None:
        self._unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unparsed = 0
        self._stay()
        super().on_message_complete()
        if isinstance(self.cycle, Exchange) and not self.cycle.response_complete:
            assert self._direct is not None
            self._direct.begin(self.cycle)

    def on_response_complete(self) -> None:
        if self.cycle.more_body:  # what was refused, or too slow, may still come
            self._close_in(LINGER_S)
        super().on_response_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Whoever asks for a WebSocket is answered in plain HTTP, and nothing is logged."""

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, msg)

    def _refuse(self, status: int, detail: str) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.close()  # an answer is on its way, and another may be within it
            return
        self.transport.write(self.refusal(ProblemError(status, detail)))
        self.transport.close()

    def refusal(self, problem: ProblemError) -> bytes:
        """A problem as it goes over the wire, after which the connection is closed."""
        body = problem_body(problem.status, problem.detail)
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
            *API,
        ]
        if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append((b"retry-after", b"%d" % RETRY_AFTER_S))
        head = b"".join(b"%b: %b\r\n" % header for header in headers)
        phrase = HTTPStatus(problem.status).phrase.encode()
        return b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (problem.status, phrase, head, body)

    def _close_in(self, seconds: float) -> None:
        self._stay()
        self._last_call = self.loop.call_later(seconds, self._close)

    def _stay(self) -> None:
        if self._last_call is not None:
            self._last_call.cancel()
            self._last_call = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
