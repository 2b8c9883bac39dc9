"""What Prometheus is told: requests, their time, what waits, what was refused as no digit.

With several workers, each writes its figures to files that all of them read, so that any of them
can answer for all. The client library does so where the environment names a folder for them.
"""

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SHARED = "PROMETHEUS_MULTIPROC_DIR"  # the environment variable that the client library looks for
_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_NAMED = (
    "/v1/read",
    "/v1/classify",
    "/v1/model",
    "/v1/stages",
    "/v1/corrections",
    "/healthz",
    "/readyz",
    "/metrics",
)


class Metrics:
    """One process's figures."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._requests = Counter(
            "inkdigits_requests", "Requests answered.", ["path", "status"], registry=registry
        )
        self._seconds = Histogram(
            "inkdigits_request_seconds",
            "From a request's head to the end of its answer.",
            ["path"],
            buckets=_BUCKETS_S,
            registry=registry,
        )
        # Looking a child up by its labels takes longer than counting.
        self._children: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self.digits = Counter("inkdigits_digits", "Digits read.", registry=registry)
        self.refused = Counter(
            "inkdigits_refusals", "Crops and pictures that hold no digit.", registry=registry
        )
        self.waiting = self._gauge("inkdigits_waiting", "Requests that wait for a batch.")
        self.pictures = self._gauge("inkdigits_pictures", "Pictures being read or waiting for it.")

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self.registry, multiprocess_mode="livesum")

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count one request."""
        children = self._children.get((path, status))
        if children is None:
            # Paths that anybody can make up would grow the figures without end.
            known = path if path in _NAMED else "other"
            children = self._requests.labels(known, str(status)), self._seconds.labels(known)
            if known == path:
                self._children[path, status] = children
        requests, histogram = children
        requests.inc()
        histogram.observe(seconds)

    def text(self) -> bytes:
        """All figures, as Prometheus reads them."""
        if SHARED not in os.environ:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)

    def close(self) -> None:
        """Let what this process has waiting count no more."""
        forget(os.getpid())


def forget(process: int) -> None:
    """Let what a process had waiting count no more."""
    folder = os.environ.get(SHARED)
    if folder is not None and Path(folder).is_dir():
        mark_process_dead(process)  # type: ignore[no-untyped-call]
