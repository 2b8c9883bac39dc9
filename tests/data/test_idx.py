"""IDX: what is written comes back; anything damaged is refused in one sentence."""

import gzip
import hashlib
import os
import struct
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inkdigits.data.dataset import idx_sha256
from inkdigits.data.idx import check_expansion, decode_idx, encode_idx
from inkdigits.data.idxfiles import read_idx
from inkdigits.data.parts import attempt
from inkdigits.errors import DataError

# Written by hand from the format's description: two images of 1x3 pixels.
TWO_IMAGES = bytes.fromhex("00000803 00000002 00000001 00000003 000102 fdfeff")
LABELS = bytes.fromhex("00000801 00000004 07020100")

arrays = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=3, max_side=6))


def test_hand_made_bytes_decode_to_the_images_they_spell() -> None:
    images = decode_idx(TWO_IMAGES, "two")
    assert images.tolist() == [[[0, 1, 2]], [[253, 254, 255]]]
    assert images.dtype == np.uint8
    assert decode_idx(LABELS, "labels").tolist() == [7, 2, 1, 0]


@given(arrays)
def test_decoding_undoes_encoding(array: npt.NDArray[np.uint8]) -> None:
    decoded = decode_idx(encode_idx(array), "it")
    assert decoded.shape == array.shape
    assert (decoded == array).all()


@pytest.mark.parametrize("whole", [TWO_IMAGES, LABELS])
def test_a_file_cut_at_any_position_is_refused(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cut"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"cut is truncated"):
            read_idx(path)


def test_a_gzipped_file_cut_at_any_position_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(TWO_IMAGES)
    path = tmp_path / "cut.gz"
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"cut\.gz") as caught:
            read_idx(path)
        assert "\n" not in str(caught.value)


@settings(max_examples=300)
@given(position=st.integers(0, len(gzip.compress(TWO_IMAGES)) - 1), value=st.integers(0, 255))
def test_a_changed_byte_in_a_gzipped_file_changes_nothing_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, position: int, value: int
) -> None:
    content = bytearray(gzip.compress(TWO_IMAGES, mtime=0))
    content[position] = value
    path = tmp_path_factory.getbasetemp() / "mutated.gz"
    path.write_bytes(content)
    decoded = attempt(partial(read_idx, path))
    if isinstance(decoded, DataError):
        assert "mutated.gz" in str(decoded)
        assert "\n" not in str(decoded)
    else:
        assert encode_idx(decoded) == TWO_IMAGES


@given(position=st.integers(0, 15), value=st.integers(0, 255))
def test_a_changed_byte_in_a_header_changes_nothing_or_is_refused(
    position: int, value: int
) -> None:
    content = bytearray(TWO_IMAGES)
    content[position] = value
    if content == TWO_IMAGES:
        return
    with pytest.raises(DataError, match=r"^it "):
        decode_idx(content, "it")


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_a_data_error(content: bytes) -> None:
    try:
        decoded = decode_idx(content, "it")
    except DataError:
        return
    assert encode_idx(decoded) == content


def test_a_header_that_claims_more_than_the_file_is_refused_before_allocating(
    tmp_path: Path,
) -> None:
    path = tmp_path / "claims"
    header = struct.pack(">HBB3I", 0, 8, 3, 60000, 28, 28)
    path.write_bytes(header + b"\0")
    with pytest.raises(DataError, match="claims is truncated"):
        read_idx(path)
    path.write_bytes(gzip.compress(header))
    with pytest.raises(DataError, match=r"more than .* gzipped bytes can hold"):
        read_idx(path)
    path.write_bytes(struct.pack(">HBB3I", 0, 8, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1))
    with pytest.raises(DataError, match="the limit is 2147483648"):
        read_idx(path)


def test_a_gzip_bomb_is_unpacked_no_further_than_its_header_says(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(LABELS + bytes(50_000_000)))
    with pytest.raises(DataError, match=r"bomb\.gz is too long: .* the limit of 12 bytes"):
        read_idx(path)


@pytest.mark.parametrize(
    ("unpacked", "packed", "is_bomb"),
    [
        (2**26, 1, False),  # blank images are packed as well as that
        (2**26 + 1, 1, True),
        (10**9, 10**7, False),
        (10**9 + 1, 10**7, True),
        (10**9, 10**6, True),
    ],
)
def test_what_promises_a_hundred_times_what_it_packs_is_a_bomb(
    unpacked: int, packed: int, is_bomb: bool
) -> None:
    if not is_bomb:
        check_expansion(unpacked, packed, "it")
        return
    with pytest.raises(DataError) as caught:
        check_expansion(unpacked, packed, "it")
    assert str(caught.value) == (
        f"it promises {unpacked} bytes from {packed} compressed ones; "
        "the limit is 100 times as many."
    )


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("00000804 00000001 00000001 00000001 00000001 07", "has 4 dimensions; labels have 1 and"),
        ("00000800 07", "has 0 dimensions"),
        ("000008", "is truncated: 3 bytes, an IDX header has at least 4"),
        ("00000801", "is truncated inside its header"),
        ("00010801 00000001 07", "is no IDX file: it begins with 00010801."),
        ("00000d01 00000001 00000000", "holds elements of IDX type 0x0d; only uint8"),
    ],
)
def test_a_header_of_another_kind_is_told(head: str, reason: str) -> None:
    with pytest.raises(DataError) as caught:
        decode_idx(bytes.fromhex(head), "it")
    assert str(caught.value).startswith(f"it {reason}")


def test_a_file_that_does_not_end_where_its_header_says_is_told_by_how_much() -> None:
    for content, reason in (
        (TWO_IMAGES[:-1], "is truncated: its header promises 6 bytes of data, it has 5."),
        (TWO_IMAGES + b"xyz", "is too long: its header promises 6 bytes of data, it has 9."),
    ):
        with pytest.raises(DataError) as caught:
            decode_idx(content, "it")
        assert str(caught.value) == f"it {reason}"
    assert not decode_idx(TWO_IMAGES, "it").flags.writeable


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone is missing\."):
        read_idx(tmp_path / "gone")
    with pytest.raises(DataError, match="is not a regular file"):
        read_idx(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="pipe is not a regular file"):
        read_idx(tmp_path / "pipe")


def test_arrays_read_from_raw_and_gzipped_files_are_equal_and_read_only(tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(TWO_IMAGES)
    (tmp_path / "packed").write_bytes(gzip.compress(TWO_IMAGES))
    for name in ("raw", "packed"):
        array = read_idx(tmp_path / name)
        assert encode_idx(array) == TWO_IMAGES
        assert not array.flags.writeable


def test_the_hash_is_of_the_uncompressed_idx_file_whatever_the_memory_order() -> None:
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    expected = hashlib.sha256(encode_idx(array)).hexdigest()
    assert idx_sha256(array) == expected
    assert idx_sha256(np.asfortranarray(array)) == expected
