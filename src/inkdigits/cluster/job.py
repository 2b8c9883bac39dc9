"""A job: what is read how, on record beside its rows, so that a second start goes on with it.

results.parquet/
  part-00000000.parquet  rows, as rows.py has them; each written whole or not at all
  _job.json              what this module knows
  _plan/                 which pictures make which part; see plan.py
  _model.onnx            the network that reads, the same for every worker
  _begun/                parts that are being read, or whose worker died; see reader.py
  _SUCCESS               empty; there once all parts are
"""

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import inkdigits
from inkdigits import files, settings
from inkdigits.cluster import plan, tables
from inkdigits.cluster.collection import RECORD, Kind, Listing, listing, root
from inkdigits.cluster.places import Place
from inkdigits.cluster.plan import PlanFile, Span
from inkdigits.cluster.sorting import without
from inkdigits.cluster.tables import Columns
from inkdigits.errors import DataError, UsageError
from inkdigits.images.decode import MAX_PIXELS
from inkdigits.recognition.modelfile import network_source, origin_of
from inkdigits.recognition.network import DigitNetwork
from inkdigits.settings import check_choice, check_range, from_mapping, to_mapping

FORMAT = 1
MODEL, SUCCESS, BEGUN = "_model.onnx", "_SUCCESS", "_begun"
_PREFIX, _SUFFIX = "part-", ".parquet"
_SPOKEN = {
    "source": "another source",
    "model": "another network",
    "kind": "another kind of source",
    "column": "another --column",
    "name_column": "another --name-column",
    "version": "another version of inkdigits",
}


@dataclass(frozen=True)
class Options:
    """How pictures are read; see `Recognizer.read`."""

    single: bool = False
    expect_length: int | None = None
    max_pixels: int = MAX_PIXELS
    picture_seconds: float = 100.0  # after which a page is given up

    def __post_init__(self) -> None:
        check_range("picture_seconds", self.picture_seconds, 0.1, 86_400)
        if self.single and self.expect_length:
            raise UsageError("--expect-length cannot be given with --single.")


@dataclass(frozen=True)
class Job:
    """What `_job.json` holds."""

    source: str
    model: str  # the network's SHA-256
    options: Options
    kind: Kind = "pictures"
    column: str = ""  # of a Parquet file: pictures and their names
    name_column: str = ""
    version: str = inkdigits.__version__
    format: int = FORMAT
    plans: tuple[PlanFile, ...] = ()

    def __post_init__(self) -> None:
        check_choice("format", self.format, (FORMAT,))
        check_choice("kind", self.kind, ("pictures", "parquet"))

    @property
    def parts(self) -> int:
        """How many there are."""
        return sum(each.parts for each in self.plans)

    @property
    def pictures(self) -> int:
        """How many there are."""
        return sum(each.pictures for each in self.plans)


def part_name(part: int) -> str:
    """The file of a part."""
    return f"{_PREFIX}{part:08}{_SUFFIX}"


def part_number(name: str) -> int | None:
    """The part whose file is called so; None where it is another file."""
    number = name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
    is_part = number.isdecimal() and name == part_name(int(number))
    return int(number) if is_part else None


def load(out: Place) -> Job | None:
    """The job that is on record at `out`; None where there is none. Raises `DataError`."""
    content = out.read(RECORD)
    if content is None:
        return None
    try:
        return from_mapping(Job, json.loads(content), RECORD)
    except (ValueError, RecursionError, UsageError) as error:
        raise DataError(f"{out.shown}/{RECORD} is damaged: {error}") from error


def begin(
    source: Place,
    out: Place,
    options: Options,
    *,
    model: str | os.PathLike[str] | None = None,
    column: str | None = None,
    name_column: str | None = None,
    told: Callable[[str], None] = lambda sentence: None,
) -> Job:
    """Plan a job, or go on with the one at `out`: what the source holds by now is planned too.

    Args:
        model: as `Recognizer` takes it.
        column, name_column: of Parquet files; None: as they can be told.
        told: given sentences on what the source holds and is not read, or has grown.

    Raises:
        UsageError: if there is nothing to read, or `out` holds something else.
        ModelError: if the network cannot be run.
        DataError: if the source cannot be listed.
        OutputError: if `out` cannot be written.
    """
    before = load(out)
    if before is None and any(name[0] not in "_." for name in out.names()):
        raise UsageError(f"{out.shown} is there already, and no rows that could be gone on with.")
    content = _network(model)
    found = listing(source)
    for sentence in found.unread:
        told(sentence)
    names, columns = _chosen(source, out, found, column, name_column)
    job = Job(source.text, hashlib.sha256(content).hexdigest(), options, found.kind, *columns)
    if before is not None:
        _check_same(before, job, out)
        job = replace(job, plans=before.plans)
    _clean(out)
    known = plan.Plan(out, job.plans).spans()
    if found.kind == "parquet":
        spans = tables.spans(root(source), names, known, columns, told)
    else:
        spans = map(Span, without(names, (span.name for span in known)))
    new = plan.write(out, spans, job.parts)
    if not new and before is None:  # Parquet files without rows; others have been missed by now
        raise UsageError(f"{source.shown} holds no picture: there is no row in it.")
    if new or before is None:
        out.remove(SUCCESS)
        out.write(MODEL, content)
        job = replace(job, plans=(*job.plans, *new))
    if job != before:
        out.write(RECORD, json.dumps(to_mapping(job), indent=2).encode())
    return job


def _network(model: str | os.PathLike[str] | None) -> bytes:
    """The network's file, tried."""
    source = network_source(model)
    DigitNetwork(source, threads=1, origin=origin_of(model))
    return source.read_bytes() if isinstance(source, Path) else source


def _chosen(
    source: Place, out: Place, found: Listing, column: str | None, name_column: str | None
) -> tuple[Iterator[bytes], Columns]:
    """The names that were found, and the columns that matter if they are Parquet files."""
    if found.kind == "pictures":
        if column or name_column:
            raise UsageError(f"{source.shown} holds pictures; only Parquet files have columns.")
        return found.names, Columns("", "")
    top = root(source)
    if top.path == source.path and f"{out.path}/".startswith(f"{top.path}/"):
        raise UsageError(f"{out.shown} lies among the Parquet files that are read.")
    names = list(found.names)
    first = os.fsdecode(names[0])
    table = tables.open_table(top, first)
    return iter(names), tables.find_columns(table, first, column, name_column)


def _check_same(before: Job, now: Job, out: Place) -> None:
    """Raise `UsageError` where a job would go on otherwise than it was begun.

    When a picture is given up may change: what was read is the same.
    """
    seconds = now.options.picture_seconds
    before = replace(before, options=replace(before.options, picture_seconds=seconds))
    for name in (field.name for field in dataclasses.fields(Job) if field.name != "plans"):
        was, is_now = getattr(before, name), getattr(now, name)
        if was != is_now:
            what = f"{_SPOKEN.get(name, name)} ({was}, now {is_now})"
            if isinstance(was, Options):
                differing = settings.differing([to_mapping(was), to_mapping(is_now)])
                options = ", ".join(f"--{each.replace('_', '-')}" for each in differing)
                what = f"another {options}"
            raise UsageError(f"{out.shown} was begun with {what}; take another --out.")


def _clean(out: Place) -> None:
    """Remove what a job that was killed left half written, and its word of parts begun."""
    if out.is_local:
        files.remove_leftovers(Path(out.path))
    begun = out.inside(BEGUN)
    for name in begun.names():
        begun.remove(name)
