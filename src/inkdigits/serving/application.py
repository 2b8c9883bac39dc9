"""The service: `POST /v1/read` and `/v1/classify`, `GET /v1/model`, health, metrics, the page."""

import asyncio
import hashlib
import importlib.resources
import json
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from fastapi import FastAPI, Query, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import UploadFile

import inkdigits
from inkdigits.images.crops import decode_crop
from inkdigits.images.normalize import SIDE
from inkdigits.recognition.network import Scores
from inkdigits.recognition.recognizer import CARD, SHIPPED, Recognizer
from inkdigits.serving import examples
from inkdigits.serving.batching import Batcher
from inkdigits.serving.corrections import add_corrections
from inkdigits.serving.metrics import MEDIA_TYPE as METRICS_TYPE
from inkdigits.serving.metrics import Metrics
from inkdigits.serving.middleware import Guard
from inkdigits.serving.problems import ProblemError, add_handlers
from inkdigits.serving.settings import MAX_CROPS, ServeSettings
from inkdigits.settings import from_mapping

SETTINGS_VARIABLE = "INKDIGITS_SERVE"
RAW = "application/octet-stream"
JSON = "application/json"


def create_app(settings: ServeSettings | None = None) -> FastAPI:
    """The ASGI application.

    Raises:
        ModelError: if the model cannot be loaded.
        UsageError: if there is none.
    """
    settings = settings or ServeSettings()
    service = Service(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.ready = True
        yield
        service.ready = False
        service.close()

    app = FastAPI(
        title="inkdigits",
        version=inkdigits.__version__,
        summary="Reads handwritten digits from pictures.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    add_handlers(app)
    for add in (_add_read, _add_classify, _add_insight, _add_operations):
        add(app, service)
    add_corrections(app, settings.collect)
    _add_documentation(app)
    static = importlib.resources.files("inkdigits.serving") / "static"
    app.mount("/", StaticFiles(directory=str(static), html=True), name="page")
    app.add_middleware(Guard, settings=settings, metrics=service.metrics)
    if settings.origins:
        from starlette.middleware.cors import CORSMiddleware

        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
        )
    return app


def from_environment() -> FastAPI:
    """The application as `inkdigits serve` starts it in each of its workers."""
    return create_app(
        from_mapping(ServeSettings, json.loads(os.environ[SETTINGS_VARIABLE]), "serve")
    )


class Service:
    """The recognizer, its threads and its figures."""

    def __init__(self, settings: ServeSettings) -> None:
        self.settings, self.ready = settings, False
        self.metrics = Metrics()
        # One run of the network takes one thread; several requests are several runs.
        self.recognizer = Recognizer(settings.model, threads=1)
        self.readers = ThreadPoolExecutor(settings.workers, "read")
        self.classifier = ThreadPoolExecutor(1, "classify")
        self.batcher = Batcher(self.recognizer.classify, self.classifier)
        self.metrics.gauge(
            "inkdigits_waiting", "Requests that wait for a batch.", lambda: self.batcher.waiting
        )

    def close(self) -> None:
        """Let the threads end."""
        self.readers.shutdown(wait=True)
        self.classifier.shutdown(wait=True)

    async def in_reader(self, work: Any, *arguments: Any) -> Any:
        """Run `work` in a thread for pictures."""
        return await asyncio.get_running_loop().run_in_executor(self.readers, work, *arguments)


def _add_read(app: FastAPI, service: Service) -> None:

    @app.post(
        "/v1/read",
        summary="Read all digits in a picture",
        responses=examples.READ_RESPONSES,
        openapi_extra=examples.PICTURE_BODY,
    )
    async def read(
        request: Request,
        *,
        single: Annotated[bool, Query(description="The picture is one digit.")] = False,
        expect_length: Annotated[int | None, Query(ge=1, le=1000)] = None,
        min_confidence: Annotated[float, Query(ge=0, le=1)] = 0.0,
        details: Annotated[bool, Query(description="Probabilities and pixels too.")] = False,
    ) -> Response:
        content = await _picture(request)

        def work() -> bytes:
            reading = service.recognizer.read(
                content,
                single=single,
                expect_length=expect_length,
                max_pixels=service.settings.max_pixels,
            )
            answer = reading.to_json(details=details)
            for line, entry in zip(reading.lines, answer["lines"], strict=True):
                entry["text"] = line.text_above(min_confidence)
            answer["text"] = "\n".join(entry["text"] for entry in answer["lines"])
            service.metrics.digits.inc(len(reading.digits))
            service.metrics.refused.inc(not reading.lines)
            return json.dumps(answer).encode()

        return Response(await service.in_reader(work), media_type=JSON)


def _add_classify(app: FastAPI, service: Service) -> None:
    @app.post(
        "/v1/classify",
        summary="Say which digit each ready crop shows, and if it is one at all",
        responses=examples.CLASSIFY_RESPONSES,
        openapi_extra=examples.CROPS_BODY,
    )
    async def classify(
        request: Request,
        *,
        width: Annotated[int, Query(ge=1, le=1024, description="Of a raw crop.")] = 28,
        height: Annotated[int, Query(ge=1, le=1024, description="Of a raw crop.")] = 28,
    ) -> Response:
        parts = await _crops(request, service, width, height)
        scores = [await service.batcher.classify(crops) for crops in parts]
        return Response(_scores_json(scores, service.metrics), media_type=JSON)


def _add_insight(app: FastAPI, service: Service) -> None:
    """What the network is, and what it makes of a digit."""

    @app.post(
        "/v1/stages",
        summary="What each stage of the network makes of a normalised digit",
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
        return Response(json.dumps({"stages": rows}), media_type=JSON)

    @app.get("/v1/model", summary="The network: its card, version and hash")
    async def model() -> dict[str, Any]:
        return _model(service.settings)


def _add_operations(app: FastAPI, service: Service) -> None:
    """What those ask who keep it running."""

    @app.get("/healthz", summary="Whether the process lives", include_in_schema=False)
    async def health() -> Response:
        return Response("ok", media_type="text/plain")

    @app.get("/readyz", summary="Whether it takes work", include_in_schema=False)
    async def readiness() -> Response:
        status = HTTPStatus.OK if service.ready else HTTPStatus.SERVICE_UNAVAILABLE
        return Response("ready" if service.ready else "not ready", status, media_type="text/plain")

    @app.get("/metrics", summary="Figures for Prometheus", include_in_schema=False)
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type=METRICS_TYPE)


async def _picture(request: Request) -> bytes:
    """The picture in a body, by itself or as the first file of a form."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        files = [content async for content in _files(request)]
        if not files:
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "The form holds no file.")
        return files[0]
    content = await request.body()
    if not content:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "The body is empty: it must be a picture."
        )
    return content


async def _files(request: Request) -> AsyncIterator[bytes]:
    async with request.form(max_files=MAX_CROPS, max_fields=100) as form:
        for _, value in form.multi_items():
            if isinstance(value, UploadFile):
                yield await value.read()


async def _crops(
    request: Request, service: Service, width: int, height: int
) -> list[npt.NDArray[np.uint8]]:
    """Arrays `(n, H, W)` of crops: raw bytes, one picture, or a form of pictures."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind in (RAW, ""):
        content = await request.body()
        count, rest = divmod(len(content), width * height)
        if rest or not 0 < count <= MAX_CROPS:
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"{len(content)} bytes are no 1 to {MAX_CROPS} crops of {width}x{height} bytes.",
            )
        return [np.frombuffer(content, np.uint8).reshape(count, height, width)]
    if kind == "multipart/form-data":
        pictures = [content async for content in _files(request)]
    else:
        pictures = [await _picture(request)]
    if not 0 < len(pictures) <= MAX_CROPS:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "The form holds no file.")

    def work() -> list[npt.NDArray[np.uint8]]:
        limit = service.settings.max_pixels
        return [decode_crop(content, max_pixels=limit)[None] for content in pictures]

    crops: list[npt.NDArray[np.uint8]] = await service.in_reader(work)
    return crops


def _levels(maps: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Each of the feature maps `(C, h, w)` from its smallest to its largest as 0 to 255."""
    low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
    levels: npt.NDArray[np.uint8] = (255 * (maps - low) / np.maximum(high - low, 1e-6)).astype(
        np.uint8
    )
    return levels


def _scores_json(scores: list[Scores], metrics: Metrics) -> bytes:
    """`{"crops": [{"value", "confidence", "digit", "probabilities"}, ...]}`."""
    rows = []
    for part in scores:
        probabilities = np.round(part.probabilities, 6)
        values, best = probabilities.argmax(1).tolist(), probabilities.max(1).tolist()
        digits = np.round(part.digit, 6).tolist()
        for value, confidence, digit, row in zip(
            values, best, digits, probabilities.tolist(), strict=True
        ):
            rows.append(
                {"value": value, "confidence": confidence, "digit": digit, "probabilities": row}
            )
        metrics.refused.inc(int((part.digit < 0.5).sum()))
        metrics.digits.inc(len(values))
    return json.dumps({"crops": rows}, separators=(",", ":")).encode()


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


def _add_documentation(app: FastAPI) -> None:
    """Swagger UI from this machine's own files."""
    from fastapi.openapi.docs import get_swagger_ui_html
    from swagger_ui_bundle import swagger_ui_path

    app.mount("/docs/assets", StaticFiles(directory=swagger_ui_path), name="docs-assets")

    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="inkdigits: API",
        swagger_js_url="/docs/assets/swagger-ui-bundle.js",
        swagger_css_url="/docs/assets/swagger-ui.css",
        swagger_favicon_url="/docs/assets/favicon-32x32.png",
    )
    # The starting script goes into a file of its own, which the policy lets run.
    before, _, after = bytes(page.body).decode().partition("<script>")
    script, _, rest = after.partition("</script>")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        content = f'{before}<script src="/docs/start.js"></script>{rest}'
        return Response(content, media_type="text/html")

    @app.get("/docs/start.js", include_in_schema=False)
    async def start() -> Response:
        return Response(script, media_type="text/javascript")
