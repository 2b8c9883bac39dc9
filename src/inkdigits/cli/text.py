"""Text that is safe to print: names of files come from outside and may hold escapes."""

import unicodedata


def printable(text: str) -> str:
    """`text` with control and formatting characters, but line ends, written as escapes."""
    return "".join(
        character
        if character == "\n" or unicodedata.category(character)[0] != "C"
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )
