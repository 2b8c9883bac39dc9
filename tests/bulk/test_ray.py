"""On Ray the rows are the same, also where an actor and a whole node die."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

pytest.importorskip("ray.data")

from tests.bulk.conftest import Command, parts_of
from tests.processes import below, wait_for

pytestmark = [
    pytest.mark.slow,
    # Older versions of Ray leave their logs open.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc"),
]
ACTOR = "MapWorker("
MEMORY = {"object_store_memory": 80 << 20}


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    # Ray's processes step back for all others, and would hardly run where a machine has much to do.
    monkeypatch.setenv("RAY_worker_niceness", "0")
    # A node counts as dead after five unanswered checks, which are three seconds apart otherwise.
    monkeypatch.setenv("RAY_health_check_period_ms", "500")
    monkeypatch.setenv("RAY_health_check_initial_delay_ms", "1000")


@pytest.fixture
def cluster(settings: None) -> Iterator[Any]:
    """A Ray of two nodes on this machine, a processor each."""
    from ray.cluster_utils import Cluster

    made: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, **MEMORY})
    made.node = made.add_node(num_cpus=1, **MEMORY)
    yield made
    made.shutdown()


def test_an_actor_and_then_a_node_that_die_cost_no_row_and_ray_says_nothing(
    command: Command, many: Path, whole: dict[str, bytes], tmp_path: Path, cluster: Any
) -> None:
    out = tmp_path / "out"
    process = command(many, "--out", out, "--engine", "ray", "--address", cluster.address)
    (raylet,) = (each.process.pid for each in cluster.node.all_processes["raylet"])
    (head,) = (each.process.pid for each in cluster.head_node.all_processes["raylet"])
    wait_for(lambda: len(parts_of(out)) >= 2 and below(head, ACTOR), process)
    os.kill(below(head, ACTOR)[0], signal.SIGKILL)
    wait_for(lambda: len(parts_of(out)) >= 5 and below(raylet, ACTOR), process)
    assert process.poll() is None
    for pid in (raylet, *below(raylet)):
        os.kill(pid, signal.SIGKILL)
    said, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    assert "320 pictures" in said
    assert [line for line in errors.splitlines() if " of 320 pictures, " not in line] == []
    assert parts_of(out) == whole


def test_sigterm_leaves_whole_parts_and_no_ray(
    command: Command, many: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    process = command(many, "--out", out, "--engine", "ray", "--workers", 1)
    wait_for(lambda: len(parts_of(out)) >= 2, process)
    others = below(process.pid)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 143, errors
    assert "of 320 pictures are read; the same command goes on." in errors
    assert "Traceback" not in errors
    assert parts_of(out).items() < whole.items()
    wait_for(lambda: not any(map(psutil.pid_exists, others)), within_s=30)  # no Ray
