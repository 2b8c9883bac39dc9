"""What earlier starts of a job have written: which parts are there, and what their footers say.

A part has its name once it is whole, but a disk or a copy may have cut it short since. Its footer
is its end, so one that has none is written anew.
"""

from array import array
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pyarrow import ArrowInvalid

from inkdigits.cluster import plan
from inkdigits.cluster.ahead import ahead
from inkdigits.cluster.job import Job, part_name, part_number
from inkdigits.cluster.places import STORE_ERRORS, Place, reason
from inkdigits.cluster.rows import errors_in
from inkdigits.errors import DataError

_AT_ONCE = 32  # footers that are fetched from a store


@dataclass(frozen=True)
class Earlier:
    """What was read before, and what is left."""

    left: "array[int]"  # the numbers of parts that are to be read, in order
    pictures: int  # that were read, or could not be
    errors: int  # how many of them could not be
    damaged: tuple[str, ...]  # the names of parts that are left since nobody can read them
    again: int = 0  # how many that could not be read are to be tried again


def earlier(job: Job, out: Place, *, retry_errors: bool = False) -> Earlier:
    """Look at the parts that are there. Raises `DataError` where `out` or one cannot be read.

    Args:
        retry_errors: leave the parts that hold a picture which could not be read.
    """
    there = _there(job, out)
    errors, again, damaged = 0, 0, []
    present = array("q", (part for part in range(job.parts) if there[part]))
    for part, of_part in zip(present, _errors(out, present), strict=True):
        if of_part is None:
            there[part] = False
            damaged.append(part_name(part))
        elif of_part and retry_errors:
            there[part] = False
            again += of_part
        else:
            errors += of_part
    left = array("q", (part for part in range(job.parts) if not there[part]))
    return Earlier(left, job.pictures - _pictures(job, left), errors, tuple(damaged), again)


def count_missing(job: Job, out: Place) -> int:
    """How many parts are not there, by their names alone."""
    return _there(job, out).count(False)


def _there(job: Job, out: Place) -> bytearray:
    """Whether each part has a file."""
    there = bytearray(job.parts)
    for name in out.names():
        part = part_number(name)
        if part is not None and part < job.parts:
            there[part] = True
    return there


def _errors(out: Place, parts: Iterable[int]) -> Iterator[int | None]:
    """How many pictures of each part could not be read; None where it is damaged."""

    def of(part: int) -> int | None:
        try:
            with out.input(part_name(part)) as stream:
                return errors_in(stream)
        except (ArrowInvalid, LookupError, ValueError):
            return None
        except STORE_ERRORS as error:  # it may be sound all the same
            raise DataError(f"{out.shown}/{part_name(part)}: {reason(error)}.") from error

    if out.is_local:
        yield from map(of, parts)
        return
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from ahead(pool, _AT_ONCE, of, parts)


def _pictures(job: Job, parts: Iterable[int]) -> int:
    """How many pictures the parts have, whose numbers rise."""
    total = 0
    lasts = {each.first + each.parts - 1: each for each in job.plans}
    for part in parts:
        of_file = lasts.get(part)
        if of_file is None:
            total += plan.size(part)
        else:  # the last of a file may be less than full
            total += of_file.pictures - sum(map(plan.size, range(of_file.first, part)))
    return total
