"""The networks that our recipes are measured beside, written anew from their descriptions.

    python benchmarks/contenders.py published --seed 0

Trains one of them in this process and prints one JSON line: seconds of training
(data in memory; import, warm-up of the allocator and evaluation excluded), seconds of evaluation,
accuracy on the whole test set, and points (seconds, accuracy) of its way there.

- published: the fastest published CPU recipe known to us. Convolution 5x5 to 24 channels, max-pool
  2, ReLU, convolution 3x3 to 32, max-pool 2, ReLU, dense 256, ReLU, dense 10; Adam with betas 0.7
  and 0.9, one cycle with its peak at 0.01 and the momentum left alone, batches of 256, one pass in
  stored order over images normalised by mean 0.1307 and deviation 0.3081.
- example: the network of PyTorch's MNIST example: convolutions 3x3 to 32 and 64, max-pool 2,
  dropout 0.25, dense 128, dropout 0.5, dense 10; Adadelta at 1.0, times 0.7 an epoch; batches
  of 64.
- mlp, svm: scikit-learn's multi-layer perceptron (one hidden layer of 256) and its support vector
  machine with a radial kernel (C = 10), the latter on the first 10,000 images.
"""

import argparse
import json
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inkdigits.data import Dataset, load_mnist
from inkdigits.processors import available_processors

Floats = npt.NDArray[np.float32]


class Clock:
    """Seconds of training, with the time for looking at the test set taken out."""

    def __init__(self) -> None:
        self.seconds, self.points, self.evaluation_seconds = 0.0, list[tuple[float, float]](), 0.0
        self.began = time.perf_counter()

    def look(self, accuracy: Callable[[], float]) -> float:
        """Stop, measure the accuracy, go on."""
        stopped = time.perf_counter()
        self.seconds += stopped - self.began
        value = accuracy()
        self.points.append((round(self.seconds, 3), value))
        self.began = time.perf_counter()
        self.evaluation_seconds = self.began - stopped
        return value


def normalised(images: npt.NDArray[np.uint8]) -> Tensor:
    """Images as both torch contenders take them."""
    return (torch.from_numpy(images.copy())[:, None].float() / 255 - 0.1307) / 0.3081


def accuracy_of(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Share read rightly, in batches of 1,000."""
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        right = sum(
            int((network(some).argmax(1) == true).sum())
            for some, true in zip(images.split(1000), labels.split(1000), strict=True)
        )
    network.train(was_training)
    return right / len(labels)


def published(dataset: Dataset, seed: int, looks: int) -> Clock:
    """The fastest published recipe."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Conv2d(1, 24, 5), nn.MaxPool2d(2), nn.ReLU(),
        nn.Conv2d(24, 32, 3), nn.MaxPool2d(2), nn.ReLU(),
        nn.Flatten(), nn.Linear(800, 256), nn.ReLU(), nn.Linear(256, 10),
    )  # fmt: skip
    tensors = [(normalised(x), torch.from_numpy(y.astype(np.int64))) for x, y in dataset]
    (images, labels), test = tensors
    # Before the clock starts: making the first optimizer of a process imports torch's compiler.
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01, betas=(0.7, 0.9))
    clock = Clock()
    steps = -(-len(images) // 256)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.01, total_steps=steps, cycle_momentum=False
    )
    batches = zip(images.split(256), labels.split(256), strict=True)
    for step, (some, true) in enumerate(batches, 1):
        optimizer.zero_grad()
        F.cross_entropy(network(some), true).backward()
        optimizer.step()
        schedule.step()
        if looks and step % -(-steps // looks) == 0 and step < steps:
            clock.look(lambda: accuracy_of(network, *test))
    clock.look(lambda: accuracy_of(network, *test))
    return clock


def example(dataset: Dataset, seed: int, looks: int, epochs: int = 2) -> Clock:
    """PyTorch's example, for so many of its 14 epochs."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Dropout(0.25), nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(128, 10),
    )  # fmt: skip
    tensors = [(normalised(x), torch.from_numpy(y.astype(np.int64))) for x, y in dataset]
    (images, labels), test = tensors
    optimizer = torch.optim.Adadelta(network.parameters(), lr=1.0)
    clock = Clock()
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.7)
    for _ in range(epochs):
        batches = torch.randperm(len(images)).split(64)
        for step, batch in enumerate(batches, 1):
            optimizer.zero_grad()
            F.cross_entropy(network(images[batch]), labels[batch]).backward()
            optimizer.step()
            if looks and step % -(-len(batches) // looks) == 0 and step < len(batches):
                clock.look(lambda: accuracy_of(network, *test))
        schedule.step()
        clock.look(lambda: accuracy_of(network, *test))
    return clock


def flat(dataset: Dataset, count: int) -> tuple[Floats, Any, Floats, Any]:
    """The first `count` training images and the test images as rows in [0, 1], with labels."""
    (x_train, y_train), (x_test, y_test) = dataset
    rows = [(x.reshape(len(x), -1) / 255).astype(np.float32) for x in (x_train[:count], x_test)]
    return rows[0], y_train[:count], rows[1], y_test


def mlp(dataset: Dataset, seed: int, looks: int, epochs: int = 10) -> Clock:
    """scikit-learn's perceptron; with `looks`, of any number, looked at after each epoch."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)
    x_train, y_train, x_test, y_test = flat(dataset, 60_000)
    random = np.random.RandomState(seed)
    model = MLPClassifier((256,), random_state=random, max_iter=epochs)
    clock = Clock()
    if looks:
        for _ in range(epochs - 1):
            model.partial_fit(x_train, y_train, classes=np.arange(10))
            clock.look(lambda: float(model.score(x_test, y_test)))
        model.partial_fit(x_train, y_train)
    else:
        model.fit(x_train, y_train)
    clock.look(lambda: float(model.score(x_test, y_test)))
    return clock


def svm(dataset: Dataset, seed: int, looks: int) -> Clock:
    """scikit-learn's support vector machine; nothing in it is random."""
    from sklearn.svm import SVC

    x_train, y_train, x_test, y_test = flat(dataset, 10_000)
    model = SVC(C=10, gamma="scale")
    clock = Clock()
    model.fit(x_train, y_train)
    clock.look(lambda: float(model.score(x_test, y_test)))
    return clock


CONTENDERS: dict[str, Callable[[Dataset, int, int], Clock]] = {
    "published": published,
    "example": example,
    "mlp": mlp,
    "svm": svm,
}


def main() -> None:
    """Train one contender and print its JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=available_processors())
    parser.add_argument("--looks", type=int, default=0, help="at the test set on the way")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    clock = CONTENDERS[options.contender](load_mnist(), options.seed, options.looks)
    result = {
        "seconds": clock.points[-1][0],
        "evaluation_seconds": round(clock.evaluation_seconds, 3),
        "accuracy": clock.points[-1][1],
        "points": clock.points,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
