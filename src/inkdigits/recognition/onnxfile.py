"""What a stranger's ONNX file may not do: read other files, or be another than its card claims.

ONNX Runtime would take numbers from any file of the working directory that an ONNX file names. The
package that reads ONNX files is one that reading does without, so the few fields that can name
files are looked for here, in protobuf's encoding (https://protobuf.dev/programming-guides/encoding;
the fields' numbers are those of onnx.proto).
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inkdigits.errors import ModelError

CARD_FIGURES = "CARD.json"  # beside the files that it speaks of
CLAIMS = "sha256"  # its entry: a file's name to its SHA-256, hexadecimal
_MAX_CARD_BYTES = 1 << 20
# Which fields of a message hold messages that may lead to a tensor, and which those are.
_INSIDE: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # of a tensor
_FIXED = {1: 8, 5: 4}  # bytes by wire type
_MOST_FIELDS = 1_000_000  # half a second of looking


def check_self_contained(content: bytes, name: str) -> None:
    """Raise `ModelError` if a tensor of an ONNX file's content lies in another file.

    Args:
        name: what errors call the file.
    """
    messages: list[tuple[str, memoryview]] = [("model", memoryview(content))]
    looked_at = 0
    try:
        while messages:
            kind, message = messages.pop()
            for field, value in _fields(message):
                looked_at += 1
                if looked_at > _MOST_FIELDS:
                    raise ValueError(f"more than {_MOST_FIELDS:,} entries")
                if kind == "tensor" and field in (_EXTERNAL_DATA, _DATA_LOCATION) and value != 0:
                    raise ModelError(
                        f"{name} keeps numbers in another file, which is not read; "
                        "export it with its weights inside."
                    )
                inside = _INSIDE[kind].get(field)
                if inside and isinstance(value, memoryview):
                    messages.append((inside, value))
    except (IndexError, ValueError) as error:
        raise ModelError(f"{name} is no ONNX network that can be run ({error}).") from error


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field: an integer, or the bytes of a message, string or such."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        field, wire = key >> 3, key & 7
        if wire == 0:
            value, place = _varint(message, place)
            yield field, value
            continue
        if wire == 2:
            length, place = _varint(message, place)
        elif wire in _FIXED:
            length = _FIXED[wire]
        else:
            raise ValueError(f"a field of wire type {wire}")
        if length > len(message) - place:
            raise ValueError("truncated")
        yield field, message[place : place + length]
        place += length


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """The number that begins at `place`, seven bits a byte, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        byte = message[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise ValueError("a number of more than ten bytes")


def check_claim(content: bytes, path: Path) -> None:
    """Raise `ModelError` if the card beside `path` claims another SHA-256 than `content` has.

    A file that no card speaks of is nobody's claim, and passes.
    """
    claimed = _claims(path.with_name(CARD_FIGURES)).get(path.name)
    if claimed is not None and hashlib.sha256(content).hexdigest() != claimed:
        raise ModelError(
            f"{path} is not the network that {CARD_FIGURES} beside it describes: "
            "its SHA-256 is another."
        )


def _claims(card: Path) -> dict[str, Any]:
    try:
        if not card.is_file() or card.stat().st_size > _MAX_CARD_BYTES:
            return {}
        claims = json.loads(card.read_bytes())[CLAIMS]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):  # not a card of ours
        return {}
    return claims if isinstance(claims, dict) else {}
