"""The service put together: the API, the page, and what every request passes through."""

import importlib.resources
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

import inkdigits
from inkdigits.serving import classify
from inkdigits.serving.corrections import add_corrections
from inkdigits.serving.direct import Direct
from inkdigits.serving.documentation import add_documentation
from inkdigits.serving.insight import add_insight
from inkdigits.serving.limits import Guard
from inkdigits.serving.operations import add_operations
from inkdigits.serving.problems import ProblemError, add_handlers
from inkdigits.serving.read import add_read
from inkdigits.serving.service import Service
from inkdigits.serving.settings import ServeSettings
from inkdigits.settings import from_mapping

SETTINGS_VARIABLE = "INKDIGITS_SERVE"


def create_app(settings: ServeSettings | None = None) -> ASGIApp:
    """The ASGI application.

    Raises:
        ModelError: if the model cannot be loaded.
        UsageError: if there is none, or a folder cannot be written to.
    """
    settings = settings or ServeSettings()
    service = Service(settings)
    api, crops = _api(service), classify.Classify(service)

    # The page is mounted at the root, and would answer for these with what it allows.
    methods = {path: [*map(str.upper, each)] for path, each in api.openapi()["paths"].items()}

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path")
        allowed = methods.get(path)
        if allowed is not None and scope["method"] not in allowed:
            allow = {"Allow": ", ".join(allowed)}
            detail = f"{path} takes {' and '.join(allowed)} only."
            raise ProblemError(HTTPStatus.METHOD_NOT_ALLOWED, detail, allow)
        if "\0" in (path or ""):  # no file's name; older versions of Starlette look for it
            raise ProblemError(HTTPStatus.NOT_FOUND, "There is nothing here.")
        await (crops if path == classify.PATH else api)(scope, receive, send)

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
    )


def from_environment() -> ASGIApp:
    """The application as `inkdigits serve` starts it in each of its workers."""
    return create_app(
        from_mapping(ServeSettings, json.loads(os.environ[SETTINGS_VARIABLE]), "serve")
    )


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
    add_corrections(app, service.settings.collect)
    add_documentation(app, asks_for_token=service.settings.token is not None)
    static = importlib.resources.files("inkdigits.serving") / "static"
    app.mount("/", StaticFiles(directory=str(static), html=True), name="page")
    return app
