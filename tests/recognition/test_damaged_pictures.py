"""Pictures with bytes changed, cut or doubled: read or named, nothing else."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkdigits import InkdigitsError, Recognizer

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "JPEG2000", "ICO", "PPM", "TGA", "PCX")


def sound(form: str) -> bytes:
    levels = np.full((60, 90, 3), 235, np.uint8)
    levels[15:45, 30:35] = 20
    levels[15:20, 50:65] = 20
    levels[20:45, 58:63] = 20
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, form)
    return stream.getvalue()


CONTENT = {form: sound(form) for form in FORMATS}
RECOGNIZER = Recognizer(threads=1)


@pytest.mark.parametrize("form", FORMATS)
def test_a_sound_picture_is_read(form: str) -> None:
    assert RECOGNIZER.read(CONTENT[form]).size[0] >= 32


@settings(max_examples=300)
@given(
    st.sampled_from(FORMATS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=30),
    st.floats(0, 1),
    st.booleans(),
    st.booleans(),
)
def test_a_damaged_picture_is_read_or_named(
    form: str, changes: list[tuple[float, int]], place: float, is_cut: bool, is_doubled: bool
) -> None:
    content = bytearray(CONTENT[form])
    for where, value in changes:
        # Half of the changes strike the header, where sizes and kinds are.
        content[int(where * (len(content) - 1) * (0.1 if value % 2 else 1))] = value
    middle = int(place * len(content))
    if is_doubled:
        content[middle:middle] = content[middle // 2 : middle]
    if is_cut:
        del content[middle:]
    try:
        reading = RECOGNIZER.read(bytes(content))
    except InkdigitsError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert all(0 <= digit.value <= 9 for digit in reading.digits)


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1), (3, 3), (2, 5_000)])
def test_extreme_shapes_hold_no_digit(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, size).astype(np.uint8)
    assert RECOGNIZER.read(noise).lines == ()
