"""Pages of PDFs as Pillow images, drawn by PDFium; only where `inkdigits[formats]` is installed."""

import math
import threading
from typing import Any

from PIL import ImageFile

RESOLUTION = 200  # dots an inch, such as scanners are set to
_MOST_PIXELS = 16_000_000  # of a page; larger ones, such as plans, are drawn at less than that
_POINTS = 72  # an inch, a PDF's own unit
_pdfium_lock = threading.Lock()  # PDFium knows no threads


class PdfImage(ImageFile.ImageFile):
    """A PDF whose frames are its pages, drawn when they are loaded.

    Raises:
        ModuleNotFoundError: if pypdfium2 is not installed.
        RuntimeError: if it is no PDF, damaged, or locked by a password.
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
        self.n_frames, self._size = self._look(0)

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
            _, self._size = self._look(frame)

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

    def _look(self, page: int) -> tuple[int, tuple[int, int]]:
        """How many pages there are, and width and height of one in pixels."""
        with _pdfium_lock, _opened(self._content) as document:
            width, height = document[page].get_size()
            scale = _scale((width, height))
            return len(document), (max(1, round(width * scale)), max(1, round(height * scale)))


def _opened(content: bytes) -> Any:
    import pypdfium2

    return pypdfium2.PdfDocument(content)


def _scale(size: tuple[float, float]) -> float:
    """Pixels a point of a page of so many points."""
    width, height = size
    return min(RESOLUTION / _POINTS, math.sqrt(_MOST_PIXELS / max(width * height, 1)))
