"""`inkdigits read SOURCE --out FOLDER`: a collection of pictures becomes rows in Parquet files."""

import contextlib
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from inkdigits.cli.stopping import Stopped
from inkdigits.cli.text import one_line
from inkdigits.errors import UsageError
from inkdigits.words import counted

if TYPE_CHECKING:
    from inkdigits.cluster.earlier import Earlier
    from inkdigits.cluster.reader import Done
    from inkdigits.cluster.run import Engine

Command = TypeVar("Command", bound=Callable[..., Any])
_LINE_S = 30.0  # between lines of progress where there is no terminal
_DRAW_S = 0.2  # between drawings of the bar where there is one


def bulk_options(command: Command) -> Command:
    """Options of a collection; all but the first need it."""
    for option in reversed(
        [
            click.option(
                "--out",
                metavar="FOLDER|URI",
                help="Write rows into Parquet files there, resumably, of a folder, "
                "a Parquet file or folder, or a URI such as s3://bucket/prefix.",
            ),
            click.option(
                "--engine",
                type=click.Choice(("pool", "ray")),
                help="With --out: processes of this machine, or Ray.  "
                "[default: ray with --address, else pool]",
            ),
            click.option(
                "--workers",
                type=click.IntRange(1, 100_000),
                help="With --out: how many read at once; as many as there are processors.",
            ),
            click.option(
                "--address",
                envvar="RAY_ADDRESS",
                metavar="HOST:PORT|auto",
                help="With --engine ray: the cluster; without it a Ray of the command's own.",
            ),
            click.option("--column", help="With --out: of a Parquet file, the pictures' bytes."),
            click.option("--name-column", help="With --out: of a Parquet file, their names."),
            click.option(
                "--picture-seconds",
                type=click.FloatRange(0.1, 86_400),
                default=100.0,
                show_default=True,
                help="With --out: a picture, or page of a document, that takes longer is given up.",
            ),
            click.option(
                "--retry-errors",
                is_flag=True,
                help="With --out: try again what earlier starts could not read.",
            ),
        ]
    ):
        command = option(command)
    return command


_READ_TOO = ("sources", "single", "expect_length", "model", "max_pixels")
_BULK = ("out", "engine", "workers", "address", "column", "name_column", "picture_seconds",
         "retry_errors")  # fmt: skip


def read_collection(
    sources: tuple[str, ...],
    *,
    single: bool,
    expect_length: int | None,
    model: Path | None,
    max_pixels: int,
    bulk: dict[str, Any],
) -> int:
    """Read a collection into `bulk["out"]`."""
    from inkdigits.cli.options import refuse_beside

    refuse_beside(click.get_current_context(), (*_READ_TOO, *_BULK), "--out")
    if len(sources) != 1 or sources[0] == "-":
        raise UsageError("With --out one collection is read: a folder, a Parquet file, a URI.")
    from inkdigits.cluster.job import Options, begin
    from inkdigits.cluster.places import place
    from inkdigits.cluster.run import choose_engine, locked, run

    source, out = place(sources[0]), place(bulk["out"])
    options = Options(single, expect_length, max_pixels, bulk["picture_seconds"])
    asked: Engine | None = bulk["engine"] or ("ray" if _is_given("address") else None)
    engine = choose_engine(asked, bulk["address"])
    if engine == "pool" and (asked == "ray" or (asked is None and bulk["address"])):
        click.echo("Ray is not installed; processes of this machine read instead.", err=True)
    if bulk["engine"] == "pool" and _is_given("address"):
        raise UsageError("--address is of Ray; it cannot be given with --engine pool.")
    with locked(out):
        columns = {name: bulk[name] for name in ("column", "name_column")}
        job = begin(source, out, options, model=model, told=_tell, **columns)
        with _Progress(job.pictures) as progress:
            try:
                done = run(
                    job, out, engine, workers=bulk["workers"], address=bulk["address"],
                    retry_errors=bulk["retry_errors"], known=progress.known,
                )  # fmt: skip
                with contextlib.closing(done):
                    for part in done:
                        progress.add(part)
            except KeyboardInterrupt as error:
                raise progress.stopped(getattr(error, "exit_code", 130)) from error
            except SystemExit as error:  # by which Ray takes SIGTERM, in some versions
                raise progress.stopped(128 + signal.SIGTERM) from error
    click.echo(one_line(f"{progress.summary()} Rows: {out.shown}"))
    return 0


def _tell(sentence: str) -> None:
    click.echo(one_line(sentence), err=True)


def _is_given(name: str) -> bool:
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


def refuse_without_out(bulk: dict[str, Any]) -> None:
    """Raise `UsageError` for options on the command line that need `--out`."""
    for name in bulk:
        if _is_given(name):
            raise UsageError(f"--{name.replace('_', '-')} needs --out.")


class _Progress:
    """How far it is, how fast, how long still: a bar on a terminal, a line now and then else."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = self._before = self._rows = self._errors = self._errors_before = 0
        self._began = self._shown = time.monotonic()
        self._bar: Any = None

    def __enter__(self) -> "_Progress":
        if sys.stderr.isatty():
            from rich import progress
            from rich.console import Console

            self._bar = progress.Progress(
                progress.BarColumn(bar_width=24),
                progress.MofNCompleteColumn(),
                progress.TextColumn("{task.fields[rate]:,.0f} pictures/s"),
                progress.TextColumn("{task.fields[left]}"),
                console=Console(stderr=True), transient=True, auto_refresh=False,
            )  # fmt: skip
            self._bar.start()
            self._bar.add_task("read", total=self.total, rate=0.0, left="")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def known(self, before: "Earlier") -> None:
        """What earlier starts have read."""
        self.done = self._before = before.pictures
        self._errors_before = before.errors
        for part in before.damaged:
            _tell(f"{part} is damaged; its pictures are read again.")
        if before.again:
            failed = counted(before.again, "picture")
            _tell(f"{failed} that could not be read: tried again, with all of the same parts.")
        if 0 < self.done < self.total:
            failed = _failed(before.errors)
            _tell(f"{self.done:,} of {self.total:,} pictures are read already{failed}.")

    def add(self, part: "Done") -> None:
        """A part is done."""
        self.done += part.pictures
        self._rows += part.rows
        self._errors += part.errors
        now = time.monotonic()
        if self._bar is not None and now - self._shown >= _DRAW_S:
            self._bar.update(0, completed=self.done, rate=self.rate, left=self._left())
            self._bar.refresh()
            self._shown = now
        elif self._bar is None and now - self._shown >= _LINE_S:
            line = f"{self.done:,} of {self.total:,} pictures, {self.rate:,.0f}/s, {self._left()}"
            click.echo(line, err=True)
            self._shown = now

    @property
    def rate(self) -> float:
        """Pictures a second, of this start."""
        return (self.done - self._before) / max(time.monotonic() - self._began, 1e-9)

    def _left(self) -> str:
        seconds = round((self.total - self.done) / max(self.rate, 1e-9))
        if seconds < 120:
            return f"{seconds} s left"
        return f"{seconds // 60:,} min left" if seconds < 7200 else f"{seconds / 3600:,.1f} h left"

    def stopped(self, exit_code: int) -> Stopped:
        """What ends the command early, and says how far it came."""
        sentence = f"Stopped: {self.done:,} of {self.total:,} pictures are read"
        return Stopped(f"{sentence}; the same command goes on.", exit_code)

    def summary(self) -> str:
        """What this start gave."""
        read = self.done - self._before
        if not read:
            all_of = "The picture was" if self.total == 1 else f"All {self.total:,} pictures were"
            return f"{all_of} read already{_failed(self._errors_before)}."
        speed = f"{self.rate:,.1f} pictures/s"
        given = f"{counted(read, 'picture')}, {counted(self._rows, 'row')}"
        return f"{given}, {speed}{_failed(self._errors)}."


def _failed(pictures: int) -> str:
    return f", {pictures:,} could not be read: see error" if pictures else ""
