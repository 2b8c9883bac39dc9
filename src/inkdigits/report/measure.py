"""Everything that a report says, measured part by part.

What takes long is measured on a sample of the test set, drawn by a seed. A part that a model or its
data do not allow is left out, with the reason in a sentence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from inkdigits.data.dataset import Dataset
from inkdigits.data.disputed import Dispute, disputed
from inkdigits.evaluation.adversarial import Attack, Attacked, attack_all
from inkdigits.evaluation.attributions import Attribution, attribution
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
from inkdigits.report.html import visible
from inkdigits.settings import check_range, check_types

SHOWN_MISTAKES, EXPLAINED_MISTAKES, ATTACKED_EXAMPLES, MOST_EXPLAINED = 54, 6, 6, 12
MOST_NON_DIGITS = 200  # of each kind
Progress = Callable[[str, float], None]  # the part under way, and the share of all that is done

CORRUPTIONS, NON_DIGITS, ATTACKS = "corruptions", "what is no digit", "attacks"
ATTRIBUTIONS, FAVOURITES, CHANGES = "attributions", "favourite inputs", "writing that changes"
# Parts in their order, with roughly how long each takes.
_PARTS = {
    "the test set": 1,
    CORRUPTIONS: 20,
    NON_DIGITS: 14,
    ATTACKS: 16,
    ATTRIBUTIONS: 4,
    FAVOURITES: 4,
    CHANGES: 10,
}


@dataclass(frozen=True)
class Settings:
    """How much is measured.

    Raises:
        UsageError: if a value is of another type, or out of its range.
    """

    images: int = 1_000  # test images of each corruption, attack and change; at most all there are
    seed: int = 0
    attack: Attack = field(default_factory=Attack)

    def __post_init__(self) -> None:
        check_types(self)
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
    def names(self) -> tuple[str, ...]:
        """What the classes are called, fit to be shown and drawn."""
        return tuple(visible(name) for name in self.model.class_names)

    @property
    def read(self) -> npt.NDArray[np.int64]:
        """`(N,)`: the classes read."""
        read: npt.NDArray[np.int64] = self.probabilities.argmax(1)
        return read


@dataclass(frozen=True, eq=False)
class _Course:
    """What the parts share, and how far they have come."""

    model: Model
    test: npt.NDArray[np.uint8]  # (N, H, W), all test images
    labels: npt.NDArray[np.int64]  # (N,)
    sample: npt.NDArray[np.int64]  # (S,)
    settings: Settings
    progress: Progress

    @property
    def images(self) -> npt.NDArray[np.uint8]:
        """`(S, H, W)`: those of the sample."""
        return self.test[self.sample]

    @property
    def true(self) -> npt.NDArray[np.int64]:
        """`(S,)`: their classes."""
        return self.labels[self.sample]

    def begin(self, part: str) -> Callable[[float], None]:
        """Say that a part begins; returns what is told the share of it that is done."""
        before = list(_PARTS)[: list(_PARTS).index(part)]
        total = sum(_PARTS.values())
        begun = sum(_PARTS[name] for name in before) / total
        self.progress(part, begun)
        return lambda done: self.progress(part, begun + done * _PARTS[part] / total)


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
    without = _left_out(model, dataset)
    test, labels = dataset.test.images, dataset.test.labels.astype(np.int64)
    drawn = np.random.default_rng(settings.seed).permutation(len(test))[: settings.images]
    course = _Course(model, test, labels, np.sort(drawn), settings, progress)
    course.begin("the test set")
    probabilities, known = model.score(test)
    logits = np.log(np.maximum(probabilities, np.finfo(np.float64).tiny))
    read, mistakes = probabilities.argmax(1), worst_mistakes(logits, labels)
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
        sample=course.sample,
        plain_right=int(np.sum((read == labels)[course.sample])),
        corrupted=[] if CORRUPTIONS in without else _corrupted(course),
        refused=[] if NON_DIGITS in without else _refused(course, known),
        attacked=None if ATTACKS in without else _attacked(course),
        explained=[] if ATTRIBUTIONS in without else _explained(course, read, mistakes),
        favourites=[] if FAVOURITES in without else _favourites(course),
        sensitivities=_sensitivities(course),
        left_out=without,
    )


def _left_out(model: Model, dataset: Dataset) -> dict[str, str]:
    """Parts that the model or its data do not allow, each with the reason."""
    reasons = {}
    if dataset.image_size != (SIDE, SIDE):
        height, width = dataset.image_size
        reasons[CORRUPTIONS] = (
            f"MNIST-C corrupts images of {SIDE}x{SIDE} pixels; these have {width}x{height}."
        )
    if not model.reads_digits:
        reasons[NON_DIGITS] = (
            "Letters, scribbles and textures are told from the ten digits of "
            f"{SIDE}x{SIDE} pixels; this model reads something else."
        )
    if not model.networks:
        why = "needs gradients, and an ONNX file gives none; a report on the run itself has it."
        reasons[ATTACKS] = f"Projected gradient descent {why}"
        reasons[ATTRIBUTIONS] = f"An integrated gradient {why}"
        reasons[FAVOURITES] = f"Looking for an input that a filter likes {why}"
    return reasons


def _corrupted(course: _Course) -> list[Corrupted]:
    return corrupted_accuracies(
        course.model.score,
        course.images,
        course.true,
        course.settings.seed,
        normalised=course.model.reads_digits,
        report=course.begin(CORRUPTIONS),
    )


def _refused(course: _Course, known: npt.NDArray[np.float64]) -> list[Refused]:
    tell = course.begin(NON_DIGITS)
    each = min(course.settings.images, MOST_NON_DIGITS)
    seed = course.settings.seed
    return refusal_areas(course.model.score, course.test, known, seed, each=each, report=tell)


def _attacked(course: _Course) -> Attacked:
    return attack_all(
        course.model.logits,
        course.images,
        course.true,
        course.settings.seed,
        attack=course.settings.attack,
        shown=min(ATTACKED_EXAMPLES, len(course.sample)),
        report=course.begin(ATTACKS),
    )


def _explained(
    course: _Course, read: npt.NDArray[np.int64], mistakes: npt.NDArray[np.int64]
) -> list[Explained]:
    """The first image of each class that is read rightly, then the worst mistakes."""
    tell, labels = course.begin(ATTRIBUTIONS), course.labels
    right = read == labels
    firsts = [np.flatnonzero(right & (labels == value))[:1] for value in np.unique(labels)]
    chosen = np.concatenate([*firsts[:MOST_EXPLAINED], mistakes[:EXPLAINED_MISTAKES]])
    found = []
    for number, index in enumerate(chosen.tolist(), 1):
        label, answer = int(labels[index]), int(read[index])
        attributions = [
            attribution(course.model.logits, course.test[index], output)
            for output in dict.fromkeys((answer, label))
        ]
        second = attributions[1] if len(attributions) > 1 else None
        found.append(Explained(index, label, answer, attributions[0], second))
        tell(number / len(chosen))
    return found


def _favourites(course: _Course) -> list[npt.NDArray[np.float32]]:
    tell, network = course.begin(FAVOURITES), course.model.networks[0]
    count = len(network.description.stages)
    found = []
    for stage in range(count):
        found.append(favourite_inputs(network, stage, course.settings.seed))
        tell((stage + 1) / count)
    return found


def _sensitivities(course: _Course) -> list[Sensitivity]:
    tell = course.begin(CHANGES)
    found = []
    for number, way in enumerate(WAYS):

        def part(done: float, before: int = number) -> None:
            tell((before + done) / len(WAYS))

        found.append(
            sensitivity(course.model.score, course.images, course.true, way, course.images[0], part)
        )
    return found
