"""Collections of pictures: a plain loop, the pool and Ray side by side, and the driver's memory.

    python benchmarks/bulk.py --rounds 3                 # an hour and a half on two cores
    python benchmarks/bulk.py --sizes 1000 --memory 1000 # a few minutes, to see that it works

Each figure is the wall clock of a whole process from its start to its end, everything included: the
listing, Ray's start, the workers' imports. In each round all are run in turn. `overhead` is what an
engine with one worker takes beyond the plain loop; `gain` how much faster two workers are than one.
Then the largest memory of the process that was started (not of its workers) with 1,000, 10,000 and
100,000 pictures of one digit each. Writes benchmarks/results/bulk.json.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
import onnxruntime
import pyarrow
from bulk_pictures import write_pictures

from inkdigits.processors import processor

PLAIN = """
import sys
from pathlib import Path
from inkdigits.memory import keep_freed_memory
from inkdigits import Recognizer
keep_freed_memory(largest=4 << 20, kept=32 << 20, ahead=8 << 20)
recognizer = Recognizer(threads=1)
for path in sorted(Path(sys.argv[1]).rglob("*.png")):
    reading = recognizer.read(path.read_bytes())
    [(line.text, [digit.box for digit in line.digits]) for line in reading.lines]
"""
ENGINES = [("pool", 1), ("pool", 2), ("ray", 1), ("ray", 2)]
ONE_THREAD = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def command(source: Path, out: Path, engine: str, workers: int) -> list[str]:
    """Reading a collection."""
    return [sys.executable, "-m", "inkdigits", "read", str(source), "--out", str(out),
            "--engine", engine, "--workers", str(workers)]  # fmt: skip


def seconds(line: Sequence[str], **options: Any) -> float:
    """Wall clock of a process."""
    began = time.perf_counter()
    subprocess.run(
        line, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    )
    return time.perf_counter() - began


def peak_mb(line: Sequence[str]) -> tuple[float, float]:
    """The most memory that a process, without its children, ever had resident; and its seconds."""
    began = time.perf_counter()
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            break
        for entry in status.splitlines():
            if entry.startswith("VmHWM:"):
                peak = max(peak, int(entry.split()[1]))
        time.sleep(0.05)
    if process.wait():
        raise RuntimeError(f"{line} failed")
    return peak / 1024, time.perf_counter() - began


def main() -> None:
    """Measure in turn, print, keep."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 5_000, 20_000])
    parser.add_argument("--memory", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--folder", type=Path, help="where pictures are kept and used again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        times: dict[int, dict[str, list[float]]] = {}
        for size in options.sizes:
            write_pictures(folder / f"rows-{size}", size)
            times[size] = {each: [] for each in ("plain", *(f"{e} {w}" for e, w in ENGINES))}
        for round_ in range(options.rounds):
            for size in options.sizes:
                source = folder / f"rows-{size}"
                plain = [sys.executable, "-c", PLAIN, str(source)]
                times[size]["plain"].append(seconds(plain, env=ONE_THREAD))
                for engine, workers in ENGINES:
                    out = Path(name) / f"out-{round_}-{size}-{engine}-{workers}"
                    took = seconds(command(source, out, engine, workers))
                    times[size][f"{engine} {workers}"].append(took)
                    subprocess.run(["rm", "-rf", str(out)], check=True)
                print(size, {each: round(took[-1], 1) for each, took in times[size].items()},
                      flush=True)  # fmt: skip
        memory: dict[str, dict[int, float]] = {"pool": {}, "ray": {}}
        crops: dict[str, dict[int, float]] = {"pool": {}, "ray": {}}
        for size in options.memory:
            write_pictures(folder / f"digits-{size}", size, small=True)
            for engine, peaks in memory.items():
                out = Path(name) / f"memory-{size}-{engine}"
                peak, took = peak_mb(command(folder / f"digits-{size}", out, engine, 2))
                peaks[size], crops[engine][size] = round(peak, 1), round(size / took, 1)
                subprocess.run(["rm", "-rf", str(out)], check=True)
                print(f"{size} digits, {engine}: driver {peak:.1f} MB, {size / took:.1f} digits/s",
                      flush=True)  # fmt: skip
    figures = {str(size): summary(size, rounds) for size, rounds in times.items()}
    print(json.dumps(figures, indent=2))
    result = {
        "figures": figures, "seconds": times, "driver_peak_mb": memory,
        "digits_per_second": crops, "workers_there": 2,
        "processor": processor()[0], "processors": os.cpu_count(),
        "versions": {"python": sys.version.split()[0], "numpy": numpy.__version__,
                     "onnxruntime": onnxruntime.__version__, "pyarrow": pyarrow.__version__},
    }  # fmt: skip
    target = Path(__file__).parent / "results" / "bulk.json"
    target.write_text(json.dumps(result, indent=2) + "\n")


def summary(size: int, rounds: dict[str, list[float]]) -> dict[str, float]:
    """Medians, and what the bars are about."""
    middle = {each: statistics.median(took) for each, took in rounds.items()}
    figures = {f"{each}, pictures/s": round(size / took, 1) for each, took in middle.items()}
    for engine in ("pool", "ray"):
        figures[f"{engine}: overhead"] = round(middle[f"{engine} 1"] / middle["plain"] - 1, 3)
        figures[f"{engine}: gain"] = round(middle[f"{engine} 1"] / middle[f"{engine} 2"], 2)
    return figures


if __name__ == "__main__":
    main()
