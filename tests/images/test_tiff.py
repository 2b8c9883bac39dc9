"""The directories of TIFFs, whole and damaged."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from inkdigits.errors import PictureError
from inkdigits.images.decode import decode
from inkdigits.images.formats import page_numbers
from inkdigits.images.tiff import beginning_at, page_places

WIDTH, HEIGHT = 6, 4
# Written as a TIFF may be: from the lesser or the greater end, with places of four or eight bytes.
KINDS = ["<", ">", "<large"]


def tiff(*pages: dict[int, int], kind: str = "<") -> bytes:
    """A grey picture of one level a page, 50, 51 and so on; directories have further entries."""
    order, is_large = kind[0], len(kind) > 1
    count, entry, place = ("Q", "HHQQ", "Q") if is_large else ("H", "HHII", "I")
    body = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}H", 43 if is_large else 42)
    body += struct.pack("<HH", 8, 0) if is_large else b""
    for number, more in enumerate(pages):
        data = len(body) + struct.calcsize(f"{order}{place}")
        values = {256: WIDTH, 257: HEIGHT, 258: 8, 259: 1, 262: 1, 273: data, 277: 1,
                  278: HEIGHT, 279: WIDTH * HEIGHT, **more}  # fmt: skip
        body += struct.pack(f"{order}{place}", data + WIDTH * HEIGHT)
        body += bytes([50 + number]) * (WIDTH * HEIGHT)
        body += struct.pack(f"{order}{count}", len(values))
        for tag, value in sorted(values.items()):
            body += struct.pack(f"{order}{entry}", tag, 4, 1, value)
    return body + struct.pack(f"{order}{place}", 0)


def level(content: bytes, page: int | None = None) -> int:
    return int(decode(content, page=page).pixels[0, 0])


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_is_found_and_read(kind: str) -> None:
    content = tiff({}, {}, {}, kind=kind)
    assert page_numbers(content) == [1, 2, 3]
    assert [level(content, page) for page in (1, 2, 3, None)] == [50, 51, 52, 50]
    assert page_numbers(tiff({}, kind=kind)) == [None]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("whole", [1, 2])
def test_a_file_that_is_cut_short_keeps_its_first_pages_and_says_what_is_missing(
    kind: str, whole: int
) -> None:
    content = tiff({}, {}, {}, kind=kind)
    cut = page_places(content)[0][whole]
    for end in (cut, cut + 1, cut + 9, cut + 40):
        damaged = content[:end]
        assert page_numbers(damaged) == list(range(1, whole + 2))
        assert level(damaged) == 50
        assert decode(damaged).has_more_pages
        assert [level(damaged, page + 1) for page in range(whole)] == [50, 51][:whole]
        for missing in (whole + 1, 9):
            with pytest.raises(PictureError, match=f"its pages from {whole + 1} on are missing"):
                decode(damaged, page=missing)


def test_a_page_that_is_damaged_hides_no_other() -> None:
    content = tiff({}, {262: 99}, {273: 1 << 20}, {})
    for damaged in (content, tiff({262: 99}, {}, {262: 99}, {})):
        assert page_numbers(damaged) == [1, 2, 3, 4]
        assert level(damaged, 4) == 53
        with pytest.raises(PictureError, match="no readable picture"):
            decode(damaged, page=3)


@pytest.mark.parametrize("entry", [{254: 1}, {254: 4}, {254: 5}, {255: 2}, {254: 0, 255: 2}])
def test_thumbnails_and_masks_are_no_pages(entry: dict[int, int]) -> None:
    content = tiff(entry, {254: 2}, entry, {255: 3}, entry)
    assert page_numbers(content) == [1, 2]
    assert [level(content, page) for page in (1, 2)] == [51, 53]
    assert level(tiff(entry)) == 50  # there is nothing else


def test_directories_in_a_circle_end() -> None:
    content = tiff({}, {})
    first = page_places(content)[0][0]
    assert page_numbers(content[:-4] + struct.pack("<I", first)) == [1, 2]


def test_the_last_zero_may_be_missing() -> None:
    content = tiff({}, {})[:-4]
    assert page_numbers(content) == [1, 2]
    assert level(content, 2) == 51


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"II*\0", "cut short"),
        (b"II*\0\x08", "cut short"),
        (b"II*\0" + bytes(4), "no pages"),
        (tiff({})[:40], "cut short"),
    ],
)
def test_what_has_no_page_is_named(content: bytes, said: str) -> None:
    assert page_numbers(content) in ([None], [1])
    with pytest.raises(PictureError, match=f"is no readable picture .*{said}"):
        decode(content)


def test_more_directories_than_a_document_has_are_not_gone_through() -> None:
    chain = b"".join(struct.pack("<HI", 0, 8 + 6 * number) for number in range(1, 5100))
    content = b"II*\0" + struct.pack("<I", 8) + chain
    assert page_places(content) == (
        [8 + 6 * number for number in range(5000)],
        "it has too many pages",
    )
    with pytest.raises(PictureError, match="too many pages: its pages from 5001 on are missing"):
        decode(content, page=5001)


def test_a_lone_page_before_a_place_that_no_file_has_is_a_picture() -> None:
    whole, lone = tiff({}, {}), tiff({})
    garbage = struct.pack("<I", 0xDEADBEEF)
    assert page_numbers(lone[:-4] + garbage) == [None]
    assert level(lone[:-4] + garbage) == 50
    assert not decode(lone[:-4] + garbage).has_more_pages
    assert page_numbers(whole[:-4] + garbage) == [1, 2, 3]  # which was a document
    near = lone[:-4] + struct.pack("<I", 1000)  # as that of a file that was cut short
    assert page_numbers(near) == [1, 2]
    assert decode(near).has_more_pages


@pytest.mark.parametrize(("order", "mistaken"), [("<", b"II\0*"), (">", b"MM*\0")])
def test_beginnings_that_are_written_by_mistake_are_known(order: str, mistaken: bytes) -> None:
    content = mistaken + tiff({}, {}, kind=order)[4:]
    assert page_numbers(content) == [1, 2]
    assert [level(content, page) for page in (1, 2, None)] == [50, 51, 50]


@pytest.mark.parametrize("how", ["group4", "tiff_lzw", "tiff_deflate", "packbits", "jpeg", "raw"])
def test_later_pages_are_read_as_if_they_were_alone_whatever_packs_them(how: str) -> None:
    levels = np.random.default_rng(7).integers(0, 255, (3, 40, 30), dtype=np.uint8)
    images = [Image.fromarray(each).convert("1" if how == "group4" else "L") for each in levels]

    def packed(*of: Image.Image) -> bytes:
        stream = io.BytesIO()
        of[0].save(stream, "TIFF", save_all=True, append_images=of[1:], compression=how)
        return stream.getvalue()

    content = bytearray(packed(*images))
    first = page_places(bytes(content))[0][0]
    for number in (1, 2, 3):
        alone = decode(packed(images[number - 1])).pixels
        assert np.array_equal(decode(bytes(content), page=number).pixels, alone)
        content[first + 2 : first + 40] = bytes(38)  # the first is damaged from now on


def test_a_later_page_that_is_not_packed_is_read_without_a_copy_of_the_file() -> None:
    content = tiff({}, {})
    stream = beginning_at(content, page_places(content)[0][1])
    assert [stream.read(6), stream.read(5), stream.read(3)] == [
        content[:4] + struct.pack("<H", page_places(content)[0][1]), b"\0\0" + content[8:11],
        content[11:14],
    ]  # fmt: skip
    assert beginning_at(content, page_places(content)[0][0]).read() == content


def test_deep_colours_in_planes_are_refused_and_not_misread() -> None:
    count = WIDTH * HEIGHT // 2
    levels = np.arange(3 * count, dtype="<u2").tobytes()
    lists = struct.pack("<3H3I3I", 16, 16, 16, *(8 + 2 * count * each for each in range(3)),
                        *[2 * count] * 3)  # fmt: skip
    at = 8 + len(levels)
    entries = [(256, 4, 1, WIDTH), (257, 4, 1, HEIGHT // 2), (258, 3, 3, at), (259, 4, 1, 1),
               (262, 4, 1, 2), (273, 4, 3, at + 6), (277, 4, 1, 3), (278, 4, 1, HEIGHT // 2),
               (279, 4, 3, at + 18), (284, 4, 1, 2)]  # fmt: skip
    body = b"II*\0" + struct.pack("<I", at + len(lists)) + levels + lists
    body += struct.pack("<H", len(entries))
    content = body + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    with pytest.raises(PictureError, match="lie in planes apart"):
        decode(content)
