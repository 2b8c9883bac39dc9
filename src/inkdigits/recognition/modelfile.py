"""The file that a model's name or path means: the network that the package ships, or another."""

import os
from pathlib import Path

from inkdigits.errors import UsageError
from inkdigits.extras import missing
from inkdigits.files import given_path
from inkdigits.recognition.onnxfile import check_claim

SHIPPED = "shipped.onnx"
SHIPPED_NAME = "shipped"  # what stands for it where a model is named
STAGES = "stages.onnx"  # the same network, with its feature maps
CARD = "CARD.md"


def names_shipped(model: str | os.PathLike[str]) -> bool:
    """Whether `model` is the name of the network that the package ships, and no path."""
    return str(model) == SHIPPED_NAME and not Path(model).exists()


def origin_of(model: str | os.PathLike[str] | None) -> str:
    """What errors call a `model`, as `Recognizer` takes it."""
    return "The network that inkdigits ships" if model is None else str(model)


def network_source(model: str | os.PathLike[str] | None, *, stages: bool = False) -> Path | bytes:
    """The ONNX file, or its bytes, of a `model` as `Recognizer` takes it; with `stages` the one
    that gives the feature maps too. Raises `UsageError`, what exporting a run raises, or
    `ModelError` where the shipped network is not the one that its card describes.
    """
    if model is None or names_shipped(model):
        shipped = Path(__file__).parent / (STAGES if stages else SHIPPED)
        content = shipped.read_bytes()
        check_claim(content, shipped)
        return content
    path = given_path(model)
    if not path.exists():
        raise UsageError(f"There is no network at {path}.")
    if path.is_dir():
        try:
            from inkdigits.exporting import exported_run
        except ModuleNotFoundError as error:
            raise missing("The network of a run", error) from None
        return exported_run(path, stages=stages)
    return path
