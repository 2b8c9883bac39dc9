"""What several processes cost and give: a step's time, and its shares spent in sums over them.

    python benchmarks/distributed.py [-n 5] [--recipe accurate] [--batch-size 256]

Each round trains by the recipe once in one process with all processors, once in one with a single
thread, and once in two of a thread each under torchrun; the batch is the same, what is left to
chance is left out (no augmentation, no dropout). Sums are timed where they wait: the gradients'
in a hook of DistributedDataParallel, normalisation's statistics in each direction. Random images
stand in for MNIST. Beside that, sums of several sizes alone, for the formula in docs/scaling.md.
Writes benchmarks/results/distributed.json; `scaling.py` reckons with it.
"""

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from engine import StepTimes
from rounds import how_often
from torch import Tensor

from inkdigits.data import Split
from inkdigits.networks.build import Network
from inkdigits.processors import available_processors
from inkdigits.training.distribution import Ranks, Totals
from inkdigits.training.engine import choose_engine
from inkdigits.training.hyperparameters import Augmentation
from inkdigits.training.recipes import find_recipe
from inkdigits.training.run import versions
from inkdigits.training.trainer import Trainer

STEPS, WARM_UP = 60, 10
SIZES = (8, 1_000, 10_000, 100_000, 1_000_000, 4_000_000)  # bytes
VARIANTS = {
    "1 process, all processors": (1, available_processors()),
    "1 process, 1 thread": (1, 1),
    "2 processes, 1 thread each": (2, 1),
}
spent: dict[str, list[float]] = defaultdict(list)  # seconds of each sum, by what it is of
sent: dict[str, int] = defaultdict(int)  # bytes given to them


class Timed(Ranks):
    """Keeps the time of each sum over the processes."""

    def total(self, values: Tensor) -> Tensor:
        began = time.perf_counter()
        super().total(values)
        spent["statistics"].append(time.perf_counter() - began)
        sent["statistics"] += values.numel() * values.element_size()
        return values

    def begin_totals(self, loss: Tensor, right: Tensor, asks: bool) -> Callable[[], Totals]:
        wait = super().begin_totals(loss, right, asks)

        def totals() -> Totals:
            began = time.perf_counter()
            found = wait()
            spent["totals"].append(time.perf_counter() - began)
            return found

        return totals if self.are_many else wait

    def replicated(
        self, network: Network, statistics: Tensor, images: Tensor
    ) -> Callable[[Tensor], Tensor]:
        replica: Any = super().replicated(network, statistics, images)

        def hook(size: int, bucket: Any) -> torch.futures.Future[Tensor]:
            began = time.perf_counter()
            buffer = bucket.buffer().div_(size)
            dist.all_reduce(buffer)
            spent["gradients"].append(time.perf_counter() - began)
            sent["gradients"] += buffer.numel() * buffer.element_size()
            # A callback would need Python in gloo's threads, as late as at the process's end.
            done: torch.futures.Future[Tensor] = torch.futures.Future()
            done.set_result(buffer)
            return done

        replica.register_comm_hook(self.size, hook)
        found: Callable[[Tensor], Tensor] = replica
        return found


def work(recipe_name: str, batch_size: int, threads: int, target: Path) -> None:
    """Train some steps as one of the processes; the first writes what it took."""
    ranks = Timed(**vars(Ranks.here()))
    engine = choose_engine("cpu", threads=threads)
    engine.apply()
    recipe = find_recipe(recipe_name)
    recipe = dataclasses.replace(
        recipe, epochs=1, batch_size=batch_size, plain_epochs=0, augmentation=Augmentation(),
        network=dataclasses.replace(recipe.network, dropout=0.0),
    )  # fmt: skip
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (batch_size * (STEPS + WARM_UP), 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, len(images)).astype(np.uint8)
    with ranks.joined():
        trainer = Trainer(recipe, Split(images, labels), engine, 0, ranks)
        spent.clear()
        sent.clear()
        times = StepTimes()
        trainer.run([times])
        steps, alone = len(times.seconds), reduction_times(ranks)
    if ranks.is_first:
        waited = {
            name: 1e3 * statistics.median(np.reshape(each, (steps, -1)).sum(1)[WARM_UP:])
            for name, each in spent.items()
        }
        result = {
            "step_ms": 1e3 * statistics.median(times.seconds[WARM_UP:]),
            "waited_ms": waited,
            "sums_a_step": {name: len(each) // steps for name, each in spent.items()},
            "bytes_a_step": {name: count // steps for name, count in sent.items()},
            "sum_us_by_bytes": alone,
            "parameters": trainer.parameters.numel(),
            "precision": engine.precision,
        }
        target.write_text(json.dumps(result))


def reduction_times(ranks: Ranks) -> dict[int, float]:
    """Microseconds of one sum over all processes of so many bytes, median of 100."""
    if not ranks.are_many:
        return {}
    found = {}
    for size in SIZES:
        values, seconds = torch.zeros(size // 4), []
        for _ in range(100):
            began = time.perf_counter()
            dist.all_reduce(values)
            seconds.append(time.perf_counter() - began)
        found[size] = 1e6 * statistics.median(seconds)
    return found


def measured(processes: int, threads: int, options: argparse.Namespace) -> dict[str, Any]:
    """What one variant took, in processes of its own."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "result.json"
        launch = [] if processes == 1 else [
            "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes),
        ]  # fmt: skip
        command = [
            sys.executable, *launch, __file__, "--recipe", options.recipe,
            "--batch-size", str(options.batch_size), "--work", str(threads), str(target),
        ]  # fmt: skip
        environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
        subprocess.run(command, check=True, capture_output=True, env=environment)
        result: dict[str, Any] = json.loads(target.read_text())
    return result


def main() -> None:
    """Measure all variants in turn, or be one of the processes that are measured."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=how_often, default=5, help="rounds")
    parser.add_argument("--recipe", default="accurate")
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--work", nargs=2, metavar=("THREADS", "FILE"))
    options = parser.parse_args()
    if options.work:
        work(options.recipe, options.batch_size, int(options.work[0]), Path(options.work[1]))
        os._exit(0)  # gloo's threads outlive the group, and abort an ordinary end
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in VARIANTS}
    for _ in range(options.n):
        for name, (processes, threads) in VARIANTS.items():
            rounds[name].append(measured(processes, threads, options))
    for name, each in rounds.items():
        step = statistics.median(result["step_ms"] for result in each)
        print(f"{name:28} {step:7.2f} ms a step")
        for what in each[0]["waited_ms"]:
            share = statistics.median(one["waited_ms"][what] / one["step_ms"] for one in each)
            print(f"{what:>28} {share:7.1%} of it")
    result = {
        "recipe": options.recipe, "batch_size": options.batch_size, "rounds": rounds,
        "versions": versions(),
    }  # fmt: skip
    target = Path(__file__).parent / "results" / "distributed.json"
    target.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
