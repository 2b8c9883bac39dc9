"""`inkdigits label`."""

import hashlib
import io
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from inkdigits.cli.many import each_file, report
from inkdigits.cli.reading import max_pixels_option, model_option, unique_names
from inkdigits.cli.sources import STDIN, pictures_in
from inkdigits.errors import UsageError
from inkdigits.files import write_bytes
from inkdigits.recognition.reading import Digit, Reading


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

    Move what was read wrongly into the right folder, remove what is no digit; then
    `inkdigits train --from shipped --add FOLDER` teaches the network your hand. A crop that is
    there already, in whichever folder, is left where it is. What cannot be read is named at the
    end, and the exit code is then 1.
    """
    from inkdigits.cli.display import note
    from inkdigits.recognition.recognizer import Recognizer

    files = pictures_in(sources)
    if STDIN in files:
        raise UsageError("label reads files, not standard input: crops are named after them.")
    recognizer = Recognizer(model, threads=1 if len(files) > 1 else None)
    outcome = each_file(files, lambda file: recognizer.read(file, max_pixels=max_pixels))
    there = {_without_name(path.name) for path in out.glob("*/*.png")}
    written = kept = 0
    names = unique_names([Path(file).stem for file, _ in outcome.results])
    for name, (_, reading) in zip(names, outcome.results, strict=True):
        for digit, crop in _crops(name, reading):
            if _without_name(crop) in there:
                kept += 1
            else:
                write_bytes(out / str(digit.value) / crop, _png(digit))
                written += 1
    click.echo(f"{written} digits written to {out}, a folder for each value")
    if kept:
        click.echo(f"{kept} were there already and are left where they are")
    if written:
        note(f"Correct them, then: inkdigits train --from shipped --add {shlex.quote(str(out))}")
    return report(outcome)


def _crops(name: str, reading: Reading) -> Iterator[tuple[Digit, str]]:
    """Each digit and the name of its crop: the picture's, a mark of its pixels, line and place.

    The mark keeps pictures of one name apart.
    """
    for number, line in enumerate(reading.lines, 1):
        for place, digit in enumerate(line.digits, 1):
            mark = hashlib.sha256(digit.image.tobytes()).hexdigest()[:8]
            yield digit, f"{name}-{number}-{place}-{mark}.png"


def _without_name(crop: str) -> str:
    """Line, place and mark: beside other pictures the name may be numbered otherwise."""
    return "-".join(crop.rsplit("-", 3)[-3:])


def _png(digit: Digit) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(digit.image).save(stream, "PNG")
    return stream.getvalue()
