"""Going on with a trained network on somebody's own digits, so that it forgets nothing.

    inkdigits label photo.jpg --out my_digits     # crops by the value read, for the user to correct
    inkdigits train --from shipped --add my_digits

The own digits, repeated until each value is a fiftieth of what is seen, are mixed with MNIST's,
with marred ones and, where the network refuses, with what is no digit, their folder `none` among
it. One own digit in five is held out; on those and on MNIST's test set the network is scored before
and after.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits import files, recognition
from inkdigits.data.crops import Crops, load_aside, load_crops, shortened
from inkdigits.data.dataset import Dataset, Split, joined
from inkdigits.data.hooks import Progress
from inkdigits.data.marred import marred
from inkdigits.data.nondigits import CLASS_NAME, NonDigits
from inkdigits.errors import DataError, RunError, UsageError
from inkdigits.evaluation.calibration import fit_temperature
from inkdigits.evaluation.metrics import softmax
from inkdigits.images.normalize import SIDE
from inkdigits.networks.build import Network
from inkdigits.networks.predict import predict_logits
from inkdigits.recognition.network import DIGIT_NAMES, DIGITS
from inkdigits.recognition.onnxfile import check_claim
from inkdigits.training.recipe import Recipe
from inkdigits.training.recipes import SHIPPED
from inkdigits.training.run import CALIBRATION, START, WEIGHTS, Origin, Run, open_run, read_bounded
from inkdigits.training.weights import network_from, tensors_from

SHIPPED_WEIGHTS = "shipped.safetensors"
FROM_SHIPPED = "shipped"
EVERY = 5  # one own digit of so many is held out
DIGITS_SEEN, MARRED_SEEN = 16_000, 6_000
# A quarter of all, as of what the shipped network learned from. With 6,000, a network that was
# taught a hand of many hooks read digits, up to 78, on two of eleven pages without one; with 12,000
# on none.
NONE_SEEN = 12_000
ASIDE_SEEN = 1_200  # of what the user found to be no digit, however few they are
OWN_SHARE = 0.2  # of all that is seen, where there are digits of all values
RATE = 0.1  # of the recipe's learning rate
EPOCHS = 2
MUCH_WORSE = 0.01  # than before, of the test digits
HELD_OUT = 5_000  # of MNIST's training images, the last: for calibration, seen in no lesson


@dataclass(frozen=True, eq=False)
class Lesson:
    """What a network goes on with."""

    recipe: Recipe
    weights: bytes  # a safetensors file
    dataset: Dataset  # its test part is the digits' test set
    own: Crops  # all own digits
    held_out: Split  # those of them that are not trained on
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
        UsageError: if there is no such run or folder, or it or the data set is of something else.
        RunError: if the run is damaged.
        DataError: if the own digits are too few or no crops, or one of them has two values.
    """
    recipe, weights = starting_point(start, own)
    _check_digits(dataset)
    origin = Origin(start=start, added=str(own.resolve()))
    return _lesson(recipe, weights, own, origin, dataset, seed, progress)


def _further(recipe: Recipe) -> Recipe:
    """The recipe of a network's first lesson; all further ones are by the same."""
    optimizer = replace(recipe.optimizer, learning_rate=RATE * recipe.optimizer.learning_rate)
    return replace(
        recipe,
        name=f"{recipe.name}-more",
        epochs=EPOCHS,
        optimizer=optimizer,
        plain_epochs=0,
        waning=0.0,
    )


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
    crops = load_crops(own)
    _check_values(crops)
    taught, held_out = _parted(Split(crops.images, crops.labels.astype(np.uint8)), own)
    rng = np.random.default_rng(seed)
    background, calibration = _for_calibration(dataset.train)
    refuses = recipe.network.classes > DIGITS
    parts = _background(background, refuses, rng, progress)
    seen = sum(len(part.labels) for part in parts)
    again = _repeated(taught.labels, round(seen * OWN_SHARE / (1 - OWN_SHARE)), rng)
    parts.append(Split(taught.images[again], taught.labels[again]))
    aside = load_aside(own)
    if refuses and len(aside):
        again = np.resize(np.arange(len(aside)), ASIDE_SEEN)
        parts.append(Split(aside[again], np.full(ASIDE_SEEN, DIGITS, np.uint8)))
    names = tuple(dataset.class_names)
    names += (CLASS_NAME,) * (recipe.network.classes - len(names))
    name = f"{own.name} and {dataset.name}"
    whole = replace(dataset, name=name, train=joined(parts), class_names=names)
    return Lesson(recipe, weights, whole, crops, held_out, calibration, origin)


def _check_digits(dataset: Dataset) -> None:
    """Raise `UsageError` for what is no set of digits such as MNIST."""
    if tuple(dataset.class_names) != DIGIT_NAMES or dataset.image_size != (SIDE, SIDE):
        raise UsageError(
            f"Beside your digits go those of MNIST, or of a set like it; {dataset.name} "
            f"({dataset.source}) is none."
        )


class Doubt(NamedTuple):
    """An own digit that is read as another value than its folder's."""

    name: str
    value: int
    confidence: float


def doubts(network: Network, crops: Crops) -> list[Doubt]:
    """Own digits that a network reads otherwise, the surest first.

    Of 300 digits of a hand, 30 of them in a wrong folder, a network that was taught all named 35:
    those 30 and five others.
    """
    scores = softmax(predict_logits(network, crops.images)[:, :DIGITS])
    read, sure = scores.argmax(1), scores.max(1)
    places = np.flatnonzero(read != crops.labels)
    return [
        Doubt(crops.names[place], int(read[place]), float(sure[place]))
        for place in places[np.argsort(-sure[places], kind="stable")]
    ]


def advice(lesson: Lesson, own: tuple[float, float], test: tuple[float, float]) -> Iterator[str]:
    """What there is to say of the scores before and after, on own digits and on test digits."""
    missing = [name for value, name in enumerate(DIGIT_NAMES) if value not in lesson.own.labels]
    if missing:
        yield (
            f"No {', '.join(missing)} of yours: they may be taken for those that are taught; add "
            "some, though they be read rightly."
        )
    if own[1] < own[0] or (own[1] == own[0] and own[0] < 1):
        yield "Yours are read no better: they are too few, or some lie in the wrong folder."
    if test[1] < test[0] - MUCH_WORSE:
        yield "Others' digits are read much worse: some of yours may lie in the wrong folder."


def accuracy(network: Network, split: Split) -> float:
    """The share of digits read rightly, 'no digit' left out of the choice."""
    logits = predict_logits(network, split.images)[:, :DIGITS]
    return float(np.mean(logits.argmax(1) == split.labels))


def starting_point(start: str, own: Path) -> tuple[Recipe, bytes]:
    """A lesson's recipe and the weights that it begins with; quickly, before data are fetched.

    Raises:
        UsageError, RunError: as `prepare_lesson`.
    """
    if not own.exists():
        raise UsageError(f"There is no folder {own}; `inkdigits label` writes one.")
    if start == FROM_SHIPPED and not Path(start).exists():
        path = Path(recognition.__path__[0]) / SHIPPED_WEIGHTS
        weights = path.read_bytes()
        check_claim(weights, path)
        network = replace(SHIPPED.network, classes=DIGITS + 1)
        return _further(replace(SHIPPED, network=network)), weights
    if Path(start).is_file():
        raise UsageError(f"{start} is a file; what goes on is a run folder, or 'shipped'.")
    run = open_run(Path(start))
    if run.class_names not in (DIGIT_NAMES, (*DIGIT_NAMES, CLASS_NAME)):
        raise UsageError(f"{start} tells other classes apart than the digits 0 to 9.")
    if run.recipe.network.image_size != (SIDE, SIDE):
        height, width = run.recipe.network.image_size
        raise UsageError(f"{start} takes images of {width}x{height} pixels, not {SIDE}x{SIDE}.")
    if not run.has_ended:
        raise UsageError(f"{start} is not trained yet; {run.how_to_go_on}")
    if not run.is_complete:
        raise RunError(run.without_weights)
    recipe = run.recipe if run.origin.added else _further(run.recipe)
    return recipe, (run.path / WEIGHTS).read_bytes()


def _check_values(crops: Crops) -> None:
    """Raise `DataError` where one picture has two values, or shows nothing; a few are named."""
    problems = []
    first: dict[bytes, int] = {}
    for place, image in enumerate(crops.images):
        other = first.setdefault(image.tobytes(), place)
        if not image.any():
            problems.append(f"{crops.names[place]} shows nothing; remove it.")
        elif crops.labels[other] != crops.labels[place]:
            problems.append(
                f"{crops.names[other]} and {crops.names[place]} are one picture of two values; "
                "remove the wrong one."
            )
    if problems:
        raise DataError("\n".join(shortened(problems)))


def _parted(own: Split, path: Path) -> tuple[Split, Split]:
    """Digits to teach and digits to score on: one in five, of each value at least one.

    Pixels decide, so that what was once taught is taught again when more digits have come; but for
    values of so few digits that all, by their pixels, would be held out. A value's only digit is
    taught.
    """
    marks = np.array([_mark(image) for image in own.images])
    held = marks % EVERY == 0
    for value in np.unique(own.labels):
        places = np.flatnonzero(own.labels == value)
        if len(places) < 2:
            held[places] = False
        elif held[places].all() or not held[places].any():
            held[places] = np.arange(len(places)) == marks[places].argmin()
    if not held.any():
        raise DataError(
            f"{path} holds no two digits of one value; teaching needs one to teach and one to "
            "score on."
        )
    return (
        Split(own.images[~held], own.labels[~held]),
        Split(own.images[held], own.labels[held]),
    )


def _repeated(
    labels: npt.NDArray[np.uint8], count: int, rng: np.random.Generator
) -> npt.NDArray[np.intp]:
    """Places of own digits, mixed: a tenth of `count` of each value that there is.

    Taught 30 sevens of a hand alone, a network read its other values worse: 74.4% before, 69.0%
    where they were seen as often as all ten values, 71.5% with a tenth of that.
    """
    each = [np.flatnonzero(labels == value) for value in np.unique(labels)]
    seen = [np.resize(rng.permutation(places), count // DIGITS) for places in each]
    return rng.permutation(np.concatenate(seen))


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
