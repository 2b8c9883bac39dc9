"""How slow or fallible work speaks to whoever called it, without knowing who that is."""

from collections.abc import Callable

Report = Callable[[str], None]
"""Takes one line: which source served, or why one did not."""

Progress = Callable[[str, int, int | None], None]
"""Takes `(description, done, total)`, in bytes or images; None is a total that nobody knows.

The first call of a piece of work has `done` 0 and the last has the total: whoever shows it derives
rate and remaining time.
"""


def silent(line: str) -> None:
    """A `Report` that nobody reads."""


def unwatched(description: str, done: int, total: int | None) -> None:
    """A `Progress` that nobody sees."""
