"""Reads the pictures of a part in a process of its own, since a page of one may end it."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from inkdigits.cluster.rows import Rows, error_rows
from inkdigits.errors import JobError
from inkdigits.processors import one_thread_environment

WORKER = [sys.executable, "-m", "inkdigits.cluster.worker"]
_TRIES = 3  # of a page that ends the process
_GIVEN_UP = 3  # pages of a document in a row, before its rest is; a hostile one has thousands
_REST = f"The {_GIVEN_UP} pages before this one were given up; this and all others are not tried."

PageRows = tuple[str, Rows, bool]  # a picture's name, rows of a page of it, whether it is the last


class Step(NamedTuple):
    """Where reading a part stands."""

    picture: int = 0  # the number of the next one
    pages: int = 0  # of it that are done

    def after(self, *, is_last: bool) -> "Step":
        """Where it stands after a page, maybe the picture's last."""
        return Step(self.picture + 1) if is_last else Step(self.picture, self.pages + 1)


def apart(out: str, part: int, pictures: int) -> Iterator[PageRows]:
    """The rows of each page of a part's pictures, whatever becomes of the process.

    Raises:
        JobError: if the process cannot even begin.
    """
    ended: Counter[tuple[Step, int | None]] = Counter()  # how often a process ended at a page
    given_up = 0  # pages of the document that is read, up to this one without a break
    step = Step()
    while step.picture < pictures:
        begun = None  # a picture's name, and a page's number
        command = [*WORKER, out, str(part), *map(str, step)]
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=one_thread_environment()
        ) as process:
            assert process.stdout is not None
            for answer in _answers(process.stdout):
                begun = answer if len(answer) == 2 else None
                if begun is None:
                    name, rows, is_last = answer
                    step, given_up = step.after(is_last=is_last), 0
                    yield name, rows, is_last
                elif begun[1] is not None and given_up == _GIVEN_UP:
                    process.kill()
                    break
            code = process.wait()
        if step.picture == pictures:
            return
        name, page = begun or ("", None)
        if page is not None and given_up == _GIVEN_UP:
            step, given_up = step.after(is_last=True), 0
            yield name, error_rows(_REST, page), True
            continue
        ended[step, page] += 1
        if ended[step, page] < _TRIES:
            continue
        if begun is None:
            raise JobError(f"A process that reads part {part} ends as it begins ({code}).")
        is_last = page is None  # a picture of one page, or one whose pages cannot be counted
        step, given_up = step.after(is_last=is_last), 0 if is_last else given_up + 1
        yield name, error_rows(_why(code), page), is_last


def _answers(stream: IO[bytes]) -> Iterator[list[Any]]:
    """Name and page of what is begun, and then name, rows, and whether it is the last page."""
    for line in stream:
        if not line.endswith(b"\n"):  # it ended in the middle of it
            return
        answer = json.loads(line)
        if isinstance(answer, dict):
            raise JobError(answer["failed"])
        yield answer


def _why(code: int) -> str:
    if hasattr(signal, "SIGALRM") and code == -signal.SIGALRM:
        return f"The picture was given up {_TRIES} times: it takes too long."
    return f"The picture ended the process that read it, {_TRIES} times."
