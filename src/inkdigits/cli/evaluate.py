"""`inkdigits evaluate` and its tables."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inkdigits.cli.options import RUN, data_option
from inkdigits.cli.targets import PNG
from inkdigits.errors import DataError, UsageError
from inkdigits.evaluation.metrics import Evaluation

if TYPE_CHECKING:
    from rich.table import Table

_MISTAKES = 20  # that are listed


@click.command()
@click.argument("run", type=RUN, required=False, metavar="[MODEL]")
@data_option
@click.option(
    "--photos",
    type=click.Path(path_type=Path),
    metavar="MANIFEST",
    help="Labelled pictures: a JSON object a line with file, lines and maybe group.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option("--png", type=PNG, help="Where to draw the confusion matrix.")
def evaluate(
    run: Path | None, data: Path | None, photos: Path | None, form: str, png: Path | None
) -> int:
    """Score MODEL: a run, an ensemble or an ONNX file; without it the network that is shipped.

    A run or an ensemble, whose networks' probabilities are averaged, is scored on the whole test
    set: loss, accuracy with its 95% Wilson interval, each class. With --photos any model reads
    labelled pictures. With --data an .npz of `images` and `labels`, or a folder of labelled crops,
    any model reads single digits, normalised as when it reads.

    The confusion matrix is drawn as figures/confusion.png of the run, or where --png says. On
    other data than the run's own it is drawn only with --png.
    """
    from inkdigits.data.crops import is_crops
    from inkdigits.recognition.modelfile import names_shipped

    if run is not None and names_shipped(run):
        run = None
    if photos:
        if data or png:
            raise UsageError("--photos cannot be given with --data or --png.")
        return _evaluate_photos(run, photos, form)
    if data and is_crops(data) and not _is_own_data(run, data):
        _show(_evaluate_crops(run, data), form, png)
    elif run is None or run.is_file():
        _show(_evaluate_test_set(run, data), form, png)
    else:
        _evaluate_run(run, data, form, png)
    return 0


def _evaluate_run(run: Path, data: Path | None, form: str, png: Path | None) -> None:
    from inkdigits.cli.datasets import load, own_figure
    from inkdigits.cli.display import note
    from inkdigits.ensemble import averaged, open_networks
    from inkdigits.evaluation.metrics import evaluate_logits
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
    others = opened.class_names[len(dataset.class_names) :]
    if others:
        among = together[:, : len(dataset.class_names)].argmax(1) == dataset.test.labels
        named = ", ".join(f"'{name}'" for name in others)
        note(
            f"{named}: not in this data, and a mistake where it is read; among the classes that "
            f"are, {among.mean():.2%} are read rightly."
        )
    _show(evaluation, form, png or own_figure(opened, dataset, run / "figures" / "confusion.png"))


def _is_own_data(run: Path | None, data: Path) -> bool:
    """Whether a run was trained on a part of these pictures, so that only the rest may score it."""
    if run is None or not run.is_dir() or not data.is_dir():
        return False
    from inkdigits.cli.display import note
    from inkdigits.data import load_dataset
    from inkdigits.ensemble import is_ensemble, open_ensemble
    from inkdigits.training.run import open_run

    if is_ensemble(run):
        ensemble = open_ensemble(run)
        first = ensemble.member(ensemble.seeds[0])
    else:
        first = open_run(run)
    try:
        dataset = load_dataset(data)
    except DataError:  # crops of many sizes
        return False
    is_own = first.knows(dataset)
    if not is_own and dataset.name == first.data.get("name"):
        note(
            f"{run} was trained on a part of {dataset.name}, which has changed since: what it "
            "learned from may be among these pictures, and the accuracy then flatters."
        )
    return is_own


def _evaluate_crops(model: Path | None, data: Path) -> Evaluation:
    from inkdigits.data.crops import load_crops
    from inkdigits.evaluation.metrics import evaluate_logits
    from inkdigits.recognition.recognizer import Recognizer

    recognizer = Recognizer(model)
    crops = load_crops(data)
    scores = recognizer.network.score(crops.images)
    return evaluate_logits(_logarithms(scores.probabilities), crops.labels, tuple("0123456789"))


def _evaluate_test_set(model: Path | None, data: Path | None) -> Evaluation:
    """A network that reads, on a data set's test images as they are."""
    from inkdigits.cli.datasets import load
    from inkdigits.evaluation.metrics import evaluate_logits
    from inkdigits.recognition.recognizer import Recognizer

    recognizer = Recognizer(model)
    dataset = load(data)
    if len(dataset.class_names) != 10:
        raise UsageError(
            f"{dataset.source} has {len(dataset.class_names)} classes, not ten digits."
        )
    scores = recognizer.network.score(dataset.test.images)
    logits = _logarithms(scores.probabilities)
    return evaluate_logits(logits, dataset.test.labels, dataset.class_names)


def _logarithms(probabilities: Any) -> Any:
    import numpy as np

    return np.log(np.maximum(probabilities, np.finfo(np.float64).tiny))


def _evaluate_photos(model: Path | None, manifest: Path, form: str) -> int:
    from inkdigits.evaluation.photos import read_manifest, score_pictures, summary
    from inkdigits.recognition.recognizer import Recognizer

    pictures = read_manifest(manifest)
    results = score_pictures(pictures, Recognizer(model).read)
    for result in results:
        if result.problem:
            click.echo(result.problem, err=True)
    figures = summary(results)
    click.echo(json.dumps(figures, indent=2) if form == "json" else _photo_tables(figures))
    return int(any(result.problem for result in results))


def _photo_tables(figures: dict[str, Any]) -> str:
    """The figures of `summary` as tables."""
    from inkdigits.cli.text import columns

    def of(part: int, whole: int) -> str:
        return f"{part} of {whole}" if whole else "–"

    def share(value: float | None) -> str:
        return "–" if value is None else f"{value:.1%}"

    rows = [("", "edits a digit", "digits", "exact lines", "exact pictures", "false on empty")]
    for name, row in [*figures["groups"].items(), ("all pictures", figures["all"])]:
        rows.append(
            (
                name or "no group",
                share(row["character_error_rate"]),
                str(row["digits"]),
                of(row["exact_lines"], row["lines"]),
                of(row["exact_pictures"], row["pictures"]),
                of(row["false_on_empty"], row["empty"]),
            )
        )
    sure = [("confidence at least", "answered", "of digits read", "right", "of these")]
    sure += [
        (
            f"{row['confidence']:g}",
            share(row["answered"]),
            of(row["digits_answered"], row["digits_read"]),
            share(row["right"]),
            of(row["digits_right"], row["digits_answered"]),
        )
        for row in figures["all"]["thresholds"]
    ]
    tables = [columns(rows), columns(sure)]
    if figures["misread"]:
        wrong = [("read otherwise", "labelled", "read")]
        wrong += [
            (row["file"], " ".join(row["lines"]) or "–", " ".join(row["read"]) or "–")
            for row in figures["misread"]
        ]
        tables.append(columns(wrong))
    return "\n".join(tables).rstrip("\n")


def _show(evaluation: Evaluation, form: str, png: Path | None) -> None:
    if form == "json":
        click.echo(json.dumps(evaluation.to_json(), indent=2))
    else:
        print_evaluation(evaluation)
    if png:
        from inkdigits.cli.display import note
        from inkdigits.figures.confusion import confusion_figure
        from inkdigits.figures.style import save_png

        save_png(confusion_figure(evaluation), png)
        note(f"Wrote {png}")


def print_evaluation(evaluation: Evaluation) -> None:
    """Accuracy, then a table of the classes, then the confusion matrix."""
    from inkdigits.cli.display import NO_LIMIT, accuracy_line, console, plain_table
    from inkdigits.cli.text import one_line
    from inkdigits.evaluation.classes import CLASS_COLUMNS, class_rows

    out = console()
    out.print(accuracy_line(evaluation))
    out.print()
    table = plain_table()
    for column in CLASS_COLUMNS:
        table.add_column(column, justify="left" if column == CLASS_COLUMNS[0] else "right")
    for name, *scores in class_rows(evaluation):
        table.add_row(one_line(name), *scores)
    out.print(table)
    out.print()
    matrix = plain_table("Confusion matrix: a row each true class, a column each class read")
    matrix.add_column("")
    for name in evaluation.classes:
        matrix.add_column(one_line(name), justify="right")
    for name, row in zip(evaluation.classes, evaluation.confusion, strict=True):
        matrix.add_row(one_line(name), *(str(count) if count else "·" for count in row))
    wide = out.measure(matrix, options=out.options.update(max_width=NO_LIMIT)).maximum
    out.print(matrix if wide <= out.width else _mistakes_table(evaluation))


def _mistakes_table(evaluation: Evaluation) -> "Table":
    """What is said of a confusion matrix that is too wide for the terminal."""
    from inkdigits.cli.display import plain_table
    from inkdigits.cli.text import one_line

    table = plain_table("The most frequent mistakes (for the whole matrix: a wider window, --png)")
    for column in ("true class", "class read"):
        table.add_column(column, overflow="fold")
    table.add_column("images", justify="right")
    for true, read, count in evaluation.frequent_mistakes(_MISTAKES):
        table.add_row(one_line(true), one_line(read), f"{count:,}")
    return table
