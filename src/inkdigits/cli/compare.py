"""`inkdigits compare`."""

from pathlib import Path

import click

from inkdigits.cli.options import RUN


@click.command()
@click.argument("runs", nargs=-1, required=True, type=RUN)
@click.option(
    "--png",
    type=click.Path(path_type=Path),
    default=Path("comparison.png"),
    show_default=True,
    help="Where to draw the curves.",
)
def compare(runs: tuple[Path, ...], png: Path) -> None:
    """Put RUNS side by side: settings that differ, test accuracy, time; curves in one figure."""
    from inkdigits.cli.display import console, note, plain_table
    from inkdigits.cli.text import printable
    from inkdigits.evaluation.runs import curve_of
    from inkdigits.figures.curves import curves_figure
    from inkdigits.figures.style import save_png
    from inkdigits.settings import differences
    from inkdigits.training.run import headline, open_run, read_history

    opened = [open_run(run) for run in runs]
    histories = [read_history(run) for run in opened]
    figures = [headline(run) for run in opened]
    changed = differences([run.recipe for run in opened])
    table = plain_table()
    for column in (
        "run",
        "seed",
        *changed,
        "test accuracy",
        "95% interval",
        "test loss",
        "seconds",
    ):
        table.add_column(column, justify="left" if column == "run" else "right")
    for row, (run, history, (accuracy, interval, loss)) in enumerate(
        zip(opened, histories, figures, strict=True)
    ):
        low, high = interval
        table.add_row(
            printable(run.path.name),
            str(run.seed),
            *(str(values[row]) for values in changed.values()),
            f"{accuracy:.2%}",
            f"{low:.2%} to {high:.2%}",
            f"{loss:.4f}",
            f"{history.seconds:.1f}",
        )
    console().print(table)
    pairs = zip(opened, histories, strict=True)
    curves = [curve_of(run.path.name, history) for run, history in pairs]
    title = f"{len(runs)} runs" if len(runs) > 1 else runs[0].name
    save_png(curves_figure(curves, title=title, epoch_label="mean of each epoch"), png)
    note(f"Wrote {png}")
