"""Pictures become pixels: every format that Pillow reads safely, upright, opaque, of bounded size.

HEIC and PDF too, where `inkdigits[formats]` is installed. A page of a TIFF or a PDF is named as
RFC 8118 names it, `scan.pdf#page=2`. Limits are checked on the header, before any pixel is decoded.
"""

import contextlib
import importlib.util
import io
import os
import re
import struct
import warnings
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from inkdigits.errors import PictureError

Source = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Image.Image
    | npt.NDArray[np.generic]
)  # fmt: skip

MAX_PIXELS = 64_000_000  # of a picture as it is stored
MAX_FILE_BYTES = 1 << 28
_STRIP_PIXELS = 1 << 20  # of a picture that is laid on paper strip by strip
WORKING_PIXELS = 2_000_000  # larger pictures are reduced to about so many before they are read

# Pillow would start Ghostscript on an EPS file, which may be a stranger's.
_REFUSED_FORMATS = {"EPS"}
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")  # brands of a file
_DOCUMENTS = {"TIFF", "PDF"}  # whose frames are pages
_DOCUMENT_BEGINNINGS = (b"II", b"MM", b"%PDF")
_DOCUMENT_SUFFIXES = {".tif", ".tiff", ".pdf"}
_FURTHER = {"pi_heif": {".heic", ".heif"}, "pypdfium2": {".pdf"}}  # what further modules read
# What Pillow's decoders raise on damaged files, beyond what its documentation names.
DECODING_ERRORS = (
    OSError,
    UnidentifiedImageError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    Image.DecompressionBombError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture."""

    pixels: npt.NDArray[np.uint8]  # (H, W) grey or (H, W, 3) RGB, upright, opaque
    size: tuple[int, int]  # height and width before it was reduced, in pixels
    has_more_pages: bool = False  # of a TIFF or PDF, whose first page it is since none was named

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
    on white paper (on black where what can be seen is light), 16 bits become 8.

    Args:
        source: an array is `(H, W)`, `(H, W, 3)` or `(H, W, 4)`; uint8, uint16, bool, or floats
            in [0, 1]. A path may name its page, `scan.pdf#page=2`.
        page: of a TIFF or PDF, from 1; None: the one that the path names, or else the first. A
            PDF's pages are drawn at 200 dots an inch.
        max_pixels: a picture of more raises, before it is decoded.
        working_pixels: a picture of more is reduced to about so many.

    Raises:
        PictureError: if it is no picture that can be read, has no such page, or is too large.
        UsageError: if there is no such file.
    """
    name = name_of(source)
    if isinstance(source, bytearray | memoryview):
        source = bytes(source)
    if isinstance(source, np.ndarray):
        source = _from_array(source, max_pixels)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a picture that warns either decodes or raises
            if isinstance(source, Image.Image):
                return _prepared(source, name, max_pixels, working_pixels)
            content, named = (source, None) if isinstance(source, bytes) else _content(source)
            wanted = named if page is None else page
            with open_image(content) as image:
                _turn_to(image, 1 if wanted is None else wanted)
                more = wanted is None and _page_count(image) > 1
                picture = _prepared(image, name, max_pixels, working_pixels, is_own=True)
                return replace(picture, has_more_pages=more)
    except DECODING_ERRORS as error:
        raise PictureError(f"{name} is no readable picture ({reason(error)}).") from error


def _content(source: str | os.PathLike[str] | IO[bytes]) -> tuple[bytes, int | None]:
    """A file's content, and which of its pages is meant."""
    if not isinstance(source, str | os.PathLike):
        return source.read(), None
    path, page = split_page(source)
    return read_file(path), page


def split_page(source: str | os.PathLike[str]) -> tuple[Path, int | None]:
    """A file, and the page of it that `source` names, as in `scan.pdf#page=2`, or None."""
    path = Path(source)
    named = re.fullmatch(r"(.+)#page=([1-9][0-9]{0,5})", path.name)
    if named is None or path.exists():  # a file may be called so
        return path, None
    return path.with_name(named[1]), int(named[2])


def pages(file: str) -> list[str]:
    """The file; if it is a TIFF or PDF of several pages, a name for each, `scan.pdf#page=2`."""
    path = Path(file)
    if path.suffix.lower() not in _DOCUMENT_SUFFIXES:
        return [file]
    try:
        numbers = page_numbers(read_file(path))
    except PictureError:
        return [file]  # which is said when it is read
    return [file if number is None else f"{file}#page={number}" for number in numbers]


def page_numbers(content: bytes) -> list[int | None]:
    """The pages 1 to N of a TIFF or PDF of several; of all else the only one, None."""
    count = _count_pages(content) if content.startswith(_DOCUMENT_BEGINNINGS) else 1
    return list(range(1, count + 1)) if count > 1 else [None]


def _count_pages(content: bytes) -> int:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with open_image(content) as image:
                return _page_count(image)
    except DECODING_ERRORS:
        return 1


def _page_count(image: Image.Image) -> int:
    """How many pages a document has; frames of an animation are none."""
    if image.format in _DOCUMENTS:
        with contextlib.suppress(*DECODING_ERRORS):  # the first page may be sound all the same
            return int(getattr(image, "n_frames", 1))
    return 1


def _turn_to(image: Image.Image, page: int) -> None:
    if page == 1:
        return
    count = _page_count(image)
    if not 1 < page <= count:
        raise ValueError(f"it has {count} page{'s' if count > 1 else ''}, there is no page {page}")
    image.seek(page - 1)


def name_of(source: Source) -> str:
    """What a message calls the picture."""
    return str(source) if isinstance(source, str | os.PathLike) else "The picture"


def read_file(path: Path) -> bytes:
    """A picture file's content. Raises `PictureError` if it is too large or cannot be read."""
    try:
        size = path.stat().st_size
        if path.is_dir() or not size or size > MAX_FILE_BYTES:
            what = "is a folder" if path.is_dir() else "is empty" if not size else "is too large"
            raise PictureError(f"{path} {what}: no readable picture.")
        return path.read_bytes()
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror or error}.") from error


def open_image(content: bytes) -> Image.Image:
    """Pillow's image of a file's content, its header read only; any of `DECODING_ERRORS`."""
    Image.preinit()  # the usual formats; importing the others' decoders takes 25 ms
    try:
        return Image.open(io.BytesIO(content), formats=_formats())
    except UnidentifiedImageError:
        Image.init()
        try:
            return Image.open(io.BytesIO(content), formats=_formats())
        except UnidentifiedImageError:
            further = _open_further(content)
            if further is None:
                raise
            return further


def _open_further(content: bytes) -> Image.Image | None:
    """What modules of `inkdigits[formats]` read. Raises `ValueError` where they are missing."""
    try:
        if content.startswith(b"%PDF"):
            from inkdigits.images.pdf import PdfImage

            return PdfImage(io.BytesIO(content))
        if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
            from pi_heif import HeifImageFile

            photo: Image.Image = HeifImageFile(io.BytesIO(content))
            return photo
    except ModuleNotFoundError as error:
        what = "HEIC; save it as JPEG" if error.name == "pi_heif" else "a PDF; save it as PNG"
        raise ValueError(f"{what}, or pip install 'inkdigits[formats]'") from error
    return None


def _formats() -> list[str]:
    return [name for name in Image.OPEN if name not in _REFUSED_FORMATS]


def suffixes() -> set[str]:
    """The endings of files that may be pictures, lower case with their dot."""
    Image.init()
    known = Image.registered_extensions().items()
    readable = {
        suffix for suffix, kind in known if kind in Image.OPEN and kind not in _REFUSED_FORMATS
    }
    there = (name for name in _FURTHER if importlib.util.find_spec(name) is not None)
    return readable.union(*(_FURTHER[name] for name in there))


def reason(error: BaseException) -> str:
    """What a decoder says, on one line."""
    if isinstance(error, UnidentifiedImageError):
        return "unknown or damaged format"  # Pillow's sentence shows an object's address
    return " ".join(str(error).split()) or type(error).__name__


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
    elif pixels.dtype == np.uint16:
        pixels = (pixels.astype(np.uint16) >> 8).astype(np.uint8)
    elif np.issubdtype(pixels.dtype, np.floating):
        # What is no number is in no range.
        if not (pixels.min().item() >= 0 and pixels.max().item() <= 1):
            raise PictureError("A picture of floats has values from 0 to 1 only.")
        pixels = (pixels * 255).round().astype(np.uint8)
    elif pixels.dtype != np.uint8:
        raise PictureError(f"An array of type {pixels.dtype} is no picture: take uint8.")
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
    share = min(1.0, (working_pixels / (size[0] * size[1])) ** 0.5)
    if is_own:
        # A JPEG is decoded at a half, quarter or eighth where that suffices.
        image.draft(None, _reduced(stored, share))
    drafted = image.size
    image.load()
    # Of some formats loading itself turns the image upright, and its size with it.
    if image.getexif().get(0x0112, 1) != 1:  # else it would be copied
        image = ImageOps.exif_transpose(image)
    if image.size == drafted[::-1]:
        size = stored[::-1]
    flat = _opaque(image)
    if share < 1:
        flat = flat.resize(_reduced(size, share), Image.Resampling.BOX, reducing_gap=3.0)
    return Picture(np.asarray(flat, dtype=np.uint8), (size[1], size[0]))


def _reduced(size: tuple[int, int], share: float) -> tuple[int, int]:
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


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
