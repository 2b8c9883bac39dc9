"""A collection of pictures: a folder, one picture, Parquet files, on this disk or in a store."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from inkdigits.cluster import failing
from inkdigits.cluster.ahead import ahead
from inkdigits.cluster.places import STORE_ERRORS, Place, reason
from inkdigits.cluster.plan import Span
from inkdigits.cluster.sorting import in_order
from inkdigits.cluster.tables import Columns, Tables
from inkdigits.errors import InkdigitsError, JobError, PictureError, UsageError
from inkdigits.images.formats import MAX_FILE_BYTES, suffixes
from inkdigits.images.others import TABLES, Others, on_links
from inkdigits.words import counted

Kind = Literal["pictures", "parquet"]
RECORD = "_job.json"  # by which a folder of rows is known; see job.py
_AHEAD = 8  # pictures that are fetched from a store at once, while others are read
Fetched = tuple[str, "bytes | InkdigitsError"]  # a picture's name, and its bytes or why not


class Listing(NamedTuple):
    """What a source holds."""

    kind: Kind
    names: Iterator[bytes]  # of files, as paths from the root, in order
    unread: Sequence[str] = ()  # a sentence on each kind of what is left out


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
        kind: Kind = "parquet" if name.lower().endswith(TABLES) else "pictures"
        return Listing(kind, iter([os.fsencode(name)]))
    if not source.is_folder():
        raise UsageError(f"There is nothing at {source.shown}.")
    beside = _Beside()
    names = in_order(_pictures(source, beside))
    first = next(names, None)  # with which all is listed
    tables = beside.tables()
    links = [on_links(source.shown, beside.links)] if beside.links else []
    if first is None and not tables:
        others = f", but {beside.others}" if beside.others else ""
        raise UsageError(
            " ".join([f"{source.shown} holds no picture and no Parquet file{others}.", *links])
        )
    unread = [*links]
    if beside.others:
        unread.append(f"{source.shown} holds pictures beside, {beside.others}.")
    if first is None:
        return Listing("parquet", iter(tables), unread)
    if tables:
        count = counted(len(tables), "Parquet file")
        unread.append(f"{source.shown} holds {count} too; beside pictures they are not read.")
    return Listing("pictures", _chain(first, names), unread)


def _chain(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from others


class _Beside:
    """What a folder holds beside pictures."""

    def __init__(self) -> None:
        self.others = Others()
        self.links = 0  # to folders
        self._tables: list[str] = []
        self._rows: set[str] = set()  # folders that are the rows of a job

    def see_link(self) -> None:
        """Count a link to a folder."""
        self.links += 1

    def see(self, name: str, file: str) -> None:
        """Take a file that is no picture."""
        if file == RECORD:
            self._rows.add(name.rpartition("/")[0])
        elif not file.lower().endswith(TABLES):
            self.others.see(file)
        elif not any(part.startswith(("_", ".")) for part in name.split("/")):
            self._tables.append(name)

    def tables(self) -> list[bytes]:
        """The names of Parquet files, in order, but for the rows of jobs."""
        found = (name for name in self._tables if name.rpartition("/")[0] not in self._rows)
        return sorted(map(os.fsencode, found))


def _pictures(source: Place, beside: _Beside) -> Iterator[bytes]:
    """Names of pictures, while `beside` is shown what else there is."""
    endings = suffixes()
    for name in source.walk(beside.see_link):
        file = name.rpartition("/")[2]
        if file[0] == ".":
            continue
        if os.path.splitext(file)[1].lower() in endings:  # noqa: PTH122  # a million times
            yield os.fsencode(name)
        else:
            beside.see(name, file)


class Pictures:
    """Fetches the pictures of a part, one by one, in order; those of a store ahead."""

    def __init__(self, source: Place, kind: Kind, columns: Columns) -> None:
        self._root = root(source)
        self._tables = Tables(self._root, columns) if kind == "parquet" else None
        is_far = self._tables is None and not source.is_local
        self._pool = ThreadPoolExecutor(_AHEAD) if is_far else None

    def of(self, part: Sequence[Span]) -> Iterator[Fetched]:
        """Name and content of each picture; what cannot be had is an error in its place.

        Raises:
            JobError: if a store as a whole cannot be read.
        """
        if self._tables is not None:
            for span in part:
                yield from self._rows(self._tables, span)
        elif self._pool is None:
            for span in part:
                yield self._file(span)
        else:
            yield from self._of_store(self._pool, part)

    def _of_store(self, pool: ThreadPoolExecutor, part: Sequence[Span]) -> Iterator[Fetched]:
        """What a store gives, unless it gives nothing any more. Raises `JobError` then."""
        refused = 0
        given: Span | None = None  # the last that was
        for span, (name, content) in zip(part, ahead(pool, _AHEAD, self._file, part), strict=True):
            if isinstance(content, failing.RefusedError):
                refused += 1
            else:
                refused, given = 0, span
            if refused == failing.REFUSED:
                raise self._refuses(content)
            yield name, content
        if refused and given is not None:  # none came behind them that would tell
            content = self._file(given)[1]
            if isinstance(content, failing.RefusedError):
                raise self._refuses(content)

    def _refuses(self, content: object) -> JobError:
        return failing.failed(self._root.shown, f"it refuses all. {content}".rstrip("."))

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
            # A file's end was read when the job was planned.
            if not self._root.is_local and failing.fails(error.__cause__ or error, gave=True):
                raise failing.failed(self._root.shown, reason(error)) from error
            failure = error
        for row in range(at, span.stop):
            why = PictureError(f"The row cannot be read: {reason(failure)}.")
            yield f"{file}#{span.group}.{row}", why


def shown(name: str) -> str:
    """A name as text: what is no UTF-8 is written as escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
