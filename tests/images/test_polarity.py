"""Dark on light or light on dark, made by hand so that the truth is known."""

import numpy as np
import numpy.typing as npt
import pytest

from inkdigits.images.ink import find_ink
from inkdigits.images.polarity import polarity
from tests.recognition.lights import dark_edge

SIDES = "top", "bottom", "left", "right"


def written(height: int, width: int) -> npt.NDArray[np.float64]:
    """Five bars as high as small writing: 1 is ink."""
    ink = np.zeros((height, width))
    for left in range(80, 230, 30):
        ink[90:114, left : left + 4] = 1
    return ink


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("shape", [(200, 900), (400, 900), (1000, 700)])
@pytest.mark.parametrize("is_light", [False, True])
def test_a_strip_along_a_side_does_not_tell_ink_from_paper(
    *, is_light: bool, shape: tuple[int, int], side: str
) -> None:
    for thick in (3, 6, 12, 24, 36):
        for soft in (0.5, 2, 5):
            light = dark_edge(shape, side, thick, soft)
            levels = (0.88 - 0.67 * written(*shape)) * light + 0.24 * (1 - light)
            levels += np.random.default_rng(thick).normal(0, 0.008, shape)
            levels = 1 - levels if is_light else levels
            assert polarity(levels).light_on_dark == is_light, (thick, soft)


@pytest.mark.parametrize("sides", [SIDES[:2], SIDES[2:], SIDES])
@pytest.mark.parametrize("is_light", [False, True])
def test_several_strips_leave_what_is_between_them(
    *, is_light: bool, sides: tuple[str, ...]
) -> None:
    shape = 400, 900
    light = np.prod([dark_edge(shape, side, 10, 3) for side in sides], 0)
    levels = 255 * ((0.88 - 0.67 * written(*shape)) * light + 0.24 * (1 - light))
    ink = find_ink((255 - levels if is_light else levels).astype(np.uint8))
    assert ink.light_on_dark == is_light
    assert ink.marked[90:114, 80:204].mean() > 0.1


@pytest.mark.parametrize("is_light", [False, True])
def test_the_roof_of_a_seven_along_a_side_is_ink_with_its_stem(*, is_light: bool) -> None:
    levels = np.full((120, 90), 0.8)
    levels[:9] = 0.3
    for row in range(9, 110):
        middle = 80 - (row - 9) // 2
        levels[row, middle - 5 : middle + 5] = 0.3
    levels = 1 - levels if is_light else levels
    assert polarity(levels).light_on_dark == is_light
