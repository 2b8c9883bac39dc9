"""Several processes of torchrun that speak with one voice."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from inkdigits.errors import InkdigitsError, TrainingError

# The first process fails a moment sooner or later: torchrun ends all others with the one that ends.
_TO_SAY_S = 5.0


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
    except Interrupted as error:
        sys.exit(error.exit_code)
    except InkdigitsError as error:
        if ranks.local_rank == 0 and not isinstance(error, SaidByFirstError | TrainingError):
            raise
        time.sleep(_TO_SAY_S)
        sys.exit(error.exit_code)
