"""Training from start to end: signals at the worst moments."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkdigits.data import Dataset, Split
from inkdigits.networks.description import NetworkDescription, Stage
from inkdigits.training.recipe import Recipe
from inkdigits.training.trainer import Trainer
from inkdigits.workflow import Interrupted, resume, train


class SignalAtTheEnd:
    """Sends this process a SIGTERM in the last epoch's end, where no step follows."""

    def on_step(self, trainer: Trainer) -> None:
        """Nothing to do."""

    def on_epoch(self, trainer: Trainer) -> None:
        if trainer.epoch == trainer.recipe.epochs:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
def test_a_signal_after_the_last_step_is_not_lost(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    split = Split(
        rng.integers(0, 256, (64, 8, 8), dtype=np.uint8), np.arange(64, dtype=np.uint8) % 3
    )
    data = Dataset("noise", split, split, ("a", "b", "c"), "a fixture")
    network = NetworkDescription(stages=(Stage(2),), classes=3, image_size=(8, 8))
    recipe = replace(Recipe(name="short", network=network, epochs=2), average=0.9)
    settings = {"precision": "float32", "threads": 1, "folder": tmp_path}
    whole = train(recipe, data, name="whole", **settings)  # type: ignore[arg-type]  # mixed values
    with pytest.raises(Interrupted) as stopped:
        train(
            recipe, data, name="stopped", observers=lambda _: [SignalAtTheEnd()],
            **settings,  # type: ignore[arg-type]
        )  # fmt: skip
    assert stopped.value.exit_code == 143
    again = resume(tmp_path / "stopped", data)
    ours, theirs = (
        (result.run.path / "weights.safetensors").read_bytes() for result in (again, whole)
    )
    assert ours == theirs
