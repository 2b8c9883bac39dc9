"""What those ask who keep the service running: `/healthz`, `/readyz`, `/metrics`."""

from http import HTTPStatus

from fastapi import FastAPI, Response

from inkdigits.serving.metrics import MEDIA_TYPE
from inkdigits.serving.service import Service


def add_operations(app: FastAPI, service: Service) -> None:
    """Add the routes."""

    @app.get("/healthz", summary="Whether the process lives", include_in_schema=False)
    async def health() -> Response:
        return Response("ok", media_type="text/plain")

    @app.get("/readyz", summary="Whether it takes work", include_in_schema=False)
    async def readiness() -> Response:
        is_ready = service.pool.is_ready
        status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        return Response("ready" if is_ready else "not ready", status, media_type="text/plain")

    @app.get("/metrics", summary="Figures for Prometheus", include_in_schema=False)
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type=MEDIA_TYPE)
