"""Time to accuracy, side by side: our recipes and the others', alternating, in one run.

    python benchmarks/bench.py -n 3 [--keras-python /path/to/env/bin/python]
    python benchmarks/bench.py -n 5 --quick   # only quick, beside the published recipe

Every round runs each contender once, in a process of its own, with another seed; then come one run
each with looks at the test set (for the curves), quick's shares of time, its time against the
number of training images, and the machine's rate of products. Writes benchmarks/results/bench.json;
`make bench` runs this and then `page.py`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rounds import how_often

from inkdigits.data import load_mnist
from inkdigits.processors import available_processors
from inkdigits.training.engine import choose_engine
from inkdigits.training.run import versions

HERE = Path(__file__).parent
LOOKS = 12
IMAGES = (6_000, 12_000, 30_000, 60_000, 120_000, 300_000, 600_000)


def commands(keras_python: str | None, folder: Path) -> dict[str, list[str]]:
    """What to run for each contender, the seed left out; `folder` may hold data for them."""
    ours, contenders = str(HERE / "ours.py"), str(HERE / "contenders.py")
    found = {
        "quick": [sys.executable, ours, "quick"],
        "published": [sys.executable, contenders, "published"],
        "lab": [sys.executable, ours, "lab"],
        "example": [sys.executable, contenders, "example"],
        "mlp": [sys.executable, contenders, "mlp"],
        "svm": [sys.executable, contenders, "svm"],
    }
    if keras_python:
        data = folder / "mnist.npz"
        (x_train, y_train), (x_test, y_test) = load_mnist()
        np.savez(data, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
        found["keras"] = [keras_python, str(HERE / "lab_keras.py"), "--data", str(data)]
    return found


def measured(command: list[str]) -> dict[str, Any]:
    """The JSON that the last line of a benchmark's output holds."""
    # The same number of threads for torch, TensorFlow and the linear algebra of scikit-learn.
    threads = str(available_processors())
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
    output = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | limits
    ).stdout
    result: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    if "epoch_seconds" in result:  # lab_keras.py
        result["seconds"] = sum(result["epoch_seconds"])
    print(f"{Path(command[1]).stem} {' '.join(command[2:])}: {result['seconds']:.2f} s, "
          f"{result['accuracy']:.2%}", flush=True)  # fmt: skip
    return result


def product_rate(dtype: torch.dtype, threads: int, rounds: int = 5) -> float:
    """Best rate of a large matrix product over some rounds, in multiplications a second."""
    size = 2048
    left, right = (torch.randn(size, size).to(dtype) for _ in range(2))
    torch.set_num_threads(threads)
    best = 0.0
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(3):
            left @ right
        best = max(best, 3 * size**3 / (time.perf_counter() - began))
    return best


def main() -> None:
    """Run everything, keep the numbers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=how_often, default=3, help="rounds")
    parser.add_argument("--keras-python", default=os.environ.get("KERAS_PYTHON"))
    parser.add_argument("--quick", action="store_true", help="add a run of it to the last results")
    options = parser.parse_args()
    target = HERE / "results" / "bench.json"
    with tempfile.TemporaryDirectory() as folder:
        found = commands(options.keras_python, Path(folder))
        if options.quick:
            result = json.loads(target.read_text())
            found = {name: found[name] for name in ("quick", "published")}
            result["quick_again"] = everything(found, options.n)
        else:
            result = everything(found, options.n)
    target.write_text(json.dumps(result, indent=2) + "\n")


def everything(found: dict[str, list[str]], rounds: int) -> dict[str, Any]:
    """All numbers of the benchmark."""
    engine = choose_engine()
    runs: dict[str, list[dict[str, Any]]] = {}
    for seed in range(rounds):
        for name, command in found.items():
            runs.setdefault(name, []).append(measured([*command, "--seed", str(seed)]))
    curves = {
        name: measured([*command, "--looks", str(LOOKS)])["points"]
        for name, command in found.items()
    }
    quick = found["quick"]
    shares = [measured([*quick, "--shares", "--seed", str(s)])["shares"] for s in range(3)]
    images = {
        count: [measured([*quick, "--images", str(count)])["seconds"] for _ in range(rounds)]
        for count in IMAGES
    }
    return {
        "runs": runs,
        "curves": curves,
        "quick_shares": shares,
        "quick_seconds_by_images": images,
        "products_per_second": {
            "bfloat16": product_rate(torch.bfloat16, engine.threads),
            "float32": product_rate(torch.float32, engine.threads),
        },
        "threads": engine.threads,
        "precision": engine.precision,
        "versions": versions(),
    }


if __name__ == "__main__":
    main()
