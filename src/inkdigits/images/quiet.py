"""Decoding without warnings, in however many threads at once."""

import contextlib
import os
import threading
import warnings
from collections.abc import Iterator

_lock = threading.Lock()
_blocks = 0  # that threads are in
_filters = contextlib.ExitStack()  # puts back those that were before the first


@contextlib.contextmanager
def no_warnings() -> Iterator[None]:
    """Ignore all warnings for the block; a picture that warns either decodes or raises.

    Filters belong to the whole process. Were each thread to put back what it has found, one that
    began while another was at it would leave all warnings ignored for good; so the first that
    begins sets them, and the last that ends puts them back.
    """
    global _blocks
    with _lock:
        if not _blocks:
            _filters.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
        _blocks += 1
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            if not _blocks:
                _filters.close()


def _begin_anew() -> None:
    """Of the threads that were in a block, or had the lock, none is in a process just forked."""
    global _lock, _blocks
    _lock, _blocks = threading.Lock(), 0
    _filters.close()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_begin_anew)
