"""A process that reads and classifies for the service, one job at a time.

    python -m inkdigits.serving.worker [MODEL]

Jobs come on standard input and are answered on standard output, as messages of which nothing is
ever executed, so that a picture which takes a decoder over has one process and no way into the
service. It ends with its input.
"""

import gc
import logging
import os
import signal
import sys
from typing import Any, BinaryIO

from inkdigits.errors import InkdigitsError
from inkdigits.memory import keep_freed_memory
from inkdigits.messages import packed, received
from inkdigits.recognition.recognizer import Recognizer
from inkdigits.serving.jobs import perform

log = logging.getLogger("inkdigits.serving.worker")


def main() -> None:
    """Answer jobs until there are no more."""
    # Whoever ends the service ends its input, once what was accepted is answered.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    # Batches of crops take and free the same blocks again and again; what a large photo takes is
    # handed back.
    keep_freed_memory(largest=4 << 20, kept=32 << 20, ahead=8 << 20)
    try:
        recognizer = Recognizer(sys.argv[1] if len(sys.argv) > 1 else None, threads=1)
    except InkdigitsError as error:  # it was good when the service began
        sys.exit(str(error))
    gc.freeze()  # what is there by now stays
    try:
        _work(recognizer, sys.stdin.buffer, sink)
    except BrokenPipeError:  # the service has gone
        os._exit(1)  # what is left to be written is nobody's


def _work(recognizer: Recognizer, source: BinaryIO, sink: BinaryIO) -> None:
    _answer(sink, {"network": recognizer.sha256}, b"")
    while message := received(source):
        header, content = message
        try:
            done = perform(recognizer, header["job"], content, header["options"])
        except InkdigitsError as error:
            _answer(sink, {"error": str(error)}, b"")
        except Exception:
            log.exception("A job of kind %r failed", header["job"])
            _answer(sink, {"failed": True}, b"")
        else:
            _answer(sink, {"digits": done.digits, "refused": done.refused}, done.content)


def _answer(sink: BinaryIO, header: dict[str, Any], content: bytes) -> None:
    sink.write(packed(header, content))
    sink.flush()


if __name__ == "__main__":
    main()
