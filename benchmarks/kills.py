"""Training killed again and again ends with the bits of a training that was left alone.

    python benchmarks/kills.py --kills 60

Trains a small network once without interruption, then again and again under SIGKILL: at a random
moment of start-up, of training, or as soon as a checkpoint is half written. Each time `inkdigits
train --resume` goes on. A run that reaches its end must have the weights and the history of the
first, byte for byte, and TensorBoard must read each of its batches once. Augmentation, a schedule
and running averages are on, so that every generator and every state counts. Exit code 1 if anything
differs; writes benchmarks/results/kills.json.
"""

import argparse
import hashlib
import json
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tb_logging import get_logger

from inkdigits.data import load_mnist
from inkdigits.files import TEMPORARY_PREFIX
from inkdigits.training.run import HISTORY, WEIGHTS, versions

COMMAND = [sys.executable, "-m", "inkdigits", "train"]
RECIPE = ["--recipe", "accurate", "--filters", "8,12,12,16,16", "--epochs", "3",
          "--set", "average=0.98", "--threads", "1", "--checkpoint-steps", "2"]  # fmt: skip
IMAGES = 6_000
LONGEST_S = 4.0  # from start to a kill; a whole run takes about twice as long
WAYS = ("at start", "in training", "in a checkpoint")


def start(arguments: list[str], said: Path) -> subprocess.Popen[bytes]:
    """A training in a process of its own, whose standard error goes on in the file `said`."""
    with said.open("ab") as stream:
        return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=stream)


def is_killed(process: subprocess.Popen[bytes], run: Path, way: str, rng: random.Random) -> bool:
    """Kill the process the way said; False if it ended before."""
    before = {path.name for path in (run / "checkpoints").glob("*")}
    deadline = time.monotonic() + rng.uniform(0, LONGEST_S)
    while process.poll() is None:
        if way != "at start":
            names = {path.name for path in (run / "checkpoints").glob("*")} - before
            begun = {name for name in names if name.startswith(TEMPORARY_PREFIX)}
            if way == "in a checkpoint" and begun:
                break
            if way == "in training" and not names:
                deadline = time.monotonic() + rng.uniform(0, LONGEST_S / 2)
        if way != "in a checkpoint" and time.monotonic() >= deadline:
            break
        time.sleep(0.0005)
    process.kill()
    return process.wait() < 0


def fingerprint(run: Path) -> dict[str, str]:
    """What must be the same: the weights, and the loss and accuracy of each batch and epoch."""
    history = json.loads((run / HISTORY).read_bytes())
    del history["seconds"]
    kept = json.dumps(history, sort_keys=True).encode()
    weights = (run / WEIGHTS).read_bytes()
    return {name: hashlib.sha256(content).hexdigest()
            for name, content in (("weights", weights), ("history", kept))}  # fmt: skip


def curve_is_whole(run: Path) -> bool:
    """Whether TensorBoard reads each batch's loss once, in order, as the history has it."""
    get_logger().setLevel("ERROR")  # it says at length that it takes back what came after a kill
    events = EventAccumulator(str(run), size_guidance={"scalars": 0})
    events.Reload()
    losses = json.loads((run / HISTORY).read_bytes())["losses"]
    scalars = events.Scalars("batch/loss")
    return [scalar.step for scalar in scalars] == list(range(1, len(losses) + 1)) and bool(
        np.allclose([scalar.value for scalar in scalars], losses, rtol=1e-6)
    )


def main() -> int:
    """Kill, resume, compare."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    kills, partial, runs, same, whole_curves = Counter[str](), 0, 0, 0, 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mnist, data, said = load_mnist(), folder / "data.npz", folder / "said"
        np.savez(
            data,
            x_train=mnist.train.images[:IMAGES], y_train=mnist.train.labels[:IMAGES],
            x_test=mnist.test.images[:1000], y_test=mnist.test.labels[:1000],
        )  # fmt: skip
        common = ["--data", str(data)]
        first = [*common, *RECIPE, "--runs", str(folder), "--name"]
        if start([*first, "whole"], said).wait():
            print(said.read_text())
            return 1
        expected = fingerprint(folder / "whole")
        while sum(kills.values()) < options.kills:
            runs += 1
            run = folder / f"run-{runs}"
            arguments = [*first, run.name]
            while True:
                way = rng.choice(WAYS)
                if not is_killed(start(arguments, said), run, way, rng):
                    break
                kills[way] += 1
                partial += any((run / "checkpoints").glob(f"{TEMPORARY_PREFIX}*"))
                if (run / "run.json").exists():
                    arguments = [*common, "--resume", str(run), "--checkpoint-steps", "2"]
                else:  # nothing but the folder was made
                    run = folder / f"{run.name}-again"
                    arguments = [*first, run.name]
                print(f"\r{sum(kills.values())} kills, {runs - 1} runs ended", end="", flush=True)
            is_same = (run / WEIGHTS).exists() and fingerprint(run) == expected
            same += is_same
            whole_curves += is_same and curve_is_whole(run)
        tracebacks = said.read_text().count("Traceback")
    result = {
        "kills": dict(kills), "left_half_written": partial, "runs": runs, "same_bits": same,
        "whole_curves": whole_curves, "tracebacks": tracebacks,
        "seconds": round(time.monotonic() - began), "machine": platform.platform(),
        "versions": versions(),
    }  # fmt: skip
    print("\n" + json.dumps(result, indent=2))
    results = Path(__file__).parent / "results" / "kills.json"
    results.write_text(json.dumps(result, indent=2) + "\n")
    return 0 if same == whole_curves == runs and not tracebacks else 1


if __name__ == "__main__":
    sys.exit(main())
