"""What goes through a mark, of marks drawn by hand."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from inkdigits.data import Dataset
from inkdigits.images.strokes import Stroke, stroke_through, thickness

RING = ("ellipse", (9, 4, 19, 24))
LINES = {
    "level": (2, 14, 26, 13),
    "rising": (4, 24, 24, 4),
    "falling": (4, 4, 24, 24),
    "below": (2, 24, 26, 24),
    "to the right only": (14, 14, 26, 14),
}


def drawn(*shapes: tuple[str, tuple[int, ...]]) -> npt.NDArray[np.uint8]:
    image = Image.new("L", (29, 29))
    pen = ImageDraw.Draw(image)
    for kind, place in shapes:
        if kind == "ellipse":
            pen.ellipse(place, outline=255, width=3)
        else:
            pen.line(place, fill=255, width=3)
    return np.asarray(image)


@pytest.mark.parametrize("name", ["level", "rising", "falling"])
def test_a_line_from_side_to_side_goes_through(name: str) -> None:
    assert stroke_through(drawn(RING, ("line", LINES[name]))) >= Stroke.LINE


def slashed(before: float, behind: float) -> npt.NDArray[np.uint8]:
    """A 0, 10 wide and 20 high, and a rising line so far from its middle to either end.

    The 0 reaches 7.9 along that line, which is the square root of (5^2 + 10^2) / 2.
    """
    rows, columns = np.mgrid[-14:15, -14:15]
    far = np.hypot(columns / 5, rows / 10)
    ring = (far <= 1) & (np.hypot(columns / 2.5, rows / 7.5) > 1)
    along, aside = (columns - rows) / np.sqrt(2), (columns + rows) / np.sqrt(2)
    line = (np.abs(aside) <= 1.25) & (along >= -before) & (along <= behind)
    return np.where(ring | line, 255, 0).astype(np.uint8)


@pytest.mark.parametrize(
    ("before", "behind", "stroke"),
    [(10, 10, Stroke.SHORT), (10, 14, Stroke.SHORT), (12, 12, Stroke.LINE),
     (12, 14, Stroke.LINE), (14, 14, Stroke.LONG)],
)  # fmt: skip
def test_how_far_a_line_sticks_out_is_told_by_its_shorter_end(
    before: float, behind: float, stroke: Stroke
) -> None:
    assert stroke_through(slashed(before, behind)) == stroke
    assert stroke_through(slashed(behind, before)) == stroke
    assert stroke_through(slashed(before, behind)[:, ::-1]) == stroke


@pytest.mark.parametrize("name", ["below", "to the right only"])
def test_another_line_does_not(name: str) -> None:
    assert stroke_through(drawn(RING, ("line", LINES[name]))) < Stroke.SHORT


def test_two_lines_have_thin_ends() -> None:
    crossed = drawn(("line", LINES["rising"]), ("line", LINES["falling"]), RING)
    lines = drawn(RING, ("line", (2, 11, 26, 11)), ("line", (2, 18, 26, 18)))
    assert stroke_through(crossed) == stroke_through(lines) == Stroke.ENDS


@pytest.mark.parametrize(
    "shapes", [[RING], [("line", LINES["level"])], [("line", (14, 2, 14, 26))]]
)
def test_a_ring_or_a_bar_alone_is_not_struck_out(shapes: list[tuple[str, tuple[int, ...]]]) -> None:
    assert stroke_through(drawn(*shapes)) < Stroke.SHORT
    assert stroke_through(np.zeros((28, 28), np.uint8)) == Stroke.NONE


@settings(max_examples=300)
@given(bits=st.lists(st.booleans(), min_size=9 * 12, max_size=9 * 12))
def test_what_no_line_is_near_or_all_is_near_has_none(bits: list[bool]) -> None:
    image = np.where(np.reshape(bits, (9, 12)), 255, 0).astype(np.uint8)
    assert stroke_through(image[:2]) <= Stroke.ENDS  # at most as high as a line
    assert stroke_through(image) in Stroke


def test_few_digits_have_such_a_line(mnist: Dataset) -> None:
    lines = [stroke_through(image) >= Stroke.LINE for image in mnist.train.images[:3000]]
    assert 0 < sum(lines) < 0.005 * len(lines)


def test_a_bar_is_as_thick_as_it_is_drawn() -> None:
    bar = np.zeros((20, 104), np.bool_)
    bar[8:12, 2:102] = True
    assert thickness(bar) == pytest.approx(4, rel=0.05)  # its ends count, too
