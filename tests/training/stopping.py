"""Training that is stopped after so many steps."""

from inkdigits.training.trainer import Trainer


class StopAfter:
    """Raises KeyboardInterrupt, as Ctrl-C does, after so many steps."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def on_step(self, trainer: Trainer) -> None:
        if trainer.step == self.steps:
            raise KeyboardInterrupt

    def on_epoch(self, trainer: Trainer) -> None:
        """Nothing to do."""
