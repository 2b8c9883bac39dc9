"""Attacks on the service: what is malformed, too large, too slow or cut off must not hurt it.

    python attacks/service.py                 # 10,000 requests
    python attacks/service.py --count 500

A real server is started, and sent mutated pictures and forms, wrong and missing lengths, bodies cut
off, bytes that are no HTTP, huge heads, wrong methods and types, on many connections at once. It
must answer each with a status that its documentation names, at once, and stay as large as it was;
in between, honest requests are answered as ever. Exit code 1 if not.
"""

import argparse
import asyncio
import io
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

# 499 stands for a connection that was closed without an answer, which only broken requests may get.
CLOSED = 499
ALLOWED = {200, 400, 401, 403, 404, 405, 408, 413, 422, 431, 503}
HANG_S = 20.0  # the server's own limits are 3 s for a request and 10 s for a head
TENTHS = 10
GROWTH_MB = 40.0  # of server and workers, over the second half
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO", "TGA")
PATHS = ("/v1/read", "/v1/classify", "/v1/stages", "/v1/read?single=true", "/v1/read?details=1")

Attack = Callable[[random.Random], bytes]


def picture(chance: random.Random) -> bytes:
    """A small picture in some format, with some bytes changed, cut off, doubled or swapped."""
    shape = (chance.randrange(1, 60), chance.randrange(1, 60), 3)
    pixels = np.frombuffer(chance.randbytes(int(np.prod(shape))), np.uint8).reshape(shape)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, chance.choice(FORMATS))
    content = bytearray(stream.getvalue())
    for _ in range(chance.choice((0, 1, 2, 8, 40))):
        place = chance.randrange(min(len(content), chance.choice((40, len(content)))))
        content[place] = chance.randrange(256)
    if chance.random() < 0.2:
        del content[chance.randrange(len(content)) :]
    if chance.random() < 0.1:
        start = chance.randrange(len(content) + 1)
        content[start:start] = content[: chance.randrange(200)]
    return bytes(content)


def request(chance: random.Random, body: bytes, length: int | None = None, **given: str) -> bytes:
    """A request as bytes; `length`: what it says that its body has."""
    target = given.get("target") or chance.choice(PATHS)
    method = given.get("method") or "POST"
    kind = given.get("kind") or chance.choice(
        ("image/png", "application/octet-stream", "multipart/form-data", "text/plain", "", "\xff;=")
    )
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
    )
    return head.encode("latin-1") + body


def mutated_picture(chance: random.Random) -> bytes:
    return request(chance, picture(chance), kind="image/png", target=chance.choice(PATHS))


def form(chance: random.Random) -> bytes:
    """A form of pictures, whole or damaged."""
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        + picture(chance)
        + b"\r\n"
        for _ in range(chance.randrange(4))
    ]
    body = bytearray(b"".join(parts) + b"--x--\r\n")
    for _ in range(chance.choice((0, 0, 1, 5))):
        body[chance.randrange(len(body))] = chance.randrange(256)
    kind = chance.choice(("multipart/form-data; boundary=x",) * 4 + ("multipart/form-data",))
    return request(chance, bytes(body), kind=kind)


def wrong_length(chance: random.Random) -> bytes:
    body = picture(chance)
    length = chance.choice((0, 1, len(body) - 1, len(body) + 1, len(body) + 100, 10**9, 10**30, -1))
    return request(chance, body, length)


def wrong_place(chance: random.Random) -> bytes:
    """Methods, paths and queries that there are not."""
    method = chance.choice(("GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW", "POST"))
    target = chance.choice(
        ("/", "/v1/read", "/v1/classify", "/v1/", "//", "/%00", "/%ff", "/../../etc/passwd",
         "/" + "a" * chance.randrange(5000), "/v1/classify?width=" + "9" * chance.randrange(40),
         "/v1/read?expect_length=-1&single=maybe&min_confidence=nan", "/docs/assets/%2e%2e/x",
         "*", "http://elsewhere/v1/read", "/v1/read?" + "&" * 2000, "/v1/corrections?value=3")
    )  # fmt: skip
    return request(
        chance, chance.randbytes(chance.randrange(3) * 784), method=method, target=target
    )


def no_http(chance: random.Random) -> bytes:
    whole = bytearray(request(chance, picture(chance)))
    if chance.random() < 0.5:
        return chance.randbytes(chance.randrange(1, 300)) + b"\r\n\r\n"
    for _ in range(chance.randrange(1, 6)):
        whole[chance.randrange(min(len(whole), 120))] = chance.randrange(256)
    return bytes(whole)


def huge_head(chance: random.Random) -> bytes:
    value = b"a" * chance.choice((1_000, 60_000, 70_000, 400_000))
    many = b"".join(b"X-%d: y\r\n" % number for number in range(chance.choice((10, 20_000))))
    return b"GET / HTTP/1.1\r\nHost: a\r\nX: " + value + b"\r\n" + many + b"\r\n"


def chunked(chance: random.Random) -> bytes:
    """A body in chunks, with wrong sizes, and trailers."""
    body = b"".join(
        b"%x\r\n%b\r\n" % (len(part) + chance.choice((0,) * 9 + (1, -1)) % 99, part)
        for part in (chance.randbytes(chance.randrange(1, 300)) for _ in range(3))
    )
    end = chance.choice((b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"-1\r\n\r\n", b"zz\r\n\r\n"))
    head = "POST /v1/classify HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head.encode() + body + end


def too_large(chance: random.Random) -> bytes:
    return request(chance, bytes(chance.choice((1_000_001, 1_500_000))))


ATTACKS: tuple[Attack, ...] = (
    *(mutated_picture,) * 8, form, form, wrong_length, wrong_length, wrong_place, wrong_place,
    no_http, no_http, huge_head, chunked, too_large,
)  # fmt: skip

# How many of them tell that nothing follows; the others wait for the server's limits on time.
ENDING: dict[Attack, float] = {wrong_length: 0.7, no_http: 0.9, huge_head: 0.5, chunked: 0.8}


async def sent(port: int, message: bytes, *, slowly: bool, ends: bool) -> int:
    """Send one message on a connection of its own; the status that comes back.

    `ends`: nothing will follow, and the server is told so.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        cut = len(message) // 2 if slowly else len(message)
        writer.write(message[:cut])
        if slowly:
            await asyncio.sleep(0.3)
            writer.write(message[cut:])
        if ends:
            writer.write_eof()
        line = await asyncio.wait_for(reader.readline(), HANG_S)
        return int(line.split()[1]) if line.startswith(b"HTTP/1.1 ") else CLOSED
    except TimeoutError:
        raise
    except OSError:
        return CLOSED
    finally:
        writer.close()


def memory_mb(process: int) -> float:
    """Of a process and those it has started."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    pages = 0
    for number in [str(process), *children]:
        pages += int(Path(f"/proc/{number}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def is_well(port: int) -> bool:
    """Whether an honest request is answered as ever."""
    crop = np.zeros((28, 28), np.uint8)
    crop[4:24, 12:16] = 255
    url = f"http://127.0.0.1:{port}/v1/classify"
    asked = urllib.request.Request(
        url, crop.tobytes(), {"content-type": "application/octet-stream"}
    )
    with urllib.request.urlopen(asked, timeout=HANG_S) as answer:
        return bool(json.load(answer)["crops"][0]["value"] == 1)


async def attack(
    port: int,
    share: range,
    options: argparse.Namespace,
    seen: Counter[str],
    wrong: list[str],
) -> None:
    """These attacks, so many at a time; counts how they were answered, and says what went wrong."""
    numbers = iter(share)

    async def one_after_the_other() -> None:
        for number in numbers:
            chance = random.Random(f"{options.seed}-{number}")
            made = chance.choice(ATTACKS)
            slowly, ends = chance.random() < 0.05, chance.random() < ENDING.get(made, 0.02)
            try:
                status = await sent(port, made(chance), slowly=slowly, ends=ends)
            except TimeoutError:
                wrong.append(f"{made.__name__} number {number} hung")
                continue
            seen[f"{made.__name__} {status}"] += 1
            if status not in ALLOWED | {CLOSED}:
                wrong.append(f"{made.__name__} number {number} was answered {status}")

    await asyncio.gather(*(one_after_the_other() for _ in range(options.together)))


def started(log: Path, *given: str) -> tuple[subprocess.Popen[bytes], int]:
    """The server, with limits that attacks can reach unless others are given, and its port."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = int(trial.getsockname()[1])
    command = [sys.executable, "-m", "inkdigits", "serve", "--port", str(port)]
    limits = given or ("--max-body", "1000000", "--max-pixels", "1000000", "--timeout", "3")
    process = subprocess.Popen([*command, *limits], stderr=log.open("wb"))
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz").close()
            return process, port
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise RuntimeError(log.read_text())


def main() -> None:
    """Attack, then say how it went."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--together", type=int, default=48, help="attacks at a time")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        process, port = started(log)
        seen: Counter[str] = Counter()
        wrong: list[str] = []
        memory: list[float] = []
        try:
            for part in range(TENTHS):
                share = range(part * options.count // TENTHS, (part + 1) * options.count // TENTHS)
                asyncio.run(attack(port, share, options, seen, wrong))
                memory.append(memory_mb(process.pid))
            if not is_well(port):
                wrong.append("an honest request is no longer answered as ever")
        finally:
            process.terminate()
            process.wait(40)
        said = log.read_text()
    if memory[-1] - memory[TENTHS // 2 - 1] > GROWTH_MB:
        wrong.append("memory grows")
    if "Traceback" in said:
        wrong.append("the server logged a failure:\n" + said[-3000:])
    for name, number in sorted(seen.items()):
        print(f"{name}: {number}")
    print(f"{options.count} attacks; memory in MB, each tenth:", *(round(each) for each in memory))
    for line in wrong[:20]:
        print("WRONG:", line)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
