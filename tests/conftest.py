"""Fixtures for all tests: MNIST itself, from the cache or wherever it can be had."""

import builtins
import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# One thread a test process: the suite runs two of them, and waiting threads slow each other down.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Hundreds of processes are started, each of which would compile every module again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

import pytest
from hypothesis import settings

from inkdigits.data import Dataset, load_mnist
from inkdigits.processors import wait_briefly

Lacking = Callable[[str, str], None]
wait_briefly()  # as the command line does, before torch is imported
# How long an example takes says more of the machine's other work than of us.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what was imported, which stays to the end.

    And go through what is left of tests more seldom: it took a twelfth of all their time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*gc.get_threshold()[:2], 50)


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    """Have torch compute with as many threads after a test as before it.

    Two threads of one that left them looked for work beside the other process's tests, and what
    takes two seconds on a quiet machine took forty on a busy one.
    """
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else None
    yield
    if torch and torch.get_num_threads() != before:
        torch.set_num_threads(before)


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """The real MNIST, verified; the first use on a machine fetches and caches it."""
    return load_mnist()


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> Lacking:
    """Have the import of a module fail, given its name and the library's that it lacks."""
    imported = builtins.__import__

    def lack(module: str, library: str) -> None:
        def without(name: str, *rest: Any) -> Any:
            if name == module:
                raise ModuleNotFoundError(name=library)
            return imported(name, *rest)

        monkeypatch.setattr(builtins, "__import__", without)

    return lack


@pytest.fixture
def few_to_ship(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a network that could ship learn from few images."""
    few = {"HELD_OUT": 60, "MARRED": 0.1, "PRINTED": 20, "NO_DIGIT": 30, "CUT": 80}
    for name, value in few.items():
        monkeypatch.setattr(f"inkdigits.shipping.images.{name}", value)
    monkeypatch.setattr("inkdigits.shipping.hands.PENNED", 120)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1.1 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1100k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True)
    except OSError:
        pytest.skip("there is no mount command")
    if mounted.returncode:
        pytest.skip("mounting needs rights that this process lacks")
    yield folder
    # For a moment after its last use it may be busy; left behind, it would break a later session,
    # whose first act is to remove the folders of earlier ones.
    for _ in range(20):
        if subprocess.run(["umount", str(folder)], capture_output=True).returncode == 0:
            return
        time.sleep(0.1)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
