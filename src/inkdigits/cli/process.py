"""The command line as a process of its own: a picture read from a shell is a quarter of a second.

A sixth of that went to collecting garbage while modules are imported, which leave none, and to
taking the interpreter and the network's threads apart at the end, piece by piece, before the
operating system takes all of it back at once anyway.
"""

import contextlib
import gc
import os
import sys
from typing import NoReturn

from inkdigits.processors import wait_briefly

_OBJECTS = 50_000  # more than imports make; Python's own 700 have them looked through 40 times
_QUICK = ("read", "classify")  # commands that leave nothing to be done at exit


def run() -> NoReturn:
    """Run the process's command line and exit with its code; see `inkdigits.cli.main`."""
    try:
        gc.set_threshold(_OBJECTS)
        wait_briefly()
        from inkdigits.cli import main

        main()
    except KeyboardInterrupt:  # so early that no command can say so
        sys.exit(130)
    except SystemExit as ended:
        if (_is_quick() or is_one_of_many()) and isinstance(ended.code, int):
            for stream in (sys.stdout, sys.stderr):
                if stream is not None:  # as where it was closed from the start
                    with contextlib.suppress(OSError, ValueError):  # nobody reads, or closed
                        stream.flush()
            os._exit(ended.code)
        raise


def _is_quick() -> bool:
    return len(sys.argv) > 1 and sys.argv[1] in _QUICK


def is_one_of_many() -> bool:
    """Whether torchrun started this process.

    DistributedDataParallel keeps gloo's threads running; one that still holds a tensor while the
    interpreter is taken apart aborts the process, which torchrun would take for a failure.
    """
    return "TORCHELASTIC_RUN_ID" in os.environ
