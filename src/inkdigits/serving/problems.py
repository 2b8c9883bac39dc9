"""Errors as RFC 9457 problem details: `application/problem+json`, one sentence each."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Send

from inkdigits.errors import InkdigitsError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1
FAILED = "The service failed on this request; its log says why."


class ProblemError(Exception):
    """Ends a request with a status and a sentence."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, dict(headers or {})


def problem_body(status: int, detail: str) -> bytes:
    """The JSON of a problem."""
    content = {"title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}
    return json.dumps(content).encode()


def problem_response(
    status: int, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A problem as a response; one that passes (503) says when to try again."""
    return Response(problem_body(status, detail), status, _with_retry(status, headers), MEDIA_TYPE)


async def send_problem(send: Send, problem: ProblemError) -> None:
    """Answer with a problem, without a framework around: thousands a second may be refused."""
    body = problem_body(problem.status, problem.detail)
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    for name, value in _with_retry(problem.status, problem.headers).items():
        headers.append((name.lower().encode(), value.encode()))
    await send({"type": "http.response.start", "status": int(problem.status), "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _with_retry(status: int, headers: Mapping[str, str] | None) -> dict[str, str]:
    own = dict(headers or {})
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        own.setdefault("Retry-After", str(RETRY_AFTER_S))
    return own


def add_handlers(app: FastAPI) -> None:
    """Answer every failure of `app` so."""

    @app.exception_handler(ProblemError)
    async def _(_: Request, problem: ProblemError) -> Response:
        return problem_response(problem.status, problem.detail, problem.headers)

    @app.exception_handler(InkdigitsError)
    async def _(_: Request, error: InkdigitsError) -> Response:
        return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))

    @app.exception_handler(RequestValidationError)
    async def _(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        detail = f"{place}: {first['msg']}"
        return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, detail)

    @app.exception_handler(HTTPException)
    async def _(_: Request, error: HTTPException) -> Response:
        return problem_response(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(Exception)
    async def _(_: Request, __: Exception) -> Response:
        return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, FAILED)
