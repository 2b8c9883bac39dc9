"""The memory allocator, told what suits arrays of a few megabytes that come and go."""

import ctypes
import sys


def keep_freed_memory(
    largest: int = 1 << 30, kept: int = (1 << 31) - 1, ahead: int = 64 << 20
) -> bool:
    """Tell glibc to keep freed blocks for the next use; False where there is no glibc.

    Args:
        largest: bytes of a block that is kept; larger ones go back to the kernel at once.
        kept: free bytes at the heap's end, above which they go back.
        ahead: bytes that are asked for beyond what is needed.
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # musl
        return False
    trim_threshold, top_pad, mmap_threshold = -1, -2, -3  # malloc.h
    told = mallopt(mmap_threshold, largest)
    told &= mallopt(trim_threshold, kept)
    told &= mallopt(top_pad, ahead)
    return bool(told)
