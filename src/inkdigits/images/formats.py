"""Files of pictures: which formats are read, and the pages of those that have several.

What Pillow reads safely, and HEIC and PDF where `inkdigits[formats]` is installed. A page of a TIFF
or a PDF is named as RFC 8118 names it, `scan.pdf#page=2`.
"""

import contextlib
import importlib.util
import io
import os
import re
import struct
import warnings
import zlib
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from inkdigits.errors import PictureError

MAX_FILE_BYTES = 1 << 28
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
                return page_count(image)
    except DECODING_ERRORS:
        return 1


def page_count(image: Image.Image) -> int:
    """How many pages a document has; frames of an animation are none."""
    if image.format in _DOCUMENTS:
        with contextlib.suppress(*DECODING_ERRORS):  # the first page may be sound all the same
            return int(getattr(image, "n_frames", 1))
    return 1


def turn_to(image: Image.Image, page: int) -> None:
    """Take a page, the first is 1. Raises `ValueError` if there is none."""
    if page == 1:
        return
    count = page_count(image)
    if not 1 < page <= count:
        raise ValueError(f"it has {count} page{'s' if count > 1 else ''}, there is no page {page}")
    image.seek(page - 1)
