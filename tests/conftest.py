"""Fixtures for all tests: MNIST itself, from the cache or wherever it can be had."""

import os

# One thread a test process: the suite runs two of them, and waiting threads slow each other down.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from inkdigits.data import Dataset, load_mnist


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """The real MNIST, verified; the first use on a machine fetches and caches it."""
    return load_mnist()
