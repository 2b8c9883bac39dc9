"""What every request passes through: who asks, how much, how long, how many at once.

Plain ASGI, outermost, so that what is refused costs next to nothing. Bodies are read here, and only
a request whose body is there takes one of the places for work: a slow client keeps nobody out.
"""

import asyncio
import base64
import contextlib
import hmac
import logging
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inkdigits.serving.headers import security_headers
from inkdigits.serving.metrics import Metrics
from inkdigits.serving.problems import FAILED, ProblemError, send_problem
from inkdigits.serving.settings import ServeSettings

if TYPE_CHECKING:
    from inkdigits.serving.direct import Direct

OPEN_PATHS = ("/healthz", "/readyz")  # that need no token and are never refused
WORK_PATHS = "/v1/"
# What browsers ask their user by; each way to bear the token has a header of its own.
_PASSWORD = (b"www-authenticate", b'Basic realm="inkdigits", charset="UTF-8"')
GONE = 499  # in the metrics: the client left before its answer
# Bodies that are still arriving: how many for each place for work, and of how many bytes together,
# in bodies of the largest size.
_ARRIVING_A_PLACE = 16
_LARGEST_TOGETHER = 16

log = logging.getLogger("inkdigits.serving")


class Guard:
    """Limits, token, headers and metrics around an application."""

    def __init__(self, app: ASGIApp, settings: ServeSettings, metrics: Metrics) -> None:
        self.app, self.settings, self.metrics = app, settings, metrics
        self.working = 0  # requests
        self.arriving, self.arriving_bytes = 0, 0  # bodies
        self._token = None if settings.token is None else settings.token.encode()
        self.direct: Direct | None = None  # what may pass it by

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, _without_cancelling(send))
            return
        began = time.perf_counter()
        answer = _Answer(send, security_headers(scope["path"]))
        try:
            await self._answered(scope, receive, answer)
        except ProblemError as problem:
            await answer.problem(problem)
        except Exception as error:  # noqa: BLE001 - it is logged
            await answer.problem(self.failed(error, f"{scope['method']} {scope['path']}"))
        finally:
            self.metrics.answered(scope["path"], answer.status, time.perf_counter() - began)

    async def _answered(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        length = self._admitted(scope)
        if not (scope["method"] == "POST" and scope["path"].startswith(WORK_PATHS)):
            await self.app(scope, receive, answer.send)
            return
        if length > self.settings.max_body_bytes:
            raise self._too_large()
        self._check_places()
        try:
            async with asyncio.timeout(self.settings.timeout_s):
                body = await self._body(receive)
                if body is not None:
                    await self._worked(scope, _Replayed(body, receive), answer)
        except TimeoutError as error:
            raise self.too_slow() from error

    def _admitted(self, scope: Scope) -> int:
        """The length that a request announces; raises for one that bears no token."""
        headers = dict(scope["headers"])
        authorization = headers.get(b"authorization", b"")
        if scope["path"] not in OPEN_PATHS and not self.knows(authorization):
            raise ProblemError(
                HTTPStatus.UNAUTHORIZED,
                "A bearer token is needed, or the token as a password.",
                {"WWW-Authenticate": "Bearer"},
            )
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise ProblemError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "A body is taken as it is, not compressed."
            )
        length = headers.get(b"content-length", b"0")
        return int(length) if length.isdigit() else 0

    async def _worked(self, scope: Scope, receive: "_Replayed", answer: "_Answer") -> None:
        self._check_places()
        self.working += 1
        work = asyncio.ensure_future(self.app(scope, receive.first, answer.send))
        left = asyncio.ensure_future(receive.left())
        try:
            await asyncio.wait((work, left), return_when=asyncio.FIRST_COMPLETED)
            if work.done() or answer.status != GONE:  # else the client left before its answer
                await work
        finally:
            self.working -= 1
            left.cancel()
            work.cancel()
            await asyncio.wait((work,))

    @property
    def has_place(self) -> bool:
        """Whether one more request may be worked on."""
        return self.working < self.settings.concurrency

    def knows(self, authorization: bytes) -> bool:
        """Whether who sends this header may ask: a bearer, or a password as browsers ask for."""
        if self._token is None:
            return True
        scheme, _, given = authorization.partition(b" ")
        if scheme.lower() == b"basic":
            with contextlib.suppress(ValueError):
                given = base64.b64decode(given, validate=True).partition(b":")[2]
        elif scheme.lower() != b"bearer":
            return False
        return hmac.compare_digest(given, self._token)

    def too_slow(self) -> ProblemError:
        """What is answered once the time is over."""
        detail = f"The request took longer than {self.settings.timeout_s:g} s."
        return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail)

    def failed(self, error: BaseException | None, request: str) -> ProblemError:
        """What is answered where the service failed, which is logged."""
        log.error("%s failed", request, exc_info=error)
        return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, FAILED)

    def _check_places(self) -> None:
        if not self.has_place:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{self.working} requests are being worked on; try again in a second.",
            )

    async def _body(self, receive: Receive) -> bytes | None:
        """The whole body; None if the client left before its end."""
        message = await receive()
        # Small ones come at once with their head.
        if message["type"] == "http.request" and not message.get("more_body"):
            body: bytes = message["body"]
            if len(body) > self.settings.max_body_bytes:
                raise self._too_large()
            return body
        self.arriving += 1
        size = 0
        parts: list[bytes] = []
        try:
            while message["type"] == "http.request":
                parts.append(message["body"])
                size += len(parts[-1])
                self.arriving_bytes += len(parts[-1])
                if size > self.settings.max_body_bytes:
                    raise self._too_large()
                self._check_arriving()
                if not message.get("more_body"):
                    return b"".join(parts)
                message = await receive()
            return None
        finally:
            self.arriving -= 1
            self.arriving_bytes -= size

    def _check_arriving(self) -> None:
        many = self.arriving > _ARRIVING_A_PLACE * self.settings.concurrency
        if many or self.arriving_bytes > _LARGEST_TOGETHER * self.settings.max_body_bytes:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{self.arriving} bodies are on their way; try again in a second.",
            )

    def _too_large(self) -> ProblemError:
        return ProblemError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"What was sent is larger than the limit of {self.settings.max_body_bytes} bytes.",
        )


def _without_cancelling(send: Send) -> Send:
    """What the application says of its life, without the traceback of being ended by force."""

    async def said(message: Message) -> None:
        task = asyncio.current_task()
        if message["type"].endswith(".failed") and task is not None and task.cancelling():
            message = {**message, "message": ""}
        await send(message)

    return said


class _Answer:
    """One answer on its way: its status, and the headers that every answer has."""

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._send, self._headers = send, headers
        self.status = GONE

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), *self._headers]
        await self._send(message)

    async def problem(self, problem: ProblemError) -> None:
        """Answer with a problem, where nothing was answered yet."""
        if self.status == GONE:
            if problem.status == HTTPStatus.UNAUTHORIZED:
                self._headers = [*self._headers, _PASSWORD]
            await send_problem(self.send, problem)


class _Replayed:
    """A body that was read, for whom it is for; then what the client does."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive
        self._gone = asyncio.Event()

    async def first(self) -> Message:
        """What an application receives."""
        if self._body is None:
            await self._gone.wait()
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def left(self) -> None:
        """Wait until the client has left."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone.set()
