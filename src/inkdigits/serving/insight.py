"""What the network is, and what it makes of a digit: `GET /v1/model`, `POST /v1/stages`."""

import hashlib
import importlib.resources
import json
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from fastapi import FastAPI, Request, Response

import inkdigits
from inkdigits.images.normalize import SIDE
from inkdigits.recognition.recognizer import CARD, SHIPPED
from inkdigits.serving import examples
from inkdigits.serving.problems import ProblemError
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
        content = await request.body()
        if len(content) != SIDE * SIDE:
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"{len(content)} bytes are no image of {SIDE}x{SIDE} bytes.",
            )
        image = np.frombuffer(content, np.uint8).reshape(SIDE, SIDE)
        maps = await service.in_reader(service.recognizer.stages, image)
        rows = [
            {"shape": list(each.shape), "levels": _levels(each).ravel().tolist()} for each in maps
        ]
        return Response(json.dumps({"stages": rows}), media_type="application/json")

    @app.get(
        "/v1/model",
        summary="The network: its card, version and hash",
        responses=examples.MODEL_RESPONSES,
    )
    async def model() -> dict[str, Any]:
        return described


def _levels(maps: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Each of the feature maps `(C, h, w)` from its smallest to its largest as 0 to 255."""
    low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
    levels: npt.NDArray[np.uint8] = (255 * (maps - low) / np.maximum(high - low, 1e-6)).astype(
        np.uint8
    )
    return levels


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
