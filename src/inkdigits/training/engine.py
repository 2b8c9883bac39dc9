"""What training runs on: device, precision, threads and the memory allocator, chosen by measure.

- Threads: as many as this process may use, by its CPU affinity and its container's CPU limit;
  more would only wait for each other.
- Precision: bfloat16 where the CPU multiplies it in hardware (AVX-512 BF16 or AMX), which halves
  memory traffic and quadruples the arithmetic rate; float32 elsewhere, where bfloat16 would be
  emulated and slower. Master weights, statistics, loss and optimizer are float32 either way.
- Allocator: glibc hands blocks of a few megabytes back to the kernel and faults their pages in
  again at every step. Told to keep them, a step of `lab` takes half the time
  (`benchmarks/engine.py`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

import torch

from inkdigits.errors import UsageError
from inkdigits.memory import keep_freed_memory
from inkdigits.processors import available_processors
from inkdigits.settings import check_choice, check_range, check_types

Precision = Literal["bfloat16", "float32"]
Device = str | torch.device | None  # as users name it
DEVICES = ("cpu", "cuda", "mps")
AUTO = "auto"
_DTYPES: dict[Precision, torch.dtype] = {"bfloat16": torch.bfloat16, "float32": torch.float32}


@dataclass(frozen=True)
class Engine:
    """Where and how training computes.

    Attributes:
        device: cpu, cuda, cuda:1, mps.
        precision: bfloat16 or float32, of images and feature maps.
        threads: of a CPU, 1 to 1024.

    Raises:
        UsageError: if a value is of another type, or out of its range.
    """

    device: str
    precision: Precision
    threads: int

    def __post_init__(self) -> None:
        check_types(self)
        check_choice("device", self.device.partition(":")[0], DEVICES)
        check_choice("precision", self.precision, get_args(Precision))
        check_range("threads", self.threads, 1, 1024)

    @property
    def dtype(self) -> torch.dtype:
        """The type of images and feature maps in training."""
        return _DTYPES[self.precision]

    def check_device(self) -> None:
        """Raise `UsageError` if the device is not there."""
        try:
            torch.empty(1, device=self.device)
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            raise UsageError(
                f"There is no device {self.device!r} for torch here; take auto or cpu."
            ) from error

    def apply(self) -> None:
        """Set torch's threads and the memory allocator for this process.

        Raises:
            UsageError: if the device is not there.
        """
        self.check_device()
        torch.set_num_threads(self.threads)
        keep_freed_memory()

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The same within the block; afterwards torch has as many threads as before.

        Raises:
            UsageError: if the device is not there.
        """
        before = torch.get_num_threads()
        try:
            self.apply()
            yield
        finally:
            torch.set_num_threads(before)


def choose_engine(
    device: Device = AUTO, precision: str | None = AUTO, threads: int | None = None
) -> Engine:
    """Choose what is `auto` or None: a CUDA device or else the CPU; see above for the rest.

    Raises:
        UsageError: if a value is none of these, or out of its range.
    """
    device, precision = (AUTO if each is None else str(each) for each in (device, precision))
    check_choice("device", device.partition(":")[0], (AUTO, *DEVICES))
    check_choice("precision", precision, (AUTO, *get_args(Precision)))
    if device == AUTO:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if precision == AUTO:
        precision = "bfloat16" if has_fast_bfloat16(device) else "float32"
    if threads is None:
        threads = available_processors()
    return Engine(device, precision, threads)  # type: ignore[arg-type]  # which it checks itself


def has_fast_bfloat16(device: str) -> bool:
    """Whether the device multiplies bfloat16 in hardware."""
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device != "cpu":
        return False
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, check, lambda: False)()) for check in checks)
