"""`inkdigits compare`."""

import dataclasses
from pathlib import Path

import click

from inkdigits.cli.options import RUN

_MOST_COLUMNS = 8  # of a table with a line a run


@click.command()
@click.argument("runs", nargs=-1, required=True, type=RUN)
@click.option(
    "--png",
    type=click.Path(path_type=Path),
    help="Where to draw the curves; by default comparison.png beside the first run.",
)
def compare(runs: tuple[Path, ...], png: Path | None) -> None:
    """Put RUNS side by side: what differs, test accuracy, time; curves in one figure."""
    from inkdigits.cli.display import console, note, plain_table
    from inkdigits.cli.text import one_line
    from inkdigits.figures.curves import curves_figure
    from inkdigits.figures.style import save_png
    from inkdigits.results import curve_of, read_evaluation
    from inkdigits.settings import differing
    from inkdigits.training.run import open_run, read_history

    opened = [open_run(run) for run in runs]
    evaluations = [read_evaluation(run) for run in opened]
    histories = [read_history(run) for run in opened]
    changed = differing(
        [
            {
                "data": run.data.get("name"),
                "test set": run.data.get("sha256", {}).get("test_images"),
            }
            | dataclasses.asdict(run.engine)
            | run.recipe.to_json()
            for run in opened
        ]
    )
    if "test set" in changed:  # hashes are long; that they differ is what counts
        changed["test set"] = [str(digest)[:8] for digest in changed["test set"]]
    rows = {
        "seed": [str(run.seed) for run in opened],
        **{key: [str(value) for value in values] for key, values in changed.items()},
        "test accuracy": [f"{evaluation.accuracy:.2%}" for evaluation in evaluations],
        "95% interval": [
            f"{low:.2%} to {high:.2%}" for low, high in (each.interval for each in evaluations)
        ],
        "test loss": [f"{evaluation.loss:.4f}" for evaluation in evaluations],
        "seconds": [f"{history.seconds:.1f}" for history in histories],
    }
    names = [run.path.name for run in opened]
    # A line a run, unless more is to be said of each than there are runs.
    header, lines = ["run", *rows], list(zip(names, *rows.values(), strict=True))
    if len(rows) > max(len(runs), _MOST_COLUMNS):
        header, lines = ["", *names], [(key, *values) for key, values in rows.items()]
    table = plain_table()
    for number, column in enumerate(header):
        table.add_column(one_line(column), justify="right" if number else "left")
    for line in lines:
        table.add_row(*map(one_line, line))
    console().print(table)
    pairs = zip(opened, histories, strict=True)
    curves = [curve_of(run.path.name, history) for run, history in pairs]
    title = f"{len(runs)} runs" if len(runs) > 1 else runs[0].name
    target = png or runs[0].parent / "comparison.png"
    save_png(curves_figure(curves, title=title, epoch_label="mean of each epoch"), target)
    note(f"Wrote {target}")
