"""SIGTERM ends a command as Ctrl-C does: by an exception, so that what is kept is said."""

import contextlib
import signal
import time
from collections.abc import Iterator

from inkdigits.cli.process import is_one_of_many

_AT_ONCE_S = 1.0  # `timeout` sends the signal to the process and then to its group


class Stopped(KeyboardInterrupt):
    """What the process ends with; see `inkdigits.cli.main`."""

    def __init__(self, message: str = "", exit_code: int = 130) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@contextlib.contextmanager
def sigterm_stops() -> Iterator[None]:
    """Make `Stopped` of a SIGTERM in the block.

    Not where torchrun started this process: no exception reaches one that waits for the others.
    """
    if is_one_of_many():
        yield
        return
    last = float("-inf")

    def stop(number: int, _: object) -> None:
        nonlocal last
        before, last = last, time.monotonic()
        if last - before > _AT_ONCE_S:  # else it would break off what the first one began
            raise Stopped(exit_code=128 + number)

    before = signal.getsignal(signal.SIGTERM)
    with contextlib.suppress(ValueError):  # outside the main thread
        signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            signal.signal(signal.SIGTERM, before)
