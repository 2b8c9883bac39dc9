"""Whatever reads and can be scored: a run, an ensemble, the shipped network, an ONNX file.

model = open_model(Path("runs/mine"))
scores = model.score(images)  # probabilities of its classes, and whether it is one of them at all
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from inkdigits import recognition
from inkdigits.data.dataset import Dataset
from inkdigits.errors import RunError, UsageError
from inkdigits.images.normalize import SIDE
from inkdigits.recognition.modelfile import SHIPPED_NAME, names_shipped, network_source
from inkdigits.recognition.network import DIGIT_NAMES, DIGITS, NO_DIGIT, DigitNetwork, Scores
from inkdigits.recognition.onnxfile import check_claim

if TYPE_CHECKING:
    from torch import Tensor

    from inkdigits.networks.build import Network
    from inkdigits.training.run import Run

Images = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Model:
    """Something that reads, made by `open_model`.

    Its probabilities are those that it reads with: calibrated where it was, and 'no digit' is no
    class among the others.
    """

    name: str
    kind: str  # what it is, in words
    class_names: tuple[str, ...]
    image_size: tuple[int, int]  # height, width
    score: Callable[[Images], Scores]  # of images (N, H, W) uint8: (N, C) and (N,)
    networks: "tuple[Network, ...]" = ()  # in torch, for gradients; none of a bare ONNX file
    temperature: float = 1.0  # that logits are divided by
    run: "Run | None" = None  # of an ensemble the first

    @property
    def reads_digits(self) -> bool:
        """Whether its classes are the ten digits, on images as large as MNIST's."""
        return self.class_names == DIGIT_NAMES and self.image_size == (SIDE, SIDE)

    def logits(self, images: "Tensor") -> "Tensor":
        """Differentiable logits `(N, C)` of images `(N, 1, H, W) float32`, 0 to 1.

        Of several networks: logarithms of their mean probabilities.
        """
        import torch

        count = len(self.class_names)
        each: list[Tensor] = [
            network(images)[:, :count] / self.temperature for network in self.networks
        ]
        if len(each) == 1:
            return each[0]
        together = torch.stack([logits.log_softmax(1) for logits in each])
        return together.logsumexp(0) - math.log(len(each))

    def check(self, dataset: Dataset) -> None:
        """Raise `UsageError` where a data set's images or classes are others than the model's."""
        if self.run is not None:
            from inkdigits.results import check_data

            check_data(self.run, self.networks[0], dataset)
            return
        if dataset.image_size != self.image_size:
            height, width = dataset.image_size
            raise UsageError(
                f"{self.name} reads images of {SIDE}x{SIDE} pixels; "
                f"{dataset.name} has {width}x{height}."
            )
        if dataset.class_names != self.class_names:
            raise UsageError(f"{self.name} reads the digits 0 to 9; {dataset.name} has others.")


def open_model(path: Path) -> Model:
    """The model at a path: a run's or an ensemble's folder, an ONNX file, or `shipped`.

    Raises:
        UsageError: if there is nothing.
        RunError: if a run is damaged.
        ModelError: if a file is no network for digits.
    """
    if names_shipped(path):
        return _shipped()
    if path.is_dir():
        return _of_folder(path)
    network = DigitNetwork(_file(path))
    return Model(path.name, "an ONNX file", DIGIT_NAMES, (SIDE, SIDE), network.score)


def _file(path: Path) -> Path:
    if not path.exists():
        raise UsageError(f"There is no network at {path}: no run, no ONNX file.")
    return path


def _shipped() -> Model:
    from inkdigits.teaching import SHIPPED_WEIGHTS
    from inkdigits.training.recipes import SHIPPED
    from inkdigits.training.weights import network_from, tensors_from

    network = DigitNetwork(network_source(None))
    path = Path(recognition.__path__[0]) / SHIPPED_WEIGHTS
    weights = path.read_bytes()
    check_claim(weights, path)
    description = replace(SHIPPED.network, classes=DIGITS + 1)
    same = network_from(description, tensors_from(weights, path), path)
    return Model(
        SHIPPED_NAME,
        "the network that inkdigits ships",
        DIGIT_NAMES,
        (SIDE, SIDE),
        network.score,
        (same,),
        network.temperature,
    )


def _of_folder(path: Path) -> Model:
    from inkdigits.ensemble import averaged, open_networks
    from inkdigits.networks.predict import predict_logits

    run, networks = open_networks(path)
    names = run.class_names
    refuses = len(names) == DIGITS + 1 and names[-1] == NO_DIGIT
    temperature = temperature_of(run) if len(networks) == 1 else 1.0

    def score(images: Images) -> Scores:
        each = [predict_logits(network, images) / temperature for network in networks]
        together = averaged(each) if len(each) > 1 else each[0]
        return scores_of(together, refuses=refuses)

    kind = "a run" if len(networks) == 1 else f"an ensemble of {len(networks)} networks"
    return Model(
        path.resolve().name,
        kind,
        names[:DIGITS] if refuses else names,
        networks[0].description.image_size,
        score,
        tuple(networks),
        temperature,
        run,
    )


def scores_of(logits: npt.NDArray[np.floating[Any]], *, refuses: bool) -> Scores:
    """What logits `(N, C)` say, or `(N, C + 1)` with 'none of them' last, as `DigitNetwork` does.

    Without an output of its own for it, 'one of them at all' is the largest probability, rescaled
    from 1/C to 1 (Hendrycks and Gimpel, 2017).
    """
    from inkdigits.evaluation.metrics import softmax

    together = softmax(logits)
    if not refuses:
        least = 1 / logits.shape[1]
        return Scores(together, (together.max(1) - least) / (1 - least))
    return Scores(softmax(logits[:, :-1]), 1 - together[:, -1])


def temperature_of(run: "Run") -> float:
    """What a calibrated run's logits are divided by, else 1. Raises `RunError` if it is damaged."""
    from inkdigits.training.run import CALIBRATION, read_json

    path = run.path / CALIBRATION
    if not path.exists():
        return 1.0
    value = read_json(path).get("temperature")
    if not isinstance(value, int | float) or not 1e-3 <= value <= 1e3:
        raise RunError(f"{path} has a temperature of {value!r}; it must be from 0.001 to 1000.")
    return float(value)
