"""The pages of a TIFF: its directories, each of which says where the next one lies.

Pillow goes through them one after the other, and stops at the first that is damaged or that it does
not know. Here all are found, and each can be made the first, so that none needs those before it.
"""

import io
import math
import struct
from typing import IO, Any, Literal, NamedTuple

# The last two are written by mistake, and read by Pillow as the first two are.
_BEGINNINGS = {b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"II\0*", b"MM*\0"}
_MOST = 5000  # directories; a hostile file could be made of nothing else
_CUT = "the file is cut short or damaged"
_SHORT = 3  # an entry's type
# Entries that say of a directory that it is a smaller copy or a mask; they come first, in order.
_NEW_SUBFILE_TYPE, _SUBFILE_TYPE = 254, 255
_SMALLER_OR_MASK, _SMALLER = 0b101, 2
_BITS, _PLANES = 258, 284


class _Layout(NamedTuple):
    """How a TIFF is written: its places in four bytes, or in eight (BigTIFF)."""

    start: int  # where it stands where the first directory lies
    place: struct.Struct
    number: struct.Struct  # of a directory's entries
    entry: struct.Struct  # tag, type, count of values, the first four bytes of them
    order: Literal["little", "big"]

    def end(self, place: int, count: int) -> int:
        """Where a directory's entries end."""
        return place + self.number.size + count * self.entry.size


def is_tiff(content: bytes) -> bool:
    """Whether a file's content begins as a TIFF does."""
    return content[:4] in _BEGINNINGS


def page_places(content: bytes, largest: float = math.inf) -> tuple[list[int], str]:
    """Where the pages' directories lie, and what is wrong behind them; "" where nothing is.

    Thumbnails and masks are no pages, unless there is nothing else.

    Args:
        largest: bytes of a file that is read at all. Where a lone directory says that the next lies
            behind even those, the file was not cut short: the place is garbage, the page the only
            one. One that names a nearer place cannot be told from the first page of a file that
            was cut, whose loss has to be told.
    """
    layout = _layout(content)
    if layout.start + layout.place.size > len(content):
        return [], _CUT
    (place,) = layout.place.unpack_from(content, layout.start)
    found: dict[int, bool] = {}  # of each place, whether it is a page's
    wrong = ""
    while place and place not in found:
        count = _entries(content, layout, place)
        if count is None and len(found) == 1 and place >= largest:
            break
        if count is None or len(found) == _MOST:
            wrong = _CUT if count is None else "it has too many pages"
            break
        found[place] = _is_page(content, layout, place, count)
        end = layout.end(place, count)
        # Some writers leave out the last zero.
        is_last = end + layout.place.size > len(content)
        place = 0 if is_last else layout.place.unpack_from(content, end)[0]
    return [place for place, is_page in found.items() if is_page] or list(found), wrong


def beginning_at(content: bytes, place: int) -> IO[bytes]:
    """The same file with the directory at `place` as its first."""
    layout = _layout(content)
    if layout.place.unpack_from(content, layout.start)[0] == place:
        return io.BytesIO(content)
    return _Beginning(content, content[: layout.start] + layout.place.pack(place))


class _Beginning(io.BytesIO):
    """A file with another beginning, of which Pillow reads parts: nothing else is copied."""

    def __init__(self, content: bytes, beginning: bytes) -> None:
        super().__init__(content)
        self._beginning = beginning

    def read(self, size: int | None = -1, /) -> bytes:
        """What comes next."""
        at = self.tell()
        part, begun = super().read(size), self._beginning[at:]
        return begun[: len(part)] + part[len(begun) :] if begun else part

    def getvalue(self) -> bytes:
        """The whole, a copy: libtiff, which decompresses, takes it in one piece."""
        self.seek(0)
        return self.read()


def refuse_deep_planes(image: Any) -> None:
    """Raise `ValueError` for a TIFF of which Pillow decodes every other row as blank."""
    bits = image.tag_v2.get(_BITS, ())
    is_raw = image.info.get("compression") == "raw"
    if is_raw and image.tag_v2.get(_PLANES) == 2 and len(bits) > 1 and max(bits) > 8:
        raise ValueError("its colours, of 16 bits each, lie in planes apart; save it as PNG")


def _layout(content: bytes) -> _Layout:
    is_little, is_large = content.startswith(b"II"), b"+" in content[2:4]
    start, *forms = (8, "Q", "Q", "HHQ4s4x") if is_large else (4, "I", "H", "HHI4s")
    place, number, entry = (struct.Struct("<>"[not is_little] + form) for form in forms)
    return _Layout(start, place, number, entry, "little" if is_little else "big")


def _entries(content: bytes, layout: _Layout, place: int) -> int | None:
    """How many entries a directory has; None where it is not whole."""
    if layout.end(place, 0) > len(content):
        return None
    count = int(layout.number.unpack_from(content, place)[0])
    return count if layout.end(place, count) <= len(content) else None


def _is_page(content: bytes, layout: _Layout, place: int, count: int) -> bool:
    for number in range(min(count, 2)):
        tag, kind, _, data = layout.entry.unpack_from(content, layout.end(place, number))
        value = int.from_bytes(data[:2] if kind == _SHORT else data, layout.order)
        if tag == _NEW_SUBFILE_TYPE and value & _SMALLER_OR_MASK:
            return False
        if tag == _SUBFILE_TYPE and value == _SMALLER:
            return False
    return True
