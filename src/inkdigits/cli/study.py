"""`inkdigits study`: claims put to the test, and curves drawn, over several seeds."""

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inkdigits.cli.options import Command, data_option
from inkdigits.cli.stopping import Stopped
from inkdigits.training.recipes import DEFAULT
from inkdigits.words import counted

if TYPE_CHECKING:
    from rich.table import Table

    from inkdigits.data import Dataset
    from inkdigits.evaluation.series import Kind, Point, Series
    from inkdigits.evaluation.study import StudyRow
    from inkdigits.evaluation.trials import StudyData, Trial


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

    Scored on training images held out, never on the test set. A claim holds, or does not, where a
    paired t test says so at 5% after Holm's correction for the number of claims. Stopped with
    Ctrl-C, the same command goes on where it was; the table and the figures are written to --out.
    """
    from inkdigits import files
    from inkdigits.cli.datasets import load
    from inkdigits.evaluation.claims import choose_claims
    from inkdigits.evaluation.study import run_study, study_json
    from inkdigits.figures.study import study_figure
    from inkdigits.figures.style import save_png
    from inkdigits.training.distribution import refuse_many
    from inkdigits.training.engine import choose_engine

    refuse_many("study")
    claims = choose_claims(only)
    engine = choose_engine(threads=threads)
    engine.apply()
    dataset = load(data)
    held = _held_out(dataset, train_images)
    with _stops(out):
        rows = run_study(claims, seeds, held, engine, out, epochs=epochs, report=_Progress())
    text = _table_text(rows, held)
    files.write_text(out / "table.txt", text)
    files.write_json(out / "results.json", study_json(rows, held))
    save_png(study_figure(rows, len(held.validation.labels)), out / "differences.png")
    click.echo(text)
    click.echo(f"Kept in {out}: table.txt, results.json, differences.png")


def _series_options(command: Command) -> Command:
    """What `data` and `noise` have in common."""
    count = click.IntRange(1, 1000)
    for option in reversed(
        [
            data_option,
            click.option("--recipe", default=DEFAULT, show_default=True),
            click.option("--seeds", type=count, default=3, show_default=True),
            click.option("--only", metavar="NAME,...", help="Some of the variants."),
            click.option(
                "--steps",
                type=click.IntRange(0, 10**7),
                default=500,
                show_default=True,
                help="Of each training at least; 0: the recipe's epochs, however few the images.",
            ),
            click.option("--train-images", type=click.IntRange(6), help="Only the first so many."),
            click.option("--threads", type=int),
        ]
    ):
        command = option(command)
    return command


def _out_option(folder: str) -> Callable[[Command], Command]:
    kind = click.Path(path_type=Path)
    return click.option("--out", type=kind, default=Path(folder), show_default=True)


@study.command()
@_series_options
@click.option(
    "--sizes",
    metavar="N,...",
    help="[default: those of 10, 100, 1000, 10000 that there are, and all]",
)
@_out_option("studies/data")
def data(sizes: str | None, **options: Any) -> None:
    """Draw the learning curve: accuracy by the number of training images.

    Trained with and without augmentation on nested subsets that hold the classes in their
    proportions, others for each seed. Scored on training images held out, never on the test set;
    `all` are those that are left. Stopped with Ctrl-C, the same command goes on where it was.
    """
    _run_series("data", sizes, **options)


@study.command()
@_series_options
@click.option("--wrong", default="0,10,20,30,40,50,60", show_default=True, metavar="PERCENT,...")
@_out_option("studies/noise")
def noise(wrong: str, **options: Any) -> None:
    """Train with wrong labels: accuracy by their share, for four ways to train.

    A wrong label is any of the other classes with the same chance. Scored with right labels on
    training images held out, never on the test set. Stopped with Ctrl-C, the same command goes on
    where it was.
    """
    _run_series("noise", wrong, **options)


def _run_series(
    kind: "Kind",
    amounts: str | None,
    *,
    data: Path | None,
    recipe: str,
    seeds: int,
    only: str | None,
    train_images: int | None,
    steps: int,
    out: Path,
    threads: int | None,
) -> None:
    from inkdigits import files
    from inkdigits.cli.datasets import load
    from inkdigits.evaluation import series as studies
    from inkdigits.figures.series import series_figure
    from inkdigits.figures.style import save_png
    from inkdigits.training.distribution import refuse_many
    from inkdigits.training.engine import choose_engine
    from inkdigits.training.recipes import find_recipe

    refuse_many("study")
    variants, chosen = studies.choose_variants(kind, only), find_recipe(recipe)
    percents = studies.choose_percents(amounts or "") if kind == "noise" else ()
    engine = choose_engine(threads=threads)
    engine.apply()
    dataset = load(data)
    held = _held_out(dataset, train_images)
    asked = studies.Series(
        kind,
        chosen.for_data(len(dataset.class_names), dataset.image_size),
        percents or studies.choose_sizes(amounts, held),
        seeds,
        steps,
        variants,
    )
    with _stops(out):
        points = studies.run_series(asked, held, engine, out, _Progress())
    content = studies.series_json(asked, points, held)
    text = _series_text(asked, points, held)
    files.write_text(out / "table.txt", text)
    files.write_json(out / "results.json", content)
    save_png(series_figure(asked, points, len(held.validation.labels)), out / "curve.png")
    click.echo(text)
    click.echo(f"Kept in {out}: table.txt, results.json, curve.png")


def _held_out(dataset: "Dataset", limit: int | None) -> "StudyData":
    """MNIST's images in their order, which mixes the classes; those of other sets mixed."""
    from inkdigits.evaluation.trials import hold_out

    is_mnist = dataset.name == "mnist"
    return hold_out(dataset.train, dataset.class_names, limit, mix=not is_mnist)


@contextlib.contextmanager
def _stops(out: Path) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as error:
        raise Stopped(
            f"Stopped; what was trained is kept in {out}. The same command goes on from there.",
            getattr(error, "exit_code", 130),
        ) from error


class _Progress:
    """A line a training on standard error, with the time left."""

    def __init__(self) -> None:
        self.seconds, self.work = 0.0, 0.0
        self.last = time.monotonic()

    def __call__(self, done: int, trials: Sequence["Trial"], result: dict[str, Any]) -> None:
        from inkdigits.cli.display import note

        now, trial = time.monotonic(), trials[done - 1]
        took, self.last = now - self.last, now
        line = f"{done}/{len(trials)} {trial.name}, seed {trial.seed}: {result['accuracy']:.2%}"
        if result.get("kept"):
            note(f"{line}, kept from before")
            return
        # Trainings of a study differ in length.
        self.seconds += took
        self.work += trial.work
        left = self.seconds / self.work * sum(trial.work for trial in trials[done:])
        diverged = ", diverged" if result.get("diverged") else ""
        note(f"{line}{diverged}, {took:.1f} s; about {left / 60:.1f} min left")


def _series_text(series: "Series", points: Sequence["Point"], held: "StudyData") -> str:
    from inkdigits.cli.display import plain_table

    what, sign = {"data": ("images", ""), "noise": ("wrong", "%")}[series.kind]
    table = plain_table()
    table.add_column(what, justify="right")
    variants = list(dict.fromkeys(point.variant.name for point in points))
    for name in variants:
        table.add_column(name, justify="right")
    found = {(point.variant.name, point.amount): point for point in points}
    for amount in sorted({point.amount for point in points}):
        cells = [found.get((name, amount)) for name in variants]
        table.add_row(f"{amount:,}{sign}", *(_cell(point) if point else "" for point in cells))
    half = "; ± half of the mean's 95% interval over seeds (Student's t), in points"
    diverged = [(f"{each.variant.name} at {each.amount:,}{sign}", each.diverged) for each in points]
    return _printed(table) + (
        f"\n{_measured(series.seeds, held)}"
        f"{half if any(each.interval for each in points) else ''}.\n{_diverged(diverged)}"
    )


def _measured(seeds: int, held: "StudyData") -> str:
    """How often was trained, and on how many images it was scored."""
    images = len(held.validation.labels)
    return f"{counted(seeds, 'seed')}; accuracy on {images:,} held-out training images"


def _diverged(counts: Sequence[tuple[str, int]]) -> str:
    """A line that names those of whose trainings some diverged; nothing where none did."""
    named = ", ".join(f"{name} ({count})" for name, count in counts if count)
    return f"Diverged, and counted as guessing: {named}.\n" if named else ""


def _cell(point: "Point") -> str:
    interval = point.interval
    half = f" ± {50 * (interval[1] - interval[0]):.2f}" if interval else ""
    return f"{point.mean:.2%}{half}"


def _printed(table: "Table") -> str:
    from io import StringIO

    from rich.console import Console

    from inkdigits.cli.display import NO_LIMIT

    buffer = StringIO()
    Console(file=buffer, width=NO_LIMIT, highlight=False).print(table)
    return "".join(line.rstrip() + "\n" for line in buffer.getvalue().splitlines())


def _table_text(rows: Sequence["StudyRow"], held: "StudyData") -> str:
    from inkdigits.cli.display import plain_table

    table = plain_table()
    for column in ("variant", "the notebook says"):
        table.add_column(column)
    for column in ("accuracy", "± sd", "difference", "95% interval", "p", "p, Holm", "seconds"):
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
            f"{row.corrected_p:.3f}" if row.corrected_p is not None else "",
            f"{statistics.mean(row.seconds):.1f}",
            row.verdict,
        )
    return _printed(table) + (
        f"\n{_measured(len(rows[0].accuracies), held)}; "
        "differences in points, variant minus baseline (or what follows /), paired by seed.\n"
        f"Verdicts are by 'p, Holm': corrected for {counted(len(rows) - 1, 'claim')}; "
        "intervals and p are not.\n"
        f"{_diverged([(row.name, row.diverged) for row in rows])}"
    )
