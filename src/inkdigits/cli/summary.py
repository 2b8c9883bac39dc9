"""`inkdigits summary` and `inkdigits recipes`; of recipes, they need no torch."""

from pathlib import Path
from typing import Any

import click

from inkdigits.cli.options import RUN, recipe_from, recipe_options, refuse_beside
from inkdigits.networks.summary import Summary, summarize
from inkdigits.training.recipes import RECIPES


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
    print_summary(summarize(recipe.network, recipe.optimizer.name), recipe.name)


def print_summary(summary: Summary, name: str) -> None:
    """Keras's table: layer with its type, output shape, parameters; then the totals."""
    from rich.console import Console

    Console(highlight=False).print(summary.to_rich(name))


@click.command()
def recipes() -> None:
    """List the recipes."""
    for name, recipe in RECIPES.items():
        count = summarize(recipe.network).trainable
        optimizer = recipe.optimizer
        click.echo(
            f"{name}: {count:,} trainable parameters, {recipe.epochs} epochs, "
            f"batches of {recipe.batch_size}, {optimizer.name} at {optimizer.learning_rate}"
        )
