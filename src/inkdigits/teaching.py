"""Going on with a trained network on somebody's own digits, so that it forgets nothing.

    inkdigits label photo.jpg --out my_digits     # crops by the value read, for the user to correct
    inkdigits train --from shipped --add my_digits

The own digits, repeated until they are a fifth of what is seen, are mixed with MNIST's, with marred
ones and, where the network refuses, with what is no digit. One own digit in five is held out; on
those and on MNIST's test set the network is scored before and after.
"""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inkdigits import files, recognition
from inkdigits.data.crops import load_crops
from inkdigits.data.dataset import Dataset, Split, joined
from inkdigits.data.hooks import Progress
from inkdigits.data.marred import marred
from inkdigits.data.nondigits import CLASS_NAME, NonDigits
from inkdigits.errors import DataError, RunError, UsageError
from inkdigits.evaluation.calibration import fit_temperature
from inkdigits.images.normalize import SIDE
from inkdigits.networks.build import Network
from inkdigits.networks.predict import predict_logits
from inkdigits.recognition.network import DIGITS
from inkdigits.recognition.onnxfile import check_claim
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import SHIPPED
from inkdigits.training.run import CALIBRATION, START, WEIGHTS, Origin, Run, open_run, read_bounded
from inkdigits.training.weights import network_from, tensors_from

DIGIT_NAMES = tuple(map(str, range(DIGITS)))
SHIPPED_WEIGHTS = "shipped.safetensors"
FROM_SHIPPED = "shipped"
EVERY = 5  # one own digit of so many is held out
DIGITS_SEEN, MARRED_SEEN, NONE_SEEN = 16_000, 6_000, 6_000
OWN_SHARE = 0.2  # of all that is seen
RATE = 0.1  # of the recipe's learning rate
EPOCHS = 2
HELD_OUT = 5_000  # of MNIST's training images, the last: for calibration, seen in no lesson


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a network goes on with."""

    recipe: Recipe
    weights: bytes  # a safetensors file
    dataset: Dataset  # its test part is the digits' test set
    held_out: Split  # own digits that are not trained on
    calibration: Split  # MNIST's training images held out
    origin: Origin

    def network(self) -> Network:
        """The network before the lesson."""
        return network_from(
            self.recipe.network, tensors_from(self.weights, Path(WEIGHTS)), Path(WEIGHTS)
        )

    def conclude(self, run: Run, network: Network) -> None:
        """Keep in the run the temperature that suits digits held out; reading divides by it."""
        logits = predict_logits(network, self.calibration.images)[:, :DIGITS]
        temperature = fit_temperature(logits, self.calibration.labels)
        files.write_json(run.path / CALIBRATION, {"temperature": temperature})


def prepare_lesson(
    start: str, own: Path, dataset: Dataset, seed: int, progress: Progress | None = None
) -> Lesson:
    """Get everything ready for `workflow.train`.

    Args:
        start: `shipped`, or a run folder of a network for ten digits of 28x28 pixels.
        own: labelled crops, as `load_crops` reads them.
        dataset: MNIST.
        progress: told of the images that are drawn, which takes most of the time.

    Raises:
        UsageError: if there is no such run, or it or the data set is of something else.
        RunError: if the run is damaged.
        DataError: if the own digits are too few or no crops.
    """
    recipe, weights = _start(start)
    if recipe.network.classes not in (DIGITS, DIGITS + 1):
        raise UsageError(f"{start} has {recipe.network.classes} classes; digits are ten.")
    _check_digits(dataset)
    optimizer = replace(recipe.optimizer, learning_rate=RATE * recipe.optimizer.learning_rate)
    further = replace(
        recipe,
        name=f"{recipe.name}-more",
        epochs=EPOCHS,
        optimizer=optimizer,
        plain_epochs=0,
        waning=0.0,
    )
    origin = Origin(start=start, added=str(own.resolve()))
    return _lesson(further, weights, own, origin, dataset, seed, progress)


def prepare_again(
    run: Run, own: Path | None, dataset: Dataset, progress: Progress | None = None
) -> Lesson:
    """The lesson that a run was begun with, for `workflow.resume`.

    Args:
        own: where the digits are now, if they have moved.

    Raises:
        RunError: if the weights that it began with are missing.
        UsageError: if there is no such folder.
        DataError: as `prepare_lesson`.
    """
    weights = read_bounded(run.path / START)
    own = own or Path(run.origin.added)
    if not own.exists():
        raise UsageError(
            f"{own}, the digits that it is taught, is missing; say where they are with --add."
        )
    return _lesson(run.recipe, weights, own, run.origin, dataset, run.seed, progress)


def _lesson(
    recipe: Recipe,
    weights: bytes,
    own: Path,
    origin: Origin,
    dataset: Dataset,
    seed: int,
    progress: Progress | None,
) -> Lesson:
    images, labels = load_crops(own)
    taught, held_out = _parted(Split(images, labels.astype(np.uint8)), own)
    rng = np.random.default_rng(seed)
    background, calibration = _for_calibration(dataset.train)
    parts = _background(background, recipe.network.classes > DIGITS, rng, progress)
    seen = sum(len(part.labels) for part in parts)
    again = rng.permutation(
        np.resize(np.arange(len(taught.labels)), round(seen * OWN_SHARE / (1 - OWN_SHARE)))
    )
    parts.append(Split(taught.images[again], taught.labels[again]))
    names = tuple(dataset.class_names)
    names += (CLASS_NAME,) * (recipe.network.classes - len(names))
    name = f"{own.name} and {dataset.name}"
    whole = replace(dataset, name=name, train=joined(parts), class_names=names)
    return Lesson(recipe, weights, whole, held_out, calibration, origin)


def _check_digits(dataset: Dataset) -> None:
    """Raise `UsageError` for what is no set of digits such as MNIST."""
    if tuple(dataset.class_names) != DIGIT_NAMES or dataset.image_size != (SIDE, SIDE):
        raise UsageError(
            f"Beside your digits go those of MNIST, or of a set like it; {dataset.name} "
            f"({dataset.source}) is none."
        )


def accuracy(network: Network, split: Split) -> float:
    """The share of digits read rightly, 'no digit' left out of the choice."""
    logits = predict_logits(network, split.images)[:, :DIGITS]
    return float(np.mean(logits.argmax(1) == split.labels))


def _start(start: str) -> tuple[Recipe, bytes]:
    if start == FROM_SHIPPED and not Path(start).exists():
        path = Path(recognition.__path__[0]) / SHIPPED_WEIGHTS
        weights = path.read_bytes()
        check_claim(weights, path)
        network = replace(SHIPPED.network, classes=DIGITS + 1)
        return replace(SHIPPED, network=network), weights
    run = open_run(Path(start))
    if not run.has_ended:
        raise UsageError(f"{start} is not trained yet; {run.how_to_go_on}")
    if not run.is_complete:
        raise RunError(run.without_weights)
    return run.recipe, (run.path / WEIGHTS).read_bytes()


def _parted(own: Split, path: Path) -> tuple[Split, Split]:
    """Digits to teach and digits to score on: one in five, of each value at least one.

    Pixels decide, so that what was once taught is taught again when more digits have come; but for
    values of so few digits that all, by their pixels, would be held out.
    """
    marks = np.array([_mark(image) for image in own.images])
    held = marks % EVERY == 0
    for value in np.unique(own.labels):
        places = np.flatnonzero(own.labels == value)
        if len(places) < 2:
            raise DataError(f"{path} holds one {value} only; teaching needs two of each at least.")
        if held[places].all() or not held[places].any():
            held[places] = np.arange(len(places)) == marks[places].argmin()
    return (
        Split(own.images[~held], own.labels[~held]),
        Split(own.images[held], own.labels[held]),
    )


def _mark(image: npt.NDArray[np.uint8]) -> int:
    return int.from_bytes(hashlib.sha256(image.tobytes()).digest()[:4], "big")


def _for_calibration(train: Split) -> tuple[Split, Split]:
    """Digits to see again, and those held out."""
    count = min(HELD_OUT, len(train.labels) // 5)
    return (
        Split(train.images[:-count], train.labels[:-count]),
        Split(train.images[-count:], train.labels[-count:]),
    )


def _background(
    train: Split, refuses: bool, rng: np.random.Generator, progress: Progress | None
) -> list[Split]:
    """What the network knows already."""
    chosen = rng.permutation(len(train.labels))[:DIGITS_SEEN]
    digits = Split(train.images[chosen], train.labels[chosen])
    parts = [digits, marred(digits, MARRED_SEEN / len(chosen), rng, progress)]
    if refuses:
        none = NonDigits(digits.images, rng).draw(NONE_SEEN, progress)
        parts.append(Split(none, np.full(len(none), DIGITS, np.uint8)))
    return parts
