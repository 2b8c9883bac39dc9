"""What two processes took, and what more workers would give by the formula of docs/scaling.md.

    python benchmarks/scaling.py            # prints the tables
    python benchmarks/scaling.py --write    # puts them into docs/scaling.md, between its marks

Compute and bytes a step are measured (benchmarks/results/distributed.json); networks between hosts
are assumed, and stated in the tables.
"""

import argparse
import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tables import machine, spread, table

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "scaling.md"
WORKERS = (1, 8, 64, 1024)


@dataclass(frozen=True)
class Step:
    """What a step is made of."""

    image_s: float  # compute of one image by one worker
    gradient_bytes: int
    sums: tuple[int, ...]  # bytes of each sum of normalisation's statistics


@dataclass(frozen=True)
class Link:
    """A network between workers."""

    name: str
    latency_s: float  # of one message
    bytes_per_s: float


LINKS = (
    Link("10 Gbit/s Ethernet, 50 µs a message", 50e-6, 1.25e9),
    Link("100 Gbit/s with RDMA, 5 µs a message", 5e-6, 12.5e9),
)


def ring_s(size: int, workers: int, link: Link) -> float:
    """A sum of `size` bytes over all workers by a ring: 2 (n - 1) messages of size / n bytes each.

    Patarasuk and Yuan, 'Bandwidth Optimal All-reduce Algorithms for Clusters of Workstations',
    2009.
    """
    messages = 2 * (workers - 1)
    return messages * (link.latency_s + size / workers / link.bytes_per_s)


def step_s(step: Step, images: int, workers: int, link: Link) -> tuple[float, float, float]:
    """Seconds of a step of `images` a worker: computing, gradients' sum, statistics' sums."""
    gradients = ring_s(step.gradient_bytes, workers, link)
    return images * step.image_s, gradients, sum(ring_s(size, workers, link) for size in step.sums)


def measured_step(results: dict[str, Any]) -> Step:
    """A step by what `distributed.py` measured; all of one thread's step counts as its images'."""
    alone = results["rounds"]["1 process, 1 thread"]
    two = results["rounds"]["2 processes, 1 thread each"]
    count = two[0]["sums_a_step"]["statistics"]
    each = two[0]["bytes_a_step"]["statistics"] // count
    seconds = statistics.median(one["step_ms"] for one in alone) / 1e3
    gradients = int(two[0]["bytes_a_step"]["gradients"])
    return Step(seconds / results["batch_size"], gradients, (each,) * count)


def scaled(step: Step, images: int, total: int, link: Link, whole_batch: int | None) -> str:
    """A table: an epoch of `total` images for each number of workers.

    Args:
        images: a worker's part of a batch, where the batch grows with the workers.
        whole_batch: the whole batch, where it does not; None where it does.
    """
    rows, alone = [], 0.0
    for workers in WORKERS:
        own = -(-whole_batch // workers) if whole_batch else images
        batch = whole_batch or images * workers
        parts = step_s(step, own, workers, link)
        epoch = -(-total // batch) * sum(parts)
        alone = alone or epoch
        rows.append([
            f"{workers:,}", f"{batch:,}", *(f"{1e3 * part:,.1f} ms" for part in parts),
            f"{epoch:,.0f} s", f"{alone / epoch:,.1f}", f"{alone / epoch / workers:.0%}",
        ])  # fmt: skip
    header = ["workers", "batch", "computing", "gradients", "statistics", "epoch", "speed-up",
              "efficiency"]  # fmt: skip
    return table(header, rows)


def tables(results: dict[str, Any]) -> str:
    """All tables, each with what it assumes."""
    step, parameters = measured_step(results), results["rounds"]["1 process, 1 thread"][0]
    compute = f"{1e6 * step.image_s:,.0f} µs an image on one thread ({parameters['precision']})"
    about = (
        f"The network of the recipe `{results['recipe']}`: {parameters['parameters']:,} "
        f"parameters, {compute}, {step.gradient_bytes / 1e6:.2f} MB of gradients and "
        f"{len(step.sums)} sums of statistics, {step.sums[0]:,} bytes on average, a step. A worker "
        f"is one thread of {results['versions']['processor']}.\n"
    )
    lines = [about]
    larger = (
        "a hundred million images, 256 a worker: larger batches (a recipe takes 65,536), and so "
        "another training"
    )
    for link in LINKS:
        lines += [
            f"{link.name}; MNIST's 60,000 images, the batch kept at 256, with the same result:\n",
            scaled(step, 256, 60_000, link, 256),
            f"{link.name}; {larger}:\n",
            scaled(step, 256, 100_000_000, link, None),
        ]
    return "\n".join(lines)


def measured(results: dict[str, Any]) -> str:
    """A table of the variants that were measured: medians over rounds, each of a median step."""

    def share(what: str, each: list[dict[str, Any]]) -> str:
        if what not in each[0]["waited_ms"]:
            return "none"
        return f"{statistics.median(one['waited_ms'][what] / one['step_ms'] for one in each):.1%}"

    rows = []
    for name, each in results["rounds"].items():
        steps = [one["step_ms"] for one in each]
        shares = [share(what, each) for what in ("gradients", "statistics", "totals")]
        rows.append([name, spread(steps, 1) + " ms", *shares])
    sums = {
        int(size): statistics.median(one["sum_us_by_bytes"][size] for one in each)
        for size in each[0]["sum_us_by_bytes"]
    }
    alone = ", ".join(f"{size:,} bytes {us:,.0f} µs" for size, us in sums.items())
    header = ["", "a step", "waits for gradients", "for statistics", "for losses"]
    return (
        f"The recipe `{results['recipe']}` with batches of {results['batch_size']}, without "
        f"augmentation and dropout; medians of {len(each)} rounds, and the range. "
        + machine(results["versions"], "1 or all")
        + "\n" + table(header, rows)
        + f"\nA sum over two processes alone, by gloo on this host: {alone}.\n"
    )  # fmt: skip


def main() -> None:
    """Print the tables, or write them into the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    results = json.loads((HERE / "results" / "distributed.json").read_text())
    page = PAGE.read_text()
    for mark, text in (("measured", measured(results)), ("on paper", tables(results))):
        begin, end = f"<!-- {mark}: begin -->\n", f"<!-- {mark}: end -->\n"
        before, _, rest = page.partition(begin)
        page = before + begin + "\n" + text + "\n" + end + rest.partition(end)[2]
        if not options.write:
            print(text)
    if options.write:
        PAGE.write_text(page)


if __name__ == "__main__":
    main()
