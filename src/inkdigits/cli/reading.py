"""`inkdigits read` and `inkdigits classify`."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inkdigits.cli.bulk import bulk_options, read_collection, refuse_without_out
from inkdigits.cli.many import each_file, report
from inkdigits.cli.printed import FORMATS, WRITTEN, crops_formatted, formatted, remarks
from inkdigits.cli.sources import STDIN, pictures_in, standard_input
from inkdigits.cli.text import one_line
from inkdigits.errors import InkdigitsError, OutputError, UsageError
from inkdigits.processors import spare_linear_algebra

if TYPE_CHECKING:
    from inkdigits.recognition.reading import Reading


model_option = click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="A run folder or an ONNX file; without it the network that the package ships.",
)
max_pixels_option = click.option(
    "--max-pixels",
    type=click.IntRange(1),
    default=64_000_000,
    show_default=True,
    help="A picture of more is refused before it is decoded.",
)


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="FILE|FOLDER|-...")
@click.option(
    "--format",
    "form",
    type=click.Choice((*FORMATS, WRITTEN)),
    default="table",
    show_default=True,
    help="text is the digits; written has the signs between, as in 3.75 or 12:30.",
)
@click.option(
    "--annotate",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="Where to draw what was read: a PNG file, or a folder for several pictures.",
)
@click.option("--expect-length", type=click.IntRange(1, 1000), help="Digits that each line has.")
@click.option("--single", is_flag=True, help="The picture is one digit.")
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="A digit of less is ? in text; in CSV each has its confidence.",
)
@model_option
@max_pixels_option
@bulk_options
def read(
    sources: tuple[str, ...],
    form: str,
    annotate: Path | None,
    expect_length: int | None,
    single: bool,
    min_confidence: float,
    model: Path | None,
    max_pixels: int,
    **bulk: Any,
) -> int:
    """Read the digits in pictures: photos, scans, drawings, folders of them; - is standard input.

    What cannot be read is named at the end, and the exit code is then 1. With --out, millions of
    pictures become rows in Parquet files, what cannot be read among them, by several processes or
    on a cluster; the same command goes on where it was stopped.
    """
    spare_linear_algebra()
    if bulk["out"] is not None:
        return read_collection(
            sources, single=single, expect_length=expect_length, model=model,
            max_pixels=max_pixels, bulk=bulk,
        )  # fmt: skip
    refuse_without_out(bulk)
    from inkdigits.recognition.recognizer import Recognizer

    if single and expect_length:
        raise UsageError("--expect-length cannot be given with --single.")
    files = pictures_in(sources)
    there = [file for file, why in files.items() if why is None]
    targets = _targets(annotate, there) if annotate else {}
    content = standard_input(files)
    recognizer = Recognizer(model, threads=1 if len(files) > 1 else None)
    undrawn: list[str] = []

    def one(file: str) -> "Reading":
        source = content.get(file, file)
        reading = recognizer.read(
            source, single=single, expect_length=expect_length, max_pixels=max_pixels
        )
        if annotate:
            try:
                _annotate(source, reading, targets[file], min_confidence, max_pixels)
            except InkdigitsError as error:
                undrawn.append(str(error))  # what was read is printed all the same
        return reading

    outcome = each_file(files, one)
    if undrawn:
        problems = [*outcome.problems, *undrawn]
        outcome = outcome._replace(problems=problems, exit_code=outcome.exit_code or 1)
    _print(formatted(outcome.results, form, min_confidence))
    for file, reading in outcome.results:
        for remark in remarks(file, reading, form, expect_length):
            click.echo(one_line(remark), err=True)
    return report(outcome)


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="FILE|FOLDER|-...")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
@model_option
@max_pixels_option
def classify(sources: tuple[str, ...], form: str, model: Path | None, max_pixels: int) -> int:
    """Say which digit each crop shows, and how surely it is one at all.

    A crop holds one digit and nothing else; for pages, and for photos of one digit, there is
    `inkdigits read`. An .npz file holds `images` (N, H, W) uint8.
    """
    spare_linear_algebra()
    from inkdigits.images.crops import decode_crop
    from inkdigits.recognition.recognizer import Recognizer

    files = pictures_in(sources, also=(".npz",))
    content = standard_input(files)
    recognizer = Recognizer(model, threads=1 if len(files) > 1 else None)

    def one(file: str) -> list[dict[str, Any]]:
        if file.endswith(".npz"):
            from inkdigits.data.npz import read_crops

            images = read_crops(Path(file)).images
        else:
            images = decode_crop(content.get(file, file), max_pixels=max_pixels)[None]
        scores = recognizer.classify(images)
        return [
            {
                "file": file,
                "index": index,
                "value": int(row.argmax()),
                "confidence": float(row.max()),
                "digit": float(digit),
                "probabilities": [float(share) for share in row],
            }
            for index, (row, digit) in enumerate(zip(*scores, strict=True))
        ]

    outcome = each_file(files, one)
    rows = [row for _, rows in outcome.results for row in rows]
    _print(crops_formatted(rows, form))
    return report(outcome)


def _print(results: str) -> None:
    """Print what was found. Raises `OutputError` where there is no standard output."""
    if sys.stdout is None:
        raise OutputError("Standard output is closed: what was read cannot be printed.")
    click.echo(results, nl=False)


def _targets(annotate: Path, files: Sequence[str]) -> dict[str, Path]:
    """Where each picture is drawn: a file for one, files of their own in a folder for several.

    Raises:
        UsageError: if a picture that is read would be overwritten, or in a folder any other that
            was not drawn here.
    """
    from inkdigits.figures.annotated import is_annotated
    from inkdigits.images.formats import split_page

    if len(files) == 1 and not os.path.isdir(annotate):  # noqa: PTH112  # one that may not be seen
        if annotate.suffix.lower() not in ("", ".png"):
            raise UsageError(f"{annotate}: what was read is drawn as PNG; name it so.")
        targets = {files[0]: annotate}
    else:
        if annotate.suffix.lower() == ".png" and not annotate.is_dir():
            raise UsageError(f"{annotate} is one picture; name a folder to draw several into.")
        names = unique_names(["stdin" if file == STDIN else Path(file).stem for file in files])
        targets = {file: annotate / f"{name}.png" for file, name in zip(files, names, strict=True)}
    read = {split_page(file)[0].resolve() for file in files if file != STDIN}
    for target in targets.values():
        if target.resolve() in read:
            raise UsageError(f"{target} is a picture that is read; draw to another place.")
        is_there = os.path.isfile(target)  # noqa: PTH113  # one that may not be seen
        if target != annotate and is_there and not is_annotated(target):
            raise UsageError(f"{target} is there, and was not drawn here; draw to another place.")
    return targets


def unique_names(stems: Sequence[str]) -> list[str]:
    """The same names, those that come again with -2, -3 and so on; case makes no other name."""
    taken: set[str] = set()
    names = []
    for stem in stems:
        name = stem
        number = 1
        while name.casefold() in taken:  # Windows' and macOS's files have no case
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _annotate(
    source: Any, reading: "Reading", target: Path, min_confidence: float, max_pixels: int
) -> None:
    from inkdigits import files
    from inkdigits.figures.annotated import annotated_png

    drawn = annotated_png(source, reading, min_confidence=min_confidence, max_pixels=max_pixels)
    files.write_bytes(target, drawn)
