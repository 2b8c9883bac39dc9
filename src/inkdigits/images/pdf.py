"""Pages of PDFs as Pillow images, drawn by PDFium; only where `inkdigits[formats]` is installed."""

import importlib.util
from typing import Any

from PIL import Image, ImageFile

from inkdigits.images import apart

_BEGINNING, _WITHIN = b"%PDF-", 1024  # where PDFium looks for it, behind what mail put before


class PdfImage(ImageFile.ImageFile):
    """A PDF whose frames are its pages, drawn when they are loaded.

    Raises:
        ModuleNotFoundError: if pypdfium2 is not installed.
        ValueError: if it is no PDF or damaged, has no pages, all are damaged, it is locked by a
            password, or takes more memory or time to draw than any honest page.
    """

    format = "PDF"
    format_description = "Portable Document Format"
    fp: Any  # which Pillow does not type

    def _open(self) -> None:
        if importlib.util.find_spec("pypdfium2") is None:
            raise ModuleNotFoundError("There is no pypdfium2.", name="pypdfium2")
        self._content: bytes = self.fp.read()
        self._mode = "RGB"
        self.tile = []
        self._page = 0
        self._drawn = False
        found, _ = apart.ask("count", self._content)
        self.n_frames: int = found["there"]
        self._size = tuple(found["size"])
        is_cut = self.n_frames < found["claimed"]  # it says that it has more
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
            self._size = tuple(apart.ask("measure", self._content, frame)[0]["size"])

    def load(self) -> Any:
        """Draw the page, with what was written onto it (its annotations and forms)."""
        if not self._drawn:
            drawn, pixels = apart.ask("draw", self._content, self._page)
            self.im = Image.frombytes("RGB", tuple(drawn["size"]), pixels).im
            self._drawn = True
        return super().load()


def may_be_pdf(content: bytes) -> bool:
    """Whether a file's content may be a PDF, if it is no picture."""
    return _BEGINNING in content[:_WITHIN]
