"""One training by one of our recipes, timed; the counterpart of `contenders.py`.

    python benchmarks/ours.py quick --seed 0 [--looks 10] [--shares] [--images 6000]

Prints one JSON line: seconds of training (data in memory; import and evaluation excluded), seconds
of evaluation, accuracy on the whole test set, points (seconds, accuracy) of its way there, and with
--shares how the time of steps divides. --looks and --shares slow it a little: time without them.
"""

import argparse
import dataclasses
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from inkdigits.data import Dataset, Split, load_mnist
from inkdigits.networks.predict import predict_logits
from inkdigits.training.augmentation import augmented_examples
from inkdigits.training.engine import choose_engine
from inkdigits.training.hyperparameters import Augmentation
from inkdigits.training.recipes import RECIPES, find_recipe
from inkdigits.training.run import versions
from inkdigits.training.trainer import Trainer

MORE_IMAGES = Augmentation(rotation=10, scale=0.1, shear=10, shift=1)


class Looks:
    """Reads the test set now and then, with the clock stopped."""

    def __init__(self, dataset: Dataset, every: int) -> None:
        self.dataset, self.every = dataset, every
        self.points: list[tuple[float, float]] = []
        self.began, self.away = time.perf_counter(), 0.0

    def on_step(self, trainer: Trainer) -> None:
        if trainer.step % self.every or trainer.step == trainer.total_steps:
            return
        stopped = time.perf_counter()
        self.points.append((stopped - self.began - self.away, accuracy(trainer, self.dataset)))
        self.away += time.perf_counter() - stopped

    def on_epoch(self, trainer: Trainer) -> None:
        """Nothing to do."""


class Shares:
    """Seconds spent in each part of a step, by wrapping the trainer's own methods.

    Between the loss and the update lies the backward pass, with the sum of what was read rightly.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.seconds = dict.fromkeys(("data", "forward", "backward", "optimizer"), 0.0)
        self.loss_known = 0.0  # when it was, in this step
        watched: Any = trainer
        watched._batch = self._timed("data", trainer._batch)
        watched.column_logits = self._timed("forward", trainer.column_logits)
        watched._loss = self._timed("forward", trainer._loss)
        watched._update = self._timed("optimizer", trainer._update)

    def _timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            began = time.perf_counter()
            if part == "optimizer":
                self.seconds["backward"] += began - self.loss_known
            result = function(*arguments)
            self.loss_known = time.perf_counter()
            self.seconds[part] += self.loss_known - began
            return result

        return timed

    def of(self, seconds: float) -> dict[str, float]:
        """Shares of all `seconds`; the rest is Python, and drawing the order of the images."""
        shares = {part: value / seconds for part, value in self.seconds.items()}
        return shares | {"the rest": 1 - sum(shares.values())}


def accuracy(trainer: Trainer, dataset: Dataset) -> float:
    """Share of the test set read rightly."""
    read = predict_logits(trainer.network, dataset.test.images).argmax(1)
    return float((read == dataset.test.labels).mean())


def images_of(train: Split, count: int, seed: int) -> Split:
    """The first `count` images, or all and as many changed copies as are missing."""
    images, labels = train.images[:count], train.labels[:count]
    while len(images) < count:
        missing = min(count - len(images), len(train.images))
        copies = augmented_examples(train.images[:missing], MORE_IMAGES, 1, seed)[:, 0]
        images = np.concatenate((images, copies))
        labels = np.concatenate((labels, train.labels[:missing]))
        seed += 1
    return Split(images, labels)


def main() -> None:
    """Train, evaluate, print JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("recipe", choices=RECIPES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--looks", type=int, default=0, help="at the test set on the way")
    parser.add_argument("--shares", action="store_true")
    options = parser.parse_args()
    engine = choose_engine(options.device, options.precision, options.threads)
    engine.apply()
    dataset = load_mnist()
    train = images_of(dataset.train, options.images, options.seed)
    recipe = find_recipe(options.recipe)
    recipe = dataclasses.replace(recipe, epochs=options.epochs or recipe.epochs)
    began = time.perf_counter()
    trainer = Trainer(recipe, train, engine, options.seed)
    shares = Shares(trainer) if options.shares else None
    every = -(-trainer.total_steps // options.looks) if options.looks else trainer.total_steps
    looks = Looks(dataset, every)
    trainer.run([looks])
    ended = time.perf_counter()
    seconds = ended - began - looks.away
    last = accuracy(trainer, dataset)
    result = {
        "seconds": round(seconds, 3),
        "evaluation_seconds": round(time.perf_counter() - ended, 3),
        "accuracy": last,
        "points": [*looks.points, (seconds, last)],
        "shares": shares.of(seconds) if shares else None,
        "engine": dataclasses.asdict(engine),
        "versions": versions(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
