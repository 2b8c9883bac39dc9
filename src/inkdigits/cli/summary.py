"""`inkdigits summary` and `inkdigits recipes`; of recipes, they need no torch."""

from pathlib import Path
from typing import Any

import click

from inkdigits.cli.options import RUN, recipe_from, recipe_options, refuse_beside
from inkdigits.networks.summary import Summary, summarize
from inkdigits.training.recipes import CATALOGUE, MEASURED_ON, Measured

_COLUMNS = ("parameters", "epochs", "test accuracy", "± sd", "seeds", "seconds")
_TABLE = 78  # columns of a terminal; in fewer the table of recipes would lose words and numbers


@click.command()
@recipe_options
@click.argument("run", required=False, type=RUN)
@click.pass_context
def summary(context: click.Context, /, run: Path | None, **options: Any) -> None:
    """Print the layers of a recipe's (or RUN's) network and the totals, as Keras does."""
    if run is None:
        recipe = recipe_from(options)
    else:
        from inkdigits.training.run import open_run

        refuse_beside(context, {"run"}, "RUN: its recipe is what it is")
        recipe = open_run(run).recipe
    optimizer = recipe.optimizer
    print_summary(summarize(recipe.network, optimizer.name, optimizer.momentum), recipe.name)


def print_summary(summary: Summary, name: str) -> None:
    """Keras's table: layer with its type, output shape, parameters; then the totals."""
    from rich.console import Console

    Console(highlight=False).print(summary.to_rich(name))


@click.command()
def recipes() -> None:
    """List the recipes with what they gave on MNIST's test set."""
    from inkdigits.cli.display import console, plain_table

    rows = [
        (
            name,
            named.purpose,
            f"{summarize(named.recipe.network).trainable:,}",
            str(named.recipe.epochs),
            *_figures(named.measured),
        )
        for name, named in CATALOGUE.items()
    ]
    out = console()
    if out.width < _TABLE:
        for name, purpose, *values in rows:
            numbers = (f"{column} {value}" for column, value in zip(_COLUMNS, values, strict=True))
            out.print(f"{name}: {purpose}; {', '.join(numbers)}")
    else:
        table = plain_table()
        table.add_column("recipe", no_wrap=True)
        table.add_column("what for")
        for column in _COLUMNS:
            table.add_column(column, justify="right", no_wrap=True)
        for row in rows:
            table.add_row(*row)
        out.print(table)
    out.print(f"Means over seeds and median seconds of training, on {MEASURED_ON}")


def _figures(measured: Measured | None) -> tuple[str, str, str, str]:
    """Accuracy, its deviation, seeds and seconds; a dash where nothing was measured."""
    if measured is None:
        return "–", "–", "–", "–"
    return (
        f"{measured.accuracy:.2%}",
        f"{100 * measured.deviation:.2f}",
        str(measured.seeds),
        f"{measured.seconds:.1f}",
    )
