"""What every request passes through: its size, its time, how many there are, who asks, headers.

Plain ASGI, so that what is refused costs next to nothing.
"""

import asyncio
import hmac
import time
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inkdigits.serving.metrics import Metrics
from inkdigits.serving.policy import POLICY
from inkdigits.serving.problems import ProblemError, problem_response
from inkdigits.serving.settings import ServeSettings

OPEN_PATHS = ("/healthz", "/readyz")  # that need no token and are never refused
WORK_PATHS = "/v1/"

HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
]
# The API's documentation is drawn by Swagger UI, which sets styles in place.
_DOCS_POLICY = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").encode()


class Guard:
    """Limits, token, headers and metrics around an application."""

    def __init__(self, app: ASGIApp, settings: ServeSettings, metrics: Metrics) -> None:
        self.app, self.settings, self.metrics = app, settings, metrics
        self.under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = HTTPStatus.INTERNAL_SERVER_ERROR.value
        is_docs = scope["path"].startswith("/docs")

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", [])) + HEADERS
                if is_docs:
                    headers[-len(HEADERS)] = (HEADERS[0][0], _DOCS_POLICY)
                message = {**message, "headers": headers}
            await send(message)

        is_work = scope["path"].startswith(WORK_PATHS) and scope["method"] == "POST"
        self.under_way += is_work
        try:
            refusal = self._refusal(scope, is_work)
            if refusal is not None:
                response = problem_response(refusal.status, refusal.detail)
                await response(scope, receive, send_with_headers)
            elif is_work:
                await self._work(scope, receive, send_with_headers)
            else:
                await self.app(scope, receive, send_with_headers)
        finally:
            self.under_way -= is_work
            self.metrics.answered(scope, status, time.perf_counter() - began)

    def _refusal(self, scope: Scope, is_work: bool) -> ProblemError | None:
        """Why a request is not even looked at."""
        headers = dict(scope["headers"])
        settings = self.settings
        if settings.token is not None and scope["path"] not in OPEN_PATHS:
            given = headers.get(b"authorization", b"")
            if not hmac.compare_digest(given, f"Bearer {settings.token}".encode()):
                return ProblemError(HTTPStatus.UNAUTHORIZED, "A bearer token is needed.")
        if is_work and self.under_way > settings.concurrency:
            return ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{settings.concurrency} requests are being worked on; try again in a second.",
            )
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > settings.max_body_bytes:
            return self._too_large()
        return None

    def _too_large(self) -> ProblemError:
        return ProblemError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"The body is larger than the limit of {self.settings.max_body_bytes} bytes.",
        )

    async def _work(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with its body counted and its time measured."""
        received, started = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.settings.max_body_bytes:
                raise self._too_large()
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            async with asyncio.timeout(self.settings.timeout_s):
                await self.app(scope, counted, noted)
        except TimeoutError:
            if started:
                raise
            detail = f"The request took longer than {self.settings.timeout_s:g} s."
            response = problem_response(HTTPStatus.SERVICE_UNAVAILABLE, detail)
            await response(scope, receive, send)
