"""A picture with boxes around the digits and their values beside; Pillow only."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from inkdigits.images.decode import MAX_PIXELS, Source, decode
from inkdigits.images.formats import DECODING_ERRORS, open_image
from inkdigits.recognition.reading import UNSURE, Reading, Rectangle

LONGEST = 1600  # pixels of the drawn picture's longer side
SOFTWARE = "inkdigits"  # in a PNG file's text, as its specification has it
LEAST = 640  # that a smaller picture is enlarged to, about, so that values can be read
_SURE, _DOUBTFUL = "#0a7d32", "#c62828"
_SURE_ON_DARK, _DOUBTFUL_ON_DARK = "#4ade80", "#ff8a80"
# Signs that Pillow's font lacks.
_AS_DRAWN = str.maketrans("\N{MULTIPLICATION SIGN}\N{DIVISION SIGN}", "x/")
_DOUBT = 0.8  # a confidence below this is drawn as doubtful


def annotated_png(
    source: Source, reading: Reading, *, min_confidence: float = 0.0, max_pixels: int = MAX_PIXELS
) -> bytes:
    """The picture as it was read, upright, with the reading drawn on it, as a PNG file.

    A small picture is enlarged by a whole number of times.

    Raises:
        PictureError: as `decode` does.
    """
    pixels = decode(source, max_pixels=max_pixels, working_pixels=LONGEST**2 // 2).pixels
    image = Image.fromarray(np.rot90(pixels, reading.turned // 90).copy()).convert("RGB")
    times = max(1, LEAST // max(image.size))
    image = image.resize((times * image.width, times * image.height), Image.Resampling.NEAREST)
    sure, doubtful, halo = (
        (_SURE_ON_DARK, _DOUBTFUL_ON_DARK, "black")
        if reading.light_on_dark
        else (_SURE, _DOUBTFUL, "white")
    )
    across, down = image.width / reading.size[1], image.height / reading.size[0]
    draw = ImageDraw.Draw(image)
    for (left, top, width, height), text, is_sure, tall in _marks(reading, min_confidence):
        x, right = across * left, across * (left + width)
        y, bottom = down * top, down * (top + height)
        colour = sure if is_sure else doubtful
        pen = max(1, round(image.width / 400))
        draw.rectangle((x - pen, y - pen, right + pen, bottom + pen), outline=colour, width=pen)
        size = min(max(12, round(0.4 * down * tall)), max(12, image.height // 12))
        above, below = (x, y - 2 * pen), (x, bottom + size + 2 * pen)
        within = (x + 2 * pen, y + size + 2 * pen)  # where the box fills the picture's height
        draw.text(
            above if above[1] > size else below if below[1] <= image.height else within,
            text,
            fill=colour,
            font=ImageFont.load_default(size),
            anchor="ls",
            stroke_width=max(1, size // 12),
            stroke_fill=halo,
        )
    stream = io.BytesIO()
    made_by = PngInfo()
    made_by.add_text("Software", SOFTWARE)
    image.save(stream, "PNG", pnginfo=made_by)
    return stream.getvalue()


def _marks(reading: Reading, min_confidence: float) -> Iterator[tuple[Rectangle, str, bool, int]]:
    """Where each digit and sign is, what it says, whether that is sure, and the digit's height."""
    for line in reading.lines:
        for digit in line.digits:
            text = str(digit.value) if digit.confidence >= min_confidence else UNSURE
            is_sure = digit.confidence >= max(_DOUBT, min_confidence)
            yield digit.box, text, is_sure, digit.box[3]
        for sign in line.signs:
            if sign.text.strip():
                height = line.digits[max(0, sign.after - 1)].box[3]
                yield sign.box, sign.text.translate(_AS_DRAWN), True, height


def is_annotated(path: Path) -> bool:
    """Whether a file is a picture that was drawn here, rather than one of somebody's own."""
    try:
        with open_image(path.read_bytes()) as picture:
            return picture.info.get("Software") == SOFTWARE
    except DECODING_ERRORS:
        return False
