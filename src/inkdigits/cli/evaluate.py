"""`inkdigits evaluate` and its tables."""

import json
from pathlib import Path

import click

from inkdigits.cli.options import RUN, data_option
from inkdigits.evaluation.metrics import Evaluation


@click.command()
@click.argument("run", type=RUN)
@data_option
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option("--png", type=click.Path(path_type=Path), help="Where to draw the confusion matrix.")
def evaluate(run: Path, data: Path | None, form: str, png: Path | None) -> None:
    """Score RUN on the whole test set: loss, accuracy with its 95% Wilson interval, each class.

    RUN may be an ensemble, whose networks' probabilities are averaged.

    The confusion matrix is drawn as figures/confusion.png of the run, or where --png says. On
    other data than the run's own it is drawn only with --png.
    """
    from inkdigits.cli.datasets import load, own_figure
    from inkdigits.cli.display import note
    from inkdigits.ensemble import averaged, open_networks
    from inkdigits.evaluation.metrics import evaluate_logits
    from inkdigits.figures.confusion import confusion_figure
    from inkdigits.figures.style import save_png
    from inkdigits.networks.predict import predict_logits
    from inkdigits.results import check_data
    from inkdigits.training.engine import choose_engine

    choose_engine("cpu").apply()
    opened, networks = open_networks(run)
    dataset = load(data)
    check_data(opened, networks[0], dataset)
    logits = [predict_logits(network, dataset.test.images) for network in networks]
    together = averaged(logits) if len(logits) > 1 else logits[0]
    evaluation = evaluate_logits(together, dataset.test.labels, opened.class_names)
    if form == "json":
        click.echo(json.dumps(evaluation.to_json(), indent=2))
    else:
        print_evaluation(evaluation)
    target = png or own_figure(opened, dataset, run / "figures" / "confusion.png")
    if target:
        save_png(confusion_figure(evaluation), target)
        note(f"Wrote {target}")


def print_evaluation(evaluation: Evaluation) -> None:
    """Accuracy, then a table of the classes, then the confusion matrix."""
    from inkdigits.cli.display import accuracy_line, console, plain_table

    out = console()
    out.print(accuracy_line(evaluation))
    out.print()
    table = plain_table()
    table.add_column("class")
    for column in ("precision", "recall", "F1", "images"):
        table.add_column(column, justify="right")
    for score in evaluation.scores:
        shares = (f"{value:.4f}" for value in (score.precision, score.recall, score.f1))
        table.add_row(score.name, *shares, f"{score.support:,}")
    out.print(table)
    out.print()
    matrix = plain_table("Confusion matrix: a row each true class, a column each class read")
    matrix.add_column("")
    for name in evaluation.classes:
        matrix.add_column(name, justify="right")
    for name, row in zip(evaluation.classes, evaluation.confusion, strict=True):
        matrix.add_row(name, *(str(count) if count else "·" for count in row))
    out.print(matrix)
