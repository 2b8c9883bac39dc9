"""A training that loses nothing: a signal writes a checkpoint, a failure names the last."""

import contextlib
from collections.abc import Sequence

from inkdigits.errors import TrainingError
from inkdigits.training.checkpoint import Checkpoints
from inkdigits.training.run import Run
from inkdigits.training.stopping import Interrupted, Stop, StopAfterStep, caught_signals
from inkdigits.training.trainer import Observer, Trainer


def run_saving(
    run: Run, trainer: Trainer, checkpoints: Checkpoints | None, observers: Sequence[Observer]
) -> None:
    """Train to the end; a signal writes one more checkpoint and says how to go on.

    A signal to any process stops all after the same step; the first one has the `checkpoints`.

    Raises:
        Interrupted: on a signal.
        TrainingError: if the loss is no longer a number.
    """
    with caught_signals(of_many=trainer.ranks.are_many) as caught:
        trainer.signals = caught
        try:
            with contextlib.suppress(Stop):
                trainer.run([*observers, StopAfterStep(caught)])
        except TrainingError as error:
            if checkpoints is None:
                raise
            raise TrainingError(f"{error} In {run.path}, {checkpoints.last_good()}.") from error
        # In the last epoch's end, where no step follows, too.
        number = trainer.ranks.largest(caught[0] if caught else 0)
        if number:
            caught.append(number)  # which may have reached another process
            lost = ""
            if checkpoints:
                checkpoints.try_to_save(trainer)
                if checkpoints.is_failing:
                    lost = f" without a checkpoint of it; {checkpoints.last_good()}"
            stopped = f"Stopped at step {trainer.step} of {trainer.total_steps}{lost}"
            raise Interrupted(f"{stopped}; {run.how_to_go_on}", 128 + number)
