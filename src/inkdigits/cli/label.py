"""`inkdigits label`."""

from pathlib import Path

import click

from inkdigits.cli.reading import max_pixels_option, model_option, pictures_in


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
def label(sources: tuple[str, ...], out: Path, model: Path | None, max_pixels: int) -> None:
    """Write the digits of pictures into a folder for each value that was read, for you to correct.

    Move what was read wrongly into the right folder, remove what is no digit; then
    `inkdigits train --from shipped --add FOLDER` teaches the network your hand.
    """
    import io

    from PIL import Image

    from inkdigits import files
    from inkdigits.cli.display import note
    from inkdigits.recognition.recognizer import Recognizer

    recognizer = Recognizer(model)
    count = 0
    for source in pictures_in(sources):
        reading = recognizer.read(source, max_pixels=max_pixels)
        for number, line in enumerate(reading.lines, 1):
            for place, digit in enumerate(line.digits, 1):
                stream = io.BytesIO()
                Image.fromarray(digit.image).save(stream, "PNG")
                name = f"{Path(source).stem}-{number}-{place}.png"
                files.write_bytes(out / str(digit.value) / name, stream.getvalue())
                count += 1
    click.echo(f"{count} digits written to {out}, a folder for each value")
    note(f"Correct them, then: inkdigits train --from shipped --add {out}")
