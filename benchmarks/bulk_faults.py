"""Workers and whole nodes killed while a collection is read: every row is there, none twice.

    python benchmarks/bulk_faults.py --pictures 20000 --times 5

Reads the pictures once undisturbed on the pool, then with each fault: a worker process of the pool
killed (SIGKILL), one of Ray's actors, and a whole node of a Ray of two (its raylet and all of its
processes, at once); and `inkdigits read` itself, after which the same command goes on. Each time
at a random moment of the job. The parts must be those of the undisturbed job, byte for byte. Exit
code 1 if anything differs; writes benchmarks/results/bulk_faults.json.
"""

import argparse
import contextlib
import hashlib
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
from bulk_pictures import write_pictures

READ = [sys.executable, "-m", "inkdigits", "read"]
WORKERS = 2
QUIET = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}


def read(source: Path, out: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    """Start reading."""
    command = [*READ, str(source), "--out", str(out), "--workers", str(WORKERS), *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=QUIET,
        start_new_session=True,
    )  # fmt: skip


def fingerprint(out: Path) -> str:
    """Of all parts' names and bytes."""
    total = hashlib.sha256()
    for part in sorted(out.glob("part-*.parquet")):
        total.update(part.name.encode() + hashlib.sha256(part.read_bytes()).digest())
    return total.hexdigest()


def counts(out: Path) -> dict[str, int]:
    """Rows, different rows, pictures."""
    table = pq.read_table(out, columns=["picture", "line"])
    pairs = set(zip(*(column.to_pylist() for column in table.columns), strict=True))
    pictures = len({name for name, _ in pairs})
    return {"rows": table.num_rows, "different": len(pairs), "pictures": pictures}


def descendants(root: int) -> dict[int, str]:
    """Processes below one, with their command lines."""
    found = {}
    for each in psutil.Process(root).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile
            found[each.pid] = " ".join(each.cmdline())
    return found


def workers(root: int) -> list[int]:
    """Processes that read, below one."""
    signs = ("inkdigits.cluster.worker", "MapWorker(")
    return [each for each, name in descendants(root).items() if any(map(name.count, signs))]


def wait_for_parts(process: "subprocess.Popen[bytes]", out: Path, count: int) -> None:
    """Until so many parts are there."""
    while process.poll() is None and len(list(out.glob("part-*.parquet"))) < count:
        time.sleep(0.05)


def worker_killed(engine: str, source: Path, out: Path, moment: int) -> str:
    """A worker's process, with SIGKILL."""
    process = read(source, out, "--engine", engine)
    wait_for_parts(process, out, moment)
    killed = workers(process.pid)
    os.kill(random.choice(killed), signal.SIGKILL)
    return ended(process)


def command_killed(source: Path, out: Path, moment: int) -> str:
    """The command itself, with SIGKILL; and again."""
    process = read(source, out, "--engine", "pool")
    wait_for_parts(process, out, moment)
    process.kill()
    process.wait()
    return ended(read(source, out, "--engine", "pool"))


def node_killed(source: Path, out: Path, moment: int) -> str:
    """All processes of one of two nodes, with SIGKILL."""
    import ray
    from ray.cluster_utils import Cluster

    memory: dict[str, Any] = {"object_store_memory": 80 << 20}
    cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, **memory})
    try:
        node = cluster.add_node(num_cpus=1, **memory)
        process = read(source, out, "--engine", "ray", "--address", cluster.address)
        wait_for_parts(process, out, moment)
        raylets = [each.process.pid for kind, list_ in node.all_processes.items()
                   if "raylet" in str(kind) for each in list_]  # fmt: skip
        doomed = [pid for raylet in raylets for pid in (raylet, *descendants(raylet))]
        if not any(worker in doomed for raylet in raylets for worker in workers(raylet)):
            return "nobody read on the node that was to be killed"
        for pid in doomed:
            os.kill(pid, signal.SIGKILL)
        return ended(process)
    finally:
        cluster.shutdown()
        ray.shutdown()


def ended(process: "subprocess.Popen[bytes]") -> str:
    """What is wrong with how it ended; nothing if it ended well."""
    _, said = process.communicate()
    return "" if process.returncode == 0 else f"{process.returncode}: {said.decode()[-500:]}"


FAULTS: dict[str, Callable[[Path, Path, int], str]] = {
    "pool: a worker killed": partial(worker_killed, "pool"),
    "pool: the command killed": command_killed,
    "ray: an actor killed": partial(worker_killed, "ray"),
    "ray: a node killed": node_killed,
}


def main() -> int:
    """Disturb, compare, keep."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=FAULTS, action="append")
    options = parser.parse_args()
    random.seed(options.seed)
    outcomes: dict[str, list[Any]] = {name: [] for name in options.only or FAULTS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "pictures"
        write_pictures(source, options.pictures)
        (source / "0000" / "bad.png").write_bytes(b"no picture")
        whole = folder / "whole"
        if wrong := ended(read(source, whole, "--engine", "pool")):
            print(wrong)
            return 1
        expected, parts = fingerprint(whole), len(list(whole.glob("part-*.parquet")))
        print(f"undisturbed: {parts} parts, {counts(whole)}")
        for time_ in range(options.times):
            for fault, disturb in FAULTS.items():
                if fault not in outcomes:
                    continue
                out = folder / f"out-{time_}"
                moment = random.randrange(1, max(2, parts * 3 // 4))
                began = time.monotonic()
                wrong = disturb(source, out, moment)
                if not wrong and fingerprint(out) != expected:
                    wrong = f"other parts: {counts(out)}"
                seconds = round(time.monotonic() - began, 1)
                outcomes[fault].append({"at_part": moment, "seconds": seconds, "wrong": wrong})
                print(fault, outcomes[fault][-1], flush=True)
                subprocess.run(["rm", "-rf", str(out)], check=True)
        result = {
            "pictures": options.pictures,
            "parts": parts,
            **counts(whole),
            "sound": {
                fault: f"{sum(not each['wrong'] for each in each_)}/{len(each_)}"
                for fault, each_ in outcomes.items()
            },
            "outcomes": outcomes,
            "machine": platform.platform(),
        }
    print(json.dumps(result["sound"], indent=2))
    target = Path(__file__).parent / "results" / "bulk_faults.json"
    target.write_text(json.dumps(result, indent=2) + "\n")
    return any(each["wrong"] for each_ in outcomes.values() for each in each_)


if __name__ == "__main__":
    sys.exit(main())
