"""`POST /v1/read`: all digits in a picture."""

import json
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response

from inkdigits.serving import examples
from inkdigits.serving.bodies import picture
from inkdigits.serving.service import Service


def add_read(app: FastAPI, service: Service) -> None:
    """Add the route."""

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
        content = await picture(request)

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

        return Response(await service.in_reader(work), media_type="application/json")
