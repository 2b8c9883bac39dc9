"""`inkdigits serve`."""

import ipaddress
import re
import sys
from pathlib import Path
from typing import Any

import click

from inkdigits.errors import UsageError
from inkdigits.files import why_no_text
from inkdigits.processors import available_processors

# What a client does wrong is answered, not logged; what the service does wrong is.
UVICORN: dict[str, Any] = {
    "http": "inkdigits.serving.protocol:Protocol",
    "ws": "none",
    "proxy_headers": False,  # who asks is looked at nowhere
    "log_level": "error",
    "access_log": False,
    "timeout_graceful_shutdown": 30,
    "server_header": False,
}
# As browsers name one: `*` is any.
_ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?")
_USUAL_PORTS = {"http": ":80", "https": ":443"}  # which browsers leave out


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--model", type=click.Path(path_type=Path), help="A run folder or an ONNX file.")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True)
@click.option("--token-file", type=click.Path(path_type=Path), help="Holds the bearer token.")
@click.option("--allow-origin", "origins", multiple=True, help="For browsers on other sites.")
@click.option(
    "--allow-host", "hosts", multiple=True, help="A name of the page's that may send corrections."
)
@click.option(
    "--collect",
    type=click.Path(path_type=Path),
    help="Keep what people correct on the page in this folder, for train --add.",
)
@click.option("--max-body", type=int, default=20_000_000, show_default=True, help="In bytes.")
@click.option("--max-pixels", type=int, default=64_000_000, show_default=True)
@click.option("--timeout", type=float, default=10.0, show_default=True, help="In seconds.")
@click.option("--concurrency", type=int, default=64, show_default=True)
def serve(
    host: str,
    port: int,
    model: Path | None,
    workers: int,
    token_file: Path | None,
    origins: tuple[str, ...],
    hosts: tuple[str, ...],
    collect: Path | None,
    max_body: int,
    max_pixels: int,
    timeout: float,
    concurrency: int,
) -> None:
    """Start the page for people and the API for programs, on this machine only by default.

    On another address than loopback every request needs the token of --token-file. SIGTERM and
    Ctrl-C end it once what was accepted is answered.
    """
    import uvicorn

    from inkdigits.serving import launch
    from inkdigits.serving.application import create_app
    from inkdigits.serving.settings import ServeSettings

    token = _token(token_file)
    if token is None and not _is_loopback(host):
        raise UsageError(
            f"{host} can be reached from outside: give --token-file, or listen on 127.0.0.1."
        )
    settings = ServeSettings(
        model=None if model is None else str(model),
        max_body_bytes=max_body,
        max_pixels=max_pixels,
        timeout_s=timeout,
        concurrency=concurrency,
        token=token,
        origins=tuple(map(_origin, origins)),
        hosts=hosts,
        collect=None if collect is None else str(collect),
        processes=max(1, available_processors() // workers),
    )
    app = create_app(settings)  # says in a sentence what is wrong, before anything listens
    sockets = launch.listen(host, port)
    if workers == 1:
        run = launch.alone(uvicorn.Config(app, **UVICORN), sockets)
    else:
        name = "inkdigits.serving.application:from_environment"
        config = uvicorn.Config(name, factory=True, workers=workers, **UVICORN)
        run = launch.together(config, sockets, settings)
    port = sockets[0].getsockname()[1]
    click.echo(f"http://{launch.address(host, port)} (Ctrl-C ends it)", err=True)
    sys.exit(run())


def _token(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        token = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {why_no_text(error)}.") from error
    if len(token) < 16 or not token.isprintable() or " " in token:
        raise UsageError(f"{path} holds no token: at least 16 characters without spaces.")
    return token


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(text: str) -> str:
    """An origin as browsers send it, which is what it is compared with."""
    origin = text.lower().removesuffix("/")
    if not _ORIGIN.fullmatch(origin):
        raise UsageError(
            f"--allow-origin {text} is no origin: write scheme://host or scheme://host:port, such "
            "as https://digits.example."
        )
    return origin.removesuffix(_USUAL_PORTS.get(origin.partition(":")[0], ""))
