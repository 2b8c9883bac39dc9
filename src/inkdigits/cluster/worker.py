"""A process that reads parts of a job.

    python -m inkdigits.cluster.worker OUT                     # parts that standard input asks for
    python -m inkdigits.cluster.worker OUT PART PICTURE PAGES  # the pages of one, from a step on

Numbers of parts come a line each and are answered by a line of JSON each: nothing in an answer is
ever executed, so that a picture which takes a decoder over has one process and no more. It ends
with its input.
"""

import gc
import json
import os
import signal
import sys
from typing import Any

from inkdigits.errors import InkdigitsError


def main() -> None:
    """Answer until there is no more to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever was told to stop ends its input
    sink = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # what a library prints is no answer

    def answer(content: Any) -> None:
        sink.write(json.dumps(content) + "\n")
        sink.flush()

    try:
        from inkdigits.cluster.reader import Reader

        reader = Reader(sys.argv[1])
        gc.freeze()  # what is there by now stays
        if len(sys.argv) > 2:
            part, picture, passed = map(int, sys.argv[2:])
            for each in reader.pages(part, (picture, passed), lambda *begun: answer(begun)):
                answer(each)
            return
        answer({"ready": True})
        for line in sys.stdin:
            answer(reader.read(int(line))._asdict())
    except InkdigitsError as error:
        answer({"failed": str(error)})
    except BrokenPipeError:
        os._exit(1)


if __name__ == "__main__":
    main()
