"""Upright lines: a digit's own strokes, or the paper's."""

import numpy as np
import numpy.typing as npt
import pytest

from inkdigits.images.rulings import without_rulings

SIDE = 200


def with_bars(
    *columns: int, top: int = 30, bottom: int = 170, crossed: bool = False
) -> npt.NDArray[np.bool_]:
    """Bars two pixels wide, with a third of their height between them and the border."""
    marked = np.zeros((SIDE, SIDE), bool)
    for column in columns:
        marked[top:bottom, column : column + 2] = True
    if crossed:
        marked[120:122, 30:170] = True
    return marked


@pytest.mark.parametrize(("columns", "crossed"), [((100,), False), ((60, 120), False),
                                                  ((120,), True), ((60, 120), True)])  # fmt: skip
def test_few_upright_lines_short_of_the_borders_are_strokes(
    columns: tuple[int, ...], crossed: bool
) -> None:
    bars = with_bars(*columns)
    kept = without_rulings(with_bars(*columns, crossed=crossed))
    assert kept[bars].all()


@pytest.mark.parametrize("columns", [(100,), (60, 120)])
def test_upright_lines_from_border_to_border_are_the_papers(columns: tuple[int, ...]) -> None:
    assert not without_rulings(with_bars(*columns, top=0, bottom=SIDE)).any()


def test_more_upright_lines_are_the_papers_though_short_of_the_borders() -> None:
    assert not without_rulings(with_bars(30, 70, 110, 150)).any()
