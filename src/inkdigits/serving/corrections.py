"""`POST /v1/corrections`: a digit that was read wrongly, kept under its right value.

Kept as `inkdigits label` writes them, `DIR/<digit>/*.png` of 28x28 pixels, white ink on black, what
is no digit as `DIR/none/*.png`, so that `inkdigits train --from shipped --add DIR` teaches them.
Only where the server was started with `--collect DIR`: nobody's writing is kept unasked.
"""

import io
import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
from fastapi import APIRouter, FastAPI, Query, Request
from PIL import Image
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from inkdigits import files
from inkdigits.data.crops import ASIDE, crop_mark, marks_in
from inkdigits.errors import OutputError, UsageError
from inkdigits.images.formats import DECODING_ERRORS, open_image
from inkdigits.images.normalize import SIDE
from inkdigits.serving import examples
from inkdigits.serving.bodies import normalised
from inkdigits.serving.problems import ProblemError
from inkdigits.serving.settings import ServeSettings

SAME, USER = "same-origin", "none"  # Sec-Fetch-Site of what the page itself, or its user, asks
OWN_HOSTS = ("localhost", "127.0.0.1", "[::1]")
DIGITS = 10
_Digit = Annotated[int, Field(ge=0, lt=DIGITS)]
_VALUE = "The digit that it is, or `none` for what is no digit."


def add_corrections(app: FastAPI, settings: ServeSettings) -> None:
    """Add the route, which says that it is off where there is no folder.

    Raises:
        UsageError: if nothing can be written to the folder.
    """
    root = None if settings.collect is None else writable(Path(settings.collect))
    # Another site's page does not know the token.
    hosts = None if settings.token else frozenset(OWN_HOSTS).union(map(str.lower, settings.hosts))
    router = APIRouter()

    @router.post(
        "/v1/corrections",
        summary="Keep a digit that was read wrongly under its right value",
        status_code=HTTPStatus.CREATED,
        responses=examples.CORRECTION_RESPONSES,
        openapi_extra=examples.IMAGE_BODY,
    )
    async def correct(
        request: Request,
        value: Annotated[_Digit | Literal["none"], Query(description=_VALUE)],
    ) -> dict[str, Any]:
        _refuse_other_sites(request, hosts)
        if root is None:
            raise ProblemError(
                HTTPStatus.NOT_FOUND,
                "Corrections are not kept here: start the server with --collect DIR.",
            )
        content = await normalised(request)
        try:
            path = await run_in_threadpool(keep, content, value, root)
        except OutputError as error:
            raise ProblemError(HTTPStatus.INSUFFICIENT_STORAGE, str(error)) from error
        return {"value": value, "file": str(path)}

    app.include_router(router)


def keep(image: bytes, value: int | str, root: Path) -> Path:
    """Write an image of 28x28 bytes below the folder of its digit, or `none`; gives the file.

    Its name is a mark of its pixels: corrected once more, it moves, and never has two values; nor
    does it where `inkdigits label` wrote it below another. Two corrections at once may each remove
    the other's file; whose own is gone writes it again.

    Raises:
        OutputError: if it cannot be written.
    """
    mark = crop_mark(image)
    name = f"page-{mark}.png"
    pixels = np.frombuffer(image, np.uint8).reshape(SIDE, SIDE)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    path = root / str(value) / name
    values = [*map(str, range(DIGITS)), ASIDE]
    others = [root / other / name for other in values if other != str(value)]
    alike = marks_in(root).get(mark[:8], [])
    others += [each for each in alike if each.parent != path.parent and _shows(each, pixels)]
    while True:
        files.write_bytes(path, stream.getvalue())
        with files.output_errors(path):
            for other in others:
                other.unlink(missing_ok=True)
            if path.exists():
                return path


def _shows(path: Path, pixels: npt.NDArray[np.uint8]) -> bool:
    """Whether a file holds just these pixels; one that is no picture, or gone, does not."""
    try:
        with open_image(path.read_bytes()) as picture:
            return picture.mode == "L" and np.array_equal(np.asarray(picture), pixels)
    except DECODING_ERRORS:
        return False


def writable(folder: Path) -> Path:
    """The folder, made where it was missing. Raises `UsageError` if it cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(
            f"Corrections cannot be kept in {folder}: {error.strerror or error}."
        ) from error
    return folder


def _refuse_other_sites(request: Request, hosts: frozenset[str] | None) -> None:
    """Let the page itself and programs write, and no other site that its user has open.

    Browsers say where a request comes from, in headers that scripts cannot set; programs send
    neither. OWASP, 'Cross-Site Request Forgery Prevention', Fetch Metadata headers. But another
    site's name may be made to lead to this machine, and then its page is of the same origin.

    Args:
        hosts: that the page may be asked for under; None: any.
    """
    site, origin = (request.headers.get(name) for name in ("sec-fetch-site", "origin"))
    if site is None and origin is None:
        return
    host = request.headers.get("host", "")
    # Behind a proxy the page may be asked for under another host than this service is.
    is_own = site == SAME or (site in (None, USER) and (origin is None or _host_of(origin) == host))
    if not is_own:
        raise ProblemError(
            HTTPStatus.FORBIDDEN, "Corrections are taken from this service's own page only."
        )
    if hosts is not None and _name_of(host) not in hosts:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "Corrections are not taken under this host's name: --allow-host lets them be.",
        )


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # such as brackets that do not close
        return None


def _name_of(host: str) -> str:
    """A host without its port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()
