"""Small pictures that decode to gigabytes: absurd sizes, huge but allowed ones, packed texts.

    python attacks/png_bombs.py

It hopes that pixels are decoded before they are counted, or that what is done to them needs many
times their memory. The victim reads a stranger's picture: `inkdigits read bomb.png`.
"""

import struct
import zlib
from pathlib import Path

from victim import Worked, inkdigits, refusal, run, several

ALLOWED = 8000  # pixels a side: 64 million, as many as `read` takes


def chunk(kind: bytes, content: bytes) -> bytes:
    """One of those that a PNG consists of."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png(width: int, height: int, *, kind: int = 6, rows: int = 1, before: bytes = b"") -> bytes:
    """A black picture of 8 bits, of which only so many rows are there."""
    row = b"\0" + bytes(width * {0: 1, 2: 3, 6: 4}[kind]) if rows > 1 else b""
    packer = zlib.compressobj(1)
    pixels = b"".join(packer.compress(row) for _ in range(rows)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )  # fmt: skip


def attack(folder: Path) -> str:
    packed = zlib.compress(bytes(80 << 20), 1)
    text = chunk(b"zTXt", b"Comment\0\0" + packed)
    hostile = {
        "absurd.png": png(2**31 - 1, 2**31 - 1),
        "wide.png": png(2**31 - 1, 1),
        "large.png": png(50_000, 50_000),
        "text.png": png(60, 60, rows=60, before=text),
        "texts.png": png(60, 60, rows=60, before=chunk(b"iTXt", b"a\0\1\0\0\0" + packed) * 3),
    }
    for name, content in hostile.items():
        (folder / name).write_bytes(content)
    outcomes = several(*(("read", folder / name) for name in hostile))
    sentences = [refusal(*pair) for pair in zip(outcomes, hostile, strict=True)]
    allowed = folder / "allowed.png"
    allowed.write_bytes(png(ALLOWED, ALLOWED, rows=ALLOWED))
    if inkdigits("read", allowed).code:
        raise Worked("a picture of as many pixels as are allowed is not read any more")
    return f"{len(sentences)} of them, such as by '{sentences[0]}'; the largest allowed is bounded"


if __name__ == "__main__":
    run(attack)
