"""How fast the service answers, beside a bare route of the same framework that only reads the body.

    python benchmarks/serving.py                # three minutes
    python benchmarks/serving.py --overload 5   # seconds of too much load; 60 by default

Both servers run all the time, on loopback, and are loaded by a second process (load.py), in turn,
several rounds. Then the service gets twice the crops, and twice the pictures, that it can take.
Writes benchmarks/results/serving.json.
"""

import argparse
import io
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import inkdigits
from inkdigits import load_mnist
from inkdigits.processors import available_processors

HERE = Path(__file__).parent
CLIENTS, MANY, PIXELS = 32, 256, 784
BACK_S = 2.0  # after too much load, when all must be as before


class Server:
    """A server process, and the processes that it has started."""

    def __init__(self, command: list[str], port: int) -> None:
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/openapi.json").close()
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise RuntimeError(f"{command} did not start")

    def memory_mb(self) -> float:
        """Resident memory of the server and its workers, in megabytes."""
        return sum(
            _resident_mb(number) for number in [self.process.pid, *_children(self.process.pid)]
        )


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(number) for number in listed.split()]


def _resident_mb(process: int) -> float:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def started(*command: str) -> Iterator[Server]:
    """A server, ended with the block; PORT in its command is a free one."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    server = Server([part.replace("PORT", str(port)) for part in command], port)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def load(server: Server, path: str, body: Path, *options: str) -> dict[str, Any]:
    """What a second process says that came back."""
    command = [sys.executable, str(HERE / "load.py"), server.url + path, "--body", str(body)]
    done = subprocess.run([*command, *options], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def photo() -> bytes:
    """A small picture: two lines of two digits, dark on light."""
    images = load_mnist().test.images
    rows = [np.concatenate(list(images[start : start + 2]), 1) for start in (0, 2)]
    pixels = 240 - np.kron(np.pad(np.concatenate(rows), 12), np.ones((3, 3), np.uint8)) // 2
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def rounds(
    ours: Server, bare: Server, crops: Path, count: int, seconds: float
) -> list[dict[str, float]]:
    """All figures of one round after the other."""
    path, each, last = "/v1/classify", ("--each", str(PIXELS)), ("--seconds", str(seconds))
    found = []
    for number in range(count):
        one = load(ours, path, crops, *each, "--clients", "1", *last)["200"]
        many = load(ours, path, crops, *each, "--clients", str(CLIENTS), *last)["200"]
        floor = load(bare, path, crops, *each, "--clients", str(CLIENTS), *last)["200"]
        full = load(ours, path, crops, "--clients", "4", *last)["200"]
        entry = {
            "one crop, 1 client: p50, ms": one["p50_ms"],
            "one crop, 1 client: p99, ms": one["p99_ms"],
            f"one crop, {CLIENTS} clients: a second": many["a_second"],
            f"bare route, {CLIENTS} clients: a second": floor["a_second"],
            "of the bare route, %": 100 * many["a_second"] / floor["a_second"],
            f"{MANY} crops a request, 4 clients: crops a second": MANY * full["a_second"],
            "load of the machine before": os.getloadavg()[0],
        }
        found.append(entry)
        print(f"round {number + 1}:", *(f"{k} {v:,.4g};" for k, v in entry.items()), flush=True)
    return found


def overload(
    ours: Server, path: str, body: Path, clients: int, seconds: float, *options: str
) -> dict[str, Any]:
    """Twice what so many clients get; memory meanwhile; what comes after."""
    most = load(ours, path, body, *options, "--clients", str(clients), "--seconds", "3")["200"]
    usual = load(ours, path, body, *options, "--clients", "1", "--seconds", "2")["200"]
    memory: list[float] = []
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(1):
            memory.append(ours.memory_mb())

    watching = threading.Thread(target=watch)
    watching.start()
    rate = 2 * most["a_second"]
    found = load(ours, path, body, *options, "--rate", str(rate), "--seconds", str(seconds))
    is_over.set()
    watching.join()
    after = load(ours, path, body, *options, "--clients", "1", "--seconds", "4", "--trace")
    # Normal: no slower than the slowest hundredth before, but for one in a hundred again.
    late = [when for when, took in after.pop("trace") if 1e3 * took > 3 * usual["p99_ms"]]
    settled = len([when for when in late if when > BACK_S])
    return {
        "offered a second": rate,
        "answers": {k: v for k, v in found.items() if k.isdecimal()},
        "not sent, hung up, unanswered": [found[k] for k in ("unsent", "hung_up", "unanswered")],
        "memory, MB, each second": [round(value, 1) for value in memory],
        "1 client before and after: p99, ms": [usual["p99_ms"], after["200"]["p99_ms"]],
        "slow answers later than 2 s after": settled,
        "statuses after": [k for k in after if k.isdecimal()],
    }


def main() -> None:
    """Measure in turn, print, keep."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each load in a round")
    parser.add_argument("--overload", type=float, default=60.0, help="seconds of too much load")
    parser.add_argument("--target", type=Path, default=HERE / "results" / "serving.json")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        crops, picture = folder / "crops", folder / "picture"
        crops.write_bytes(np.ascontiguousarray(load_mnist().test.images[:MANY]).tobytes())
        picture.write_bytes(photo())
        serve = [sys.executable, "-m", "inkdigits", "serve", "--port", "PORT"]
        ours = stack.enter_context(started(*serve))
        bare = stack.enter_context(started(sys.executable, str(HERE / "bare.py"), "PORT"))
        each = ("--each", str(PIXELS))
        for server in (ours, bare):  # warm
            load(server, "/v1/classify", crops, *each, "--clients", "8", "--seconds", "1")
        found = rounds(ours, bare, crops, options.rounds, options.seconds)
        medians = {name: statistics.median(entry[name] for entry in found) for name in found[0]}
        result: dict[str, Any] = {
            "medians": medians,
            "rounds": found,
            "twice the crops": overload(
                ours, "/v1/classify", crops, CLIENTS, options.overload, *each
            ),
            "twice the pictures": overload(
                ours, "/v1/read", picture, 4, options.overload / 3, "--content-type", "image/png"
            ),
            "processors": available_processors(),
            "version": inkdigits.__version__,
        }
    for name in ("twice the crops", "twice the pictures"):
        print(name, json.dumps({k: v for k, v in result[name].items() if "each second" not in k}))
        memory = result[name]["memory, MB, each second"]
        print(f"  memory, MB: {memory[0]} at first, {max(memory)} at most, {memory[-1]} at last")
    for name, value in medians.items():
        print(f"{name}: {value:,.4g}")
    options.target.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
