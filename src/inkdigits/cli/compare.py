"""`inkdigits compare`."""

import dataclasses
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inkdigits.cli.options import RUN, data_option
from inkdigits.cli.targets import PNG
from inkdigits.cli.text import one_line
from inkdigits.errors import UsageError

if TYPE_CHECKING:
    from inkdigits.comparison import Comparison, Pair
    from inkdigits.data import Dataset
    from inkdigits.training.run import Run

_MOST_COLUMNS = 8  # of a table with a line a run
_MOST_INDICES = 40  # of images on which two models differ, as text
_MOST_PICTURES = 100


@click.command()
@click.argument("runs", nargs=-1, required=True, type=RUN, metavar="MODEL...")
@data_option
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option(
    "--png",
    type=PNG,
    help="Where to draw the curves of runs; by default comparison.png beside the first.",
)
@click.option(
    "--gallery",
    type=PNG,
    metavar="PNG",
    help="Where to draw the test images that two models read differently.",
)
def compare(
    runs: tuple[Path, ...], data: Path | None, form: str, png: Path | None, gallery: Path | None
) -> None:
    """Put MODELs side by side: runs, ensembles, ONNX files, `shipped`.

    Of runs: what differs, test accuracy, time; curves in one figure. Of two models or more:
    McNemar's test on the test images, exact, corrected by Holm's procedure where there are several
    pairs, and the images that they read differently.
    """
    # What this command draws beside the runs is none of them.
    runs = tuple(path for path in runs if path.suffix.lower() != ".png" or not path.is_file())
    if not runs:
        raise UsageError("These are pictures; name models.")
    if gallery and len(runs) != 2:
        raise UsageError("--gallery shows where two models differ; name two.")
    opened, names = _opened(runs), _names(runs)
    if png and not opened:
        raise UsageError("--png draws the curves of runs; these are not all runs.")
    if len(runs) == 1 and not opened:
        kind = "an ensemble" if runs[0].is_dir() else "no run"
        raise UsageError(f"{runs[0]} is {kind}; name a second model to compare it with.")
    table = _settings_table(opened, names) if opened else None
    if table and form == "text":
        from inkdigits.cli.display import console

        _print_table(*_turned(_as_text(table), console().width))
    found = _compared(runs, names, opened, data) if len(runs) > 1 else None
    if form == "json":
        settings = {"runs": table} if table else {}
        click.echo(json.dumps({**settings, **(found.to_json() if found else {})}, indent=2))
    elif found:
        _print_comparison(found, opened)
    if opened:  # once all is said: where it cannot be drawn, nothing else is lost
        _draw_curves(opened, names, png)
    if gallery and found:
        _draw_gallery(found, gallery)


def _opened(paths: Sequence[Path]) -> "list[Run]":
    """The runs, if all are runs."""
    from inkdigits.ensemble import is_ensemble
    from inkdigits.training.run import open_run

    are_runs = all(
        (path.is_dir() and not is_ensemble(path)) or (not path.exists() and str(path) != "shipped")
        for path in paths
    )
    return [open_run(path) for path in paths] if are_runs else []


def _names(paths: Sequence[Path]) -> list[str]:
    """What each model is called: its folder's or file's name, its path where two share one."""
    names = [Path(os.path.abspath(path)).name for path in paths]  # noqa: PTH100  # of a link its own
    return [
        name if names.count(name) == 1 else str(path)
        for name, path in zip(names, paths, strict=True)
    ]


def _settings_table(opened: "Sequence[Run]", names: Sequence[str]) -> dict[str, list[Any]]:
    """A column's name to what each run has in it: names, what differs, what came of it."""
    from inkdigits.results import read_evaluation
    from inkdigits.settings import differing
    from inkdigits.training.run import read_history

    evaluations = [read_evaluation(run) for run in opened]
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
    return {
        "run": list(names),
        "seed": [run.seed for run in opened],
        **changed,
        "test accuracy": [evaluation.accuracy for evaluation in evaluations],
        "95% interval": [evaluation.interval for evaluation in evaluations],
        "test loss": [evaluation.loss for evaluation in evaluations],
        "seconds": [read_history(run).seconds for run in opened],
    }


def _as_text(table: dict[str, list[Any]]) -> dict[str, list[str]]:
    """The table of `_settings_table` as it is printed."""
    formats: dict[str, Callable[[Any], str]] = {
        "test accuracy": "{:.2%}".format,
        "95% interval": _interval,
        "test loss": "{:.4f}".format,
        "seconds": "{:.1f}".format,
    }
    return {key: [formats.get(key, str)(value) for value in table[key]] for key in table}


def _interval(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.2%} to {ends[1]:.2%}"


def _p_value(p_value: float) -> str:
    """A p value that is no float's is not 0 for that."""
    return f"{p_value:.3g}" if p_value else "under 1e-300"


def _turned(table: dict[str, list[str]], width: int) -> tuple[list[str], list[tuple[str, ...]]]:
    """A line a run, unless more is to be said of each than there are runs or than `width` holds."""
    names = table["run"]
    lines = [tuple(table), *zip(*table.values(), strict=True)]
    turned = [("", *names), *((key, *each) for key, each in table.items() if key != "run")]
    is_short = len(table) - 1 <= max(len(names), _MOST_COLUMNS)
    if is_short and _width(lines) <= max(width, _width(turned)):
        return list(lines[0]), lines[1:]
    return list(turned[0]), turned[1:]


def _width(lines: Sequence[Sequence[str]]) -> int:
    """Of a table in the house's look, two columns between its columns."""
    return sum(max(map(len, column)) + 2 for column in zip(*lines, strict=True)) - 2


def _print_table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    from inkdigits.cli.display import console, plain_table

    table = plain_table()
    for number, column in enumerate(header):
        # Names cut short would be told apart no more.
        table.add_column(one_line(column), justify="right" if number else "left", overflow="fold")
    for line in lines:
        table.add_row(*map(one_line, line))
    console().print(table)


def _draw_curves(opened: "Sequence[Run]", names: Sequence[str], png: Path | None) -> None:
    from inkdigits.cli.datasets import writable
    from inkdigits.cli.display import note
    from inkdigits.figures.curves import curves_figure
    from inkdigits.figures.style import save_png
    from inkdigits.results import curve_of
    from inkdigits.training.run import read_history

    first = opened[0].path
    beside = first.resolve().parent if first.name in ("", "..") else first.parent
    target = png or writable(beside / "comparison.png")
    if target is None:
        return
    curves = [curve_of(name, read_history(run)) for name, run in zip(names, opened, strict=True)]
    title = f"{len(opened)} runs" if len(opened) > 1 else names[0]
    save_png(curves_figure(curves, title=title, epoch_label="mean of each epoch"), target)
    note(f"Wrote {target}")


def _compared(
    paths: Sequence[Path], names: Sequence[str], opened: "Sequence[Run]", data: Path | None
) -> "Comparison | None":
    """The models on the test set at hand; None, said in a line, where that is not the runs'."""
    from inkdigits.comparison import compare_models
    from inkdigits.models import open_model
    from inkdigits.training.engine import choose_engine

    dataset = _test_set(opened, data)
    if dataset is None:
        from inkdigits.cli.display import note

        note("McNemar's test needs the runs' test set; name it with --data.")
        return None
    choose_engine("cpu").apply()
    models = [
        dataclasses.replace(open_model(path), name=name)
        for path, name in zip(paths, names, strict=True)
    ]
    return compare_models(models, dataset)


def _test_set(opened: "Sequence[Run]", data: Path | None) -> "Dataset | None":
    """The data set at `data`; without it the usual one, unless runs were tested on another."""
    from inkdigits.cli.datasets import load
    from inkdigits.data.mnist import MNIST_SHA256
    from inkdigits.data.sources import DATA_VARIABLE

    if data is None and DATA_VARIABLE not in os.environ and not _tested_on(opened, MNIST_SHA256):
        return None
    dataset = load(data)
    return dataset if data or _tested_on(opened, dataset.hashes()) else None


def _tested_on(opened: "Sequence[Run]", hashes: dict[str, str]) -> bool:
    parts = ("test_images", "test_labels")
    recorded: list[Any] = [run.data.get("sha256") for run in opened]
    return all(
        isinstance(each, dict) and all(each.get(part) == hashes[part] for part in parts)
        for each in recorded
    )


def _are_recorded(opened: "Sequence[Run]", found: "Comparison") -> bool:
    """Whether the runs' table says already what was found: not of other data than the runs' own.

    Nor of a run that tells what is no digit: its record counts 'no digit' as a mistake.
    """
    from inkdigits.results import read_evaluation

    recorded = [read_evaluation(run) for run in opened]
    return [(each.correct, each.images) for each in recorded] == [
        (each.correct, each.images) for each in found.evaluations
    ]


def _print_comparison(found: "Comparison", opened: "Sequence[Run]") -> None:
    names = [model.name for model in found.models]
    if not _are_recorded(opened, found):
        if opened:
            click.echo(f"\nAs they read {one_line(found.dataset.name)} ('no digit' is no answer):")
        rows = []
        for model, each in zip(found.models, found.evaluations, strict=True):
            accuracy, interval = f"{each.accuracy:.2%}", _interval(each.interval)
            rows.append((model.name, model.kind, accuracy, interval))
        _print_table(("model", "is", "test accuracy", "95% interval"), rows)
    count = found.read.shape[1]
    click.echo(f"\nMcNemar's test on {count:,} test images of {one_line(found.dataset.name)}")
    if len(found.pairs) == 1:
        _print_pair(found, found.pairs[0])
        return
    header = ("pair", "only first", "only second", "differ", "p", "p, Holm", "better")
    lines = [
        (
            f"{names[pair.first]} / {names[pair.second]}",
            f"{pair.test.only_first:,}",
            f"{pair.test.only_second:,}",
            f"{len(pair.differing):,}",
            _p_value(pair.test.p_value),
            _p_value(pair.corrected_p),
            names[pair.first if pair.better == "first" else pair.second] if pair.better else "–",
        )
        for pair in found.pairs
    ]
    _print_table(header, lines)


def _print_pair(found: "Comparison", pair: "Pair") -> None:
    first, second = (one_line(found.models[place].name) for place in (pair.first, pair.second))
    test = pair.test
    click.echo(
        f"Both right {test.both_right:,}; only {first} (first) {test.only_first:,}; "
        f"only {second} (second) {test.only_second:,}; both wrong {test.both_wrong:,}."
    )
    click.echo(f"Exact p: {_p_value(test.p_value)}; {pair.verdict}.")
    if not len(pair.differing):
        click.echo("They read every image alike.")
        return
    shown = pair.differing[:_MOST_INDICES].tolist()
    more = ", ..." if len(shown) < len(pair.differing) else ""
    click.echo(
        f"They read {len(pair.differing):,} images differently: {', '.join(map(str, shown))}{more}"
    )


def _draw_gallery(found: "Comparison", path: Path) -> None:
    from inkdigits.cli.display import note
    from inkdigits.figures.gallery import gallery_figure
    from inkdigits.figures.style import save_png, shortened

    (pair,) = found.pairs
    rows = found.readings(pair)[:_MOST_PICTURES]
    captions = [
        f"{row['index']}: {shortened(row['label'], 12)}\n"
        f"{shortened(row['first'], 12)} / {shortened(row['second'], 12)}"
        for row in rows
    ]
    names = " / ".join(shortened(model.name, 30) for model in found.models)
    more = f", the first {len(rows)} of them" if len(rows) < len(pair.differing) else ""
    count = f"{len(pair.differing):,} of {found.read.shape[1]:,} test images"
    title = f"{count} read differently by {names}{more}"
    images = found.dataset.test.images[pair.differing[: len(rows)]]
    save_png(gallery_figure(images, captions, title, empty="none"), path)
    note(f"Wrote {path}")
