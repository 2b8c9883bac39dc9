"""The process in which PDFium works: it is started with the first PDF, and anew where it ended."""

import atexit
import contextlib
import os
import subprocess
import sys
import threading
from typing import Any, cast

from inkdigits.images import pdfium
from inkdigits.messages import packed, received

MOST_BYTES = 2 << 30  # that the process may have; an A3 sheet in colour at 600 dpi takes 0.8 GB
MOST_S = 60.0  # of a processor, for one question
_END_S = 5.0  # that it may take to end

_lock = threading.Lock()  # one question after the other
_process: "subprocess.Popen[bytes] | None" = None


def ask(asked: str, content: bytes, page: int = 0) -> tuple[dict[str, Any], bytes]:
    """What PDFium says of a page, from 0, of the PDF that is `content`.

    Args:
        asked: `count`, `measure` or `draw`, as in `inkdigits.images.pdfium`.

    Raises:
        ValueError: if it is no PDF or damaged, or takes more memory or time than it may.
    """
    message = packed({"asked": asked, "page": page}, content)
    with _lock:
        process = _running()
        try:
            with contextlib.suppress(BrokenPipeError):  # it has ended, which is seen next
                process.stdin.write(message)  # type: ignore[union-attr]  # it is a pipe
                process.stdin.flush()  # type: ignore[union-attr]
            answer = received(cast(Any, process.stdout))
        except BaseException:  # such as Ctrl-C: the answer would be taken for the next question's
            _end(at_once=True)
            raise
        if answer is None:
            raise ValueError(_why(_end()))
    if "error" in answer[0]:
        raise ValueError(answer[0]["error"])
    return answer


def _running() -> "subprocess.Popen[bytes]":
    global _process  # one for all threads
    if _process is not None and _process.poll() is not None:
        _end()
    if _process is None:
        path = os.pathsep.join(entry for entry in sys.path if entry)
        # What lies in the working directory, beside strangers' pictures, is no module (-P).
        _process = subprocess.Popen(
            [sys.executable, "-P", "-m", pdfium.__name__, str(MOST_BYTES), str(MOST_S)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            pipesize=1 << 20,  # Linux's own, 64 kB, is slow for pages
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # a terminal's signals are not for it
        )  # fmt: skip
    return _process


def _end(*, at_once: bool = False) -> int:
    """End the process, if there is one; gives what it ended with."""
    global _process
    process, _process = _process, None
    if process is None:
        return 0
    if at_once:
        process.kill()
    with contextlib.suppress(OSError):  # what it was sent, and has not read
        process.stdin.close()  # type: ignore[union-attr]
    try:
        code = process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    process.stdout.close()  # type: ignore[union-attr]
    return code


def _why(code: int) -> str:
    if code == pdfium.TOO_MUCH_MEMORY:
        return f"drawing it takes more than {MOST_BYTES >> 20} MB of memory"
    if code == pdfium.TOO_LONG:
        return f"drawing it takes longer than {MOST_S:g} s"
    return "PDFium, which draws PDFs, broke down over it"


def _forget() -> None:
    """Leave the process to the one that this one is a fork of."""
    global _lock, _process
    _lock = threading.Lock()
    if _process is not None:
        _process.returncode = 0  # there is nothing to wait for
        _process = None


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
