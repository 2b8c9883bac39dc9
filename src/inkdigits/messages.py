"""Messages between processes through pipes: two lengths, a JSON header and bytes.

Nothing in a message is ever executed: a process that a stranger's picture has taken over says no
more by one than that it read something else.
"""

import json
import struct
from typing import Any, BinaryIO

LENGTHS = struct.Struct(">II")  # of the header, of the bytes that follow it


def packed(header: dict[str, Any], content: bytes) -> bytes:
    """A message."""
    text = json.dumps(header).encode()
    return b"".join((LENGTHS.pack(len(text), len(content)), text, content))


def received(source: BinaryIO) -> tuple[Any, bytes] | None:
    """The next message's header and bytes; None where there is none any more, or not all of it."""
    lengths = source.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    head, size = LENGTHS.unpack(lengths)
    text, content = source.read(head), source.read(size)
    return (json.loads(text), content) if len(text) == head and len(content) == size else None
