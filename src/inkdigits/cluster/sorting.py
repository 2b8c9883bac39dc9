"""Names in order, however many: what does not fit the memory waits in a temporary file."""

import heapq
import itertools
import struct
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

CHUNK = 25_000  # names in memory at once: some 2 MB
_BLOCK = 1 << 16  # bytes that a run is read back by
_LENGTH = struct.Struct(">I")


def in_order(names: Iterable[bytes], chunk: int = CHUNK) -> Iterator[bytes]:
    """The names sorted, by runs of `chunk` that are sorted each and then merged."""
    source = iter(names)
    with tempfile.TemporaryFile() as file:
        runs: list[tuple[int, int]] = []
        while run := sorted(itertools.islice(source, chunk)):
            began = file.tell()
            file.writelines(_LENGTH.pack(len(name)) + name for name in run)
            runs.append((began, file.tell()))
        yield from heapq.merge(*(_read_back(file, began, end) for began, end in runs))


def _read_back(file: IO[bytes], began: int, end: int) -> Iterator[bytes]:
    left = b""
    while began < end:
        file.seek(began)  # other runs are read in between
        block = file.read(min(_BLOCK, end - began))
        began += len(block)
        left += block
        at = 0
        while len(left) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(left, at)
            if len(left) - at - _LENGTH.size < length:
                break
            at += _LENGTH.size + length
            yield left[at - length : at]
        left = left[at:]


def without(names: Iterable[bytes], known: Iterable[bytes]) -> Iterator[bytes]:
    """What of the sorted `names` is not among the sorted `known`."""
    others = iter(known)
    other = next(others, None)
    for name in names:
        while other is not None and other < name:
            other = next(others, None)
        if other != name:
            yield name
