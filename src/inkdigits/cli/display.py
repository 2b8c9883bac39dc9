"""What commands print: notes, tables, training's progress."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from inkdigits.cli.text import one_line
from inkdigits.evaluation.metrics import Evaluation

if TYPE_CHECKING:
    from inkdigits.training.trainer import Trainer

_REFRESH_S = 0.1
NO_LIMIT = 1_000_000  # columns, of what is no terminal


def console() -> Console:
    """The console for results, on standard output; lines in files and pipes may have any length."""
    width = None if sys.stdout.isatty() else NO_LIMIT
    # No markup: names of classes and runs come from outside.
    return Console(highlight=False, markup=False, soft_wrap=width is not None, width=width)


def note(line: str) -> None:
    """A line about what is being done, on standard error, apart from results."""
    click.echo(one_line(line), err=True)


class _ImageRate(ProgressColumn):
    """How many images a second."""

    def render(self, task: Task) -> str:
        return f"{task.finished_speed or task.speed or 0:,.0f} images/s"


class Bars:
    """Bars for downloads and for images drawn, on standard error, on a terminal only."""

    def __init__(self, unit: Literal["bytes", "images"]) -> None:
        rate = TransferSpeedColumn() if unit == "bytes" else _ImageRate()
        self.columns = (*Progress.get_default_columns()[:-1], rate, TimeRemainingColumn())
        self.progress: Progress | None = None
        self.tasks: dict[str, TaskID] = {}

    def __call__(self, description: str, done: int, total: int | None) -> None:
        # Later Rich stands in for standard error, which before 15 calls itself no terminal.
        if self.progress is None:
            if not sys.stderr.isatty():
                return
            self.progress = Progress(*self.columns, console=Console(stderr=True), transient=True)
            self.progress.start()
        if description not in self.tasks:
            self.tasks[description] = self.progress.add_task(one_line(description))
        self.progress.update(self.tasks[description], completed=done, total=total)
        if self.progress.finished:
            self.close()

    def close(self) -> None:
        """Take the bars away."""
        if self.progress is not None:
            self.progress.stop()
            self.progress = None
            self.tasks.clear()


class TrainingProgress:
    """Epoch, step, rate, time left, loss and accuracy: live on a terminal, a line an epoch else."""

    def __init__(self, trainer: "Trainer") -> None:
        self.console = Console(stderr=True, highlight=False, markup=False)
        self.live = self.console.is_terminal
        self.progress = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:,.0f} images/s"),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            TextColumn("loss {task.fields[loss]:.4f}  accuracy {task.fields[accuracy]:.2%}"),
            console=self.console,
            auto_refresh=False,
            transient=True,
        )
        self.task = self.progress.add_task(
            "train", total=trainer.total_steps, completed=trainer.step,
            epoch="", rate=0.0, loss=0.0, accuracy=0.0,
        )  # fmt: skip
        self.began_at, self.began_step = time.monotonic(), trainer.step
        self.drawn_at = 0.0
        self.epoch_seconds = trainer.history.seconds
        if self.live:
            self.progress.start()

    def close(self) -> None:
        """Take the bar away."""
        self.progress.stop()

    def on_step(self, trainer: "Trainer") -> None:
        now = time.monotonic()
        if not self.live or now - self.drawn_at < _REFRESH_S:
            return
        self.drawn_at = now
        history = trainer.history
        recent = slice(-50, None)
        rate = (trainer.step - self.began_step) / max(now - self.began_at, 1e-9)
        self.progress.update(
            self.task,
            completed=trainer.step,
            epoch=f"{trainer.epoch + 1}/{trainer.recipe.epochs}",
            rate=rate * trainer.recipe.batch_size,
            loss=sum(history.losses[recent]) / len(history.losses[recent]),
            accuracy=sum(history.accuracies[recent]) / len(history.accuracies[recent]),
        )
        self.progress.refresh()

    def on_epoch(self, trainer: "Trainer") -> None:
        history = trainer.history
        seconds = history.seconds - self.epoch_seconds
        self.epoch_seconds = history.seconds
        self.console.print(
            f"Epoch {trainer.epoch}/{trainer.recipe.epochs}  "
            f"loss {history.epoch_losses[-1]:.4f}  accuracy {history.epoch_accuracies[-1]:.2%}  "
            f"{seconds:.1f} s  {len(trainer.images) / max(seconds, 1e-9):,.0f} images/s"
        )


@contextlib.contextmanager
def training_progress() -> Iterator[Callable[["Trainer"], list[TrainingProgress]]]:
    """What makes a trainer's progress display, which is taken away when the block ends."""
    with contextlib.ExitStack() as stack:

        def watch(trainer: "Trainer") -> list[TrainingProgress]:
            progress = TrainingProgress(trainer)
            stack.callback(progress.close)
            return [progress]

        yield watch


def accuracy_line(evaluation: Evaluation) -> str:
    """One line: accuracy with its interval, loss, how many images."""
    low, high = evaluation.interval
    return (
        f"Test accuracy {evaluation.accuracy:.2%} ({evaluation.correct:,} of "
        f"{evaluation.images:,}; 95% interval {low:.2%} to {high:.2%}), loss {evaluation.loss:.4f}"
    )


def plain_table(title: str | None = None) -> Table:
    """A table in the house's plain look."""
    return Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
