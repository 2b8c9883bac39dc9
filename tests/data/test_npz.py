"""Keras's `.npz`: read without pickle and without believing what it claims."""

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.data.npz import read_npz
from inkdigits.data.parts import Array, Parts, complete
from inkdigits.errors import DataError
from tests.data.conftest import lay_together

IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
LABELS = np.array([3, 9], np.uint8)
Any = npt.NDArray[np.generic]


def write(path: Path, compressed: bool = True, **replaced: npt.NDArray[np.generic]) -> Path:
    members: dict[str, Any] = {"x_train": IMAGES, "y_train": LABELS}
    members |= {"x_test": IMAGES[:1] + np.uint8(1), "y_test": LABELS[:1]}
    members |= replaced
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if compressed else 0) as archive:
        for name, array in members.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array)
            archive.writestr(f"{name}.npy", buffer.getvalue())
    return path


def error_of(parts: Parts, part: str) -> str:
    error = parts[part]
    assert isinstance(error, DataError)
    assert "\n" not in str(error)
    return str(error)


@pytest.mark.parametrize("compressed", [True, False])
def test_the_four_arrays_of_an_npz_come_back(tmp_path: Path, compressed: bool) -> None:
    parts = complete(read_npz(write(tmp_path / "set.npz", compressed)))
    assert (parts["train_images"] == IMAGES).all()
    assert parts["train_labels"].tolist() == [3, 9]
    assert (parts["test_images"] == IMAGES[:1] + 1).all()
    assert parts["test_labels"].tolist() == [3]


def test_what_numpy_itself_saves_is_read(tmp_path: Path) -> None:
    path = tmp_path / "numpy.npz"
    fortran = np.asfortranarray(IMAGES)
    np.savez_compressed(path, x_train=fortran, y_train=LABELS, x_test=IMAGES, y_test=LABELS)
    assert (complete(read_npz(path))["train_images"] == IMAGES).all()


@pytest.mark.parametrize("kind", ["<i8", ">i4", "<u2", "|i1"])
def test_integers_of_other_widths_become_uint8(tmp_path: Path, kind: str) -> None:
    most = np.array([0, 127 if kind == "|i1" else 255]).astype(kind)
    parts = complete(read_npz(write(tmp_path / "set.npz", y_train=most)))
    assert parts["train_labels"].dtype == np.uint8
    assert parts["train_labels"].tolist() == most.tolist()
    assert not parts["train_labels"].flags.writeable


@pytest.mark.parametrize("label", [-1, 256])
def test_a_label_outside_a_byte_is_out_of_range(tmp_path: Path, label: int) -> None:
    parts = read_npz(write(tmp_path / "set.npz", y_train=np.array([1, label])))
    message = error_of(parts, "train_labels")
    assert "set.npz: label out of range in y_train" in message
    assert str(label) in message
    assert not isinstance(parts["test_labels"], DataError)


def test_a_pickled_array_is_refused_and_never_unpickled(tmp_path: Path) -> None:
    marker = tmp_path / "executed"

    class Payload:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path(marker).touch, ())  # type: ignore[return-value]

    payload = np.array([Payload()], dtype=object)
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, payload, allow_pickle=True)
    path = tmp_path / "evil.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", buffer.getvalue())
    message = error_of(read_npz(path), "train_images")
    assert "pickled Python objects" in message
    assert not marker.exists()


@pytest.mark.parametrize(
    "array",
    [
        IMAGES.astype(np.float32),
        np.zeros(2, [("a", "u1")]),
        np.array(["a"]),
        IMAGES.astype(np.complex64),
    ],
)
def test_an_array_of_no_integers_is_refused(tmp_path: Path, array: Any) -> None:
    parts = read_npz(write(tmp_path / "set.npz", x_train=array))
    assert "holds no integers" in error_of(parts, "train_images")


def test_images_without_two_dimensions_are_refused(tmp_path: Path) -> None:
    parts = read_npz(write(tmp_path / "set.npz", x_train=IMAGES.reshape(2, 12)))
    assert "has the shape (2, 12)" in error_of(parts, "train_images")


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_numpys_own_format_is_read(
    tmp_path: Path, version: tuple[int, int]
) -> None:
    path = write(tmp_path / "set.npz")
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, IMAGES, version=version)
    with zipfile.ZipFile(path) as archive:
        others = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (others | {"x_train.npy": buffer.getvalue()}).items():
            archive.writestr(name, content)
    assert (complete(read_npz(path))["train_images"] == IMAGES).all()


def with_member(path: Path, content: bytes) -> Path:
    """An `.npz` whose x_train is these bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", content)
        for name in ("y_train", "x_test", "y_test"):
            archive.writestr(f"{name}.npy", b"")
    return path


HEAD = b"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4, 3), }"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x93NUMPY\x01", "is no .npy file"),
        (b"\x92NUMPY\x01\x00", "is no .npy file"),
        (b"\x93NUMPY\x00\x00", "is no .npy file"),
        (b"\x93NUMPY\x04\x00" + struct.pack("<I", len(HEAD)) + HEAD + bytes(24), "is no .npy file"),
        (
            b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**20),
            "has a header of 1048576 bytes; the limit",
        ),
        (b"\x93NUMPY\x01\x00" + struct.pack("<H", 2) + b"{}", "has a header that is not NumPy's"),
        (
            b"\x93NUMPY\x01\x00" + struct.pack("<H", len(HEAD)) + HEAD + bytes(25),
            "does not fit its header: it has 97 bytes and not the 96",
        ),
    ],
)
def test_what_only_looks_like_numpys_format_is_refused(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    parts = read_npz(with_member(tmp_path / "set.npz", content))
    assert f"x_train {reason}" in error_of(parts, "train_images")


def test_a_type_that_is_no_ascii_is_told_by_its_escapes(tmp_path: Path) -> None:
    head = HEAD.replace(b"|u1", b"\xe9")
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + bytes(24)
    parts = read_npz(with_member(tmp_path / "set.npz", content))
    assert "holds no integers (type \ufffd)" in error_of(parts, "train_images")


def test_records_are_no_integers_and_hold_no_pickles(tmp_path: Path) -> None:
    pairs = np.zeros((2, 4, 3), [("a", "u1"), ("b", "<f4")])
    parts = read_npz(write(tmp_path / "set.npz", x_train=pairs))
    assert "holds no integers (type [('a', '|u1'), ('b', '<f4')])" in error_of(
        parts, "train_images"
    )


def header_of(shape: str) -> bytes:
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def test_a_shape_that_the_member_cannot_hold_is_refused_before_allocating(tmp_path: Path) -> None:
    path = tmp_path / "claims.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", header_of("(9999999999, 28, 28)") + b"\0")
    assert "does not fit its header" in error_of(read_npz(path), "train_images")


def with_member_size(path: Path, size: int) -> None:
    """Lie about the first member's unpacked size in the zip's directory."""
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, entry + 24, size)
    path.write_bytes(content)


def test_a_member_that_claims_gigabytes_is_refused_before_unpacking(tmp_path: Path) -> None:
    path = write(tmp_path / "bomb.npz")
    with_member_size(path, 2**32 - 2)
    assert "the limit is 2147483648" in error_of(read_npz(path), "train_images")


def test_a_bomb_that_claims_little_unpacks_little(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", header_of("(1, 2, 2)") + bytes(40_000_000))
    with_member_size(path, len(header_of("(1, 2, 2)")) + 4)
    error_of(read_npz(path), "train_images")


def test_missing_arrays_are_named(tmp_path: Path) -> None:
    path = tmp_path / "half.npz"
    np.savez(path, x_train=IMAGES)
    assert "half.npz: its array y_test is missing." in error_of(read_npz(path), "test_labels")
    np.savez(path, arr_0=IMAGES)
    with pytest.raises(DataError, match=r"half\.npz holds none of the arrays x_train"):
        read_npz(path)


def test_an_npz_with_two_arrays_at_one_place_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "bomb.npz")
    lay_together(path)
    with pytest.raises(DataError, match=r"bomb\.npz is damaged: two of its members lie at one"):
        read_npz(path)


def read_all(path: Path) -> dict[str, Array]:
    return complete(read_npz(path))


def outcome(path: Path) -> dict[str, Array] | DataError:
    try:
        return read_all(path)
    except DataError as error:
        return error


def test_an_npz_cut_at_any_position_is_refused(tmp_path: Path) -> None:
    whole = write(tmp_path / "set.npz").read_bytes()
    path = tmp_path / "cut.npz"
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"cut\.npz is damaged"):
            read_all(path)


@settings(max_examples=200)
@given(data=st.data(), value=st.integers(0, 255))
def test_a_changed_byte_in_an_npz_changes_nothing_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, value: int
) -> None:
    path = write(tmp_path_factory.getbasetemp() / "mutated.npz")
    whole = read_all(path)
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = value
    path.write_bytes(content)
    parts = outcome(path)
    if isinstance(parts, DataError):
        assert "mutated.npz" in str(parts)
        assert "\n" not in str(parts)
    else:
        assert all((parts[name] == whole[name]).all() for name in whole)
