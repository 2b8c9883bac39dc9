"""Errors as RFC 9457 problem details: `application/problem+json`, one sentence each."""

import json
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from inkdigits.errors import InkdigitsError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1


class ProblemError(Exception):
    """Ends a request with a status and a sentence."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def problem_response(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A problem as a response; one that passes (503) says when to try again."""
    content = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    headers = dict(headers or {})
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return Response(json.dumps(content), status, headers, MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    """Answer every failure of `app` so."""

    @app.exception_handler(ProblemError)
    async def _(_: Request, problem: ProblemError) -> Response:
        return problem_response(problem.status, problem.detail)

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
        return problem_response(error.status_code, str(error.detail), dict(error.headers or {}))
