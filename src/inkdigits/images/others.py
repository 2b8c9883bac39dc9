"""What lies among pictures and is not read: pictures and documents of other formats."""

import os
from collections import Counter

from inkdigits.images.formats import suffixes
from inkdigits.words import counted

TABLES = (".parquet", ".pq")  # which may hold pictures; see `inkdigits.cluster`
# Such as phones and scanners write, and Pillow does not read.
_OTHERS = {".pdf", ".heic", ".heif", ".svg", ".djvu", ".dng", ".cr2", ".nef", ".arw"}


class Others:
    """Counts files of formats that are not read."""

    def __init__(self) -> None:
        self._endings = _OTHERS - suffixes()
        self._found: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self._found)

    def __str__(self) -> str:
        endings = ", ".join(sorted(self._found))
        return f"{self._found.total()} in formats that are not read ({endings})"

    def see(self, file: str) -> None:
        """Count a file, if it is such a one."""
        ending = os.path.splitext(file)[1].lower()  # noqa: PTH122  # a million times
        if ending in self._endings:
            self._found[ending] += 1


def on_links(folder: object, count: int) -> str:
    """A sentence on the links to folders that a folder holds: they may lead anywhere, or round."""
    kind, verb = ("a folder", "is") if count == 1 else ("folders", "are")
    return f"{folder} holds {counted(count, 'link')} to {kind}, which {verb} not followed."
