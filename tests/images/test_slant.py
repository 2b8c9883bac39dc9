"""How lines slant, and what shearing does; drawn lines and NumPy's roll are the oracles."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inkdigits.images.rulings import without_rulings
from inkdigits.images.slant import levelling, sheared, sheared_back, slope_of


def ruled(slope: float, height: int = 400, width: int = 600) -> npt.NDArray[np.bool_]:
    """Lines two pixels thick, 40 apart, each falling by `slope` rows a column."""
    rows, columns = np.mgrid[:height, :width]
    mask: npt.NDArray[np.bool_] = (rows - slope * columns) % 40 < 2
    return mask


@pytest.mark.parametrize("slope", [-0.18, -0.1, -0.05, 0.03, 0.08, 0.15])
def test_the_slope_of_drawn_lines_is_found(slope: float) -> None:
    assert abs(slope_of(ruled(slope)) - slope) <= 0.0101
    assert abs(slope_of(ruled(slope)[:, :200]) - slope) <= 0.0101


@pytest.mark.parametrize("slope", [-0.01, 0.0, 0.01])
def test_what_is_nearly_level_is_level(slope: float) -> None:
    assert slope_of(ruled(slope)) == 0
    assert levelling(ruled(slope)) is None


def test_nothing_and_noise_do_not_slant() -> None:
    assert slope_of(np.zeros((100, 300), bool)) == 0
    assert slope_of(np.random.default_rng(0).random((300, 500)) < 0.1) == 0


@pytest.mark.parametrize("slope", [-0.16, -0.07, 0.0, 0.04, 0.12])
@pytest.mark.parametrize("turned", [False, True])
def test_rulings_that_slant_are_taken_out_and_the_stroke_across_stays(
    slope: float, turned: bool
) -> None:
    stroke = np.zeros((400, 600), bool)
    stroke[150:250, 300:308] = True
    page = ruled(slope) | stroke
    kept = without_rulings(page.T if turned else page)
    kept = kept.T if turned else kept
    assert (kept & stroke).sum() > 0.95 * stroke.sum()
    assert (kept & ~stroke).sum() < 0.03 * page.sum()


@settings(max_examples=60)
@given(st.data())
def test_shearing_moves_each_column_and_can_be_undone(data: st.DataObject) -> None:
    sides = st.integers(1, 12)
    mask = data.draw(arrays.arrays(bool, st.tuples(sides, sides)))
    width = mask.shape[1]
    shifts = np.array(data.draw(st.lists(st.integers(0, 9), min_size=width, max_size=width)))
    moved = sheared(mask, shifts)
    padded = np.pad(mask, ((0, shifts.max()), (0, 0)))
    for column, shift in enumerate(shifts):
        assert (moved[:, column] == np.roll(padded[:, column], shift)).all()
    assert (sheared_back(moved, shifts) == mask).all()
