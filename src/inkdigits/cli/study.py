"""`inkdigits study`: claims put to the test over several seeds."""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inkdigits.cli.options import data_option

if TYPE_CHECKING:
    from inkdigits.evaluation.study import StudyRow


@click.group()
def study() -> None:
    """Put claims to the test: variants trained over several seeds, compared seed by seed."""


@study.command()
@data_option
@click.option("--seeds", type=click.IntRange(1, 1000), default=3, show_default=True)
@click.option("--only", metavar="NAME,...", help="Some of the claims; see the first column.")
@click.option("--epochs", type=click.IntRange(1, 1000), help="Instead of the recipe's 5.")
@click.option("--train-images", type=click.IntRange(6), help="Use only the first so many.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("studies/lab"), show_default=True
)
@click.option("--threads", type=int)
def lab(
    data: Path | None,
    seeds: int,
    only: str | None,
    epochs: int | None,
    train_images: int | None,
    out: Path,
    threads: int | None,
) -> None:
    """Train what the lab notebook's comments claim against its own network.

    Scored on training images held out, never on the test set. Stopped with Ctrl-C, the same
    command goes on where it was; the table and the figures are written to --out.
    """
    from inkdigits import files
    from inkdigits.cli.datasets import load
    from inkdigits.evaluation.claims import choose_claims
    from inkdigits.evaluation.study import hold_out, run_study, study_json
    from inkdigits.figures.study import study_figure
    from inkdigits.figures.style import save_png
    from inkdigits.training.distribution import refuse_many
    from inkdigits.training.engine import choose_engine

    refuse_many("study")
    claims = choose_claims(only)
    engine = choose_engine(threads=threads)
    engine.apply()
    dataset = load(data)
    held = hold_out(dataset.train, dataset.class_names, train_images)
    try:
        rows = run_study(claims, seeds, held, engine, out, epochs=epochs, report=_Progress())
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(
            f"Stopped; what was trained is kept in {out}. The same command goes on from there."
        ) from error
    text = _table_text(rows)
    click.echo(text)
    files.write_text(out / "table.txt", text)
    files.write_json(out / "results.json", study_json(rows))
    save_png(study_figure(rows), out / "differences.png")
    click.echo(f"Kept in {out}: table.txt, results.json, differences.png")


class _Progress:
    """A line a training on standard error, with the time left."""

    def __init__(self) -> None:
        self.trained: list[float] = []
        self.last = time.monotonic()

    def __call__(self, done: int, total: int, name: str, result: dict[str, Any]) -> None:
        from inkdigits.cli.display import note

        now = time.monotonic()
        if result.get("kept"):
            note(f"{done}/{total} {name}: {result['accuracy']:.2%}, kept from before")
            self.last = now
            return
        self.trained.append(now - self.last)
        self.last = now
        left = statistics.mean(self.trained) * (total - done)
        diverged = ", diverged" if result.get("diverged") else ""
        note(
            f"{done}/{total} {name}: {result['accuracy']:.2%}{diverged}, "
            f"{self.trained[-1]:.1f} s; about {left / 60:.1f} min left"
        )


def _table_text(rows: Sequence["StudyRow"]) -> str:
    from io import StringIO

    from rich.console import Console

    from inkdigits.cli.display import plain_table

    table = plain_table()
    for column in ("variant", "the notebook says"):
        table.add_column(column)
    for column in ("accuracy", "± sd", "difference", "95% interval", "p", "seconds"):
        table.add_column(column, justify="right")
    table.add_column("verdict")
    for row in rows:
        comparison = row.comparison
        interval = comparison.interval if comparison else None
        table.add_row(
            row.name,
            row.claim.says if row.claim else "the network as it is",
            f"{statistics.mean(row.accuracies):.2%}",
            f"{100 * row.spread:.2f}" if row.spread is not None else "",
            f"{100 * comparison.mean_difference:+.2f}" if comparison else "",
            f"{100 * interval[0]:+.2f} to {100 * interval[1]:+.2f}" if interval else "",
            f"{comparison.p_value:.3f}" if comparison and comparison.p_value is not None else "",
            f"{statistics.mean(row.seconds):.1f}",
            row.verdict,
        )
    buffer = StringIO()
    Console(file=buffer, width=160, highlight=False).print(table)
    lines = [line.rstrip() for line in buffer.getvalue().splitlines()]
    seeds = len(rows[0].accuracies)
    lines.append(
        f"\n{seeds} seed{'s' if seeds > 1 else ''}; accuracy on held-out training images; "
        "differences in points, variant minus baseline (or what follows /), paired by seed."
    )
    return "\n".join(lines) + "\n"
