"""inkdigits: handwritten digits become data.

Train a convolutional network on MNIST in seconds on an ordinary CPU, see what it learned, and
read digits. The names below are imported when they are first used: `import inkdigits` is fast and
needs none of the libraries that training does.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkdigits.data import Dataset, Mirrors, Split, load_dataset, load_mnist
    from inkdigits.errors import (
        DataError,
        InkdigitsError,
        JobError,
        ModelError,
        OutputError,
        PictureError,
        RunError,
        TrainingError,
        UsageError,
    )
    from inkdigits.estimator import DigitClassifier
    from inkdigits.evaluation.metrics import Evaluation, evaluate_logits, softmax
    from inkdigits.exporting import export_onnx
    from inkdigits.networks.build import Network, build_network
    from inkdigits.networks.description import Memory, NetworkDescription, Stage
    from inkdigits.networks.predict import predict_logits
    from inkdigits.networks.summary import Summary, summarize
    from inkdigits.recognition.network import Scores
    from inkdigits.recognition.reading import Digit, Line, Number, Reading, Sign
    from inkdigits.recognition.recognizer import Recognizer
    from inkdigits.training.checkpoint import Interval
    from inkdigits.training.hyperparameters import Augmentation, Optimizer, Schedule
    from inkdigits.training.recipe import Recipe
    from inkdigits.training.recipes import find_recipe
    from inkdigits.training.run import Origin, Run, open_run
    from inkdigits.training.stopping import Interrupted
    from inkdigits.training.weights import load_network
    from inkdigits.workflow import TrainedRun, resume, train

__version__ = "0.1.0"

_HOMES = {
    "inkdigits.data": ("Dataset", "Mirrors", "Split", "load_dataset", "load_mnist"),
    "inkdigits.errors": (
        "DataError",
        "InkdigitsError",
        "JobError",
        "ModelError",
        "OutputError",
        "PictureError",
        "RunError",
        "TrainingError",
        "UsageError",
    ),
    "inkdigits.estimator": ("DigitClassifier",),
    "inkdigits.evaluation.metrics": ("Evaluation", "evaluate_logits", "softmax"),
    "inkdigits.exporting": ("export_onnx",),
    "inkdigits.networks.build": ("Network", "build_network"),
    "inkdigits.networks.description": ("Memory", "NetworkDescription", "Stage"),
    "inkdigits.networks.predict": ("predict_logits",),
    "inkdigits.networks.summary": ("Summary", "summarize"),
    "inkdigits.recognition.network": ("Scores",),
    "inkdigits.recognition.reading": ("Digit", "Line", "Number", "Reading", "Sign"),
    "inkdigits.recognition.recognizer": ("Recognizer",),
    "inkdigits.training.checkpoint": ("Interval",),
    "inkdigits.training.hyperparameters": ("Augmentation", "Optimizer", "Schedule"),
    "inkdigits.training.recipe": ("Recipe",),
    "inkdigits.training.recipes": ("find_recipe",),
    "inkdigits.training.run": ("Origin", "Run", "open_run"),
    "inkdigits.training.stopping": ("Interrupted",),
    "inkdigits.training.weights": ("load_network",),
    "inkdigits.workflow": ("TrainedRun", "resume", "train"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Augmentation",
    "DataError",
    "Dataset",
    "Digit",
    "DigitClassifier",
    "Evaluation",
    "InkdigitsError",
    "Interrupted",
    "Interval",
    "JobError",
    "Line",
    "Memory",
    "Mirrors",
    "ModelError",
    "Network",
    "NetworkDescription",
    "Number",
    "Optimizer",
    "Origin",
    "OutputError",
    "PictureError",
    "Reading",
    "Recipe",
    "Recognizer",
    "Run",
    "RunError",
    "Schedule",
    "Scores",
    "Sign",
    "Split",
    "Stage",
    "Summary",
    "TrainedRun",
    "TrainingError",
    "UsageError",
    "__version__",
    "build_network",
    "evaluate_logits",
    "export_onnx",
    "find_recipe",
    "load_dataset",
    "load_mnist",
    "load_network",
    "open_run",
    "predict_logits",
    "resume",
    "softmax",
    "summarize",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'inkdigits' has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(_HOME_OF[name]), name)
    except ModuleNotFoundError as error:
        from inkdigits.extras import missing

        raise missing(f"inkdigits.{name}", error) from None


def __dir__() -> list[str]:
    return sorted(__all__)
