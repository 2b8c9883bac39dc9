"""Says that this process was ended, where it has no time to say so itself.

Ray ends the process that uses it, at once and in silence, some seconds after its own processes on
this machine have ended.
"""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

_WITNESS = "import sys\nif not sys.stdin.buffer.read(): sys.stderr.write(sys.argv[1])"


@contextlib.contextmanager
def witnessed(sentence: str) -> Iterator[None]:
    """Have `sentence` written to standard error if this process ends within the block.

    A process of its own waits for that; Ctrl-C, which ends all of a terminal, does not reach it.
    """
    command = [sys.executable, "-I", "-S", "-c", _WITNESS, f"{sentence}\n"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
    ) as witness:
        try:
            yield
        finally:
            with contextlib.suppress(BrokenPipeError):
                witness.communicate(b"all is well")
