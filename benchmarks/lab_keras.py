"""The lab notebook's own network and training in Keras, written anew, timed epoch by epoch.

    python benchmarks/lab_keras.py --data mnist.npz --epochs 5 --seed 0

Needs TensorFlow (`pip install tensorflow`), best in an environment of its own. Prints one line of
JSON: seconds of each epoch, accuracy on the whole test set, versions. `lab_speed.py` runs it.
"""

import argparse
import json
import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers


class EpochTimes(keras.callbacks.Callback):  # type: ignore[misc]  # it has no types
    """Wall-clock seconds of each epoch, and the test accuracy after it where `test` is given."""

    def __init__(self, test: tuple[Any, Any] | None = None) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self.points: list[tuple[float, float]] = []
        self.test = test
        self.began = 0.0

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.seconds.append(time.perf_counter() - self.began)
        if self.test:
            accuracy = float(self.model.evaluate(*self.test, verbose=0)[1])
            self.points.append((sum(self.seconds), accuracy))


def lab_model() -> keras.Model:
    """Three Conv-BatchNorm-ReLU stages of 32 filters, two max-pools, dropout, softmax."""
    model = keras.Sequential([keras.Input((28, 28, 1))])
    for stage in range(3):
        model.add(layers.Conv2D(32, 3, padding="same"))
        model.add(layers.BatchNormalization())
        model.add(layers.ReLU())
        if stage < 2:
            model.add(layers.MaxPooling2D(2))
    for layer in (layers.Flatten(), layers.Dropout(0.5), layers.Dense(10, activation="softmax")):
        model.add(layer)
    optimizer = keras.optimizers.Adam(0.01)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main() -> None:
    """Train, evaluate, print JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--looks", type=int, default=0, help="any: the test set after each epoch")
    options = parser.parse_args()
    keras.utils.set_random_seed(options.seed)
    with np.load(options.data, allow_pickle=False) as data:
        x_train, y_train = data["x_train"][..., np.newaxis] / 255.0, data["y_train"]
        x_test, y_test = data["x_test"][..., np.newaxis] / 255.0, data["y_test"]
    times = EpochTimes((x_test, y_test) if options.looks else None)
    model = lab_model()
    model.fit(x_train, y_train, batch_size=128, epochs=options.epochs, callbacks=[times], verbose=0)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    result = {
        "epoch_seconds": times.seconds,
        "accuracy": float(accuracy),
        "points": times.points,
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
