"""`inkdigits summary` and `inkdigits recipes`; neither needs torch."""

from typing import Any

import click

from inkdigits.cli.options import recipe_from, recipe_options
from inkdigits.networks.summary import Summary, summarize
from inkdigits.training.recipe import RECIPES


@click.command()
@recipe_options
@click.argument("run", required=False, type=click.Path())
def summary(run: str | None, **options: Any) -> None:
    """Print the layers of a recipe's (or RUN's) network and the totals, as Keras does."""
    if run is None:
        recipe = recipe_from(options)
    else:
        from pathlib import Path

        from inkdigits.training.run import open_run

        recipe = open_run(Path(run)).recipe
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
