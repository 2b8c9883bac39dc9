"""Ctrl-C and SIGTERM stop training between two steps, all of its processes after the same one."""

import contextlib
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inkdigits.training.run import Run
from inkdigits.training.trainer import Trainer


class Interrupted(KeyboardInterrupt):
    """A signal stopped training, and what there is has been saved; the message says how to go on.

    Attributes:
        exit_code: the shell's for the signal: 130 for Ctrl-C, 143 for SIGTERM.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Stop(Exception):  # noqa: N818 - no error
    """Leaves the training loop."""


@dataclass(frozen=True)
class StopAfterStep:
    """Stops between two steps, never inside one: there the state is whole.

    Several processes stop once all know that one was asked to.
    """

    caught: Sequence[int]

    def on_step(self, trainer: Trainer) -> None:
        if trainer.stops or (self.caught and not trainer.ranks.are_many):
            raise Stop

    def on_epoch(self, trainer: Trainer) -> None:
        """The step before has looked already."""


@contextlib.contextmanager
def caught_signals(*, of_many: bool = False) -> Iterator[list[int]]:
    """Numbers of the SIGINT and SIGTERM that arrived in the block, instead of their effect.

    Args:
        of_many: once one of several processes has ended, torchrun asks all to; one that was
            stopped by then goes on to catch them, lest it be killed before it has said so.
    """
    caught: list[int] = []
    before = {}
    # Outside the main thread none can be caught; there they do not arrive either.
    with contextlib.suppress(ValueError):
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, lambda number, _: caught.append(number))
    try:
        yield caught
    finally:
        for number, handler in before.items():
            if not (of_many and caught):
                signal.signal(number, handler)


@contextlib.contextmanager
def saying_how_to_go_on(run: Run) -> Iterator[None]:
    """Make `Interrupted` of an interruption outside the training loop."""
    try:
        yield
    except Interrupted:
        raise
    except KeyboardInterrupt as error:
        raise interrupted(run, "Stopped", error) from error


def interrupted(run: Run, stopped: str, error: KeyboardInterrupt) -> Interrupted:
    """What is true of a run whose end was interrupted; `stopped` begins the sentence."""
    code = getattr(error, "exit_code", 130)
    if run.is_complete and run.origin.command == "train":
        said = f"Stopped; {run.path} is complete, and tidied up by: {run.going_on}"
        return Interrupted(said, code)
    return Interrupted(f"{stopped}; {run.how_to_go_on}", code)
