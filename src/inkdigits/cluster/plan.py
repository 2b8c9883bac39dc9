"""Which pictures make which part: fixed before anything is read, by the listing alone.

A part is read by one worker and written as one file, so whoever reads it, and however often it is
begun, it is the same rows under the same name: nothing is there twice and nothing is left out,
without anybody keeping count. The plan lies beside the parts as Parquet files in which a row group
is a part, so that a worker needs to be told nothing but a part's number.

The first parts are small, so that a few pictures keep several workers busy, and the later ones
large, so that a billion pictures are 240,000 files and not 60 million.
"""

import bisect
import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from inkdigits import files
from inkdigits.cluster.places import STORE_ERRORS, Place, reason
from inkdigits.errors import DataError, OutputError

FOLDER = "_plan"  # readers of Parquet pass over names with _
_SMALLEST, _LARGEST = 16, 4096  # pictures of a part
_TIER = 64  # parts of one size, before it doubles
_PARTS_A_FILE = 1024
_SCHEMA = pa.schema(
    [("name", pa.binary()), ("group", pa.int32()), ("start", pa.int64()), ("stop", pa.int64())]
)


class Span(NamedTuple):
    """Pictures that lie together: one file, or rows of a row group of a Parquet file."""

    name: bytes  # of the file, as a path from the source
    group: int = -1  # the row group; -1 for a picture
    start: int = 0  # rows in the row group
    stop: int = 1


@dataclass(frozen=True)
class PlanFile:
    """One file of the plan: parts `first` to `first + parts - 1`."""

    first: int
    parts: int
    pictures: int

    @property
    def name(self) -> str:
        """What it is called within the folder of rows."""
        return f"{FOLDER}/{self.first:08}.parquet"


def size(part: int) -> int:
    """How many pictures the part of that number has, unless it is the last."""
    return min(_SMALLEST << min(part // _TIER, 30), _LARGEST)


def cut(spans: Iterable[Span], first: int) -> Iterator[list[Span]]:
    """The spans of each part, from the part of number `first` on."""
    part: list[Span] = []
    room = size(first)
    for span in spans:
        start = span.start
        while start < span.stop:
            stop = min(span.stop, start + room)
            part.append(span._replace(start=start, stop=stop))
            room -= stop - start
            start = stop
            if not room:
                yield part
                first += 1
                part, room = [], size(first)
    if part:
        yield part


def write(out: Place, spans: Iterable[Span], first: int) -> list[PlanFile]:
    """Plan parts from the number `first` on; what is written counts once it is on record.

    Raises:
        OutputError: if it cannot be written.
    """
    plans: list[PlanFile] = []
    writer = _Writer(out)
    try:
        for part in cut(spans, first):
            if writer.is_full:
                plans.append(writer.close())
            writer.add(first, part)
            first += 1
        if writer.parts:
            plans.append(writer.close())
    except STORE_ERRORS as error:
        raise OutputError(f"Cannot write {out.shown}/{FOLDER}: {reason(error)}.") from error
    return plans


class _Writer:
    """Files of the plan, one after the other, streamed."""

    def __init__(self, out: Place) -> None:
        self._out = out
        self._writer: Any = None
        self._first = self.parts = self._pictures = 0

    @property
    def is_full(self) -> bool:
        return self.parts == _PARTS_A_FILE

    def add(self, number: int, part: Sequence[Span]) -> None:
        if self._writer is None:
            self._first = number
            path = self._out.child(PlanFile(number, 0, 0).name)
            if self._out.is_local:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            system = self._out.system or fs.LocalFileSystem()
            self._stream = system.open_output_stream(path)
            self._writer = pq.ParquetWriter(self._stream, _SCHEMA, compression="zstd")
        columns = [pa.array(column, field.type) for column, field in zip(zip(*part), _SCHEMA)]  # noqa: B905  # mypy knows no strict of three
        self._writer.write_table(pa.table(columns, _SCHEMA), row_group_size=_LARGEST)
        self.parts += 1
        self._pictures += pictures(part)

    def close(self) -> PlanFile:
        self._writer.close()
        self._stream.close()
        done = PlanFile(self._first, self.parts, self._pictures)
        if self._out.is_local:
            files.fsync_path(Path(self._out.child(done.name)))
            files.fsync_path(Path(self._out.child(FOLDER)))
        self._writer, self.parts, self._pictures = None, 0, 0
        return done


def pictures(part: Iterable[Span]) -> int:
    """How many pictures the spans are."""
    return sum(span.stop - span.start for span in part)


class Plan:
    """A plan that is on record, read a part at a time."""

    def __init__(self, out: Place, plans: Sequence[PlanFile]) -> None:
        self._out = out
        self._plans = plans
        self._open: tuple[int, Any] | None = None  # the file that was used last

    def __getitem__(self, part: int) -> list[Span]:
        """The spans of a part. Raises `DataError` if the plan is damaged."""
        place = bisect.bisect_right([plan.first for plan in self._plans], part) - 1
        plan = self._plans[place]
        try:
            if self._open is None or self._open[0] != place:
                self._open = place, pq.ParquetFile(self._out.input(plan.name))
            table = self._open[1].read_row_group(part - plan.first)
            return [Span(*row) for row in zip(*(column.to_pylist() for column in table.columns))]  # noqa: B905  # of one table
        except (*STORE_ERRORS, LookupError, TypeError) as error:
            raise DataError(
                f"{self._out.shown}/{plan.name} is damaged: {reason(error)}."
            ) from error

    def spans(self) -> Iterator[Span]:
        """All that is planned, sorted; one part of each file of the plan is in memory."""
        return heapq.merge(*(_spans(Plan(self._out, [plan]), plan) for plan in self._plans))


def _spans(alone: Plan, plan: PlanFile) -> Iterator[Span]:
    for part in range(plan.first, plan.first + plan.parts):
        yield from alone[part]
