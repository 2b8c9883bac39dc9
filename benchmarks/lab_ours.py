"""Our `lab` recipe, timed epoch by epoch; the counterpart of `lab_keras.py`.

    python benchmarks/lab_ours.py --epochs 5 --seed 0 [--precision float32]

Prints one line of JSON: seconds of each epoch, accuracy on the whole test set, versions.
"""

import argparse
import json
import time
from dataclasses import replace

from inkdigits.data import load_mnist
from inkdigits.evaluation.metrics import evaluate_logits
from inkdigits.networks.predict import predict_logits
from inkdigits.training.engine import choose_engine
from inkdigits.training.recipes import find_recipe
from inkdigits.training.run import versions
from inkdigits.training.trainer import Trainer


class EpochTimes:
    """Wall-clock seconds of each epoch."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.began = time.perf_counter()

    def on_step(self, trainer: Trainer) -> None:
        """Nothing to do."""

    def on_epoch(self, trainer: Trainer) -> None:
        now = time.perf_counter()
        self.seconds.append(now - self.began)
        self.began = now


def main() -> None:
    """Train, evaluate, print JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--precision", default="auto")
    options = parser.parse_args()
    engine = choose_engine("cpu", options.precision)
    engine.apply()
    train, test = load_mnist(options.data)
    recipe = replace(find_recipe("lab"), epochs=options.epochs)
    trainer = Trainer(recipe, train, engine, options.seed)
    times = EpochTimes()
    trainer.run([times])
    logits = predict_logits(trainer.network, test.images)
    accuracy = evaluate_logits(logits, test.labels, [str(digit) for digit in range(10)]).accuracy
    result = {
        "epoch_seconds": times.seconds,
        "accuracy": accuracy,
        "precision": engine.precision,
        "threads": engine.threads,
        "versions": versions(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
