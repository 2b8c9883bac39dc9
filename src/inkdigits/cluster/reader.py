"""Reads a part and writes its rows; the same for every engine.

That a part is begun is put on record, and taken back at its end. Whoever finds it on record begins
a part whose reader died, maybe of one of its pictures: then the pictures are read in a process
apart, and a page that ends that process three times is an error row like any other bad picture. So
is the rest of a document of which three such pages follow each other.
"""

import contextlib
import hashlib
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from inkdigits.cluster import job as jobs
from inkdigits.cluster.apart import PageRows, apart
from inkdigits.cluster.collection import Pictures
from inkdigits.cluster.places import Place, place
from inkdigits.cluster.plan import Plan, pictures
from inkdigits.cluster.rows import Part, Rows, error_rows, read_rows
from inkdigits.cluster.tables import Columns
from inkdigits.errors import DataError, InkdigitsError, JobError
from inkdigits.images.formats import page_numbers
from inkdigits.memory import keep_freed_memory
from inkdigits.recognition.modelfile import network_source
from inkdigits.recognition.recognizer import Recognizer

_BEGINNINGS = 20  # of a part, after which something else than a picture is wrong


class Done(NamedTuple):
    """What came of a part."""

    part: int
    pictures: int
    rows: int
    errors: int


class Reader:
    """Reads parts of the job at `out` with one network, on one thread.

    Raises:
        DataError: if the job on record cannot be read.
        ModelError: if its network cannot be run.
    """

    def __init__(self, out: str) -> None:
        # Pictures take and free the same few blocks of memory again and again.
        keep_freed_memory(largest=4 << 20, kept=32 << 20, ahead=8 << 20)
        self._out = place(out)
        found = jobs.load(self._out)
        assert found is not None, out  # it was written before any worker was started
        self._job = found
        self._plan = Plan(self._out, found.plans)
        columns = Columns(found.column, found.name_column)
        self._pictures = Pictures(place(found.source), found.kind, columns)
        self._recognizer = _recognizer(self._out, found.model)

    def read(self, part: int) -> Done:
        """Read a part and write it; see `Done`.

        Raises:
            OutputError: if it cannot be written.
            DataError: if the plan is damaged.
            JobError: if it was begun too often.
        """
        begun = self._out.inside(jobs.BEGUN)
        name = jobs.part_name(part)
        beginnings = int(begun.read(name) or 0)
        if beginnings >= _BEGINNINGS:
            raise JobError(f"Part {part} was begun {beginnings} times and never ended.")
        begun.note(name, str(beginnings + 1).encode())
        done = Part(self._job.model)
        count = pictures(self._plan[part])
        pages = apart(self._out.text, part, count) if beginnings else self.pages(part)
        for picture, rows in _whole(pages):
            done.add(picture, rows)
        self._out.write(name, done.parquet())
        begun.remove(name)
        return Done(part, done.pictures, len(done), done.errors)

    def pages(
        self,
        part: int,
        start: tuple[int, int] = (0, 0),
        before: Callable[[str, int | None], None] = lambda name, page: None,
    ) -> Iterator[PageRows]:
        """The rows of each page of a part's pictures, which is given up where it takes too long.

        Args:
            start: the picture's number, and how many pages of it are passed over.
            before: told of a picture's name before its pages are counted, of its name and a page's
                number, if it has several, before that is read.
        """
        limit = self._job.options.picture_seconds
        first, passed = start
        for number, (name, content) in enumerate(self._pictures.of(self._plan[part])):
            if number < first:
                continue
            before(name, None)
            with _limited(limit):
                numbers = [None] if isinstance(content, InkdigitsError) else page_numbers(content)
            done = passed if number == first else 0
            if done >= len(numbers):  # whose last page could not be read
                yield name, [], True
            for at, page in enumerate(numbers[done:], done + 1):
                before(name, page)
                with _limited(limit):
                    rows = self._page(content, page)
                yield name, rows, at == len(numbers)

    def _page(self, content: bytes | InkdigitsError, page: int | None) -> Rows:
        if isinstance(content, InkdigitsError):
            return error_rows(str(content))
        options = self._job.options
        try:
            reading = self._recognizer.read(
                content,
                page=page,
                single=options.single,
                expect_length=options.expect_length,
                max_pixels=options.max_pixels,
            )
        except InkdigitsError as error:
            return error_rows(str(error), page)
        except Exception as error:  # noqa: BLE001  # one picture does not stop a million others
            sentence = f"The picture cannot be read ({type(error).__name__}: {error})."
            return error_rows(sentence, page)
        return read_rows(reading, page)


def _whole(pages: Iterable[PageRows]) -> Iterator[tuple[str, Rows]]:
    """Name and rows of each picture, of all its pages."""
    rows: Rows = []
    for name, of_page, is_last in pages:
        rows += of_page
        if is_last:
            yield name, rows
            rows = []


def _recognizer(out: Place, sha256: str) -> Recognizer:
    content = out.read(jobs.MODEL) or b""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DataError(f"{out.shown}/{jobs.MODEL} is not the network that the job was begun with.")
    if content == network_source(None):
        return Recognizer(threads=1)
    with tempfile.TemporaryDirectory() as folder:  # as a file it is bounded in memory and time
        path = Path(folder) / jobs.MODEL
        path.write_bytes(content)
        return Recognizer(path, threads=1)


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """End this process if the block takes longer: nothing less stops a decoder that hangs."""
    if not hasattr(signal, "setitimer"):  # Windows
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)  # whose signal ends a process that ignores it not
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
