"""What a request's body holds: a picture, or crops of one digit each."""

import logging
from collections.abc import AsyncIterator
from http import HTTPStatus

import numpy as np
import numpy.typing as npt
from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from inkdigits.images.normalize import SIDE
from inkdigits.serving.problems import ProblemError
from inkdigits.serving.settings import MAX_CROPS

RAW = "application/octet-stream"
FORM = "multipart/form-data"
# Its warnings are of what clients do wrong, which is answered, and would fill the service's log.
logging.getLogger("python_multipart").setLevel(logging.ERROR)
NO_FILE = ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "The form holds no file.")


def media_type(content_type: str) -> str:
    """What a body says it is, without parameters."""
    return content_type.partition(";")[0].strip().lower()


def _is_form(request: Request) -> bool:
    return media_type(request.headers.get("content-type", "")) == FORM


async def picture(request: Request) -> bytes:
    """The picture in a body, by itself or as the one file of a form."""
    if _is_form(request):
        async for content in _files(request, 1):
            return content
        raise NO_FILE
    content = await request.body()
    if not content:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "The body is empty: it must be a picture."
        )
    return content


async def pictures(request: Request) -> list[bytes]:
    """The picture in a body, by itself, or all files of a form."""
    if not _is_form(request):
        return [await picture(request)]
    found = [content async for content in _files(request, MAX_CROPS)]
    if not found:
        raise NO_FILE
    return found


async def normalised(request: Request) -> bytes:
    """The bytes of a normalised image in a body."""
    content = await request.body()
    if len(content) != SIDE * SIDE:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{len(content)} bytes are no image of {SIDE}x{SIDE} bytes.",
        )
    return content


def raw_crops(content: bytes, width: int, height: int) -> npt.NDArray[np.uint8]:
    """Crops `(n, H, W)` whose bytes follow one another."""
    count, rest = divmod(len(content), width * height)
    if rest or not 0 < count <= MAX_CROPS:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{len(content)} bytes are no 1 to {MAX_CROPS} crops of {width}x{height} bytes.",
        )
    return np.frombuffer(content, np.uint8).reshape(count, height, width)


async def _files(request: Request, most: int) -> AsyncIterator[bytes]:
    """The files of a form, up to so many."""
    try:
        async with request.form(max_files=most, max_fields=100) as form:
            for _, value in form.multi_items():
                if isinstance(value, UploadFile):
                    yield await value.read()
    # Older versions of Starlette let the parser's own errors through.
    except (MultiPartException, HTTPException, FormParserError) as error:
        said = error.detail if isinstance(error, HTTPException) else str(error)
        raise ProblemError(HTTPStatus.BAD_REQUEST, f"The form cannot be read: {said}") from error
