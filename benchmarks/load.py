"""Loads an HTTP server with requests, again and again, and says what came back.

    python benchmarks/load.py URL --body FILE --each 784 --clients 32 --seconds 5
    python benchmarks/load.py URL --body FILE --rate 8000 --seconds 60

With --clients, each client sends its next request once it has its answer. With --rate, so many
requests a second are sent whatever comes back, each on one of --connections that is free. One epoll
loop on bare sockets: a request costs a fifth of what it costs the server, so that the server is
what is measured. Prints one line of JSON.
"""

import argparse
import contextlib
import itertools
import json
import select
import socket
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

READ = select.EPOLLIN
BOTH = select.EPOLLIN | select.EPOLLOUT
SILENCE_S = 30.0  # without any answer, after which the rest is given up


class Connection:
    """One keep-alive connection, with at most one request on its way."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self.open()

    def open(self) -> None:
        """Connect, anew where the server has hung up."""
        self.socket = socket.create_connection(self._address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.began = 0.0
        self.is_asking = False
        self.unsent: memoryview | None = None
        self._answer = b""

    def send(self, request: bytes) -> bool:
        """Begin a request; False if not all of it could be sent at once."""
        self.began = time.perf_counter()
        self.is_asking = True
        self.unsent = memoryview(request)
        return self.go_on()

    def go_on(self) -> bool:
        """Send what could not be sent yet."""
        assert self.unsent is not None
        with contextlib.suppress(BlockingIOError):
            self.unsent = self.unsent[self.socket.send(self.unsent) :]
        return not len(self.unsent)

    def status(self) -> int | None:
        """The answer's status once all of it is here; 0 if the server hung up."""
        try:
            data = self.socket.recv(1 << 18)
        except BlockingIOError:
            return None
        except OSError:
            return 0
        if not data:
            return 0
        self._answer = answer = self._answer + data if self._answer else data
        head = answer.find(b"\r\n\r\n")
        if head < 0:
            return None
        place = answer.find(b"content-length: ", 0, head)
        length = int(answer[place + 16 : answer.index(b"\r\n", place)])
        if len(answer) < head + 4 + length:
            return None
        self._answer = b""
        return int(answer[9:12])


class Load:
    """Sends requests in turn, and keeps when each was answered, how fast, and how."""

    def __init__(self, address: tuple[str, int], requests: Sequence[bytes]) -> None:
        self._address, self._requests = address, itertools.cycle(requests)
        self._poll = select.epoll()
        self._by_number: dict[int, Connection] = {}
        self.answers: list[tuple[float, float, int]] = []  # when, after how long (s), status
        self.hung_up = 0  # requests, whose connection the server closed
        self.unsent = 0  # requests, since no connection was free
        self.unanswered = 0  # requests, to the end

    def connect(self) -> Connection:
        """One more connection."""
        connection = Connection(self._address)
        self._watch(connection)
        return connection

    def _watch(self, connection: Connection) -> None:
        self._by_number[connection.socket.fileno()] = connection
        self._poll.register(connection.socket, READ)

    def begin(self, connection: Connection) -> None:
        """Send the next request on a connection that is free."""
        if not connection.send(next(self._requests)):
            self._poll.modify(connection.socket, BOTH)

    def wait(self, seconds: float, on_free: Callable[[Connection], None]) -> None:
        """See to what has come, waiting for at most so long."""
        for number, event in self._poll.poll(seconds):
            connection = self._by_number[number]
            if event & select.EPOLLOUT and connection.go_on():
                self._poll.modify(number, READ)
            if not event & ~select.EPOLLOUT:
                continue
            status = connection.status()
            if status is None:
                continue
            now = time.perf_counter()
            asked, connection.is_asking = connection.is_asking, False
            if status:
                self.answers.append((now, now - connection.began, status))
            else:  # servers do so to connections that have nothing to say for some seconds
                self.hung_up += asked
                self._poll.unregister(number)
                del self._by_number[number]
                connection.socket.close()
                connection.open()
                self._watch(connection)
            if asked:
                on_free(connection)

    def closed(self, clients: int, seconds: float) -> None:
        """So many clients, each of which waits for its answer before it asks again."""
        for _ in range(clients):
            self.begin(self.connect())
        end = time.perf_counter() + seconds
        waiting = clients

        def on_free(connection: Connection) -> None:
            nonlocal waiting
            if time.perf_counter() < end:
                self.begin(connection)
            else:
                waiting -= 1

        while waiting and time.perf_counter() < end + SILENCE_S:
            self.wait(0.1, on_free)
        self.unanswered = waiting

    def open(self, rate: float, seconds: float, connections: int) -> None:
        """So many requests a second, whatever comes back."""
        free = [self.connect() for _ in range(connections)]
        began = time.perf_counter()
        sent = 0
        while (now := time.perf_counter() - began) < seconds:
            while sent < now * rate:
                sent += 1
                if free:
                    self.begin(free.pop())
                else:
                    self.unsent += 1
            self.wait(0.001, free.append)
        last = time.perf_counter()
        while len(free) < connections and time.perf_counter() < last + SILENCE_S:
            self.wait(0.1, free.append)
        self.unanswered = connections - len(free)


def report(load: Load, seconds: float) -> dict[str, Any]:
    """What came back, by status."""
    found: dict[str, Any] = {
        "seconds": seconds,
        "hung_up": load.hung_up,
        "unsent": load.unsent,
        "unanswered": load.unanswered,
    }
    for status in sorted({status for _, _, status in load.answers}):
        took = [1e3 * after for _, after, got in load.answers if got == status]
        cuts = statistics.quantiles(took, n=100) if len(took) > 1 else took * 99
        found[str(status)] = {
            "count": len(took),
            "a_second": len(took) / seconds,
            "p50_ms": cuts[49],
            "p99_ms": cuts[98],
            "max_ms": max(took),
        }
    return found


def message(url: str, body: bytes, content_type: str) -> bytes:
    """A POST request as it goes over the wire."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    head = (
        f"POST {target} HTTP/1.1\r\nhost: {parts.netloc}\r\n"
        f"content-type: {content_type}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def main() -> None:
    """Load, then print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--body", type=Path, required=True)
    parser.add_argument("--content-type", default="application/octet-stream")
    parser.add_argument("--each", type=int, help="bytes of the file in a request; all by default")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--rate", type=float, help="requests a second, instead of --clients")
    parser.add_argument("--connections", type=int, default=256, help="with --rate")
    parser.add_argument("--trace", action="store_true", help="each answer's time and delay too")
    options = parser.parse_args()
    parts = urlsplit(options.url)
    address = (parts.hostname or "127.0.0.1", parts.port or 80)
    content = options.body.read_bytes()
    size = options.each or len(content)
    bodies = [content[start : start + size] for start in range(0, len(content), size)]
    load = Load(address, [message(options.url, body, options.content_type) for body in bodies])
    began = time.perf_counter()
    if options.rate:
        load.open(options.rate, options.seconds, options.connections)
    else:
        load.closed(options.clients, options.seconds)
    found = report(load, options.seconds)
    if options.trace:
        found["trace"] = [(when - began, after) for when, after, _ in load.answers]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
