"""Reads the pictures of a part in a process of its own, since one of them may end it."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import IO

from inkdigits.cluster.rows import Rows, error_rows
from inkdigits.errors import JobError
from inkdigits.processors import one_thread_environment

WORKER = [sys.executable, "-m", "inkdigits.cluster.worker"]
_TRIES = 3  # of a picture that ends the process


def apart(out: str, part: int, pictures: int) -> Iterator[tuple[str, Rows]]:
    """Name and rows of each of a part's pictures, whatever becomes of the process.

    Raises:
        JobError: if the process cannot even begin.
    """
    ended: Counter[int] = Counter()  # how often a process ended at a picture
    number = 0
    while number < pictures:
        name = None
        command = [*WORKER, out, str(part), str(number)]
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=one_thread_environment()
        ) as process:
            assert process.stdout is not None
            for name, rows in _answers(process.stdout):
                if rows is not None:
                    yield name, rows
                    number += 1
                    name = None
            code = process.wait()
        if number == pictures:
            return
        ended[number] += 1
        if ended[number] < _TRIES:
            continue
        if name is None:
            raise JobError(f"A process that reads part {part} ends as it begins ({code}).")
        yield name, error_rows(_why(code))
        number += 1


def _answers(stream: IO[bytes]) -> Iterator[tuple[str, Rows | None]]:
    """Name of a picture that is begun, and then again with its rows."""
    for line in stream:
        if not line.endswith(b"\n"):  # it ended in the middle of it
            return
        answer = json.loads(line)
        if isinstance(answer, dict):
            raise JobError(answer["failed"])
        name, rows = answer
        yield name, rows


def _why(code: int) -> str:
    if hasattr(signal, "SIGALRM") and code == -signal.SIGALRM:
        return f"The picture was given up {_TRIES} times: it takes too long."
    return f"The picture ended the process that read it, {_TRIES} times."
