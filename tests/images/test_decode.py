"""Pictures of every kind and of no kind."""

import io
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkdigits.data.pictures import decode_picture
from inkdigits.errors import InkdigitsError, PictureError, UsageError
from inkdigits.images.decode import Source, decode
from inkdigits.images.quiet import no_warnings
from tests.recognition.pages import STORED


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def page(mode: str = "RGB") -> Image.Image:
    levels = np.full((40, 60), 230, np.uint8)
    levels[10:30, 20:26] = 20
    return Image.fromarray(levels).convert(mode)


@pytest.mark.parametrize(
    ("form", "mode"),
    [("PNG", "RGB"), ("PNG", "L"), ("PNG", "1"), ("PNG", "P"), ("PNG", "LA"), ("JPEG", "CMYK"),
     ("GIF", "P"), ("TIFF", "RGB"), ("WEBP", "RGB"), ("BMP", "L")],
)  # fmt: skip
def test_dark_ink_stays_dark_in_every_format(form: str, mode: str) -> None:
    pixels = decode(encoded(page(mode), form)).pixels
    assert pixels[20, 22].mean() < 100 < 180 < pixels[5, 5].mean()


def test_sixteen_bits_keep_their_high_byte() -> None:
    deep = Image.fromarray(np.asarray(page("L")).astype(np.uint16) * 257)
    assert np.array_equal(decode(encoded(deep, "PNG")).pixels, np.asarray(page("L")))


def test_transparent_paper_is_laid_white_below_dark_ink_and_black_below_light() -> None:
    for level, paper in ((10, 255), (250, 0)):
        picture = np.zeros((20, 20, 4), np.uint8)
        picture[5:15, 8:12] = (level, level, level, 255)
        pixels = decode(encoded(Image.fromarray(picture), "PNG")).pixels
        assert pixels[0, 0, 0] == paper
        assert pixels[10, 10, 0] == level


def test_exifs_orientation_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    picture = decode(encoded(page(), "JPEG", exif=exif.tobytes()))
    assert picture.size == (60, 40)
    assert picture.pixels[22, 20].mean() < 100


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_of_each_format_comes_out_upright(form: str, orientation: int) -> None:
    upright = page()
    image = upright.transpose(STORED[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(image, form, exif=exif.tobytes())
    picture = decode(content)
    assert picture.size == (40, 60)
    assert np.abs(picture.pixels.astype(int) - np.asarray(upright)).mean() < 5
    reduced = decode(content, working_pixels=600)
    assert (reduced.pixels.shape[:2], reduced.size) == ((20, 30), (40, 60))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_that_are_no_squares_become_some(form: str, orientation: int) -> None:
    flat = page().resize((60, 20))  # as a fax has half as many dots down as across
    stored = flat.transpose(STORED[orientation]) if orientation > 1 else flat
    exif = Image.Exif()
    exif[0x0112] = orientation
    dots = (200, 100) if orientation < 5 else (100, 200)
    content = encoded(stored, form, exif=exif.tobytes(), dpi=dots)
    picture = decode(content)
    assert picture.pixels.shape[:2] == (40, 60)
    assert (picture.size, picture.scale) == ((20, 60), (0.5, 1))  # boxes are of the stored pixels
    assert np.abs(picture.pixels.astype(int) - np.asarray(page())).mean() < 9
    assert decode(content, working_pixels=600).pixels.shape[:2] == (20, 30)


@pytest.mark.parametrize("dots", [(100, 110), (100, 1000), (300, 300), (0, 100)])
def test_dots_that_are_nearly_squares_or_absurd_change_nothing(dots: tuple[int, int]) -> None:
    assert decode(encoded(page(), "PNG", dpi=dots)).pixels.shape[:2] == (40, 60)


def test_open_files_and_any_bytes_are_pictures(tmp_path: Path) -> None:
    content = encoded(page(), "PNG")
    (tmp_path / "page.png").write_bytes(content)
    with (tmp_path / "page.png").open("rb") as stream:
        sources: list[Source] = [
            stream,
            io.BytesIO(content),
            bytearray(content),
            memoryview(content),
        ]
        for source in sources:
            assert (decode(source).pixels == np.asarray(page())).all()


def test_an_image_of_the_callers_own_stays_as_it_is() -> None:
    with Image.open(io.BytesIO(encoded(page().resize((600, 400)), "JPEG"))) as image:
        first, second = (decode(image, working_pixels=60 * 40) for _ in range(2))
        assert image.size == (600, 400)
    assert first.size == second.size == (400, 600)
    assert (first.pixels == second.pixels).all()


def test_the_first_frame_of_an_animation_is_read() -> None:
    other = Image.new("RGB", (60, 40), "black")
    content = encoded(page(), "GIF", save_all=True, append_images=[other])
    assert decode(content).pixels[5, 5].mean() > 180


def test_large_pictures_are_reduced_and_say_by_how_much() -> None:
    picture = decode(encoded(page().resize((600, 400)), "PNG"), working_pixels=60 * 40)
    assert picture.pixels.shape[:2] == (40, 60)
    assert picture.size == (400, 600)
    assert picture.scale == (10, 10)


def test_a_bomb_is_refused_by_its_header() -> None:
    with pytest.raises(PictureError, match=r"9000x9000 pixels; the limit is 64000000"):
        decode(encoded(Image.new("1", (9000, 9000)), "PNG"))


def test_the_limit_is_the_callers_and_not_pillows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    content = encoded(page(), "TIFF")  # of 2400
    with pytest.raises(PictureError, match="is too large; the limit is 600 pixels"):
        decode(content, max_pixels=600)
    assert decode(content, max_pixels=2400).size == (40, 60)


@pytest.mark.parametrize("size", [(1, 1), (1, 20000), (20000, 1)])
def test_extreme_shapes_are_read(size: tuple[int, int]) -> None:
    height, width = decode(encoded(Image.new("L", size, 200), "PNG")).size
    assert (width, height) == size


@pytest.mark.parametrize(("tall", "dots"), [(False, None), (True, None), (True, (100, 400))])
def test_a_line_of_pixels_is_reduced_to_what_square_blocks_can_hold(
    tall: bool, dots: tuple[int, int] | None
) -> None:
    size = (1, 150_000) if tall else (150_000, 1)
    options = {} if dots is None else {"dpi": dots}
    picture = decode(encoded(Image.new("L", size, 200), "PNG", **options))
    assert picture.pixels.shape == ((65_536, 2 if dots else 1) if tall else (1, 65_536))
    assert picture.size == size[::-1]


def within(form: str, content: bytes) -> bytes:
    """A file of a format that holds files of others, and whose own size is 1x1."""
    if form == "ICO":
        return struct.pack("<3H4B2H2I", 0, 1, 1, 1, 1, 0, 0, 1, 32, len(content), 22) + content
    if form == "IPTC":
        entries = {(3, 20): b"\0\1", (3, 30): b"\0\1", (3, 60): b"\1\0", (3, 120): b"\1"}
        entries[8, 10] = content
        heads = (struct.pack(">3BH", 28, *tag, len(value)) for tag, value in entries.items())
        return b"".join(head + value for head, value in zip(heads, entries.values(), strict=True))
    places = struct.pack("<32I", 164, *(0,) * 15, len(content) - 4, *(0,) * 15)
    head = b"BLP1" + struct.pack("<2i2I2i", 0, 0, 1, 1, 4, 1) + places
    return head + struct.pack("<I", 4) + content


@pytest.mark.parametrize(
    ("form", "held", "why"),
    [("ICO", "PNG", "a picture of 2000x2000 pixels is no icon"),
     ("IPTC", "PNG", "unknown or damaged format"), ("BLP", "JPEG", "unknown or damaged format")],
)  # fmt: skip
def test_what_a_file_of_another_format_holds_is_not_decoded_unseen(
    form: str, held: str, why: str
) -> None:
    content = within(form, encoded(Image.new("L", (2000, 2000)), held))
    with pytest.raises(PictureError, match=rf"^The picture is no readable picture \({why}\)\.$"):
        decode(content, max_pixels=1000)
    if form == "ICO":
        assert decode(within(form, encoded(page(), "PNG"))).size == (40, 60)


def test_a_missing_palette_is_named(tmp_path: Path) -> None:
    content = encoded(page("P"), "PNG")
    start = content.index(b"PLTE") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    (tmp_path / "page.png").write_bytes(content[:start] + content[end:])
    for read in (decode, decode_picture):
        with pytest.raises(InkdigitsError, match=r"page\.png .* \(its palette is missing\)\.$"):
            read(tmp_path / "page.png")


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture at all", encoded(page(), "PNG")[:60], encoded(page(), "JPEG")[:200]],
)
def test_what_is_no_picture_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=r"broken\.png"):
        decode(path)


def test_an_empty_file_is_said_to_be_empty_wherever_it_comes_from(tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    path.write_bytes(b"")
    for source in (path, b"", io.BytesIO()):
        with pytest.raises(PictureError, match=r"(empty\.png|The picture) is empty: no readable"):
            decode(source)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 3, 4, 5), np.uint8),
        np.zeros((0, 5), np.uint8),
        np.zeros((4, 4), np.int64),
        np.full((4, 4), 2.0),
        np.full((4, 4), np.nan),
        np.zeros((4, 4, 2), np.uint8),
    ],
)
def test_arrays_that_are_no_pictures_are_named(array: Any) -> None:
    with pytest.raises(PictureError):
        decode(array)


def test_arrays_of_all_kinds_mean_the_same() -> None:
    levels = np.asarray(page("L"))
    deep = levels.astype(np.uint16) * 257
    same = [levels, levels / 255, deep, deep.astype(">u2"), np.stack([levels] * 3, 2)]
    for array in same:
        pixels = decode(array).pixels
        grey = pixels if pixels.ndim == 2 else pixels[..., 0]
        assert np.abs(grey.astype(int) - levels).max() <= 1


@pytest.mark.parametrize("beyond", [-1e-9, 1e-9, 0.0019])
def test_floats_that_rounding_led_a_little_beyond_are_taken(beyond: float) -> None:
    shares = (np.asarray(page("L")) > 100).astype(float)  # 0 and 1
    assert (decode(shares + beyond).pixels == decode(shares).pixels).all()
    with pytest.raises(PictureError, match=r"from 0 to 1 only, not from 20 to 230\.$"):
        decode(np.asarray(page("L"), dtype=np.float32))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ([[0, 255]], "or an array; given was list"),
        (np.zeros((4, 4), "i8"), "uint8, uint16, bool, or floats from 0 to 1"),
        (None, "or an array; given was NoneType"),
        (io.StringIO("7"), 'but this one\'s str; open it with "rb"'),
    ],
)
def test_what_is_of_another_type_is_named(source: Any, words: str) -> None:
    with pytest.raises(PictureError, match=words):
        decode(source)


@pytest.mark.parametrize("wrong", [0, -1, 1e6, float("nan"), "9", None, True])
def test_a_limit_that_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(UsageError, match=r"^max_pixels is .*; it must be (a whole number|from 1 )"):
        decode(encoded(page(), "PNG"), max_pixels=wrong)


def test_a_path_may_begin_with_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work" / "~").mkdir(parents=True)
    page().save(tmp_path / "page.png")
    page().resize((30, 20)).save(tmp_path / "work" / "~" / "small.png")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path / "work")
    assert decode("~/page.png").size == decode(Path("~/page.png")).size == (40, 60)
    assert decode("~/small.png").size == (20, 30)  # a folder may be called so


def test_threads_that_decode_leave_the_warnings_filters_as_they_were() -> None:
    before = list(warnings.filters)
    first, second = no_warnings(), no_warnings()
    with first:
        second.__enter__()  # as another thread does meanwhile
        assert warnings.filters[0][0] == "ignore"
    second.__exit__(None, None, None)
    assert list(warnings.filters) == before


@settings(max_examples=150)
@given(
    st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=20),
    st.floats(0, 1),
)
def test_a_damaged_file_is_read_or_named(
    form: str, changes: list[tuple[float, int]], keep: float
) -> None:
    content = bytearray(encoded(page(), form))
    for place, value in changes:
        content[int(place * (len(content) - 1))] = value
    try:
        picture = decode(bytes(content[: max(1, int(keep * len(content)) + 1)]))
    except InkdigitsError as error:
        assert str(error).startswith("The picture")  # noqa: PT017
    else:
        assert picture.pixels.dtype == np.uint8


def test_a_picture_that_memory_does_not_suffice_for_is_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(self: Image.Image) -> None:
        raise MemoryError

    content = encoded(page(), "PNG")
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    with pytest.raises(PictureError, match=r"picture \(there is not enough memory for it\)\.$"):
        decode(content)
