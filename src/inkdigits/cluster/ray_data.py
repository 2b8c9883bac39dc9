"""The engine of many machines: Ray Data, whose actors hold the network and read a part each.

What goes through Ray are numbers of parts, and counts back: pictures are fetched and rows are
written by the actors. Ray retries what was on an actor or a node that died; since a part is one
file of one name and content, that gives no row twice.
"""

import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

# Before Ray is imported: it tells nobody that it is used, and its C++ side is silent.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")

import numpy as np
import pyarrow as pa
import ray
import ray.data
from ray.exceptions import RayError

from inkdigits.cluster.places import reason
from inkdigits.cluster.reader import Done, Reader
from inkdigits.cluster.witness import witnessed
from inkdigits.errors import InkdigitsError, JobError
from inkdigits.processors import available_processors, one_thread_environment

_LOCAL = "local"  # a Ray of this process's own
_TASKS = 2000  # at most, that parts are shared out in: Ray's driver keeps a kilobyte for each
_STORE_BYTES = 80 << 20  # of memory for Ray's objects, here a few numbers; the least it takes
_REACH_S = 10.0  # that a cluster may take to answer
_IN_FLIGHT = 2  # tasks of an actor: one that it does and one that waits
_ENDED = (
    "Error: The command was ended, by a kill or by Ray, which ends it where Ray's own processes on "
    "this machine end; whole parts stay, and the same command goes on."
)


class _Actor:
    """Reads the parts of a task."""

    def __init__(self, out: str) -> None:
        self._reader = Reader(out)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        try:
            done = self._reader.read(int(batch["part"][0]))
        except InkdigitsError as error:
            return _columns(Done(int(batch["part"][0]), 0, 0, 0), str(error))
        return _columns(done, "")


def _columns(done: Done, failed: str) -> dict[str, Any]:
    values = {name: np.array([value]) for name, value in done._asdict().items()}
    return {**values, "failed": np.array([failed])}


def run(out: str, parts: Sequence[int], workers: int | None, address: str | None) -> Iterator[Done]:
    """Read parts of the job at `out`; each as it is done.

    Args:
        workers: actors; None: as many as the cluster has processors.
        address: of a cluster, or None for a Ray of this process's own.

    Raises:
        JobError: if Ray cannot be had, or a worker says that it cannot go on.
    """
    with witnessed(_ENDED), _connected(address, workers) as take_signals_back:
        count = workers or max(1, int(_resources().get("CPU", 1)))
        share = -(-len(parts) // _TASKS)
        tasks = [parts[at : at + share] for at in range(0, len(parts), share)]
        numbers = ray.data.from_arrow([pa.table({"part": task}) for task in tasks])
        done = numbers.map_batches(
            _Actor,
            fn_constructor_args=(out,),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(
                size=min(count, len(tasks)), max_tasks_in_flight_per_actor=_IN_FLIGHT
            ),
            num_cpus=1,
            runtime_env={"env_vars": _environment()},
        )
        try:
            for batch in done.iter_batches(batch_size=None, prefetch_batches=0):
                take_signals_back()
                for at, failed in enumerate(batch["failed"]):
                    if failed:
                        raise JobError(str(failed))
                    yield Done(*(int(batch[name][at]) for name in Done._fields))
        except RayError as error:
            raise JobError(f"Ray cannot go on: {reason(error)}.") from error


def _resources() -> dict[str, float]:
    found: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return found


def _environment() -> dict[str, str]:
    """What workers need beyond what they have: one thread, and the keys of an object store."""
    return {
        name: value
        for name, value in one_thread_environment().items()
        if name.endswith("_THREADS") or name.startswith("AWS_")
    }


@contextlib.contextmanager
def _connected(address: str | None, workers: int | None) -> Iterator[Callable[[], None]]:
    """Ray, silent, for as long as the block lasts; what is given undoes its handling of signals."""
    if ray.is_initialized():  # by whoever calls this
        yield lambda: None
        return
    options: dict[str, Any] = {"address": address or _LOCAL}
    if address is None:
        options |= {
            "num_cpus": max(workers or 0, available_processors()),
            "object_store_memory": _STORE_BYTES,
            "include_dashboard": False,
        }
    if address is not None:
        _check_reachable(address)
    _silence()
    on_sigterm = signal.getsignal(signal.SIGTERM)

    def take_signals_back() -> None:
        # Ray ends a process its own way, and says so again to Python at every occasion.
        with contextlib.suppress(ValueError, TypeError):  # another thread, or C's own handler
            signal.signal(signal.SIGTERM, on_sigterm)

    try:
        with _no_descriptor():
            ray.init(log_to_driver=False, logging_level=logging.CRITICAL, **options)
        take_signals_back()
    except (ConnectionError, RuntimeError, ValueError) as error:
        where = f"the Ray at {address}" if address else "a Ray"
        raise JobError(f"There is no way to {where}: {reason(error)}.") from error
    try:
        yield take_signals_back
    finally:
        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Raise `JobError` where nobody listens: Ray itself would try for ten minutes and more."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not host or not port.isdecimal():
        return  # "auto", or a word of Ray's
    try:
        socket.create_connection((host.strip("[]"), int(port)), _REACH_S).close()
    except (OSError, OverflowError) as error:
        raise JobError(f"There is no Ray at {address}: {reason(error)}.") from error


@contextlib.contextmanager
def _no_descriptor() -> Iterator[None]:
    """Standard error goes nowhere: Ray's C++ side writes past Python, of its settings too."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _silence() -> None:
    """Nothing of Ray's on the console: what matters of a worker's death is that rows are whole."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with contextlib.suppress(ImportError, AttributeError):  # the only way to it in Ray 2
        from ray._private import worker

        worker.print_to_stdstream = lambda *_args, **_options: None
