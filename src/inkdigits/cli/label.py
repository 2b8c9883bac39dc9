"""`inkdigits label`."""

import io
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from inkdigits.cli.many import each_file, report
from inkdigits.cli.reading import max_pixels_option, model_option, unique_names
from inkdigits.cli.sources import STDIN, Found, pictures_in
from inkdigits.errors import OutputError, UsageError
from inkdigits.files import write_bytes
from inkdigits.recognition.reading import Digit, Reading

_STEM_BYTES = 200  # of a picture's name, in those of its crops


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="FILE|FOLDER...")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("my_digits"),
    show_default=True,
    help="The folder that the crops are written to.",
)
@model_option
@max_pixels_option
def label(sources: tuple[str, ...], out: Path, model: Path | None, max_pixels: int) -> int:
    """Write the digits of pictures into a folder for each value that was read, for you to correct.

    Move what was read wrongly into the right folder, and what is no digit into one called none;
    then `inkdigits train --from shipped --add FOLDER` teaches the network your hand. A crop that is
    there already, in whichever folder, is left where it is; one that was deleted comes back. What
    cannot be read is named at the end, and the exit code is then 1.
    """
    from inkdigits.cli.display import note
    from inkdigits.data.crops import crop_mark, marks_in
    from inkdigits.recognition.recognizer import Recognizer

    files = _without_crops(pictures_in(sources), out)
    if STDIN in files:
        raise UsageError("label reads files, not standard input: crops are named after them.")
    recognizer = Recognizer(model, threads=1 if len(files) > 1 else None)
    outcome = each_file(files, lambda file: recognizer.read(file, max_pixels=max_pixels))
    there = set(marks_in(out))
    written = kept = 0
    names = unique_names([_shortened(Path(file).stem) for file, _ in outcome.results])
    try:
        for name, (_, reading) in zip(names, outcome.results, strict=True):
            for digit, place in _places(reading):
                mark = crop_mark(digit.image.tobytes())[:8]
                if mark in there:
                    kept += 1
                else:
                    crop = f"{name}-{place}-{mark}.png"
                    write_bytes(out / str(digit.value) / crop, _png(digit))
                    written += 1
                    there.add(mark)
    except OutputError as error:  # a full disk; what is written stays
        outcome = outcome._replace(problems=[*outcome.problems, str(error)], exit_code=1)
    click.echo(f"{written} digits written to {out}, a folder for each value")
    if touching := sum(digit.touches for _, reading in outcome.results for digit in reading.digits):
        click.echo(f"{touching} touch another and are left out")
    if kept:
        click.echo(f"{kept} were there already and are left where they are")
    if written:
        note(f"Correct them, then: inkdigits train --from shipped --add {shlex.quote(str(out))}")
    return report(outcome)


def _without_crops(found: Found, out: Path) -> Found:
    """The pictures without those that were written to `out` before, and may be corrected since.

    Raises:
        UsageError: if there are no others.
    """
    from inkdigits.data.crops import is_kept

    root = out.resolve()
    others = {file: why for file, why in found.items() if not is_kept(Path(file).resolve(), root)}
    if not others:
        raise UsageError(f"{out} holds crops that were written before; name other pictures.")
    return others


def _shortened(stem: str) -> str:
    """A name that leaves a file's room for what is added; file systems take 255 bytes."""
    return os.fsencode(stem)[:_STEM_BYTES].decode(errors="ignore")


def _places(reading: Reading) -> Iterator[tuple[Digit, str]]:
    """Each digit and where it stands: line and place.

    Not those that touch another: a part that is cut off teaches what no digit looks like.
    """
    for number, line in enumerate(reading.lines, 1):
        for place, digit in enumerate(line.digits, 1):
            if not digit.touches:
                yield digit, f"{number}-{place}"


def _png(digit: Digit) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(digit.image).save(stream, "PNG")
    return stream.getvalue()
