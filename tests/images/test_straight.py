"""A page that lies askew, turned level and back."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inkdigits.images.components import Box
from inkdigits.images.ink import Ink
from inkdigits.images.straight import straightened


def ink_of(marked: npt.NDArray[np.bool_]) -> Ink:
    levels = np.where(marked, 0.8, 0).astype(np.float32)
    full = np.full(marked.shape, 0.8, np.float32)
    return Ink(levels, full, marked, False, (np.where(marked, 50, 220).astype(np.uint8),))


@pytest.mark.parametrize("degrees", [-20, -7, 4, 15])
def test_it_is_turned_as_pillow_turns_it(degrees: int) -> None:
    rng = np.random.default_rng(abs(degrees))
    marked = np.kron(rng.random((15, 21)) < 0.3, np.ones((12, 12))).astype(bool)
    page = straightened(ink_of(marked), math.tan(math.radians(degrees)))
    turned = Image.fromarray(marked).rotate(degrees, expand=True)
    height, width = page.ink.marked.shape
    left, top = (turned.width - width) // 2, (turned.height - height) // 2
    expected = np.asarray(turned.crop((left, top, left + width, top + height)))
    # Pillow's middle may lie half a pixel beside ours.
    assert (page.ink.marked == expected).mean() > 0.95
    assert page.ink.marked.sum() == pytest.approx(marked.sum(), rel=0.02)
    assert ((page.ink.strength > 0) == page.ink.marked).all()
    assert (page.ink.full == np.float32(0.8)).all()  # beyond the page, too
    assert (page.ink.planes[0] == 50)[page.ink.marked].all()


@settings(max_examples=60)
@given(
    st.integers(-24, 24),
    *(st.integers(low, high) for low, high in ((0, 80), (0, 130), (4, 30), (4, 30))),
)
def test_a_box_goes_back_to_where_it_was(
    degrees: int, top: int, left: int, height: int, width: int
) -> None:
    marked = np.zeros((110, 160), bool)
    marked[top : top + height, left : left + width] = True
    page = straightened(ink_of(marked), math.tan(math.radians(degrees)))
    rows, columns = np.nonzero(page.ink.marked)
    level = Box(*map(int, (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)))
    back = page.back(level)
    known = (top, left, top + height, left + width)
    found = (back.top, back.left, back.bottom, back.right)
    assert np.abs(np.subtract(found, known)).max() <= 1


@pytest.mark.parametrize("degrees", [-12, 12])
def test_a_line_that_falls_is_level(degrees: int) -> None:
    slope = math.tan(math.radians(degrees))
    rows, columns = np.indices((200, 300))
    fallen = np.abs(rows - 100 - slope * (columns - 150)) < 3
    marked = fallen & (np.abs(columns - 150) < 120)
    rows, _ = np.nonzero(straightened(ink_of(marked), slope).ink.marked)
    assert rows.max() - rows.min() <= 7
