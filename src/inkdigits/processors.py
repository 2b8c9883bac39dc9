"""How many processors this process may use."""

import contextlib
import math
import os
import platform
from pathlib import Path


def available_processors() -> int:
    """Processors that this process may use: its affinity, capped by a container's CPU quota.

    OMP_NUM_THREADS, where it is set to a number, is the user's word and goes before both. Several
    processes that torchrun starts on a host share what there is; torchrun sets the variable to 1
    for them, which is nobody's word.
    """
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if _under_torchrun() else 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdecimal() and int(wanted) > 0 and not (processes > 1 and wanted == "1"):
        return int(wanted)
    processors = os.cpu_count() or 1
    with contextlib.suppress(AttributeError):  # macOS and Windows have no affinity call
        processors = min(len(os.sched_getaffinity(0)), _quota())
    return max(1, processors // processes)


def processor() -> tuple[str, set[str]]:
    """The processor's name, and its features as Linux names them; none on other systems."""
    name, features = "", set[str]()
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, value = (part.strip() for part in line.partition(":"))
            if key == "model name":
                name = name or value
            elif key in ("flags", "Features"):
                features |= set(value.split())
    return name or platform.processor() or platform.machine(), features


def spare_linear_algebra() -> None:
    """Keep NumPy's linear algebra to one thread, unless the user decided; before NumPy is imported.

    The products of reading are small: threads that wait for each other take a third longer.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def wait_briefly() -> None:
    """Let threads of training that wait give their processor away soon, unless the user decided.

    To be called before torch is imported. GNU's OpenMP has a thread look 300,000 times, tens of
    milliseconds, for work or for the others before it sleeps. Beside another program that needs a
    processor, that time is taken from the very thread that is waited for: `quick` took 20 s beside
    one busy process and takes 6, for a fiftieth more where it is alone. Half a millisecond is
    enough: a look takes 0.05 µs on Intel's processors and a third of it on AMD's.
    """
    if platform.machine() not in ("x86_64", "AMD64") or "OMP_WAIT_POLICY" in os.environ:
        return
    looks = 30_000 if "AMD" in processor()[0] else 10_000
    os.environ.setdefault("GOMP_SPINCOUNT", str(looks))


def one_thread_environment() -> dict[str, str]:
    """The environment for one of several processes that read, which NumPy gives one thread each.

    Threads of several workers wait for each other: two read an eighth of the pictures that they
    read with one thread each.
    """
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    return {**os.environ, **dict.fromkeys(names, "1")}


def _under_torchrun() -> bool:
    return "TORCHELASTIC_RUN_ID" in os.environ


def _quota() -> int:
    """Whole processors of the cgroup's quota (v2, then v1), rounded up; a large number for none."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        limit, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return math.ceil(int(limit) / int(period))
    folder = Path("/sys/fs/cgroup/cpu")
    with contextlib.suppress(OSError, ValueError):
        limit_us = int((folder / "cpu.cfs_quota_us").read_text())
        if limit_us > 0:
            return math.ceil(limit_us / int((folder / "cpu.cfs_period_us").read_text()))
    return 1_000_000
