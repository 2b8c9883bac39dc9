"""Makes the network that the package ships, and its card: `inkdigits model`, or `make model`.

Three networks, columns of one, learn from MNIST's training images but the last 5,000, which
calibrate, and from what `shipping/images.py` draws beside them. They teach the one that ships, also
what to say of all that the reader cuts out of pages. Recipes are compared by the images held out
and by the development photos (`inkdigits model --no-card`); the card, measured through the ONNX
file, comes last.
"""

import hashlib
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from inkdigits import files
from inkdigits.data.dataset import Dataset, Split
from inkdigits.data.hooks import Progress, Report
from inkdigits.errors import DataError, UsageError
from inkdigits.evaluation.calibration import fit_temperature, negative_log_likelihood
from inkdigits.evaluation.card import Card, measure
from inkdigits.evaluation.metrics import softmax
from inkdigits.networks.build import Network
from inkdigits.networks.predict import predict_logits
from inkdigits.recognition.modelfile import CARD, SHIPPED, STAGES
from inkdigits.recognition.network import DIGITS, NAME, TEMPERATURE, DigitNetwork
from inkdigits.recognition.onnxfile import CARD_FIGURES, CLAIMS
from inkdigits.settings import checked_seed
from inkdigits.shipping.images import and_cuts, labelled
from inkdigits.shipping.touching import on_card
from inkdigits.teaching import SHIPPED_WEIGHTS
from inkdigits.training import recipes
from inkdigits.training.export import to_onnx
from inkdigits.training.recipe import Recipe
from inkdigits.training.run import TEACHER, WEIGHTS, Origin, Run, open_run, read_bounded
from inkdigits.training.stopping import saying_how_to_go_on
from inkdigits.training.weights import described_network, load_network
from inkdigits.workflow import Observers, TrainedRun, tidy_up, train, trained
from inkdigits.workflow import resume as go_on


def make_model(
    dataset: Dataset,
    folder: Path,
    *,
    seed: int = recipes.SHIPPED_SEED,
    recipe: Recipe = recipes.SHIPPED,
    teacher: Recipe = recipes.SHIPPED_TEACHER,
    runs: Path = Path("runs"),
    resume: Path | None = None,
    observers: Observers | None = None,
    report: Report = lambda line: None,
    progress: Progress | None = None,
    with_card: bool = True,
) -> Card | None:
    """Train, calibrate, export to `folder`, verify and measure; both runs stay in `runs`.

    Args:
        seed: of the data and of the teacher; the network that it teaches has the next one.
        teacher: the recipe of the networks that teach, as columns of one.
        resume: the run that goes on, the teacher's or the other, where one was interrupted; it has
            its own seed and recipe, and what is begun after it lies beside it. Images are drawn and
            cut anew, which must give the same bytes: on the same machine, with as many threads.
        progress: told of the images that are drawn.
        with_card: whether to measure what the card says, for which the test set is read: once, when
            all is chosen. What is given on the images held out is reported either way.

    Raises:
        DataError: if the data are not MNIST, or the file does not say what the network says.
        UsageError: if the fonts are missing, `resume` is no such run, or `seed` none.
        RunError: if `resume` is damaged, or lacks its teacher.
        Interrupted: on Ctrl-C while a network is trained, once a checkpoint is written, or while
            the first one's pages are read.
    """
    begun = _begun(resume, teacher) if resume else None
    is_taught = begun is not None and bool(begun.origin.teacher)
    checked_seed(seed + 1)
    if begun:
        seed, runs = begun.seed - is_taught, begun.path.parent
    report("Drawing what is no digit, and marring digits")
    data = labelled(dataset, seed, progress)
    watch: _Watch = {"observers": observers, "report": report}
    new: _New = {"folder": runs, "origin": Origin("model"), **watch}
    if begun and is_taught:
        path = begun.path / TEACHER
        network = described_network(read_bounded(path), path)
        data = _with_cuts(data, dataset, network, seed, report, progress)
        result = _ended(begun, data, watch)
    else:
        first = _ended(begun, data, watch) if begun else train(teacher, data, seed=seed, **new)
        with saying_how_to_go_on(first.run):
            # As it is read again where this is resumed, so that the cuts are the same.
            network = load_network(first.run)
            data = _with_cuts(data, dataset, network, seed, report, progress)
        result = train(recipe, data, seed=seed + 1, teacher=first.run, **new)
    made, kept = _written(result, data, dataset, folder, report)
    return _measured(made, kept, dataset, folder, report) if with_card else None


class _Watch(TypedDict):
    observers: Observers | None
    report: Report


class _New(_Watch):
    folder: Path
    origin: Origin


def _with_cuts(
    data: Dataset,
    dataset: Dataset,
    teacher: Network,
    seed: int,
    report: Report,
    progress: Progress | None,
) -> Dataset:
    """What the teacher learned from, and what it says of pages of the same digits."""
    report("Cutting images out of pages, for the teacher to judge")
    temperature, _ = _calibrated(teacher, data.test)
    content = to_onnx(teacher, {TEMPERATURE: f"{temperature:.4f}"})
    digits = dataset.train.images[: -len(data.test.labels)]
    return and_cuts(data, digits, content, seed, progress)


def _ended(begun: Run, data: Dataset, watch: _Watch) -> TrainedRun:
    """A run that was stopped, trained to its end."""
    if not begun.is_complete:
        return go_on(begun.path, data, **watch)
    tidy_up(begun)  # it was stopped later than in training
    return trained(begun)


def _begun(path: Path, teacher: Recipe) -> Run:
    run = open_run(path)
    if run.origin.command != "model":
        raise UsageError(f"{path} is no run of `inkdigits model`; {run.how_to_go_on}")
    if not run.origin.teacher and run.recipe.name != teacher.name:
        raise UsageError(f"{path} is of an earlier `inkdigits model`, which had no teacher.")
    return run


def _written(
    result: TrainedRun, data: Dataset, dataset: Dataset, folder: Path, report: Report
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Calibrate, export and verify; what the card is to say of it, and each file's content."""
    temperature, held_out = _calibrated(result.network, data.test)
    report(
        f"Held out: {held_out['accuracy']:.2%}, "
        f"NLL {held_out['negative_log_likelihood']:.4f} at temperature {temperature:.3f}"
    )
    recipe, seed = result.run.recipe, result.run.seed
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
    kept = {
        SHIPPED: content,
        STAGES: to_onnx(result.network, metadata, stages=True),
        SHIPPED_WEIGHTS: (result.run.path / WEIGHTS).read_bytes(),
    }
    others = on_card(folder)
    with files.output_errors(folder):
        (folder / CARD_FIGURES).unlink(missing_ok=True)  # it speaks of the network before
    if others:
        files.write_json(folder / CARD_FIGURES, others)
    for name, each in kept.items():
        files.write_bytes(folder / name, each)
    return made, kept


def _measured(
    made: dict[str, Any], kept: dict[str, bytes], dataset: Dataset, folder: Path, report: Report
) -> Card:
    """Measure what the card says, and write it beside what it speaks of."""
    report("Measuring what the card says")
    figures = measure(DigitNetwork(kept[SHIPPED]), dataset, made, report).figures
    hashes = {name: hashlib.sha256(each).hexdigest() for name, each in kept.items()}
    others = on_card(folder)
    hashes |= others.pop(CLAIMS, {})
    card = Card(figures | others)
    files.write_text(folder / CARD, card.text())
    files.write_json(folder / CARD_FIGURES, {CLAIMS: hashes, **card.figures})
    return card


def _calibrated(network: Network, held_out: Split) -> tuple[float, dict[str, float]]:
    """The temperature that suits the images held out, and what the network gives on them."""
    logits = predict_logits(network, held_out.images)[:, :DIGITS]
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
