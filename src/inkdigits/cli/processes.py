"""Several processes of torchrun that speak with one voice."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from inkdigits.errors import InkdigitsError, TrainingError


@contextlib.contextmanager
def one_voice() -> Iterator[None]:
    """Let the first process alone print, in the block.

    What fails in all alike is said by the first; what fails on one host, such as a file that is not
    there, by the first process of that host. Without torchrun this does nothing.
    """
    from inkdigits.training.distribution import Ranks, SaidByFirstError
    from inkdigits.training.stopping import Interrupted

    ranks = Ranks.here()
    if ranks.is_first:
        yield
        return
    try:
        with (
            Path(os.devnull).open("w") as nowhere,
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(nowhere),
        ):
            yield
    except (Interrupted, SaidByFirstError, TrainingError) as error:
        sys.exit(error.exit_code)
    except InkdigitsError as error:
        if ranks.local_rank == 0:
            raise
        sys.exit(error.exit_code)
