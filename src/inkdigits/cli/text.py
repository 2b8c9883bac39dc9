"""Text that is safe to print: names of files come from outside and may hold escapes."""

import unicodedata
from collections.abc import Sequence

LOSSY = "inkdigits.lossy"  # the name of `lossy` among the ways to take what cannot be encoded


def lossy(error: UnicodeError) -> tuple[bytes, int]:
    """Bytes of names that are no UTF-8 as they are, and ? for what an encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    codes = map(ord, error.object[error.start : error.end])
    held = (code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else ord("?") for code in codes)  # PEP 383
    return bytes(held), error.end


def printable(text: str) -> str:
    """`text` with control and formatting characters, but line ends, written as escapes."""
    return "".join(
        character
        if character == "\n" or unicodedata.category(character)[0] != "C"
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )


def one_line(text: str) -> str:
    """`text` as `printable` gives it, line ends escaped too: a name cannot pose as a line."""
    return printable(text).replace("\n", "\\n")


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells, each column as wide as it needs to be; no library, for the speed of it."""
    lines = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    return "".join(f"{line}\n" for line in padded)
