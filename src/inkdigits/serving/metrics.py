"""What Prometheus is told: requests, their time, what waits, what was refused as no digit."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import Scope

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
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
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "inkdigits_requests", "Requests answered.", ["path", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "inkdigits_request_seconds",
            "From a request's head to the end of its answer.",
            ["path"],
            buckets=_BUCKETS_S,
            registry=self.registry,
        )
        self.digits = Counter("inkdigits_digits", "Digits read.", registry=self.registry)
        self.refused = Counter(
            "inkdigits_refusals", "Crops and pictures that hold no digit.", registry=self.registry
        )

    def gauge(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Add a figure that is looked up when it is asked for."""
        Gauge(name, text, registry=self.registry).set_function(value)

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one request."""
        # Paths that anybody can make up would grow the figures without end.
        path = scope["path"] if scope["path"] in _NAMED else "other"
        self.requests.labels(path, str(status)).inc()
        self.seconds.labels(path).observe(seconds)

    def text(self) -> bytes:
        """All figures, as Prometheus reads them."""
        return generate_latest(self.registry)
