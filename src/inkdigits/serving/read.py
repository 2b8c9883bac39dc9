"""`POST /v1/read`: all digits in a picture."""

from http import HTTPStatus
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response

from inkdigits.serving import examples
from inkdigits.serving.bodies import picture
from inkdigits.serving.problems import ProblemError
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
        page: Annotated[int | None, Query(ge=1, description="Of a TIFF, PDF or HEIC.")] = None,
        single: Annotated[bool, Query(description="The picture is one digit.")] = False,
        expect_length: Annotated[int | None, Query(ge=1, le=1000)] = None,
        min_confidence: Annotated[float, Query(ge=0, le=1)] = 0.0,
        details: Annotated[bool, Query(description="Probabilities and pixels too.")] = False,
    ) -> Response:
        if single and expect_length is not None:
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY, "expect_length cannot be given with single."
            )
        answer = await service.on_picture(
            "read",
            await picture(request),
            page=page,
            single=single,
            expect_length=expect_length,
            min_confidence=min_confidence,
            details=details,
            max_pixels=service.settings.max_pixels,
        )
        return Response(answer, media_type="application/json")
