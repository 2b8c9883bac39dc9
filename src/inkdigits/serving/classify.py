"""`POST /v1/classify`, as plain ASGI.

Through FastAPI's routing, dependencies and middleware a request costs as much again as all that is
done here, and small crops come by the thousand a second. Its documentation is kept by hand, in
`examples.py`.
"""

from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from inkdigits.errors import InkdigitsError
from inkdigits.images.normalize import SIDE
from inkdigits.serving.bodies import RAW, media_type, pictures, raw_crops
from inkdigits.serving.problems import ProblemError, send_problem
from inkdigits.serving.service import Service

PATH = "/v1/classify"
MAX_SIDE = 1024  # pixels of a raw crop


class Classify:
    """Says which digit each ready crop shows, and if it is one at all."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await self._answer(scope, receive)
        except ProblemError as problem:
            await send_problem(send, problem)
            return
        except InkdigitsError as error:
            await send_problem(send, ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)))
            return
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> bytes:
        width, height = _size(scope["query_string"])
        if _is_raw(scope):
            crops = raw_crops((await receive())["body"], width, height)  # `Guard` gives it whole
            return listed(await self._service.batcher.results(crops))
        found = await pictures(Request(scope, receive))
        lengths, limit = [len(content) for content in found], self._service.settings.max_pixels
        lines = await self._service.on_picture(
            "classify_pictures", b"".join(found), lengths=lengths, max_pixels=limit
        )
        return listed(lines.split(b"\n"))


def _is_raw(scope: Scope) -> bool:
    """Whether the body says that it is bytes, or nothing."""
    for name, value in scope["headers"]:
        if name == b"content-type":
            return media_type(value.decode("latin-1")) in (RAW, "")
    return True


def listed(entries: list[bytes]) -> bytes:
    """The answer for crops of which each has its JSON."""
    return b'{"crops":[' + b",".join(entries) + b"]}"


def _size(query: bytes) -> tuple[int, int]:
    """Width and height of raw crops."""
    if not query:
        return SIDE, SIDE
    try:
        given = parse_qs(query.decode("ascii"), keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "The query is malformed.") from error
    return _side(given, "width"), _side(given, "height")


def _side(given: dict[str, list[str]], name: str) -> int:
    text = given.get(name, [str(SIDE)])[-1]
    side = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
    if not 1 <= side <= MAX_SIDE:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"query.{name}: it must be a whole number from 1 to {MAX_SIDE}.",
        )
    return side
