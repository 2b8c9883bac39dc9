"""The IDX format of MNIST's authors: big-endian header, then the array, row by row.

Byte 3 is the element type (8: uint8), byte 4 the number of dimensions, then one 32-bit count a
dimension. Source: the format's description on MNIST's own page, http://yann.lecun.com/exdb/mnist/
(archived). Only uint8 arrays of one to three dimensions occur in digit sets; only those are read.
"""

import math
import struct

import numpy as np
import numpy.typing as npt

from inkdigits.errors import DataError

_UINT8 = 0x08
IDX_HEAD_BYTES = 16  # as many as the header of three dimensions has
MAX_BYTES = 2**31  # of one decoded array: 40 times MNIST's training images
BOMB_BYTES = 2**26  # of one array that may be packed ever so well, as blank images are
MAX_EXPANSION = 100  # times what is packed, of larger ones; MNIST's images expand five times


def encode_idx(array: npt.NDArray[np.uint8]) -> bytes:
    """The uncompressed IDX file of an array `uint8` of one to three dimensions."""
    return idx_header(array.shape) + np.ascontiguousarray(array).tobytes()


def idx_header(shape: tuple[int, ...]) -> bytes:
    """The bytes that stand before the data in the IDX file of a `uint8` array of this shape."""
    return struct.pack(f">HBB{len(shape)}I", 0, _UINT8, len(shape), *shape)


def parse_idx_header(head: bytes, name: str) -> tuple[int, tuple[int, ...]]:
    """Where the data of an IDX file starts, and its shape, from the file's first 16 bytes.

    Raises:
        DataError: if the header is not IDX's, or claims more than `MAX_BYTES`.
    """
    if len(head) < 4:
        raise DataError(f"{name} is truncated: {len(head)} bytes, an IDX header has at least 4.")
    zero, kind, dimensions = struct.unpack(">HBB", head[:4])
    if zero != 0:
        raise DataError(f"{name} is no IDX file: it begins with {head[:4].hex()}.")
    if kind != _UINT8:
        raise DataError(
            f"{name} holds elements of IDX type 0x{kind:02x}; only uint8 (0x08) is read."
        )
    if not 1 <= dimensions <= 3:
        raise DataError(f"{name} has {dimensions} dimensions; labels have 1 and images 3.")
    start = 4 + 4 * dimensions
    if len(head) < start:
        raise DataError(f"{name} is truncated inside its header.")
    shape = struct.unpack(f">{dimensions}I", head[4:start])
    claimed = math.prod(max(count, 1) for count in shape)  # none of something huge is too much too
    if claimed > MAX_BYTES:
        raise DataError(f"{name} claims {claimed} bytes; the limit is {MAX_BYTES}.")
    return start, shape


def check_expansion(unpacked: int, packed: int, name: str) -> None:
    """Raise `DataError` where so few packed bytes promise so many that they must be a bomb."""
    if unpacked > max(BOMB_BYTES, MAX_EXPANSION * packed):
        raise DataError(
            f"{name} promises {unpacked} bytes from {packed} compressed ones; "
            f"the limit is {MAX_EXPANSION} times as many."
        )


def check_idx_length(length: int, start: int, shape: tuple[int, ...], name: str) -> None:
    """Raise `DataError` unless an IDX file of `length` bytes is as long as its header says."""
    expected = math.prod(shape)
    if length - start != expected:
        state = "truncated" if length - start < expected else "too long"
        raise DataError(
            f"{name} is {state}: its header promises {expected} bytes of data, "
            f"it has {length - start}."
        )


def decode_idx(content: bytes | bytearray, name: str) -> npt.NDArray[np.uint8]:
    """Read an uncompressed IDX file; `name` is what errors call it.

    Returns:
        A read-only array `uint8` of one to three dimensions, without a copy of `content`.

    Raises:
        DataError: if the header is not IDX's or the length does not fit it.
    """
    start, shape = parse_idx_header(bytes(content[:IDX_HEAD_BYTES]), name)
    check_idx_length(len(content), start, shape, name)
    array = np.frombuffer(content, np.uint8, offset=start).reshape(shape)
    array.flags.writeable = False
    return array
