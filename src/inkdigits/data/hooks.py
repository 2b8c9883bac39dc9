"""How slow or fallible work speaks to whoever called it, without knowing who that is."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

Report = Callable[[str], None]
"""Takes one line: which source served, or why one did not."""

Progress = Callable[[str, int, int | None], None]
"""Takes `(description, done, total)`, in bytes or images; None is a total that nobody knows.

The first call of a piece of work has `done` 0 and the last has the total: whoever shows it derives
rate and remaining time.
"""


def silent(line: str) -> None:
    """A `Report` that nobody reads."""


def watched(
    items: Iterable[Item], total: int, description: str, progress: Progress | None
) -> Iterator[Item]:
    """The items, `total` of them, while `progress` is told how many are done with."""
    done = 0
    for item in items:
        if progress is not None:
            progress(description, done, total)
        yield item
        done += 1
    if progress is not None:
        progress(description, done, total)
