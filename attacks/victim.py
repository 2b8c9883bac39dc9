"""What the attacks share: the product is run as a victim would run it, within limits, and judged.

An attack is a function that makes hostile files in a folder, hands them to the product and returns
how they were refused; it raises `Worked` where they were not.
"""

import json
import os
import pty
import resource
import struct
import subprocess
import sys
import tempfile
import threading
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

MOST_MB = 1000  # of memory, the whole time
MOST_S = 20.0  # of processor time, for all command lines of an attack; each start takes a second
HANG_S = 30.0
GUARD_BYTES = 12 << 30  # of addresses, so that an attack that works harms this machine no more
REFUSED = (1, 2)  # exit codes
# Several command lines in one process, since importing torch takes longer than any attack.
SEVERAL = """
import json, sys, traceback
from inkdigits.cli import main
for line in json.loads(sys.argv[1]):
    code = 0
    try:
        main(line)
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
        code = 70
    print("<ended>", flush=True)
    print(f"\\n{code}<ended>", file=sys.stderr, flush=True)
"""
ENDED = "<ended>\n"


# A clipboard is written to, a window renamed and cleared, colours and writing turned.
ESCAPE = "\x1b]52;c;b3duZWQ=\x07\x1b]2;owned\x07\x1b[2J\x9b31m\u202e"
NAME = f"{ESCAPE}\nError: forged"


class Worked(Exception):  # noqa: N818  # it is the attacker's success
    """The attack did what it hoped for."""


@dataclass(frozen=True)
class Outcome:
    """How a command line ended."""

    code: int
    output: str  # standard output, and error where that is the same terminal
    errors: str = ""


def run(attack: Callable[[Path], str]) -> NoReturn:
    """Carry out an attack in a temporary folder; exit code 0 and how if it was refused, else 1."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            refusal = attack(Path(folder).resolve())
        except Worked as worked:
            sys.exit(f"The attack worked: {worked}")
    print(f"Refused: {refusal}")
    sys.exit(0)


def inkdigits(
    *arguments: object,
    folder: Path | None = None,
    terminal: bool = False,
    most_mb: float = MOST_MB,
) -> Outcome:
    """Run a command line in `folder`; with `terminal` it believes that it writes to one.

    Raises:
        Worked: if it takes too much memory or time, or ends in a traceback.
    """
    command = [sys.executable, "-m", "inkdigits", *map(str, arguments)]
    return _run(command, folder, terminal, most_mb)


def imported_mb(module: str) -> float:
    """The memory that importing a module takes: of torch 200 MB or, where built for CUDA, 800."""
    python(f"import {module}")
    return _most_mb_so_far()


def several(*lines: Sequence[object]) -> list[Outcome]:
    """Run command lines one after the other in one process, as `inkdigits` does each."""
    texts = [list(map(str, line)) for line in lines]
    outcome = _run([sys.executable, "-c", SEVERAL, json.dumps(texts)], None, False)
    said = list(zip(*(text.split(ENDED) for text in (outcome.output, outcome.errors)), strict=True))
    if len(said) != len(lines) + 1:
        raise Worked(f"the process ended with {outcome.code}: {outcome.errors[-300:]!r}")
    return [
        Outcome(int(errors.rpartition("\n")[2]), output, errors.rpartition("\n")[0])
        for output, errors in said[:-1]
    ]


def python(program: str, *arguments: object, folder: Path | None = None) -> Outcome:
    """Run a program that uses the Python API."""
    return _run([sys.executable, "-c", program, *map(str, arguments)], folder, False)


def refusal(outcome: Outcome, *named: object) -> str:
    """The sentence by which a command line refused; `Worked` if it did not, or not properly.

    Args:
        named: what the sentence must name.
    """
    said = outcome.errors.strip()
    if outcome.code not in REFUSED:
        raise Worked(f"exit code {outcome.code}, and it said {(outcome.output + said)[-300:]!r}")
    lines = said.splitlines() or [""]
    if lines[-1] != said and not lines[-1].startswith("Error: "):
        raise Worked(f"it was refused in more than a sentence: {said[-300:]!r}")
    for name in map(str, named):
        if name not in lines[-1]:
            raise Worked(f"it was refused without {name!r} being named: {lines[-1]!r}")
    raw = [one for one in said if unicodedata.category(one) in ("Cc", "Cf") and one != "\n"]
    if raw:
        raise Worked(f"{raw[0]!r} reached the terminal: {said[-300:]!r}")
    return lines[-1].removeprefix("Error: ")


def is_obeyed(outcome: Outcome) -> bool:
    """Whether anything of `NAME` reaches the terminal raw, or as a line of its own."""
    said = outcome.output + outcome.errors
    raw = any(part in said for part in ("\x1b]52", "\x1b]2;", "\x1b[2J", "\x9b", "\u202e"))
    return raw or any(line.startswith("Error: forged") for line in said.splitlines())


def run_folder(path: Path, **network: Any) -> Path:
    """A run folder without weights; `network`: what differs from the smallest network there is."""
    stage = {"filters": 1, "kernel": 1, "norm": "none", "pooling": "none"}
    network = {"stages": [stage], "head": "global_max", **network}
    names = [str(number) for number in range(network.get("classes", 10))]
    settings = {
        "format": 1,
        "recipe": {"name": "evil", "network": network},
        "seed": 0,
        "engine": {"device": "cpu", "precision": "float32", "threads": 1},
        "data": {"name": "evil", "source": "nowhere", "class_names": names, "sha256": {}},
        "versions": {},
    }
    path.mkdir()
    (path / "run.json").write_text(json.dumps(settings))
    return path


def safetensors(header: object, content: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file; `length`: what it says that its header has."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + content


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (GUARD_BYTES, GUARD_BYTES))


def _all_of(reader: int) -> bytes:
    output = b""
    with open(reader, "rb", buffering=0) as stream:  # a descriptor, not a path
        while True:
            try:
                part = stream.read(1 << 16)
            except OSError:  # a terminal's other end was closed
                return output
            if not part:
                return output
            output += part


def _most_mb_so_far() -> float:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _run(
    command: list[str], folder: Path | None, terminal: bool, most_mb: float = MOST_MB
) -> Outcome:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment.pop("INKDIGITS_DATA", None)
    reader, writer = pty.openpty() if terminal else (-1, subprocess.PIPE)
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=writer,
        stderr=writer, preexec_fn=_limit,
    )  # fmt: skip
    stop = threading.Timer(HANG_S, process.kill)
    stop.start()
    if terminal:
        os.close(writer)
        texts = [_all_of(reader), b""]
    else:
        texts = list(process.communicate())
    code = process.wait()
    stop.cancel()
    output, errors = (
        text.decode("utf-8", "surrogateescape").replace("\r\n", "\n") for text in texts
    )
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds, peak_mb = used.ru_utime + used.ru_stime, _most_mb_so_far()
    if "Traceback" in output + errors:
        raise Worked(f"a traceback: {(output + errors)[-2000:]}")
    if seconds > MOST_S or peak_mb > most_mb:
        said = (output + errors)[-300:]
        raise Worked(f"it took {seconds:.1f} s and {peak_mb:.0f} MB, and said {said!r}")
    return Outcome(code, output, errors)
