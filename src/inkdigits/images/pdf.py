"""Pages of PDFs as Pillow images, drawn by PDFium; only where `inkdigits[formats]` is installed."""

import bisect
import logging
import math
import threading
from typing import Any

from PIL import ImageFile

RESOLUTION = 200  # dots an inch, such as scanners are set to
_MOST_PIXELS = 16_000_000  # of a page; larger ones, such as plans, are drawn at less than that
_LONGEST = 1 << 16  # pixels of a page's side
_POINTS = 72  # an inch, a PDF's own unit
_BEGINNING, _WITHIN = b"%PDF-", 1024  # where PDFium looks for it, behind what mail put before
_LOOKED_AT = 32  # pages from the end on, each of which may be damaged and the one before it sound
_pdfium_lock = threading.Lock()  # PDFium knows no threads
# It warns of forms (XFA) whose plain version, which they hold as well, is drawn.
logging.getLogger("pypdfium2").setLevel(logging.ERROR)


class PdfImage(ImageFile.ImageFile):
    """A PDF whose frames are its pages, drawn when they are loaded.

    Raises:
        ModuleNotFoundError: if pypdfium2 is not installed.
        RuntimeError: if it is no PDF, or damaged.
        ValueError: if it has no pages, all are damaged, or it is locked by a password.
    """

    format = "PDF"
    format_description = "Portable Document Format"
    fp: Any  # which Pillow does not type

    def _open(self) -> None:
        self._content: bytes = self.fp.read()
        self._mode = "RGB"
        self.tile = []
        self._page = 0
        self._drawn = False
        with _pdfium_lock, _opened(self._content) as document:
            claimed = len(document)
            self.n_frames = _pages_there(document, min(claimed, len(self._content)))
            self._size = _pixels(document, 0)
        is_cut = self.n_frames < claimed  # it says that it has more
        self.wrong = "the file is cut short or damaged" if is_cut else ""

    @property
    def is_animated(self) -> bool:
        """Whether it has several pages."""
        return self.n_frames > 1

    def tell(self) -> int:
        """The page that is taken, the first is 0."""
        return self._page

    def seek(self, frame: int) -> None:
        """Take another page. Raises `EOFError` where there is none."""
        if not 0 <= frame < self.n_frames:
            raise EOFError(f"it has {self.n_frames} pages")
        if frame != self._page:
            self._page, self._drawn = frame, False
            with _pdfium_lock, _opened(self._content) as document:
                self._size = _pixels(document, frame)

    def load(self) -> Any:
        """Draw the page, with what was written onto it (its annotations and forms)."""
        if not self._drawn:
            with _pdfium_lock, _opened(self._content) as document:
                document.init_forms()
                page = document[self._page]
                drawn = page.render(scale=_scale(page.get_size()), rev_byteorder=True).to_pil()
                self.im = drawn.convert("RGB").resize(self._size).im
            self._drawn = True
        return super().load()


def may_be_pdf(content: bytes) -> bool:
    """Whether a file's content may be a PDF, if it is no picture."""
    return _BEGINNING in content[:_WITHIN]


def _opened(content: bytes) -> Any:
    import pypdfium2

    # For a document without pages PDFium sets no error: the last one, of another, would be told.
    pypdfium2.raw.FPDF_LoadDocument(b"", None)
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        code = pypdfium2.raw.FPDF_GetLastError()
        if code == pypdfium2.raw.FPDF_ERR_FILE:
            raise ValueError("it has no pages") from error
        if code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise ValueError("it is locked by a password") from error
        raise


def _pages_there(document: Any, claimed: int) -> int:
    """How many pages there are, up to the last that is sound.

    PDFium goes through all pages to find that one is missing: where many are, they are bisected.
    """
    if not claimed:
        raise ValueError("it has no pages")
    few = max(0, claimed - _LOOKED_AT)
    for count in range(claimed, few, -1):
        if _size(document, count - 1) is not None:
            return count
    count = bisect.bisect_left(range(few), True, key=lambda page: _size(document, page) is None)
    if not count:
        raise ValueError("its pages are damaged" if claimed > 1 else "its only page is damaged")
    return count


def _size(document: Any, page: int) -> tuple[float, float] | None:
    """Width and height of a page in points, None where it is damaged."""
    try:
        width, height = document.get_page_size(page)
    except RuntimeError:
        return None
    return float(width), float(height)


def _pixels(document: Any, page: int) -> tuple[int, int]:
    """Width and height of a page that is drawn; of a damaged one, which raises then, the least."""
    width, height = _size(document, page) or (0, 0)
    scale = _scale((width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _scale(size: tuple[float, float]) -> float:
    """Pixels a point of a page of so many points."""
    width, height = size
    most = math.sqrt(_MOST_PIXELS / max(width * height, 1))
    return min(RESOLUTION / _POINTS, most, _LONGEST / max(width, height, 1))
