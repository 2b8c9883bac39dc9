"""Pictures become pixels: upright, opaque, of bounded size.

Limits are checked on the header, before any pixel is decoded.
"""

import numbers
import os
import sys
from dataclasses import dataclass, replace
from typing import IO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from inkdigits.errors import PictureError, UsageError
from inkdigits.files import given_path
from inkdigits.images.formats import (
    DECODING_ERRORS,
    open_page,
    read_file,
    reason,
    split_page,
)
from inkdigits.images.quiet import no_warnings
from inkdigits.settings import checked_whole

Source = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Image.Image
    | npt.NDArray[np.generic]
)  # fmt: skip

MAX_PIXELS = 64_000_000  # of a picture as it is stored
_LEAST_STRETCH, _MOST_STRETCH = 1.2, 4.0  # of pixels that are no squares; else it is a mistake
_ORIENTATION = 0x0112  # EXIF's: 1 is upright, from 5 on turned by a quarter
_HALF_LEVEL = 0.5 / 255  # by which rounding may lead floats out of 0 to 1
_STRIP_PIXELS = 1 << 20  # of a picture that is laid on paper strip by strip
WORKING_PIXELS = 2_000_000  # larger pictures are reduced to about so many before they are read
# Of the longer side. Pictures are looked at in square blocks, a 160th of it a side: with a line of
# a million pixels that would take gigabytes.
WORKING_SIDE = 1 << 16


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture."""

    pixels: npt.NDArray[np.uint8]  # (H, W) grey or (H, W, 3) RGB, upright, opaque
    size: tuple[int, int]  # height and width as it is stored, upright, in pixels
    has_more_pages: bool = False  # of a document, whose first page it is since none was named

    @property
    def scale(self) -> tuple[float, float]:
        """How many pixels of the original one pixel here stands for, down and across."""
        height, width = self.pixels.shape[:2]
        return self.size[0] / height, self.size[1] / width


def decode(
    source: Source,
    *,
    page: int | None = None,
    max_pixels: int = MAX_PIXELS,
    working_pixels: int = WORKING_PIXELS,
) -> Picture:
    """Decode a picture from a path, an open file, its bytes, a Pillow image or an array.

    The first frame of an animation is taken, EXIF's orientation is applied, transparency is laid
    on white paper (on black where what can be seen is light), 16 bits become 8. Where its file says
    that its pixels are no squares, as those of a fax, it is stretched until they are.

    Args:
        source: an array is `(H, W)`, `(H, W, 3)` or `(H, W, 4)`; uint8, uint16, bool, or floats
            in [0, 1]. A path may name its page, `scan.pdf#page=2`, and begin with `~`.
        page: of a TIFF, PDF or HEIC file, from 1; None: the one that the path names, or else the
            first. A PDF's pages are drawn at 200 dots an inch. Of a Pillow image and an array only
            the page that they show is there.
        max_pixels: a picture of more raises, before it is decoded. Where Pillow's own limit for
            the process is lower, it is raised to that.
        working_pixels: a picture of more is reduced to about so many, and one that is longer than
            65,536 to that.

    Raises:
        PictureError: if there is no such file, it is no picture that can be read, has no such page,
            or is too large.
        UsageError: if `page`, what the path names as one, or `max_pixels` is no whole number.
    """
    name = name_of(source)
    max_pixels = checked_whole("max_pixels", max_pixels, 1, sys.maxsize)
    if page is not None and (isinstance(page, bool) or not isinstance(page, numbers.Integral)):
        raise UsageError(f"page is {page!r}; pages are numbered 1, 2, 3 and so on.")
    if Image.MAX_IMAGE_PIXELS is not None:  # twice as many are refused by Pillow
        Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, max_pixels)
    if isinstance(source, bytearray | memoryview):
        source = bytes(source)
    if isinstance(source, np.ndarray):
        source = _from_array(source, max_pixels)
    try:
        with no_warnings():
            if isinstance(source, Image.Image):
                if page not in (None, source.tell() + 1):
                    raise ValueError(f"only the page that it shows is there, no page {page}")
                return _prepared(source, name, max_pixels, working_pixels)
            content, named = (source, None) if isinstance(source, bytes) else _content(source)
            if not content:
                raise PictureError(f"{name} is empty: no readable picture.")
            image, more = open_page(content, named if page is None else page)
            with image:
                picture = _prepared(image, name, max_pixels, working_pixels, is_own=True)
                return replace(picture, has_more_pages=more)
    except Image.DecompressionBombError as error:
        raise PictureError(f"{name} is too large; the limit is {max_pixels} pixels.") from error
    except DECODING_ERRORS as error:
        raise PictureError(f"{name} is no readable picture ({reason(error)}).") from error


def _content(source: str | os.PathLike[str] | IO[bytes]) -> tuple[bytes, int | None]:
    """A file's content, and which of its pages is meant."""
    if not isinstance(source, str | os.PathLike):
        return _read_open(source), None
    path, page = split_page(source)
    at_home = given_path(path)
    if at_home != path and not path.exists():  # a folder may be called ~
        path = at_home
    return read_file(path), page


def _read_open(source: IO[bytes]) -> bytes:
    if not hasattr(source, "read"):
        raise PictureError(
            "A picture is a path, an open file, its bytes, a Pillow image or an array; given was "
            f"{type(source).__name__}."
        )
    content: object = source.read()
    if not isinstance(content, bytes | bytearray | memoryview):
        raise PictureError(
            f"An open file's content is of type bytes, but this one's {type(content).__name__}; "
            'open it with "rb".'
        )
    return bytes(content)


def name_of(source: Source) -> str:
    """What a message calls the picture."""
    return str(source) if isinstance(source, str | os.PathLike) else "The picture"


def _from_array(pixels: npt.NDArray[np.generic], max_pixels: int) -> Image.Image:
    shape = pixels.shape
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (3, 4)) or 0 in shape:
        raise PictureError(
            f"An array of shape {shape} is no picture: it is (H, W), (H, W, 3) or (H, W, 4)."
        )
    if shape[0] * shape[1] > max_pixels:
        raise PictureError(_too_large("The picture", (shape[1], shape[0]), max_pixels))
    if pixels.dtype == np.bool_:
        pixels = pixels.astype(np.uint8) * np.uint8(255)
    elif pixels.dtype.newbyteorder("=") == np.uint16:
        pixels = (pixels.astype(np.uint16) >> 8).astype(np.uint8)
    elif np.issubdtype(pixels.dtype, np.floating):
        low, high = pixels.min().item(), pixels.max().item()
        # What is no number is in no range.
        if not (low >= -_HALF_LEVEL and high <= 1 + _HALF_LEVEL):
            raise PictureError(
                f"A picture of floats has values from 0 to 1 only, not from {low:g} to {high:g}."
            )
        pixels = (pixels * 255).round().clip(0, 255).astype(np.uint8)
    elif pixels.dtype != np.uint8:
        raise PictureError(
            f"An array of type {pixels.dtype} is no picture: it is uint8, uint16, bool, or floats "
            "from 0 to 1."
        )
    return Image.fromarray(np.ascontiguousarray(pixels))


def _too_large(name: str, size: tuple[int, int], max_pixels: int) -> str:
    return f"{name} has {size[0]}x{size[1]} pixels; the limit is {max_pixels} pixels."


def _prepared(
    image: Image.Image, name: str, max_pixels: int, working_pixels: int, *, is_own: bool = False
) -> Picture:
    """Upright, opaque and reduced.

    Args:
        is_own: nobody else has the image: its file may be decoded at less than its size.
    """
    if image.width * image.height > max_pixels:
        raise PictureError(_too_large(name, image.size, max_pixels))
    size = stored = image.size
    across, down = _stretch(image)
    is_quarter = across != down and image.getexif().get(_ORIENTATION, 1) > 4
    width, height = size[0] * across, size[1] * down
    share = min(1.0, (working_pixels / (width * height)) ** 0.5, WORKING_SIDE / max(width, height))
    if is_own:
        # A JPEG is decoded at a half, quarter or eighth where that suffices.
        image.draft(None, _scaled(stored, min(1, across * share), min(1, down * share)))
    drafted = image.size
    image.load()
    # Of some formats loading itself turns the image upright, and its size with it.
    if image.getexif().get(_ORIENTATION, 1) != 1:  # else it would be copied
        image = ImageOps.exif_transpose(image)
    if image.size == drafted[::-1]:
        size = stored[::-1]
    if is_quarter:
        across, down = down, across
    flat = _opaque(image)
    if across != down:
        squares = _scaled(size, across * share, down * share)
        flat = flat.resize(squares, Image.Resampling.BICUBIC, reducing_gap=3.0)
    elif share < 1:
        flat = flat.resize(_scaled(size, share, share), Image.Resampling.BOX, reducing_gap=3.0)
    return Picture(np.asarray(flat, dtype=np.uint8), (size[1], size[0]))


def _stretch(image: Image.Image) -> tuple[float, float]:
    """By how much a picture is stretched across and down, so that its pixels become squares."""
    names = ("dpi", "resolution", "aspect", "jfif_density")  # the last three may have no unit
    densities = next((image.info[name] for name in names if name in image.info), None)
    if not isinstance(densities, tuple) or len(densities) != 2:
        return 1.0, 1.0
    across, down = (float(density) for density in densities)
    ratio = max(across, down) / min(across, down) if min(across, down) > 0 else 1.0
    if not _LEAST_STRETCH <= ratio <= _MOST_STRETCH:
        return 1.0, 1.0
    return (ratio, 1.0) if across < down else (1.0, ratio)


def _scaled(size: tuple[int, int], across: float, down: float) -> tuple[int, int]:
    return max(1, round(size[0] * across)), max(1, round(size[1] * down))


def _opaque(image: Image.Image) -> Image.Image:
    """Grey ("L") or RGB, nothing transparent."""
    if image.mode.startswith("I"):  # 16 bits a pixel; Pillow's own conversion clips them
        deep = np.asarray(image)
        if deep.dtype.itemsize > 2:
            deep = np.clip(deep, 0, 65535)
        return Image.fromarray((deep >> 8).astype(np.uint8))
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers")
    if image.mode in ("L", "1"):
        return image.convert("L") if "transparency" not in image.info else _on_paper(image)
    if image.has_transparency_data:
        return _on_paper(image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _on_paper(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        image = image.convert("RGBA")
    if image.getchannel("A").getextrema() == (255, 255):
        return image.convert("RGB")
    strips = _strips(image.size)
    light = seen = 0
    for strip in strips:
        part = image.crop(strip)
        visible = np.asarray(part.getchannel("A"), dtype=np.uint64)
        light += int((np.asarray(part.convert("L")) * visible).sum())
        seen += int(visible.sum())
    colour = "white" if light / max(seen, 1) < 160 else "black"
    flat = Image.new("RGB", image.size)
    for strip in strips:
        part = image.crop(strip)
        paper = Image.new("RGBA", part.size, colour)
        paper.alpha_composite(part)
        flat.paste(paper.convert("RGB"), strip)
    return flat


def _strips(size: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    """Boxes that make up a picture, so small that what is computed of one takes no memory."""
    width, height = size
    rows = max(1, _STRIP_PIXELS // width)
    return [(0, top, width, min(top + rows, height)) for top in range(0, height, rows)]
