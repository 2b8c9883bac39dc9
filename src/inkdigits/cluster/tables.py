"""Pictures in Parquet files: a column of their bytes and, if there is one, a column of names.

The columns of Hugging Face's image data sets, a struct of `bytes` and `path`, are found too.
"""

import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from inkdigits.cluster.places import STORE_ERRORS, Place, reason
from inkdigits.cluster.plan import Span
from inkdigits.errors import DataError, UsageError

# Columns that are taken as the pictures' names where none is named, the first that is there.
_NAMES = ("picture", "name", "path", "file", "filename", "file_name", "key", "image.path")
_ROWS = 16  # that are decoded at once: pictures may be large
_BUFFER = 1 << 20  # bytes of a column that are fetched at once, instead of the whole of it


class Columns(NamedTuple):
    """Which columns hold what; a dot leads into a struct."""

    picture: str
    name: str  # "" for none: a row is then named by its file and number


def open_table(root: Place, name: str) -> pq.ParquetFile:
    """A Parquet file's footer. Raises `DataError` where it is none."""
    try:
        return pq.ParquetFile(root.input(name), buffer_size=_BUFFER, pre_buffer=False)
    except STORE_ERRORS as error:
        raise DataError(f"{name} is no Parquet file that can be read: {reason(error)}.") from error


def find_columns(
    table: pq.ParquetFile, file: str, picture: str | None, name: str | None
) -> Columns:
    """The columns of a table as asked for, or as they can be told from their types and names.

    Raises:
        UsageError: if `file` has no such column, or several that may be meant.
    """
    leaves = list(_leaves(table.schema_arrow))
    twice = {leaf for leaf, count in Counter(leaf for leaf, _ in leaves).items() if count > 1}
    binary = [leaf for leaf, kind in leaves if _is_binary(kind)]
    if picture is None:
        if len(binary) != 1:
            found = f"several: {', '.join(binary)}" if binary else "none"
            raise UsageError(
                f"{file}: of columns with pictures' bytes there are {found}; see --column."
            )
        (picture,) = binary
    if picture not in binary:
        raise UsageError(f"{file}: there is no column {picture!r} of pictures' bytes.")
    texts = [leaf for leaf, kind in leaves if _is_text(kind)]
    asked = next((each for each in (picture, name) if each in twice), None)
    if asked is not None:
        raise UsageError(f"{file}: there are several columns {asked!r}.")
    if name is None:
        name = next((each for each in _NAMES if each in texts and each not in twice), "")
    elif name not in texts:
        raise UsageError(f"{file}: there is no column {name!r} of text.")
    return Columns(picture, name)


def _leaves(schema: pa.Schema) -> Iterator[tuple[str, pa.DataType]]:
    for field in schema:
        if pa.types.is_struct(field.type):
            for inner in field.type:
                yield f"{field.name}.{inner.name}", _value_type(inner.type)
        else:
            yield field.name, _value_type(field.type)


def _value_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_binary(kind: pa.DataType) -> bool:
    types = pa.types
    kinds = (
        types.is_binary, types.is_large_binary, types.is_binary_view, types.is_fixed_size_binary
    )  # fmt: skip
    return any(test(kind) for test in kinds)


def _is_text(kind: pa.DataType) -> bool:
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in kinds)


def spans(
    root: Place,
    names: Iterable[bytes],
    known: Iterable[Span],
    columns: Columns,
    told: Callable[[str], None],
) -> Iterator[Span]:
    """Rows of Parquet files, in order; of files that are known those that came since.

    Args:
        names: of the files, sorted.
        known: the rows that are planned already, sorted.
        told: given a sentence where files have grown: whether they began otherwise is not known.

    Raises:
        DataError: if a file cannot be read.
        UsageError: if one lacks the columns, or rows that are known are not where they were.
    """
    planned = _rows_planned(known)
    file, before = next(planned, (b"", {}))
    grown = 0
    for name in names:
        while file and file < name:
            file, before = next(planned, (b"", {}))
        text = os.fsdecode(name)
        table = open_table(root, text)
        find_columns(table, text, columns.picture, columns.name or None)
        groups = range(table.num_row_groups)
        rows = [table.metadata.row_group(group).num_rows for group in groups]
        new = list(_new_rows(name, rows, before if file == name else {}))
        if new and file == name:
            grown += 1
        yield from new
    if grown:
        files = f"{grown:,} Parquet files have" if grown > 1 else "1 Parquet file has"
        told(f"{files} grown; the rows at the end are read, those before taken as they were.")


def _rows_planned(known: Iterable[Span]) -> Iterator[tuple[bytes, dict[int, int]]]:
    """Each file with the number of rows that are planned of its groups."""
    for name, spans_of in itertools.groupby(known, lambda span: span.name):
        yield name, {span.group: span.stop for span in spans_of}


def _new_rows(name: bytes, rows: Sequence[int], before: Mapping[int, int]) -> Iterator[Span]:
    """What is not planned of a file whose groups have so many rows."""
    last = max(before, default=0)  # the one that may have grown; others may have come behind it
    kept = [before.get(group, 0) for group in range(last + 1)]
    if before and ([*rows[:last]] != kept[:-1] or [*rows[last : last + 1]] < kept[-1:]):
        raise UsageError(
            f"{os.fsdecode(name)} has changed since the job was begun: rows are known by their "
            "numbers, and more may only have come at its end; take another --out."
        )
    for group in range(last, len(rows)):
        if rows[group] > before.get(group, 0):
            yield Span(name, group, before.get(group, 0), rows[group])


class Tables:
    """Reads rows of row groups; the next rows of the same group without beginning anew."""

    def __init__(self, root: Place, columns: Columns) -> None:
        self._root = root
        self._columns = columns
        self._file: tuple[bytes, Any] | None = None
        self._place: tuple[bytes, int] = b"", -1  # file and row group that are being read
        self._at = 0  # the row that comes next
        self._batches: Iterator[pa.RecordBatch] = iter(())
        self._left: pa.RecordBatch | None = None  # of the last batch, what was not asked for

    def rows(self, span: Span) -> Iterator[tuple[str | None, bytes | None]]:
        """Name and bytes of each row, None where it has none; what pyarrow raises."""
        if self._place != (span.name, span.group) or span.start < self._at:
            self._begin(span)
        while self._at < span.stop:
            batch = self._left or next(self._batches, None)
            self._left = None
            if batch is None:
                raise DataError("the row group has fewer rows than it had")
            skipped = min(batch.num_rows, max(0, span.start - self._at))
            wanted = min(batch.num_rows, span.stop - self._at) - skipped
            if skipped + wanted < batch.num_rows:
                self._left = batch.slice(skipped + wanted)
            self._at += skipped + wanted
            pictures = _column(batch, self._columns.picture)
            names = _column(batch, self._columns.name) if self._columns.name else None
            for row in range(skipped, skipped + wanted):
                name = _text(names[row]) if names is not None else None
                yield name, pictures[row].as_py()

    def _begin(self, span: Span) -> None:
        self._place = b"", -1  # until it is open
        if self._file is None or self._file[0] != span.name:
            name = span.name.decode("utf-8", "surrogateescape")
            self._file = span.name, open_table(self._root, name)
        wanted = [name for name in self._columns if name]
        self._batches = self._file[1].iter_batches(
            _ROWS, row_groups=[span.group], columns=wanted, use_threads=False
        )
        self._left, self._at = None, 0
        self._place = span.name, span.group


def _text(cell: Any) -> str | None:
    """A cell of text; bytes of it that are no UTF-8, which is not checked, as in names of files."""
    try:
        text: str | None = cell.as_py()
        return text
    except UnicodeDecodeError as error:
        return error.object.decode("utf-8", "surrogateescape")


def _column(batch: pa.RecordBatch, name: str) -> Any:
    if name in batch.schema.names:
        return batch.column(name)
    head, _, inner = name.partition(".")
    return batch.column(head).field(inner)
