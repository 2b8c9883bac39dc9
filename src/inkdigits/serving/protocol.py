"""uvicorn's HTTP/1.1 connection, with what it leaves open: limits on heads and on silence.

uvicorn waits for ever for the end of a request's head, takes heads of any length, goes on reading
a body that was refused for as long as it comes, and answers what is no HTTP in plain text. It keeps
as many requests as a client sends ahead, waits for ever for one that does not read its answer, and
loses the body of a request that asks for another protocol.
"""

import asyncio
import sys
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from inkdigits.serving.direct import Direct, Exchange
from inkdigits.serving.headers import API
from inkdigits.serving.problems import MEDIA_TYPE, RETRY_AFTER_S, ProblemError, problem_body

HEAD_BYTES = 65_536  # of a request's line and headers, or of a body's trailers
HEAD_S = 10.0  # from a connection's or a request's beginning to the end of its head
LINGER_S = 5.0  # that a body is still read and dropped once its request is answered
WRITE_S = 30.0  # in which something of an answer must leave; looked at as often
_TOO_LARGE = f"The headers are larger than the limit of {HEAD_BYTES} bytes."
WAITING = 16  # requests behind the one that is being answered; browsers send none ahead


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = False
        self._unparsed = 0  # bytes since the parser last got somewhere
        self._data = b""  # that the parser is given
        self._again = b""  # that it is to be given next
        # Only where nothing stands around the service, such as what answers other sites.
        self._direct: Direct | None = getattr(self.app, "direct", None)
        self._last_call: asyncio.TimerHandle | None = None
        self._next_look: asyncio.TimerHandle | None = None
        self._unsent: int | None = None  # bytes at the last look, if nothing was added since

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._in_head = True
        self._close_in(HEAD_S)
        self._next_look = self.loop.call_later(WRITE_S, self._look_at_unsent)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stay()
        if self._next_look is not None:
            self._next_look.cancel()
        self.pipeline.clear()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        self._unsent = None
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        self._unparsed += len(data)
        while data:
            self._data, self._again = data, b""
            super().data_received(data)
            data = self._again
        if self.transport.is_closing():
            return
        if self._unparsed > HEAD_BYTES:
            self._refuse(431, _TOO_LARGE)
        elif self._in_head and self._last_call is None:
            self._close_in(HEAD_S)

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self._unparsed > HEAD_BYTES and self._head_bytes() > HEAD_BYTES:  # it came in one piece
            raise ConnectionAbortedError("the head is too large")  # ends the parsing
        self._in_head, self._unparsed = False, 0
        self._stay()
        if self.parser.should_upgrade():
            return  # it comes again
        if len(self.pipeline) >= WAITING:
            raise ConnectionAbortedError("too many requests wait")  # ends the parsing
        if not self._goes_direct():
            super().on_headers_complete()

    def _head_bytes(self) -> int:
        """The size of a request's head, but for its line's other words."""
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _goes_direct(self) -> bool:
        """Take a request past ASGI, where it is of that kind."""
        if self._direct is None or (self.cycle is not None and not self.cycle.response_complete):
            return False
        if self.flow.write_paused:  # which only the ordinary way heeds
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
        if self.parser.should_upgrade():
            return
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
        """Have a request parsed anew that asks for another protocol, without what asks for it.

        RFC 9110 (7.8) lets a server ignore that, but the parser ends such a request with its head,
        and would take its body for the next one.
        """
        upgrade, method = sys.exception(), self.parser.get_method()
        assert isinstance(upgrade, httptools.HttpParserUpgrade)
        if method == b"CONNECT":  # asks by its name
            self._refuse(501, "This is no proxy.")
            return
        lines = [b"%b %b HTTP/%b" % (method, self.url, self.parser.get_http_version().encode())]
        lines += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        self._again = b"\r\n".join([*lines, b"", self._data[upgrade.args[0] :]])
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does

    def send_400_response(self, msg: str) -> None:
        if self._in_head and self._unparsed > HEAD_BYTES:
            self._refuse(431, _TOO_LARGE)
        else:
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

    def _look_at_unsent(self) -> None:
        """Hang up where answers wait, and nothing of them has left since the last look."""
        self._next_look = self.loop.call_later(WRITE_S, self._look_at_unsent)
        before, self._unsent = self._unsent, None
        if self.flow.write_paused or self.transport.is_closing():  # nothing is added meanwhile
            self._unsent = self.transport.get_write_buffer_size()
            if before is not None and self._unsent >= before:
                self.transport.abort()

    def _stay(self) -> None:
        if self._last_call is not None:
            self._last_call.cancel()
            self._last_call = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
