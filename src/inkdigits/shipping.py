"""Makes the network that the package ships, and its card: `inkdigits model`, or `make model`.

The training set is MNIST's, but for the last 5,000 images, which calibrate; as many digits again
marred as pens, scanners and forms mar them; digits of fonts; and what is no digit, as an eleventh
class. What the card says is measured through the ONNX file, on data that nothing was chosen by.
"""

import json
from pathlib import Path

import numpy as np

from inkdigits import files
from inkdigits.data.dataset import Dataset, Split
from inkdigits.data.marred import marred, printed
from inkdigits.data.nondigits import NonDigits
from inkdigits.errors import DataError
from inkdigits.evaluation.calibration import fit_temperature
from inkdigits.evaluation.card import Card, measure
from inkdigits.networks.predict import predict_logits
from inkdigits.recognition.network import DIGITS, NAME, TEMPERATURE, DigitNetwork
from inkdigits.recognition.recognizer import CARD, SHIPPED, STAGES
from inkdigits.teaching import SHIPPED_WEIGHTS
from inkdigits.training import recipes
from inkdigits.training.export import to_onnx
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import WEIGHTS
from inkdigits.workflow import Observers, Report, TrainedRun, train

HELD_OUT = 5_000  # of the training images, the last, for calibration
MARRED = 1.0  # marred digits, as a share of the digits
PRINTED = 8_000
NO_DIGIT = 40_000
CLASS = "no digit"


def shipped_data(dataset: Dataset, seed: int) -> Dataset:
    """MNIST with all that the shipped network is trained on beside it, and its eleventh class."""
    if len(dataset.class_names) != DIGITS or dataset.image_size != (28, 28):
        raise DataError(f"{dataset.name} is not MNIST: the shipped network reads ten digits.")
    digits = Split(dataset.train.images[:-HELD_OUT], dataset.train.labels[:-HELD_OUT])
    rng = np.random.default_rng(seed)
    none = NonDigits(digits.images, rng).draw(NO_DIGIT)
    parts = [
        digits,
        marred(digits, MARRED, rng),
        printed(PRINTED, rng),
        Split(none, np.full(len(none), DIGITS, np.uint8)),
    ]
    train_split = Split(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )
    names = (*dataset.class_names, CLASS)
    return Dataset(f"{dataset.name} and more", train_split, dataset.test, names, dataset.source)


def make_model(
    dataset: Dataset,
    folder: Path,
    *,
    seed: int = 0,
    recipe: Recipe = recipes.SHIPPED,
    runs: Path = Path("runs"),
    observers: Observers | None = None,
    report: Report = lambda line: None,
) -> Card:
    """Train, calibrate, export to `folder`, verify and measure; the run itself stays in `runs`.

    Raises:
        DataError: if the data are not MNIST, or the file does not say what the network says.
        UsageError: if the fonts are missing.
        Interrupted: on Ctrl-C, once a checkpoint is written.
    """
    report("Drawing what is no digit, and marring digits")
    data = shipped_data(dataset, seed)
    result = train(recipe, data, seed=seed, folder=runs, observers=observers, report=report)
    held_out = Split(dataset.train.images[-HELD_OUT:], dataset.train.labels[-HELD_OUT:])
    logits = predict_logits(result.network, held_out.images)
    temperature = fit_temperature(logits[:, :DIGITS], held_out.labels)
    metadata = {NAME: f"inkdigits {recipe.name}, seed {seed}", TEMPERATURE: f"{temperature:.4f}"}
    content = to_onnx(result.network, metadata)
    difference = _verified(content, result, dataset)
    report("Measuring what the card says")
    card = measure(
        DigitNetwork(content),
        dataset,
        {
            "recipe": recipe.to_json(),
            "seed": seed,
            "temperature": temperature,
            "training_images": len(data.train.labels),
            "held_out": HELD_OUT,
            "bytes": len(content),
            "largest_logit_difference": difference,
        },
        report,
    )
    files.write_bytes(folder / SHIPPED, content)
    files.write_bytes(folder / STAGES, to_onnx(result.network, metadata, stages=True))
    files.write_bytes(folder / SHIPPED_WEIGHTS, (result.run.path / WEIGHTS).read_bytes())
    files.write_text(folder / CARD, card.text())
    files.write_text(
        folder / CARD.replace(".md", ".json"), json.dumps(card.figures, indent=2) + "\n"
    )
    return card


def _verified(content: bytes, result: TrainedRun, dataset: Dataset) -> float:
    """The largest difference of logits between the file and the network, on the whole test set."""
    ours = predict_logits(result.network, dataset.test.images)
    theirs = DigitNetwork(content).logits(dataset.test.images)
    if not np.array_equal(ours.argmax(1), theirs.argmax(1)):
        raise DataError("The exported network predicts otherwise than the trained one.")
    return float(np.abs(ours - theirs).max())
