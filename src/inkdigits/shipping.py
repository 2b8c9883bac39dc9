"""Makes the network that the package ships, and its card: `inkdigits model`, or `make model`.

The training set is MNIST's, but for the last 5,000 images, which calibrate; as many digits again
marred as pens, scanners and forms mar them; digits of fonts; and what is no digit, as an eleventh
class. The run is scored on the images held out. Recipes are compared by those and by the
development photos (`inkdigits model --no-card`); the card, measured through the ONNX file, comes
last.
"""

import hashlib
from pathlib import Path
from typing import TypedDict

import numpy as np

from inkdigits import files
from inkdigits.data.dataset import Dataset, Split, joined
from inkdigits.data.hooks import Progress, Report
from inkdigits.data.marred import marred, printed
from inkdigits.data.nondigits import CLASS_NAME, NonDigits
from inkdigits.errors import DataError, UsageError
from inkdigits.evaluation.calibration import fit_temperature, negative_log_likelihood
from inkdigits.evaluation.card import Card, measure
from inkdigits.evaluation.metrics import softmax
from inkdigits.networks.predict import predict_logits
from inkdigits.recognition.modelfile import CARD, SHIPPED, STAGES
from inkdigits.recognition.network import DIGITS, NAME, TEMPERATURE, DigitNetwork
from inkdigits.recognition.onnxfile import CARD_FIGURES, CLAIMS
from inkdigits.teaching import HELD_OUT, SHIPPED_WEIGHTS
from inkdigits.training import recipes
from inkdigits.training.export import to_onnx
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import WEIGHTS, Origin, Run, open_run
from inkdigits.workflow import Observers, TrainedRun, tidy_up, train, trained
from inkdigits.workflow import resume as go_on

MARRED = 1.0  # marred digits, as a share of the digits
PRINTED = 8_000
NO_DIGIT = 40_000


def shipped_data(dataset: Dataset, seed: int, progress: Progress | None = None) -> Dataset:
    """MNIST with all that the shipped network is trained on beside it, and its eleventh class.

    Its test part is the training images held out, so that nothing is chosen on the test set.
    """
    if len(dataset.class_names) != DIGITS or dataset.image_size != (28, 28):
        raise DataError(f"{dataset.name} is not MNIST: the shipped network reads ten digits.")
    images, labels = dataset.train
    digits = Split(images[:-HELD_OUT], labels[:-HELD_OUT])
    rng = np.random.default_rng(seed)
    none = NonDigits(digits.images, rng).draw(NO_DIGIT, progress)
    parts = [
        digits,
        marred(digits, MARRED, rng, progress),
        printed(PRINTED, rng),
        Split(none, np.full(len(none), DIGITS, np.uint8)),
    ]
    held_out = Split(images[-HELD_OUT:], labels[-HELD_OUT:])
    names = (*dataset.class_names, CLASS_NAME)
    return Dataset(f"{dataset.name} and more", joined(parts), held_out, names, dataset.source)


def make_model(
    dataset: Dataset,
    folder: Path,
    *,
    seed: int = recipes.SHIPPED_SEED,
    recipe: Recipe = recipes.SHIPPED,
    runs: Path = Path("runs"),
    resume: Path | None = None,
    observers: Observers | None = None,
    report: Report = lambda line: None,
    progress: Progress | None = None,
    with_card: bool = True,
) -> Card | None:
    """Train, calibrate, export to `folder`, verify and measure; the run itself stays in `runs`.

    Args:
        resume: the run that goes on, where one was interrupted; it has its own seed and recipe.
        progress: told of the images that are drawn.
        with_card: whether to measure what the card says, for which the test set is read: once, when
            all is chosen. What is given on the images held out is reported either way.

    Raises:
        DataError: if the data are not MNIST, or the file does not say what the network says.
        UsageError: if the fonts are missing, or `resume` is no such run.
        Interrupted: on Ctrl-C, once a checkpoint is written.
    """
    report("Drawing what is no digit, and marring digits")
    begun = _begun(resume) if resume else None
    if begun:
        recipe, seed = begun.recipe, begun.seed
    data = shipped_data(dataset, seed, progress)
    watch: _Watch = {"observers": observers, "report": report}
    if begun is None:
        origin = Origin("model")
        result = train(recipe, data, seed=seed, folder=runs, origin=origin, **watch)
    elif begun.is_complete:  # it was stopped later than in training
        tidy_up(begun)
        result = trained(begun)
    else:
        result = go_on(begun.path, data, **watch)
    temperature, held_out = _calibrated(result, data.test)
    report(
        f"Held out: {held_out['accuracy']:.2%}, "
        f"NLL {held_out['negative_log_likelihood']:.4f} at temperature {temperature:.3f}"
    )
    metadata = {NAME: f"inkdigits {recipe.name}, seed {seed}", TEMPERATURE: f"{temperature:.4f}"}
    content = to_onnx(result.network, metadata)
    made = {
        "recipe": recipe.to_json(),
        "seed": seed,
        "temperature": temperature,
        "training_images": len(data.train.labels),
        "held_out": held_out,
        "bytes": len(content),
        "largest_logit_difference": _verified(content, result, dataset),
    }
    made_files = {
        SHIPPED: content,
        STAGES: to_onnx(result.network, metadata, stages=True),
        SHIPPED_WEIGHTS: (result.run.path / WEIGHTS).read_bytes(),
    }
    with files.output_errors(folder):
        (folder / CARD_FIGURES).unlink(missing_ok=True)  # it speaks of the network before
    for name, each in made_files.items():
        files.write_bytes(folder / name, each)
    if not with_card:
        return None
    report("Measuring what the card says")
    card = measure(DigitNetwork(content), dataset, made, report)
    files.write_text(folder / CARD, card.text())
    hashes = {name: hashlib.sha256(each).hexdigest() for name, each in made_files.items()}
    files.write_json(folder / CARD_FIGURES, {CLAIMS: hashes, **card.figures})
    return card


class _Watch(TypedDict):
    observers: Observers | None
    report: Report


def _begun(path: Path) -> Run:
    run = open_run(path)
    if run.origin.command != "model":
        raise UsageError(f"{path} is no run of `inkdigits model`; {run.how_to_go_on}")
    return run


def _calibrated(result: TrainedRun, held_out: Split) -> tuple[float, dict[str, float]]:
    """The temperature that suits the images held out, and what the network gives on them."""
    logits = predict_logits(result.network, held_out.images)[:, :DIGITS]
    temperature = fit_temperature(logits, held_out.labels)
    probabilities = softmax(logits / temperature)
    return temperature, {
        "images": len(held_out.labels),
        "accuracy": float(np.mean(logits.argmax(1) == held_out.labels)),
        "negative_log_likelihood": negative_log_likelihood(probabilities, held_out.labels),
    }


def _verified(content: bytes, result: TrainedRun, dataset: Dataset) -> float:
    """The largest difference of logits between the file and the network, on the whole test set."""
    ours = predict_logits(result.network, dataset.test.images)
    theirs = DigitNetwork(content).logits(dataset.test.images)
    if not np.array_equal(ours.argmax(1), theirs.argmax(1)):
        raise DataError("The exported network predicts otherwise than the trained one.")
    return float(np.abs(ours - theirs).max())
