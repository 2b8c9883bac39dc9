"""Trained networks as files of their own, for wherever there is no torch."""

import json
import os
from pathlib import Path

from inkdigits import files
from inkdigits.ensemble import open_networks
from inkdigits.errors import UsageError
from inkdigits.models import temperature_of
from inkdigits.recognition.network import CLASSES, NAME, TEMPERATURE
from inkdigits.training.export import to_onnx
from inkdigits.training.run import CALIBRATION


def export_onnx(folder: str | os.PathLike[str], out: str | os.PathLike[str]) -> int:
    """Write the network of a run, or the average of an ensemble's, as one ONNX file.

    Any ONNX runtime takes it, and what reads digits needs no other file: `Recognizer(model=out)`,
    `inkdigits read --model OUT`. Its input `images` is `(N, 1, H, W) float32`, 0 black to 1 white
    ink, of the training's size; its output `logits` is `(N, C) float32`. A calibrated run's
    temperature, by which `Recognizer` divides the logits, stands in the file's metadata, and so do
    the names of the classes: where they are no digits, `Recognizer` refuses the file.

    Args:
        folder: of a complete run, or of a complete ensemble, whose probabilities are averaged.
        out: ends with `.onnx`, and is replaced if it exists. Both may begin with `~`.

    Returns:
        The file's size in bytes.

    Raises:
        UsageError: if there is no such folder, `out` ends otherwise, or the network has padding
            that only training knows.
        RunError: if something is missing or damaged.
        OutputError: if the file cannot be written.
    """
    path = files.given_path(out)
    if path.suffix.lower() != ".onnx":
        raise UsageError(f"{path}: the network is written as ONNX; name it so, .onnx.")
    content = exported_run(files.given_path(folder))
    files.write_bytes(path, content)
    return len(content)


def exported_run(path: Path, *, stages: bool = False) -> bytes:
    """The network of a run's folder, or those of an ensemble's, as ONNX.

    Raises `UsageError` or `RunError` as `open_networks` does.
    """
    run, networks = open_networks(path)
    metadata = {NAME: path.resolve().name, CLASSES: json.dumps(run.class_names)}
    if len(networks) == 1 and (run.path / CALIBRATION).exists():
        metadata[TEMPERATURE] = str(temperature_of(run))
    return to_onnx(networks, metadata, stages=stages)
