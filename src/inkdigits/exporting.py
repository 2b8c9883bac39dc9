"""Trained networks as files of their own, for wherever there is no torch."""

import os
from pathlib import Path

from inkdigits import files
from inkdigits.ensemble import open_networks
from inkdigits.recognition.network import NAME, TEMPERATURE
from inkdigits.training.export import to_onnx
from inkdigits.training.run import CALIBRATION, read_json


def export_onnx(folder: str | os.PathLike[str], out: str | os.PathLike[str]) -> int:
    """Write the network of a run, or the average of an ensemble's, as one ONNX file.

    Any ONNX runtime takes it, and what reads digits needs no other file: `Recognizer(model=out)`,
    `inkdigits read --model OUT`. Its input `images` is `(N, 1, H, W) float32`, 0 black to 1 white
    ink, of the training's size; its output `logits` is `(N, C) float32`. A calibrated run's
    temperature, by which `Recognizer` divides the logits, stands in the file's metadata.

    Args:
        folder: of a complete run, or of a complete ensemble, whose probabilities are averaged.
        out: is replaced if it exists.

    Returns:
        The file's size in bytes.

    Raises:
        UsageError: if there is no such folder, or it has padding that only training knows.
        RunError: if something is missing or damaged.
        OutputError: if the file cannot be written.
    """
    content = exported_run(Path(folder))
    files.write_bytes(Path(out), content)
    return len(content)


def exported_run(path: Path, *, stages: bool = False) -> bytes:
    """The network of a run's folder, or those of an ensemble's, as ONNX.

    Raises `UsageError` or `RunError` as `open_networks` does.
    """
    run, networks = open_networks(path)
    metadata = {NAME: path.resolve().name}
    if len(networks) == 1 and (run.path / CALIBRATION).exists():
        metadata[TEMPERATURE] = str(read_json(run.path / CALIBRATION).get("temperature"))
    return to_onnx(networks, metadata, stages=stages)
