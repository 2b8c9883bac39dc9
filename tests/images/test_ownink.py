"""Which ink of a crop is its digit's, on crops made by hand."""

import numpy as np
import numpy.typing as npt
import pytest

from inkdigits.images.ownink import central_ink, own_ink, without_box, without_lines

Floats = npt.NDArray[np.float32]
SIDE = 40


def crop(*marks: tuple[slice, slice]) -> Floats:
    """Full ink in some rectangles of 40x40 pixels."""
    ink = np.zeros((SIDE, SIDE), np.float32)
    for mark in marks:
        ink[mark] = 1
    return ink


STROKE = (slice(8, 32), slice(18, 22))
LEFT = (slice(0, SIDE), slice(0, 3))
PART_OF_TOP = (slice(0, 2), slice(5, 17))
NEIGHBOUR = (slice(5, 25), slice(36, 40))
SPECK = (slice(28, 30), slice(28, 30))
FRAME = [
    (slice(3, 5), slice(3, 37)), (slice(35, 37), slice(3, 37)),
    (slice(3, 37), slice(3, 5)), (slice(3, 37), slice(35, 37)),
]  # fmt: skip


def own(*marks: tuple[slice, slice]) -> Floats:
    return np.asarray(own_ink(crop(*marks)[None])[0])


@pytest.mark.parametrize(
    "others", [[LEFT], [PART_OF_TOP], [NEIGHBOUR], [SPECK], FRAME, [LEFT, PART_OF_TOP, SPECK]]
)
def test_what_is_not_the_digits_is_left_out(others: list[tuple[slice, slice]]) -> None:
    np.testing.assert_array_equal(own(STROKE, *others), crop(STROKE))


def test_a_box_is_taken_off_a_digit_that_touches_it() -> None:
    touching = (slice(5, 35), slice(18, 22))
    np.testing.assert_array_equal(without_box(crop(touching, *FRAME)[None])[0], crop(touching))


@pytest.mark.parametrize(
    "marks",
    [FRAME, FRAME[1:], [(slice(2, 38), slice(2, 38))]],
    ids=["nothing in it", "open at the top", "solid"],
)
def test_what_is_no_box_around_a_digit_stays(marks: list[tuple[slice, slice]]) -> None:
    ink = crop(*marks) if marks is FRAME else crop(STROKE, *marks)
    np.testing.assert_array_equal(without_box(ink[None])[0], ink)


BESIDE = (slice(2, 38), slice(33, 40))  # another's stroke, larger than the digit's


def test_what_is_in_the_middle_alone_is_central() -> None:
    dot = (slice(33, 36), slice(12, 15))
    ink = central_ink(crop(STROKE, dot, BESIDE, LEFT)[None])[0]
    np.testing.assert_array_equal(ink, crop(STROKE, dot))


def test_of_what_is_nowhere_in_the_middle_nothing_is_central() -> None:
    assert not central_ink(crop(BESIDE, (slice(3, 9), slice(3, 9)))[None]).any()


def test_a_large_stroke_at_the_border_is_the_digits_too_and_a_small_one_not() -> None:
    large, small = (slice(0, 18), slice(30, 34)), (slice(0, 8), slice(30, 34))
    np.testing.assert_array_equal(own(STROKE, large), crop(STROKE, large))
    np.testing.assert_array_equal(own(STROKE, small), crop(STROKE))


@pytest.mark.parametrize("line", [LEFT, PART_OF_TOP])
def test_of_a_line_alone_nothing_is_left(line: tuple[slice, slice]) -> None:
    assert not own(line).any()


def test_a_stroke_alone_at_the_border_that_is_no_line_is_kept() -> None:
    mark = (slice(0, 30), slice(0, 9))
    np.testing.assert_array_equal(own(mark), crop(mark))


def test_a_frame_around_a_speck_stays() -> None:
    np.testing.assert_array_equal(own(*FRAME, SPECK), crop(*FRAME))


def test_a_ring_around_a_dot_is_no_frame() -> None:
    down, across = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    far = np.hypot(down, across)
    ink = ((far < 17) & (far > 13) | (far < 5)).astype(np.float32)
    np.testing.assert_array_equal(own_ink(ink[None].copy())[0], ink)


def test_lines_along_a_whole_side_are_taken_off_what_is_cut_out_close() -> None:
    flag = (slice(0, 3), slice(12, 30))
    ink = crop(STROKE, LEFT, flag)
    np.testing.assert_array_equal(without_lines(ink[None])[0], crop(STROKE, flag))


def test_in_a_crop_too_small_for_lines_strokes_stay() -> None:
    ink = np.zeros((1, 8, 8), np.float32)
    ink[0, :, 0] = 1
    np.testing.assert_array_equal(own_ink(ink.copy()), ink)
