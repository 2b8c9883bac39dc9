"""Everything that a report says, measured part by part.

What takes long is measured on a sample of the test set, drawn by a seed. A part that a model or its
data do not allow is left out, with the reason in a sentence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits.data.dataset import Dataset
from inkdigits.data.disputed import Dispute, disputed
from inkdigits.evaluation.adversarial import Attack, Attacked, attack_all
from inkdigits.evaluation.attributions import Attribution, integrated_gradients
from inkdigits.evaluation.calibration import (
    Reliability,
    brier_score,
    calibration_error,
    negative_log_likelihood,
    reliability,
)
from inkdigits.evaluation.favourites import favourite_inputs
from inkdigits.evaluation.metrics import Evaluation, evaluate_logits, worst_mistakes
from inkdigits.evaluation.robustness import (
    Corrupted,
    Refused,
    corrupted_accuracies,
    refusal_areas,
)
from inkdigits.evaluation.selective import SelectiveCurve, selective_curve
from inkdigits.evaluation.sensitivity import WAYS, Sensitivity, sensitivity
from inkdigits.images.normalize import SIDE
from inkdigits.models import Model
from inkdigits.settings import check_range

SHOWN_MISTAKES, EXPLAINED_MISTAKES, ATTACKED_EXAMPLES, MOST_EXPLAINED = 60, 5, 6, 12
Progress = Callable[[str, float], None]  # the part under way, and the share of all that is done

# Parts in their order, with roughly how long each takes.
_PARTS = {
    "the test set": 2,
    "corruptions": 12,
    "what is no digit": 14,
    "attacks": 12,
    "attributions": 3,
    "favourite inputs": 8,
    "writing that changes": 8,
}


@dataclass(frozen=True)
class Settings:
    """How much is measured.

    Raises:
        UsageError: if a value is out of its range.
    """

    images: int = 500  # test images of each corruption, attack and change; at most all there are
    seed: int = 0
    attack: Attack = Attack()

    def __post_init__(self) -> None:
        check_range("images", self.images, 1, 10_000_000)
        check_range("seed", self.seed, 0, 2**32 - 1)


@dataclass(frozen=True, eq=False)
class Explained:
    """Why one test image is read as it is."""

    index: int
    label: int
    read: int
    for_read: Attribution
    for_label: Attribution | None  # of a mistake


@dataclass(frozen=True, eq=False)
class Findings:
    """What was measured of one model on N test images; empty or None where a part is left out."""

    model: Model
    dataset: Dataset
    settings: Settings
    probabilities: npt.NDArray[np.float64]  # (N, C)
    evaluation: Evaluation
    calibration: Mapping[str, float]
    bins: Reliability
    curve: SelectiveCurve
    mistakes: npt.NDArray[np.int64]  # (M,), worst first
    disputed: Mapping[int, Dispute]
    sample: npt.NDArray[np.int64]  # (S,), rising: which test images were sampled
    plain_right: int  # of the sample, read rightly as they are
    corrupted: list[Corrupted]
    refused: list[Refused]
    attacked: Attacked | None
    explained: list[Explained]
    favourites: list[npt.NDArray[np.float32]]  # a stage: (F, h, w), 0 to 1
    sensitivities: list[Sensitivity]
    left_out: Mapping[str, str]  # a part's name: why

    @property
    def read(self) -> npt.NDArray[np.int64]:
        """`(N,)`: the classes read."""
        return self.probabilities.argmax(1)


def measure(
    model: Model,
    dataset: Dataset,
    settings: Settings | None = None,
    progress: Progress = lambda part, done: None,
) -> Findings:
    """Measure a model on a data set's test images.

    Raises:
        UsageError: if the data set's images or classes are others than the model's.
    """
    settings = settings or Settings()
    model.check(dataset)
    left_out = _left_out(model, dataset)
    test, labels = dataset.test.images, dataset.test.labels.astype(np.int64)
    rng = np.random.default_rng(settings.seed)
    sample = np.sort(rng.permutation(len(test))[: settings.images])
    images, true = test[sample], labels[sample]

    def measured(part: str, take: Callable[[Callable[[float], None]], Any], empty: Any) -> Any:
        if part in left_out:
            return empty
        begun = _begun(part)
        length = _PARTS[part] / sum(_PARTS.values())
        progress(part, begun)
        return take(lambda done: progress(part, begun + length * done))

    probabilities = measured("the test set", lambda tell: model.score(test).probabilities, None)
    logits = np.log(np.maximum(probabilities, np.finfo(np.float64).tiny))
    mistakes = worst_mistakes(logits, labels)
    read = probabilities.argmax(1)
    corrupted = measured(
        "corruptions",
        lambda tell: corrupted_accuracies(
            model.score, images, true, settings.seed, normalised=model.reads_digits, report=tell
        ),
        [],
    )
    refused = measured(
        "what is no digit",
        lambda tell: refusal_areas(model.score, test, settings.seed, report=tell),
        [],
    )
    attacked = measured(
        "attacks",
        lambda tell: attack_all(
            model.logits, images, true, settings.seed,
            attack=settings.attack, shown=min(ATTACKED_EXAMPLES, len(images)), report=tell,
        ),
        None,
    )  # fmt: skip
    return Findings(
        model=model,
        dataset=dataset,
        settings=settings,
        probabilities=probabilities,
        evaluation=evaluate_logits(logits, labels, model.class_names),
        calibration={
            "expected_calibration_error": calibration_error(probabilities, labels),
            "negative_log_likelihood": negative_log_likelihood(probabilities, labels),
            "brier_score": brier_score(probabilities, labels),
        },
        bins=reliability(probabilities, labels),
        curve=selective_curve(probabilities.max(1), read == labels),
        mistakes=mistakes,
        disputed=disputed(dataset),
        sample=sample,
        plain_right=int(np.sum(read[sample] == true)),
        corrupted=corrupted,
        refused=refused,
        attacked=attacked,
        explained=measured(
            "attributions", lambda tell: _explained(model, test, labels, read, mistakes, tell), []
        ),
        favourites=measured(
            "favourite inputs", lambda tell: _favourites(model, settings.seed, tell), []
        ),
        sensitivities=measured(
            "writing that changes", lambda tell: _sensitivities(model, images, true, tell), []
        ),
        left_out=left_out,
    )


def _left_out(model: Model, dataset: Dataset) -> dict[str, str]:
    """Parts that the model or its data do not allow, each with the reason."""
    reasons = {}
    if dataset.image_size != (SIDE, SIDE):
        height, width = dataset.image_size
        reasons["corruptions"] = (
            f"MNIST-C corrupts images of {SIDE}x{SIDE} pixels; these have {width}x{height}."
        )
    if not model.reads_digits:
        reasons["what is no digit"] = (
            "Letters, scribbles and textures are told from the ten digits of "
            f"{SIDE}x{SIDE} pixels; this model reads something else."
        )
    if not model.networks:
        why = "needs gradients, and an ONNX file gives none; a report on the run itself has it."
        reasons["attacks"] = f"Projected gradient descent {why}"
        reasons["attributions"] = f"An integrated gradient {why}"
        reasons["favourite inputs"] = f"Looking for an input that a filter likes {why}"
    return reasons


def _begun(part: str) -> float:
    """The share of all that is done when a part begins."""
    before = list(_PARTS)[: list(_PARTS).index(part)]
    return sum(_PARTS[name] for name in before) / sum(_PARTS.values())


def _explained(
    model: Model,
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int64],
    read: npt.NDArray[np.int64],
    mistakes: npt.NDArray[np.int64],
    tell: Callable[[float], None],
) -> list[Explained]:
    """The first image of each class that is read rightly, then the worst mistakes."""
    right = read == labels
    firsts = [np.flatnonzero(right & (labels == value))[:1] for value in np.unique(labels)]
    chosen = np.concatenate([*firsts[:MOST_EXPLAINED], mistakes[:EXPLAINED_MISTAKES]])
    found = []
    for number, index in enumerate(chosen.tolist(), 1):
        label, answer = int(labels[index]), int(read[index])
        attributions = [
            integrated_gradients(model.logits, images[index], output)
            for output in dict.fromkeys((answer, label))
        ]
        second = attributions[1] if len(attributions) > 1 else None
        found.append(Explained(index, label, answer, attributions[0], second))
        tell(number / len(chosen))
    return found


def _favourites(
    model: Model, seed: int, tell: Callable[[float], None]
) -> list[npt.NDArray[np.float32]]:
    network = model.networks[0]
    count = len(network.description.stages)
    found = []
    for stage in range(count):
        found.append(favourite_inputs(network, stage, seed))
        tell((stage + 1) / count)
    return found


def _sensitivities(
    model: Model,
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.int64],
    tell: Callable[[float], None],
) -> list[Sensitivity]:
    found = []
    for number, way in enumerate(WAYS):

        def part(done: float, before: int = number) -> None:
            tell((before + done) / len(WAYS))

        found.append(sensitivity(model.score, images, labels, way, images[0], part))
    return found
