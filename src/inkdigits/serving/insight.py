"""What the network is, and what it makes of a digit: `GET /v1/model`, `POST /v1/stages`."""

import hashlib
import importlib.resources
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response

import inkdigits
from inkdigits.recognition.modelfile import CARD, SHIPPED
from inkdigits.serving import examples
from inkdigits.serving.bodies import normalised
from inkdigits.serving.service import Service
from inkdigits.serving.settings import ServeSettings


def add_insight(app: FastAPI, service: Service) -> None:
    """Add the routes."""
    described = _model(service.settings)

    @app.post(
        "/v1/stages",
        summary="What each stage of the network makes of a normalised digit",
        responses=examples.STAGES_RESPONSES,
        openapi_extra=examples.IMAGE_BODY,
    )
    async def stages(request: Request) -> Response:
        content = await normalised(request)
        answer = await service.on_picture("stages", content)
        return Response(answer, media_type="application/json")

    @app.get(
        "/v1/model",
        summary="The network: its card, version and hash",
        responses=examples.MODEL_RESPONSES,
    )
    async def model() -> dict[str, Any]:
        return described


def _model(settings: ServeSettings) -> dict[str, Any]:
    folder = importlib.resources.files("inkdigits.recognition")
    content, card = None, None
    if settings.model is None:
        content = (folder / SHIPPED).read_bytes()
        card = (folder / CARD).read_text(encoding="utf-8")
    elif Path(settings.model).is_file():
        content = Path(settings.model).read_bytes()
    return {
        "version": inkdigits.__version__,
        "model": settings.model or "shipped",
        "sha256": hashlib.sha256(content).hexdigest() if content else None,
        "card": card,
        "collecting": settings.collect is not None,
    }
