"""A collection of pictures: a folder, one picture, Parquet files, on this disk or in a store."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from inkdigits.cluster.places import STORE_ERRORS, Place, reason
from inkdigits.cluster.plan import Span
from inkdigits.cluster.sorting import in_order
from inkdigits.cluster.tables import ENDINGS, Columns, Tables
from inkdigits.errors import InkdigitsError, PictureError, UsageError
from inkdigits.images.formats import MAX_FILE_BYTES, suffixes

Kind = Literal["pictures", "parquet"]
_AHEAD = 8  # pictures that are fetched from a store at once, while others are read
Fetched = tuple[str, "bytes | InkdigitsError"]  # a picture's name, and its bytes or why not


class Listing(NamedTuple):
    """What a source holds."""

    kind: Kind
    names: Iterator[bytes]  # of files, as paths from the root, in order


def root(source: Place) -> Place:
    """The folder that names are paths from."""
    if source.is_file():
        return replace(source, path=source.path.replace(os.sep, "/").rpartition("/")[0] or "/")
    return source


def listing(source: Place) -> Listing:
    """The picture files of a source, or its Parquet files where it holds no picture.

    Raises:
        UsageError: if there is no such source, or it holds neither.
        DataError: if it cannot be listed.
    """
    if source.is_file():
        name = source.path.replace(os.sep, "/").rpartition("/")[2]
        kind: Kind = "parquet" if name.lower().endswith(ENDINGS) else "pictures"
        return Listing(kind, iter([os.fsencode(name)]))
    if not source.is_folder():
        raise UsageError(f"There is nothing at {source.shown}.")
    tables: list[bytes] = []
    names = in_order(_pictures(source, tables))
    first = next(names, None)
    if first is not None:
        return Listing("pictures", _chain(first, names))
    if not tables:
        raise UsageError(f"{source.shown} holds no picture and no Parquet file.")
    return Listing("parquet", iter(sorted(tables)))


def _chain(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from others


def _pictures(source: Place, tables: list[bytes]) -> Iterator[bytes]:
    """Names of pictures; those of Parquet files go into `tables`."""
    endings = tuple(suffixes())
    for name in source.walk():
        file = name.rpartition("/")[2]
        if file[0] == ".":
            continue
        if file.lower().endswith(ENDINGS) and not any(
            part.startswith(("_", ".")) for part in name.split("/")
        ):
            tables.append(os.fsencode(name))
        elif os.path.splitext(file)[1].lower() in endings:  # noqa: PTH122  # a million times
            yield os.fsencode(name)


class Pictures:
    """Fetches the pictures of a part, one by one, in order; those of a store ahead."""

    def __init__(self, source: Place, kind: Kind, columns: Columns) -> None:
        self._root = root(source)
        self._tables = Tables(self._root, columns) if kind == "parquet" else None
        is_far = self._tables is None and not source.is_local
        self._pool = ThreadPoolExecutor(_AHEAD) if is_far else None

    def of(self, part: Sequence[Span]) -> Iterator[Fetched]:
        """Name and content of each picture; what cannot be had is an error in its place."""
        if self._tables is not None:
            for span in part:
                yield from self._rows(self._tables, span)
        elif self._pool is None:
            for span in part:
                yield self._file(span)
        else:
            yield from self._ahead(self._pool, part)

    def _ahead(self, pool: ThreadPoolExecutor, part: Sequence[Span]) -> Iterator[Fetched]:
        waiting: deque[Future[Fetched]] = deque()
        for span in part:
            waiting.append(pool.submit(self._file, span))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _file(self, span: Span) -> Fetched:
        name = os.fsdecode(span.name)
        try:
            return shown(name), self._root.picture(name)
        except PictureError as error:
            return shown(name), error

    def _rows(self, tables: Tables, span: Span) -> Iterator[Fetched]:
        at = span.start
        file = shown(os.fsdecode(span.name))
        failure: Any = None
        try:
            for name, content in tables.rows(span):
                called = f"{file}#{span.group}.{at}" if name is None else shown(name)
                at += 1
                if content is None:
                    yield called, PictureError("The row holds no picture.")
                elif len(content) > MAX_FILE_BYTES:
                    yield called, PictureError("The picture is larger than the limit.")
                else:
                    yield called, content
        except (*STORE_ERRORS, InkdigitsError) as error:
            failure = error
        for row in range(at, span.stop):
            why = PictureError(f"The row cannot be read: {reason(failure)}.")
            yield f"{file}#{span.group}.{row}", why


def shown(name: str) -> str:
    """A name as text: what is no UTF-8 is written as escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
