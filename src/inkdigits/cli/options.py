"""Options that several commands share."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from inkdigits.data import Dataset
from inkdigits.errors import UsageError
from inkdigits.networks.description import Activation, Norm, Padding, Pooling
from inkdigits.training.hyperparameters import OptimizerName
from inkdigits.training.recipe import Loss, Recipe
from inkdigits.training.recipes import DEFAULT, find_recipe

Command = TypeVar("Command", bound=Callable[..., Any])

RUN = click.Path(path_type=Path)

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A data set of your own: IDX files, an .npz, or folders of labelled pictures. "
    "Without it: MNIST, from the first source that has it.",
)

# Option names and the recipe setting that each changes.
_SHORTCUTS = {
    "epochs": "epochs",
    "batch_size": "batch_size",
    "learning_rate": "optimizer.learning_rate",
    "optimizer": "optimizer.name",
    "loss": "loss",
    "l2": "l2",
    "dropout": "network.dropout",
    "kernel": "network.stages.kernel",
    "padding": "network.stages.padding",
    "norm": "network.stages.norm",
    "activation": "network.stages.activation",
}


def recipe_options(command: Command) -> Command:
    """Options that choose a recipe and change entries of it; see `recipe_from`."""
    choice = click.Choice
    for option in reversed(
        [
            click.option(
                "--recipe", default=DEFAULT, show_default=True, help="One that `recipes` lists."
            ),
            click.option("--epochs", type=int, help="Passes over the training set."),
            click.option("--batch-size", type=int, help="Images a step."),
            click.option("--learning-rate", type=float, help="The optimizer's step size."),
            click.option("--optimizer", type=choice(get_args(OptimizerName))),
            click.option("--loss", type=choice(get_args(Loss))),
            click.option("--l2", type=float, help="L2 penalty on the convolutions."),
            click.option("--dropout", type=float, help="Share of features dropped."),
            click.option("--filters", metavar="N,N,...", help="Filters of each stage."),
            click.option("--kernel", type=int, help="Kernel size of all stages, in pixels."),
            click.option("--padding", type=choice(get_args(Padding))),
            click.option("--norm", type=choice(get_args(Norm))),
            click.option("--activation", type=choice(get_args(Activation))),
            click.option(
                "--pooling", type=choice(get_args(Pooling)), help="Of the stages that pool."
            ),
            click.option(
                "--set",
                "settings",
                multiple=True,
                metavar="KEY=VALUE",
                help="Any entry of the recipe, such as network.stages.2.filters=64.",
            ),
        ]
    ):
        command = option(command)
    return command


def recipe_from(options: Mapping[str, Any], dataset: Dataset | None = None) -> Recipe:
    """The recipe that the options of `recipe_options` describe, for MNIST or for `dataset`.

    Raises:
        UsageError: if the options contradict each other or the data.
    """
    given = {key: option for option, key in _SHORTCUTS.items() if options[option] is not None}
    short = [f"{key}={options[option]}" for key, option in given.items()]
    for setting in options["settings"]:
        key = setting.partition("=")[0].strip()
        if key in ("network.classes", "network.image_size"):
            raise UsageError(f"--set {setting}: classes and image size are those of the data.")
        if key in given:
            option = given[key].replace("_", "-")
            raise UsageError(f"--set {setting}: --{option} says already what {key} is.")
    return find_recipe(options["recipe"]).changed(
        [*short, *options["settings"]],
        filters=options["filters"],
        pooling=options["pooling"],
        data=(len(dataset.class_names), dataset.image_size) if dataset else None,
    )


def refuse_beside(context: click.Context, allowed: Collection[str], what: str) -> None:
    """Raise `UsageError` for options on the command line, other than `allowed`, beside `what`."""
    source = click.core.ParameterSource.COMMANDLINE
    for name in context.params:
        if name not in allowed and context.get_parameter_source(name) == source:
            option = next(each.opts[0] for each in context.command.params if each.name == name)
            raise UsageError(f"{option} cannot be given with {what}.")
