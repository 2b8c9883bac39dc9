"""Writes a network as the package ships it: calibrated, exported, verified, and measured.

The card, measured through the ONNX file, comes last, when all is chosen.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from inkdigits import files
from inkdigits.data.dataset import Dataset, Split
from inkdigits.data.hooks import Report
from inkdigits.errors import DataError
from inkdigits.evaluation.calibration import fit_temperature, negative_log_likelihood
from inkdigits.evaluation.card import Card, measure
from inkdigits.evaluation.metrics import softmax
from inkdigits.networks.build import Network
from inkdigits.networks.predict import predict_logits
from inkdigits.recognition.modelfile import CARD, SHIPPED, STAGES
from inkdigits.recognition.network import DIGITS, NAME, TEMPERATURE, DigitNetwork
from inkdigits.recognition.onnxfile import CARD_FIGURES, CLAIMS
from inkdigits.shipping.touching import on_card
from inkdigits.teaching import SHIPPED_WEIGHTS
from inkdigits.training.export import to_onnx
from inkdigits.training.weights import weights_file
from inkdigits.workflow import TrainedRun


def written(
    result: TrainedRun, data: Dataset, dataset: Dataset, folder: Path, report: Report
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Calibrate, export and verify; what the card is to say of it, and each file's content."""
    temperature, held_out = calibrated(result.network, data.test)
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
        SHIPPED_WEIGHTS: weights_file(result.network),
    }
    others = on_card(folder)
    with files.output_errors(folder):
        (folder / CARD_FIGURES).unlink(missing_ok=True)  # it speaks of the network before
    if others:
        files.write_json(folder / CARD_FIGURES, others)
    for name, each in kept.items():
        files.write_bytes(folder / name, each)
    return made, kept


def recipe_of_card(folder: Path) -> str:
    """The name of the recipe that a folder's card says its network was made by; "": none."""
    try:
        return str(json.loads((folder / CARD_FIGURES).read_bytes())["made"]["recipe"]["name"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def measured(
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


def calibrated(network: Network, held_out: Split) -> tuple[float, dict[str, float]]:
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
