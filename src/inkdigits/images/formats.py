"""Files of pictures: which formats are read, and the pages of those that have several.

What Pillow reads safely, and HEIC and PDF where `inkdigits[formats]` is installed. A page of a
TIFF, a PDF or a HEIC file is named as RFC 8118 names it, `scan.pdf#page=2`. What a file is, its
content says, not its name.
"""

import importlib.util
import io
import os
import re
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError

from inkdigits.errors import PictureError, UsageError
from inkdigits.images import tiff
from inkdigits.images.pdf import PdfImage, may_be_pdf
from inkdigits.images.quiet import no_warnings

MAX_FILE_BYTES = 1 << 28
# A file may be a stranger's: Pillow would start Ghostscript on EPS files, and of the others, which
# hold files of further formats, decode what they hold, however large it is beside their own size.
_REFUSED_FORMATS = {"EPS", "BLP", "ICNS", "IPTC"}
_ICON = b"\0\0\1\0"  # what an ICO file begins with; Pillow decodes the picture as it opens it
_PNG_WITHIN = re.compile(rb"\x89PNG\r\n\x1a\n.{4}IHDR(.{8})", re.DOTALL)  # width and height
_MOST_ICON_PIXELS = 1 << 20  # of a PNG within; four times what the largest icons have
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")  # brands of a file
_PEEKED = 1024  # bytes that say whether a file may be a document
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
    _refuse_large_icon(content)
    image = _opened(content)
    if image.mode == "P" and image.palette is None:
        raise ValueError("its palette is missing")
    return image


def _refuse_large_icon(content: bytes) -> None:
    if content.startswith(_ICON):
        for found in _PNG_WITHIN.finditer(content):
            width, height = struct.unpack(">II", found[1])
            if width * height > _MOST_ICON_PIXELS:
                raise ValueError(f"a picture of {width}x{height} pixels is no icon")


def _opened(content: bytes) -> Image.Image:
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
        if _is_heic(content):
            from pi_heif import HeifImageFile

            photo: Image.Image = HeifImageFile(io.BytesIO(content))
            return photo
        if may_be_pdf(content):
            return PdfImage(io.BytesIO(content))
    except ModuleNotFoundError as error:
        what = "HEIC; save it as JPEG" if error.name == "pi_heif" else "a PDF; save it as PNG"
        raise ValueError(f"{what}, or pip install 'inkdigits[formats]'") from error
    return None


def _is_heic(content: bytes) -> bool:
    return content[4:8] == b"ftyp" and content[8:12] in _HEIC


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
    if isinstance(error, MemoryError):
        return "there is not enough memory for it"
    return " ".join(str(error).split()) or type(error).__name__


class PageName(str):
    """What a page is called, `scan.pdf#page=2`, knowing the file and the number of the page.

    So it is never taken for a file that is called so, nor equal to that file's name.
    """

    file: Path
    page: int  # from 1

    def __new__(cls, name: str, file: Path, page: int) -> "PageName":
        """The page of a file, called `name`."""
        self = super().__new__(cls, name)
        self.file, self.page = file, page
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PageName) and super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def split_page(source: str | os.PathLike[str]) -> tuple[Path, int | None]:
    """A file, and the page of it that `source` names, as in `scan.pdf#page=2`, or None.

    Raises:
        UsageError: if it names a page of a file in another way, or a page of a folder.
    """
    if isinstance(source, PageName):
        return source.file, source.page
    path = Path(source)
    named = re.fullmatch(r"(.+)#page=([^/\\]*)", os.fspath(source), re.DOTALL)
    if named is None or path.exists():  # a file may be called so
        return path, None
    file, page = Path(named[1]), named[2]
    if file.is_dir():
        raise UsageError(f"{named[1]} is a folder, which has no pages.")
    if re.fullmatch("[1-9][0-9]{0,8}", page):
        return file, int(page)
    if file.exists():
        raise UsageError(f"{source} names no page: they are numbered 1, 2, 3 and so on.")
    return path, None


def pages(file: str) -> list[str]:
    """The file; if it is a document of several pages, a name for each, `scan.pdf#page=2`."""
    path = Path(file)
    try:
        with path.open("rb") as stream:
            may_have = _may_have_pages(stream.read(_PEEKED))
        numbers = page_numbers(read_file(path)) if may_have else [None]
    except (OSError, PictureError):
        return [file]  # which is said when it is read
    return [
        file if number is None else PageName(f"{file}#page={number}", path, number)
        for number in numbers
    ]


def page_numbers(content: bytes) -> list[int | None]:
    """The pages 1 to N of a document of several; of all else the only one, None.

    Where the file is cut short or damaged, or has too many, the last stands for all that is
    missing: it cannot be read, and says why.
    """
    if not _may_have_pages(content):
        return [None]
    try:
        with no_warnings():
            count = _pages_of(content).number
    except DECODING_ERRORS:
        return [None]  # which is said when it is read
    return list(range(1, count + 1)) if count > 1 else [None]


def open_page(content: bytes, page: int | None) -> tuple[Image.Image, bool]:
    """Pillow's image of a page, or of the first if `page` is None and then whether there are more.

    Raises any of `DECODING_ERRORS`, `ValueError` if there is no such page.
    """
    wanted = 1 if page is None else page
    if tiff.is_tiff(content):
        found = _pages_of(content)
        stream = tiff.beginning_at(content, found.pick(wanted))
        image: Image.Image = Image.open(stream, formats=["TIFF"])
        tiff.refuse_deep_planes(image)
    else:
        image = open_image(content)
        found = _pages_of_image(image)
        frame = found.pick(wanted)
        if frame != image.tell():
            image.seek(frame)
    return image, page is None and found.number > 1


class _Pages(NamedTuple):
    """The pages of a document."""

    places: Sequence[int]  # of a TIFF's directories, or frames
    wrong: str = ""  # why those behind them are missing, if there are more

    @property
    def number(self) -> int:
        """How many there are, one for all those that are missing."""
        return len(self.places) + bool(self.wrong)

    def pick(self, page: int) -> int:
        """The place of a page, from 1. Raises `ValueError` if there is none."""
        there = len(self.places)
        if 1 <= page <= there:
            return self.places[page - 1]
        if self.wrong and page > there:
            missing = f": its pages from {there + 1} on are missing" if there else ""
            raise ValueError(f"{self.wrong}{missing}")
        plural = "" if there == 1 else "s"
        raise ValueError(f"it has {there or 'no'} page{plural}, there is no page {page}")


def _may_have_pages(content: bytes) -> bool:
    return tiff.is_tiff(content) or _is_heic(content) or may_be_pdf(content)


def _pages_of(content: bytes) -> _Pages:
    if tiff.is_tiff(content):
        return _Pages(*tiff.page_places(content, MAX_FILE_BYTES))
    with open_image(content) as image:
        return _pages_of_image(image)


def _pages_of_image(image: Image.Image) -> _Pages:
    """Frames of an animation are no pages."""
    if isinstance(image, PdfImage):
        return _Pages(range(image.n_frames), image.wrong)
    first = image.tell()
    if image.format == "HEIF":  # which says which one is the first
        others = [frame for frame in range(getattr(image, "n_frames", 1)) if frame != first]
        return _Pages([first, *others])
    return _Pages([first])
