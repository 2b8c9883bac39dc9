"""`inkdigits serve`."""

import errno
import ipaddress
import json
import os
import socket
import tempfile
from pathlib import Path
from typing import Any

import click

from inkdigits.errors import UsageError
from inkdigits.processors import available_processors
from inkdigits.settings import to_mapping

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


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--model", type=click.Path(path_type=Path), help="A run folder or an ONNX file.")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True)
@click.option("--token-file", type=click.Path(path_type=Path), help="Holds the bearer token.")
@click.option("--allow-origin", "origins", multiple=True, help="For browsers on other sites.")
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
        origins=origins,
        collect=None if collect is None else str(collect),
        processes=max(1, available_processors() // workers),
    )
    _check_port(host, port)
    from inkdigits.serving.application import SETTINGS_VARIABLE, create_app
    from inkdigits.serving.metrics import SHARED

    app = create_app(settings)  # says in a sentence what is wrong, before anything listens
    click.echo(f"http://{host}:{port} (Ctrl-C ends it)", err=True)
    if workers == 1:
        uvicorn.run(app, host=host, port=port, **UVICORN)
        return
    with tempfile.TemporaryDirectory(prefix="inkdigits-") as figures:
        os.environ[SETTINGS_VARIABLE] = json.dumps(to_mapping(settings))
        os.environ[SHARED] = figures
        application = "inkdigits.serving.application:from_environment"
        uvicorn.run(application, factory=True, workers=workers, host=host, port=port, **UVICORN)


def _token(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    if len(token) < 16 or not token.isprintable() or " " in token:
        raise UsageError(f"{path} holds no token: at least 16 characters without spaces.")
    return token


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_port(host: str, port: int) -> None:
    """Raise `UsageError` where nothing can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            other = "--port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "--host"
            raise UsageError(
                f"Cannot listen on {host}:{port}: {error.strerror or error}; take another {other}."
            ) from error
