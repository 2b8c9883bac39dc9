"""A run whose classes and data have names with escapes that a terminal obeys, and with line ends.

    python attacks/names_in_runs.py

They hope to reach the terminal raw; see `names.py`. The victim scores a stranger's run or shows
what it reads: `inkdigits evaluate RUN`, `inkdigits show RUN`.
"""

import json
import struct
from pathlib import Path

import numpy as np
from victim import NAME, Worked, is_obeyed, run, run_folder, safetensors, several


def run_of_names(path: Path) -> Path:
    """A whole run whose eleventh class and data are called so."""
    run_folder(path, classes=11)
    settings = json.loads((path / "run.json").read_text())
    settings["data"].update(class_names=[*"0123456789", NAME], name=NAME, source=NAME)
    (path / "run.json").write_text(json.dumps(settings))
    shapes = {
        "stages.0.convolution.weight": [1, 1, 1, 1], "stages.0.convolution.bias": [1],
        "dense.weight": [11, 1], "dense.bias": [11],
    }  # fmt: skip
    header: dict[str, object] = {
        "__metadata__": {"inkdigits.network": json.dumps(settings["recipe"]["network"])}
    }
    content = b""
    for name, shape in shapes.items():
        numbers = struct.pack(f"<{int(np.prod(shape))}f", *range(int(np.prod(shape))))
        place = [len(content), len(content) + len(numbers)]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": place}
        content += numbers
    (path / "weights.safetensors").write_bytes(safetensors(header, content))
    return path


def attack(folder: Path) -> str:
    data, stranger = folder / "data.npz", run_of_names(folder / "run")
    images, labels = np.zeros((20, 28, 28), np.uint8), np.arange(20, dtype=np.uint8) % 10
    np.savez(data, x_train=images, y_train=labels, x_test=images, y_test=labels)
    picture = folder / "picture.png"
    outcomes = several(
        ("evaluate", stranger, "--data", data),
        ("show", stranger, "--index", 1, "--data", data, "--png", picture),
        ("summary", stranger),
    )
    for outcome in outcomes:
        if outcome.code:
            raise Worked(f"a run with such names is not scored or shown: {outcome}")
        if is_obeyed(outcome) or "owned" not in outcomes[0].output:
            raise Worked(f"a terminal was told {outcome.output + outcome.errors!r}")
    return "as the names are escaped wherever they are shown"


if __name__ == "__main__":
    run(attack)
