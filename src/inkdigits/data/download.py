"""One file from the web to disk: https only, bounded in bytes and in time, never half taken."""

import http.client
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import IO

from inkdigits import __version__
from inkdigits.data.hooks import Progress
from inkdigits.errors import DataError

TIMEOUT_S = 10.0  # to connect, and between two chunks
DEADLINE_S = 900.0  # for one file; 11 MB at 0.1 Mbit/s
_CHUNK_BYTES = 2**16
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def download(
    url: str,
    target: Path,
    *,
    max_bytes: int,
    progress: Progress | None = None,
    timeout_s: float = TIMEOUT_S,
    deadline_s: float = DEADLINE_S,
) -> None:
    """Fetch `url` into the file `target`, which the caller keeps only if this returns.

    Raises:
        DataError: where the host is dead, slow or answers an error, the file is larger than
            `max_bytes`, or shorter than its Content-Length says (truncated).
    """
    _check_secure(url)
    request = urllib.request.Request(url, headers={"User-Agent": f"inkdigits/{__version__}"})
    try:
        _probe(url, timeout_s)
        opener = urllib.request.build_opener(_SecureRedirects)
        with opener.open(request, timeout=timeout_s) as response:
            total = _content_length(response, url, max_bytes)
            with target.open("wb") as stream:
                done = _copy(response, stream, url, max_bytes, total, progress, deadline_s)
    except urllib.error.HTTPError as error:
        with error:
            raise DataError(f"{url} answers {error.code} {_one_line(error.reason)}.") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise DataError(f"{url} cannot be fetched: {_one_line(reason)}.") from error
    if total is not None and done < total:
        raise DataError(f"{url} is truncated: {done} bytes came of {total}.")


class _SecureRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        try:
            _check_secure(newurl)
        except DataError:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_secure(url: str) -> None:
    parsed = urllib.parse.urlsplit(url)
    loopback = parsed.scheme == "http" and parsed.hostname in _LOOPBACK
    if parsed.scheme != "https" and not loopback:
        raise DataError(f"{url} is refused: only https is fetched.")


def _probe(url: str, timeout_s: float) -> None:
    """Find out within `timeout_s` whether the host answers at all.

    urllib gives each of a host's addresses the whole timeout; where a firewall drops packets, a
    large mirror's dozen addresses would stall the chain for minutes.
    """
    parsed = urllib.parse.urlsplit(url)
    host = parsed.hostname or ""
    if parsed.scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(host):
        return
    deadline = time.monotonic() + timeout_s
    failure: OSError = TimeoutError("timed out")
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        remaining_s = deadline - time.monotonic()
        if remaining_s <= 0:
            break
        try:
            with socket.socket(family, kind, protocol) as connection:
                connection.settimeout(min(remaining_s, timeout_s / 2))
                connection.connect(address)
                return
        except OSError as error:
            failure = error
    raise failure


def _content_length(response: http.client.HTTPResponse, url: str, max_bytes: int) -> int | None:
    header = response.headers.get("Content-Length")
    total = int(header) if header is not None and header.isascii() and header.isdigit() else None
    if total is not None and total > max_bytes:
        raise DataError(f"{url} has {total} bytes; the limit is {max_bytes}.")
    return total


def _copy(
    response: http.client.HTTPResponse,
    stream: IO[bytes],
    url: str,
    max_bytes: int,
    total: int | None,
    progress: Progress | None,
    deadline_s: float,
) -> int:
    started = time.monotonic()
    done = 0
    while True:
        if progress is not None:
            progress(url, done, total)
        # read1 hands over what has come, so that a slow drip cannot outlast the deadline.
        chunk = response.read1(_CHUNK_BYTES)
        if not chunk:
            return done
        done += len(chunk)
        if done > max_bytes:
            raise DataError(f"{url} has more than the limit of {max_bytes} bytes.")
        if time.monotonic() - started > deadline_s:
            raise DataError(f"{url} gave {done} bytes in {deadline_s:.0f} s, too slow to go on.")
        stream.write(chunk)


def _one_line(reason: object) -> str:
    if isinstance(reason, TimeoutError):
        return "timed out"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return " ".join(str(reason).split()).rstrip(".") or type(reason).__name__
