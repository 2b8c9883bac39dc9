"""The service put together: the API, the page, and what every request passes through."""

import importlib.resources
import json
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

import inkdigits
from inkdigits.errors import InkdigitsError
from inkdigits.serving import classify
from inkdigits.serving.corrections import add_corrections
from inkdigits.serving.direct import Direct
from inkdigits.serving.documentation import ASSETS, add_documentation
from inkdigits.serving.insight import add_insight
from inkdigits.serving.limits import Guard
from inkdigits.serving.operations import add_operations
from inkdigits.serving.problems import ProblemError, add_handlers
from inkdigits.serving.read import add_read
from inkdigits.serving.service import Service
from inkdigits.serving.settings import ServeSettings
from inkdigits.settings import from_mapping

SETTINGS_VARIABLE = "INKDIGITS_SERVE"
_AGAIN_S = 1.0  # after which a process that could not start tries again
_STATIC = Path(str(importlib.resources.files("inkdigits.serving"))) / "static"

log = logging.getLogger("inkdigits.serving")


def create_app(settings: ServeSettings | None = None) -> ASGIApp:
    """The ASGI application.

    Raises:
        ModelError: if the model cannot be loaded.
        UsageError: if there is none, or a folder cannot be written to.
    """
    settings = settings or ServeSettings()
    service = Service(settings)
    api, crops = _api(service), classify.Classify(service)

    methods = _methods(api)

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path, method = scope["path"], scope["method"]
            # The page is mounted at the root, and would answer for others with what it allows.
            allowed = ["GET", "HEAD"] if path.startswith(f"{ASSETS}/") else methods.get(path)
            if allowed is None or "\0" in path:  # no file's name; older Starlettes look for it
                raise ProblemError(HTTPStatus.NOT_FOUND, "There is nothing here.")
            if method not in allowed:
                allow = {"Allow": ", ".join(allowed)}
                detail = f"{path} takes {' and '.join(allowed)} only."
                raise ProblemError(HTTPStatus.METHOD_NOT_ALLOWED, detail, allow)
            if method in ("GET", "HEAD"):
                # Of HEAD's answer the server leaves out the content. Files are small and go whole:
                # of a range that is none would be said so in plain text, not as a problem.
                headers = [each for each in scope["headers"] if each[0] != b"range"]
                scope = {**scope, "method": "GET", "headers": headers}
        await (crops if scope.get("path") == classify.PATH else api)(scope, receive, send)

    guarded = Guard(routed, settings, service.metrics)
    guarded.direct = Direct(guarded, service)
    if not settings.origins:
        return guarded
    from starlette.middleware.cors import CORSMiddleware

    return CORSMiddleware(
        guarded,
        allow_origins=list(settings.origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Retry-After"],
    )


def from_environment() -> ASGIApp:
    """The application as `inkdigits serve` starts it in each of its workers.

    One that takes another's place waits, and accepts nothing, for as long as the network is not the
    one that the others have.
    """
    from inkdigits.serving import launch  # with uvicorn, which others do without

    launch.end_as_asked()
    # Taken out, as what is started from here must not know the token: decoders among it.
    settings = from_mapping(ServeSettings, json.loads(os.environ.pop(SETTINGS_VARIABLE)), "serve")
    said = ""
    with launch.ended_at_once():
        while True:
            try:
                return create_app(settings)
            except InkdigitsError as error:
                if str(error) != said:
                    log.error("%s", error)
                said = str(error)
            time.sleep(_AGAIN_S)


def _api(service: Service) -> FastAPI:
    """All but what is served directly."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await service.start()
        yield
        await service.close()

    app = FastAPI(
        title="inkdigits",
        version=inkdigits.__version__,
        summary="Reads handwritten digits from pictures.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    add_handlers(app)
    for add in (add_read, add_insight, add_operations):
        add(app, service)
    add_corrections(app, service.settings)
    add_documentation(app, asks_for_token=service.settings.token is not None)
    app.mount("/", StaticFiles(directory=_STATIC, html=True), name="page")
    return app


def _methods(api: FastAPI) -> dict[str, list[str]]:
    """What may be done with each path."""
    taken: dict[str, set[str]] = {classify.PATH: {"POST"}, "/": {"GET"}}
    taken |= {f"/{path.relative_to(_STATIC).as_posix()}": {"GET"} for path in _STATIC.rglob("*.*")}
    for path, methods in api.openapi()["paths"].items():
        taken.setdefault(path, set()).update(map(str.upper, methods))
    for route in api.routes:
        if isinstance(route, Route):
            taken.setdefault(route.path, set()).update(route.methods or ())
    return {
        path: sorted({*methods, "HEAD"} if "GET" in methods else methods)
        for path, methods in taken.items()
    }
