"""Trains some recipes as one of several processes and keeps what came of it.

    torchrun --nproc-per-node 2 tests/training/together.py FOLDER

The folder holds `data.npz` (images, labels) and `recipes.json`; each process adds, for each recipe,
`<recipe>-<rank>-of-<size>.npz`.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from inkdigits.data import Split
from inkdigits.errors import TrainingError
from inkdigits.training.distribution import Ranks
from inkdigits.training.engine import Engine
from inkdigits.training.recipe import Recipe
from inkdigits.training.trainer import Trainer


class Watched(Trainer):
    """Remembers which images counted for this process."""

    seen: list[int]

    def _own(self, batch: Any) -> Any:
        own = super()._own(batch)
        self.seen += own.tolist() if self.weight else []
        return own


def outcome(recipe: Recipe, train: Split, ranks: Ranks) -> dict[str, Any]:
    """What one process's training gives, as arrays."""
    trainer = Watched(recipe, train, Engine("cpu", "float32", 1), 3, ranks)
    trainer.seen, failure = [], ""
    try:
        trainer.run()
    except TrainingError as error:
        failure = str(error)
    state = {name: value.numpy() for name, value in trainer.network.state_dict().items()}
    return {
        "failure": np.array(failure),
        "seen": np.array(trainer.seen),
        "losses": np.array(trainer.history.losses),
        "accuracies": np.array(trainer.history.accuracies),
        "dropout": trainer.dropout.get_state().numpy(),
        **state,
    }


def main(folder: Path) -> None:
    """Train each recipe in turn."""
    ranks = Ranks.here()
    with np.load(folder / "data.npz") as arrays:
        train = Split(arrays["images"], arrays["labels"])
    recipes = json.loads((folder / "recipes.json").read_text())
    with ranks.joined():
        for name, values in recipes.items():
            arrays = outcome(Recipe.from_json(values), train, ranks)
            np.savez(folder / f"{name}-{ranks.rank}-of-{ranks.size}.npz", **arrays)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    os._exit(0)  # as the command line does; see cli/process.py
