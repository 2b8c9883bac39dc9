"""The notebook in Keras/TensorFlow and our `lab` side by side: alternating runs, medians, ratios.

    python benchmarks/lab_speed.py --keras-python /path/to/env/bin/python --data mnist.npz -n 3

`--keras-python` is an interpreter that has TensorFlow. Each pair trains one after the other on the
same cores; an epoch's time excludes start-up and evaluation, and the first epoch of each run, in
which TensorFlow traces its graph, is reported apart. Writes benchmarks/results/lab_speed.json.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from rounds import how_often

HERE = Path(__file__).parent


def measured(command: list[str]) -> dict[str, Any]:
    """The JSON that the last line of a benchmark's output holds."""
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    return result


def main() -> None:
    """Run pairs, print a table, keep the numbers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keras-python", required=True)
    parser.add_argument("--data", required=True, help="mnist.npz")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("-n", type=how_often, default=3, help="pairs")
    options = parser.parse_args()
    shared = ["--data", options.data, "--epochs", str(options.epochs)]
    contenders = {
        "Keras/TensorFlow": [options.keras_python, str(HERE / "lab_keras.py"), *shared],
        "inkdigits": [sys.executable, str(HERE / "lab_ours.py"), *shared],
        "inkdigits float32": [
            sys.executable, str(HERE / "lab_ours.py"), *shared, "--precision", "float32",
        ],
    }  # fmt: skip
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in contenders}
    for pair in range(options.n):
        for name, command in contenders.items():
            result = measured([*command, "--seed", str(pair)])
            results[name].append(result)
            epochs = ", ".join(f"{seconds:.2f}" for seconds in result["epoch_seconds"])
            print(f"{name}: {epochs} s an epoch, {result['accuracy']:.2%}", flush=True)
    report(results)
    target = HERE / "results" / "lab_speed.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=2) + "\n")


def report(results: dict[str, list[dict[str, Any]]]) -> None:
    """A table of medians, and the ratio of each pair."""
    print(f"\n{'':20} {'epoch, median (min-max)':>28} {'first epoch':>12} {'ratio':>6} {'test':>7}")
    later = {
        name: [statistics.median(run["epoch_seconds"][1:]) for run in runs]
        for name, runs in results.items()
    }
    for name, runs in results.items():
        every = [seconds for run in runs for seconds in run["epoch_seconds"][1:]]
        first = statistics.median(run["epoch_seconds"][0] for run in runs)
        ratios = [
            theirs / ours
            for theirs, ours in zip(later["Keras/TensorFlow"], later[name], strict=True)
        ]
        spread = f"{statistics.median(every):.2f} s ({min(every):.2f}-{max(every):.2f})"
        accuracy = statistics.mean(run["accuracy"] for run in runs)
        print(
            f"{name:20} {spread:>28} {first:>10.2f} s {statistics.median(ratios):>6.2f} "
            f"{accuracy:>7.2%}"
        )


if __name__ == "__main__":
    main()
