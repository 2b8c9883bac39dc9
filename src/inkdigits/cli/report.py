"""`inkdigits report`."""

import json
import time
from pathlib import Path

import click

from inkdigits.cli.options import RUN, data_option
from inkdigits.cli.targets import check_writable
from inkdigits.errors import UsageError


@click.command()
@click.argument("model", type=RUN)
@data_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The page; its numbers go into a .json file beside it.",
)
@click.option(
    "--images",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="Test images of each corruption, attack and change; 10000 are all of MNIST's.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option("--steps", type=click.IntRange(1, 10_000), default=40, help="Of each attack: 40.")
@click.option("--restarts", type=click.IntRange(1, 1_000), default=3, help="Of each attack: 3.")
def report(
    model: Path, data: Path | None, out: Path, images: int, seed: int, steps: int, restarts: int
) -> None:
    """Write a page about MODEL: a run, an ensemble, an ONNX file, or `shipped`.

    Accuracy, mistakes, calibration, corruptions, what is no digit, attacks, what the network looks
    at and what its filters like, writing that changes: one HTML file that any browser shows and
    prints, and a JSON file of its numbers. What an ONNX file or other data than digits do not allow
    is left out, and the page says why.
    """
    from inkdigits import files
    from inkdigits.cli.datasets import load
    from inkdigits.cli.display import accuracy_line, note
    from inkdigits.evaluation.adversarial import Attack
    from inkdigits.models import open_model
    from inkdigits.report import Settings, measure, report_numbers, report_page
    from inkdigits.training.engine import choose_engine

    numbers = out.with_suffix(".json")
    if numbers == out:
        raise UsageError(f"{out} is where the numbers go; name the page, such as report.html.")
    for path in (out, numbers):
        check_writable(path)
    choose_engine("cpu").apply()
    opened = open_model(model)
    dataset = load(data)
    opened.check(dataset)
    with _Progress() as progress:
        settings = Settings(images, seed, Attack(steps, restarts))
        findings = measure(opened, dataset, settings, progress)
    page = report_page(findings)
    # As ASCII: what is no Unicode in a name is an escape then.
    text = json.dumps(report_numbers(findings), indent=2, allow_nan=False)
    files.write_together({numbers: f"{text}\n", out: page})
    click.echo(accuracy_line(findings.evaluation))
    note(f"Wrote {out} and {numbers}")


class _Progress:
    """A bar with the time left on a terminal, a line a part elsewhere; both on standard error."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.console = Console(stderr=True, highlight=False, markup=False)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=32),
            TextColumn("{task.percentage:.0f}%"),
            TimeRemainingColumn(compact=True),
            console=self.console,
            transient=True,
        )
        self.task = self.bar.add_task("", total=1.0)
        self.part, self.began = "", time.monotonic()

    def __enter__(self) -> "_Progress":
        if self.console.is_terminal:
            self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def __call__(self, part: str, done: float) -> None:
        self.bar.update(self.task, description=f"Measuring {part}", completed=done)
        if part == self.part or self.console.is_terminal:
            return
        from inkdigits.cli.display import note

        self.part, passed = part, time.monotonic() - self.began
        left = f"; about {passed * (1 - done) / done:.0f} s left" if done > 0 else ""
        note(f"Measuring {part} ({100 * done:.0f}% done{left})")
