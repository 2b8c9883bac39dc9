"""A folder of labelled pictures."""

import io
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkdigits.data import Split, load_dataset
from inkdigits.data.parts import attempt
from inkdigits.data.pictures import decode_picture
from inkdigits.errors import DataError


def draw(path: Path, value: int, size: tuple[int, int] = (4, 3)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, value).save(path)


def draw_label(folder: Path, count: int, first: int = 0) -> None:
    for index in range(count):
        draw(folder / f"{index:03d}.png", first + index)


def test_every_sixth_picture_of_each_label_is_a_test_picture(tmp_path: Path) -> None:
    draw_label(tmp_path / "mine" / "3", 13, first=0)
    draw_label(tmp_path / "mine" / "7", 3, first=100)
    train, test = load_dataset(tmp_path / "mine")
    # In a mixed order, so that the first so many of them hold every label.
    assert pairs(test) == {(5, 3), (11, 3), (102, 7)}
    assert pairs(train) == {(value, 3) for value in (0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 12)} | {
        (100, 7),
        (101, 7),
    }
    assert len(train.labels) == 13
    again = load_dataset(tmp_path / "mine")
    assert np.array_equal(again.train.images, train.images)


def pairs(split: Split) -> set[tuple[int, int]]:
    return set(zip(split.images[:, 0, 0].tolist(), split.labels.tolist(), strict=True))


def test_digit_folders_have_the_digit_as_label_and_ten_classes(tmp_path: Path) -> None:
    draw_label(tmp_path / "mine" / "9", 2)
    draw_label(tmp_path / "mine" / "0", 2)
    dataset = load_dataset(tmp_path / "mine")
    assert dataset.class_names == tuple("0123456789")
    assert sorted(dataset.train.labels.tolist()) == [0, 9]
    assert dataset.image_size == (3, 4)
    assert dataset.name == "mine"


@pytest.mark.parametrize(
    ("folders", "class_names"),
    [
        (["10", "9", "2"], ("2", "9", "10")),
        (["pear", "apple", "Fig"], ("Fig", "apple", "pear")),
        (["10", "9", "x"], ("10", "9", "x")),
    ],
)
def test_other_folders_are_classes_in_sorted_order(
    tmp_path: Path, folders: list[str], class_names: tuple[str, ...]
) -> None:
    for name in folders:
        draw_label(tmp_path / "mine" / name, 2, first=ord(name[0]))
    dataset = load_dataset(tmp_path / "mine")
    assert dataset.class_names == class_names
    for image, label in zip(*dataset.train, strict=True):
        assert image[0, 0] == ord(class_names[label][0])


def test_train_and_test_folders_are_kept_as_they_are(tmp_path: Path) -> None:
    draw_label(tmp_path / "train" / "a", 7)
    draw_label(tmp_path / "train" / "b", 1)
    draw_label(tmp_path / "test" / "b", 2)
    dataset = load_dataset(tmp_path)
    assert dataset.train.labels.tolist() == [0] * 7 + [1]
    assert dataset.test.labels.tolist() == [1, 1]
    draw_label(tmp_path / "test" / "c", 1)
    with pytest.raises(DataError, match=r"c is a label that .*train lacks"):
        load_dataset(tmp_path)


def test_pictures_become_grey_and_are_not_inverted(tmp_path: Path) -> None:
    rgb = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], np.uint8)
    deep = np.array([[0, 255, 256, 65535]], np.uint16)
    pictures = {
        "rgb.png": (Image.fromarray(rgb), [76, 150, 29, 255]),
        "palette.png": (Image.fromarray(rgb).convert("P"), [76, 150, 29, 255]),
        "deep.png": (Image.fromarray(deep), [0, 0, 1, 255]),
        "bits.png": (Image.fromarray(deep > 255), [0, 0, 255, 255]),
        "grey.bmp": (Image.fromarray(rgb[:, :, 1]), [0, 255, 0, 255]),
        "grey.tif": (Image.fromarray(rgb[:, :, 1]), [0, 255, 0, 255]),
    }
    for name, (picture, expected) in pictures.items():
        picture.save(tmp_path / name)
        grey = decode_picture(tmp_path / name)
        assert grey.dtype == np.uint8
        assert np.abs(grey[0].astype(int) - expected).max() <= 1, name


def test_a_picture_of_another_size_is_named_with_both_sizes(tmp_path: Path) -> None:
    draw_label(tmp_path / "mine" / "1", 3)
    draw(tmp_path / "mine" / "1" / "odd.png", 0, size=(9, 8))
    with pytest.raises(DataError, match=r"odd\.png is 9x8 pixels but .*000\.png is 4x3"):
        load_dataset(tmp_path / "mine")


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    draw_label(tmp_path / "mine" / "1", 3)
    broken = tmp_path / "mine" / "1" / "broken.png"
    whole = (tmp_path / "mine" / "1" / "000.png").read_bytes()
    changed = bytearray(whole)
    changed[45] ^= 1  # inside the pixels, which a checksum guards
    for content in (whole[:50], whole[:-5], bytes(changed), b"words", b""):
        broken.write_bytes(content)
        with pytest.raises(DataError, match=r"broken\.png is no readable picture") as caught:
            load_dataset(tmp_path / "mine")
        assert "\n" not in str(caught.value)


def test_a_label_with_a_single_picture_cannot_be_split(tmp_path: Path) -> None:
    draw_label(tmp_path / "mine" / "1", 3)
    draw_label(tmp_path / "mine" / "2", 1)
    with pytest.raises(DataError, match=r"2 holds one picture"):
        load_dataset(tmp_path / "mine")


def test_a_label_that_cannot_be_printed_is_refused_by_its_escapes(tmp_path: Path) -> None:
    draw_label(tmp_path / "mine" / "a\x1b[31m", 2)
    with pytest.raises(DataError, match=r"mine has a label .*, 'a\\x1b\[31m'; rename it\.$"):
        load_dataset(tmp_path / "mine")


@pytest.mark.parametrize(("labels", "is_read"), [(256, True), (257, False)])
def test_so_many_labels_and_no_more(tmp_path: Path, labels: int, is_read: bool) -> None:
    for label in range(labels):
        draw_label(tmp_path / "mine" / f"{label}", 2)
    if is_read:
        assert len(load_dataset(tmp_path / "mine").class_names) == 256
    else:
        with pytest.raises(DataError, match=r"mine has 257 labels; the limit is 256\.$"):
            load_dataset(tmp_path / "mine")


def test_so_many_pixels_in_all_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_label(tmp_path / "mine" / "1", 12)  # of 4x3 pixels
    monkeypatch.setattr("inkdigits.data.pictures.MAX_BYTES", 144)
    load_dataset(tmp_path / "mine")
    monkeypatch.setattr("inkdigits.data.pictures.MAX_BYTES", 143)
    with pytest.raises(DataError, match=r"mine holds 12 pictures of 12 pixels; the limit is 143"):
        load_dataset(tmp_path / "mine")


def test_a_link_out_of_the_folder_is_refused_by_name(tmp_path: Path) -> None:
    draw(tmp_path / "elsewhere.png", 9)
    draw_label(tmp_path / "mine" / "1", 2)
    (tmp_path / "mine" / "1" / "in.png").symlink_to(tmp_path / "mine" / "1" / "000.png")
    load_dataset(tmp_path / "mine")
    (tmp_path / "mine" / "1" / "out.png").symlink_to(tmp_path / "elsewhere.png")
    with pytest.raises(DataError, match=r"out\.png is a link that leads out of .*mine;"):
        load_dataset(tmp_path / "mine")


def test_sixteen_bits_a_pixel_become_their_upper_eight(tmp_path: Path) -> None:
    values = np.array([[0, 255, 256, 511], [512, 32768, 65279, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "deep.png")
    assert decode_picture(tmp_path / "deep.png").tolist() == [[0, 0, 1, 1], [2, 128, 254, 255]]


def test_pixels_beyond_sixteen_bits_are_cut_off_and_fractions_refused(tmp_path: Path) -> None:
    levels = np.array([[-1, 0, 255, 256, 65535, 65536, 2**31 - 1]], np.int32)
    Image.fromarray(levels).save(tmp_path / "wide.tif")
    assert decode_picture(tmp_path / "wide.tif").tolist() == [[0, 0, 0, 1, 255, 255, 255]]
    Image.fromarray(levels.astype(np.float32)).save(tmp_path / "fractions.tif")
    with pytest.raises(DataError, match=r"fractions\.tif is no readable .*floating-point numbers"):
        decode_picture(tmp_path / "fractions.tif")


def test_a_file_of_just_the_limit_is_decoded_and_a_larger_one_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(tmp_path / "it.png", 7)
    size = (tmp_path / "it.png").stat().st_size
    monkeypatch.setattr("inkdigits.data.pictures.MAX_FILE_BYTES", size)
    monkeypatch.setattr("inkdigits.data.pictures.MAX_PIXELS", 12)
    assert decode_picture(tmp_path / "it.png").shape == (3, 4)
    monkeypatch.setattr("inkdigits.data.pictures.MAX_FILE_BYTES", size - 1)
    with pytest.raises(DataError, match=rf"it\.png is larger than the limit of {size - 1} bytes"):
        decode_picture(tmp_path / "it.png")


def test_what_is_no_picture_is_left_alone(tmp_path: Path) -> None:
    draw_label(tmp_path / "mine" / "1", 2)
    draw_label(tmp_path / "mine" / ".hidden", 2)
    (tmp_path / "mine" / "notes").mkdir()
    (tmp_path / "mine" / "1" / "notes.txt").write_text("words")
    (tmp_path / "mine" / "1" / "._000.png").write_text("words")
    assert len(load_dataset(tmp_path / "mine").train.images) == 1


def test_a_huge_picture_is_refused_before_decoding(tmp_path: Path) -> None:
    draw(tmp_path / "page.png", 0, size=(4000, 3000))
    with pytest.raises(DataError, match=r"page\.png is 4000x3000 pixels; the limit is"):
        decode_picture(tmp_path / "page.png")


def test_postscript_is_never_run(tmp_path: Path) -> None:
    path = tmp_path / "evil.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 3\n%%EndComments\nquit\n")
    with pytest.raises(DataError, match=r"evil\.png is no readable picture"):
        decode_picture(path)


def encoded(kind: str) -> bytes:
    buffer = io.BytesIO()
    pixels: npt.NDArray[np.uint8] = np.arange(64, dtype=np.uint8).reshape(8, 8)
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF", "JPEG"])
@settings(max_examples=60)
@given(data=st.data())
def test_a_damaged_picture_decodes_or_is_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    content = bytearray(encoded(kind))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"damaged.{kind.lower()}"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    decoded = attempt(partial(decode_picture, path))
    if isinstance(decoded, DataError):
        assert path.name in str(decoded)
        assert "\n" not in str(decoded)
    else:
        assert decoded.ndim == 2
