"""What a server is started with: limits, model, token; frozen and validated."""

from dataclasses import dataclass

from inkdigits.processors import available_processors
from inkdigits.settings import check_range

MAX_CROPS = 4096  # of one request
# Pictures being read or waiting, a worker: the last of them waits for about 0.1 s where a picture
# of a few digits takes 20 ms, and is refused at once where it would wait longer.
_PICTURES_A_WORKER = 4


@dataclass(frozen=True)
class ServeSettings:
    """One process's settings.

    Raises:
        UsageError: if a value is out of its range.
    """

    model: str | None = None  # a run folder or an ONNX file; None: the shipped network
    max_body_bytes: int = 20_000_000  # more is answered 413
    max_pixels: int = 64_000_000  # of a picture; more is 422
    timeout_s: float = 10.0  # of one request, its body included; more is 503
    concurrency: int = 64  # requests being worked on or waiting; more are 503
    token: str | None = None  # that requests must bear
    origins: tuple[str, ...] = ()  # that browsers may call from, besides the page itself
    hosts: tuple[str, ...] = ()  # whose pages may correct, besides localhost's, without a token
    collect: str | None = None  # the folder that corrections are kept in; None: they are not
    network: str = ""  # the SHA-256 that the network must have; "": whatever it has
    processes: int = 0  # that read and classify; 0: as many as the processors

    def __post_init__(self) -> None:
        check_range("max_body_bytes", self.max_body_bytes, 1_000, 1 << 30)
        check_range("max_pixels", self.max_pixels, 784, 1 << 30)
        check_range("timeout_s", self.timeout_s, 0.1, 3600.0)
        check_range("concurrency", self.concurrency, 1, 100_000)
        check_range("processes", self.processes, 0, 1024)

    @property
    def workers(self) -> int:
        """Processes that read and classify."""
        return self.processes or available_processors()

    @property
    def pictures(self) -> int:
        """Pictures being read or waiting for it; more are 503."""
        return min(self.concurrency, _PICTURES_A_WORKER * self.workers)
