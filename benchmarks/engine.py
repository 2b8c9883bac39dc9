"""What each part of the engine gives: a training step of `lab`, parts switched on one by one.

    python benchmarks/engine.py [-n 3]

Each round measures every variant once, in a process of its own, in turn; printed is the median
over rounds of the median step. Random images stand in for MNIST, since only time is measured.
"""

import argparse
import dataclasses
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from rounds import how_often

from inkdigits.data import Split
from inkdigits.memory import keep_freed_memory
from inkdigits.processors import available_processors
from inkdigits.training import engine as engines
from inkdigits.training.recipes import find_recipe
from inkdigits.training.trainer import Trainer

STEPS, WARM_UP = 120, 20
# Name: precision, freed memory kept, first stage by its patches.
VARIANTS: dict[str, tuple[engines.Precision, bool, bool]] = {
    "ordinary layers, float32": ("float32", False, False),
    "ordinary layers, bfloat16": ("bfloat16", False, False),
    "and freed memory kept": ("bfloat16", True, False),
    "and the first stage by patches": ("bfloat16", True, True),
    "the same in float32": ("float32", True, True),
}


class StepTimes:
    """Seconds of each step."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.began = time.perf_counter()

    def on_step(self, trainer: Trainer) -> None:
        now = time.perf_counter()
        self.seconds.append(now - self.began)
        self.began = now

    def on_epoch(self, trainer: Trainer) -> None:
        """Nothing to do."""


def measure(name: str) -> float:
    """Milliseconds of the median step of one variant."""
    precision, keeps_memory, by_patches = VARIANTS[name]
    torch.set_num_threads(available_processors())
    if keeps_memory:
        keep_freed_memory()
    engine = engines.Engine("cpu", precision, available_processors())
    recipe = dataclasses.replace(find_recipe("lab"), epochs=1)
    count = recipe.batch_size * (STEPS + WARM_UP)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, count).astype(np.uint8)
    trainer = Trainer(recipe, Split(images, labels), engine, 0)
    trainer.network.convolution_stages[0].by_patches = by_patches
    times = StepTimes()
    trainer.run([times])
    return 1e3 * statistics.median(times.seconds[WARM_UP:])


def main() -> None:
    """Measure one variant, or all of them in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=how_often, default=3, help="rounds")
    parser.add_argument("--variant", choices=VARIANTS)
    options = parser.parse_args()
    if options.variant:
        print(measure(options.variant))
        return
    results: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for _ in range(options.n):
        for name in VARIANTS:
            command = [sys.executable, __file__, "--variant", name]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            results[name].append(float(output))
    for name, values in results.items():
        print(
            f"{name:32} {statistics.median(values):6.2f} ms a step "
            f"({min(values):.2f} to {max(values):.2f})"
        )
    target = Path(__file__).parent / "results" / "engine.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
