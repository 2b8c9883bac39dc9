"""What PDFium says of a PDF, in a process of its own that ends rather than take all memory.

    python -m inkdigits.images.pdfium MOST_BYTES MOST_SECONDS

Forms that draw each other ten times over, ten deep, are 2 kB and ten thousand million objects, all
of which PDFium makes as it opens the page; where there is no memory left it aborts its process.
Questions come on standard input and are answered on standard output; it ends with its input.
"""

import bisect
import logging
import math
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from inkdigits.messages import packed, received

RESOLUTION = 200  # dots an inch, such as scanners are set to
TOO_MUCH_MEMORY, TOO_LONG = 91, 92  # what the process ends with
_MOST_PIXELS = 16_000_000  # of a page; larger ones, such as plans, are drawn at less than that
_LONGEST = 1 << 16  # pixels of a page's side
_POINTS = 72  # an inch, a PDF's own unit
_LOOKED_AT = 32  # pages from the end on, each of which may be damaged and the one before it sound
_LOOKS_EVERY_S = 0.02  # in which PDFium takes some 10 MB


def main() -> None:
    """Answer questions until there are no more."""
    import pypdfium2  # noqa: F401  # before the first question comes

    # It warns of forms (XFA) whose plain version, which they hold as well, is drawn.
    logging.getLogger("pypdfium2").setLevel(logging.ERROR)
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what PDFium prints is no answer
    watch = _Watch(int(sys.argv[1]), float(sys.argv[2]))
    while message := received(sys.stdin.buffer):
        watch.began = time.process_time()
        header, content = message
        try:
            answer = packed(*_ANSWERS[header["asked"]](content, header["page"]))
        except (RuntimeError, ValueError, MemoryError) as error:
            answer = packed({"error": str(error) or "there is not enough memory"}, b"")
        watch.began = math.inf
        sink.write(answer)
        sink.flush()


class _Watch:
    """A thread that ends the process once it has gone too far, or nobody waits for it.

    PDFium cannot be stopped; but while it works, Python's threads go on.
    """

    def __init__(self, most_bytes: int, most_s: float) -> None:
        self.began = math.inf  # the question, in the process's seconds of work
        self._most_bytes, self._most_s, self._parent = most_bytes, most_s, os.getppid()
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while True:
            time.sleep(_LOOKS_EVERY_S)
            if _memory() > self._most_bytes:
                os._exit(TOO_MUCH_MEMORY)
            if time.process_time() - self.began > self._most_s:
                os._exit(TOO_LONG)
            if os.getppid() != self._parent:
                os._exit(1)


def _memory() -> int:
    """Bytes that the process has, or where only that is known has had; 0 where nothing is."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        if sys.platform != "darwin":
            return 0
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def count(content: bytes, _: int = 0) -> tuple[dict[str, Any], bytes]:
    """How many pages a PDF claims to have, how many there are, and its first one's pixels."""
    with _opened(content) as document:
        claimed = len(document)
        there = _pages_there(document, min(claimed, len(content)))
        return {"claimed": claimed, "there": there, "size": _pixels(document, 0)}, b""


def measure(content: bytes, page: int) -> tuple[dict[str, Any], bytes]:
    """How many pixels wide and high a page is drawn."""
    with _opened(content) as document:
        return {"size": _pixels(document, page)}, b""


def draw(content: bytes, page: int) -> tuple[dict[str, Any], bytes]:
    """A page with what was written onto it (its annotations and forms), RGB."""
    with _opened(content) as document:
        document.init_forms()
        opened = document[page]
        drawn = opened.render(scale=_scale(opened.get_size()), rev_byteorder=True).to_pil()
        drawn = drawn.convert("RGB").resize(_pixels(document, page))
        return {"size": drawn.size}, drawn.tobytes()


_ANSWERS = {each.__name__: each for each in (count, measure, draw)}


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
    for number in range(claimed, few, -1):
        if _size(document, number - 1) is not None:
            return number
    number = bisect.bisect_left(range(few), True, key=lambda page: _size(document, page) is None)
    if not number:
        raise ValueError("its pages are damaged" if claimed > 1 else "its only page is damaged")
    return number


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


if __name__ == "__main__":
    main()
