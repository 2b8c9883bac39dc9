"""How a slow or fallible loader speaks to whoever called it, without knowing who that is."""

from collections.abc import Callable

Report = Callable[[str], None]
"""Takes one line: which source served, or why one did not."""

Progress = Callable[[str, int, int | None], None]
"""Takes `(description, done_bytes, total_bytes)`; the total is None where nobody knows it.

The first call of a transfer has `done_bytes` 0 and the last has the total: whoever shows it
derives rate and remaining time.
"""


def silent(line: str) -> None:
    """A `Report` that nobody reads."""
