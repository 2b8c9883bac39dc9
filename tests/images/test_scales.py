"""Scales among other pieces; pieces made by hand."""

from collections.abc import Sequence

import pytest

from inkdigits.images.components import Box, Piece
from inkdigits.images.scales import without_scales

METRIC = (32, 16, 16, 16, 16, 24, 16, 16, 16, 16) * 2
INCH = (32, 13, 17, 13, 22, 13, 17, 13, 27, 13, 17, 13, 22, 13, 17, 13)
SIZE = 1000  # of the picture, whose sides a scale is turned to


def piece(top: float, left: float, height: int, width: int) -> Piece:
    box = Box(int(top), int(left), int(top) + height, int(left) + width)
    return Piece(1, box, height * width, 0.5, 0, False)


def marks(heights: Sequence[int], *, gap: float = 6, tilt: float = 0) -> list[Piece]:
    """Marks that stand on one line, which may fall to the right."""
    return [
        piece(200 + tilt * gap * place - height, 40 + gap * place, height, 2)
        for place, height in enumerate(heights)
    ]


def mirrored(pieces: Sequence[Piece]) -> list[Piece]:
    """Hanging from their line."""
    boxes = [each.box for each in pieces]
    return [piece(SIZE - box.bottom, box.left, box.height, box.width) for box in boxes]


def turned(pieces: Sequence[Piece]) -> list[Piece]:
    boxes = [each.box for each in pieces]
    return [piece(box.left, box.top, box.width, box.height) for box in boxes]


@pytest.mark.parametrize("heights", [METRIC, INCH], ids=["metric", "inch"])
@pytest.mark.parametrize("tilt", [-0.05, 0, 0.05])
def test_a_scale_along_any_side_goes_and_all_else_stays(
    heights: tuple[int, ...], tilt: float
) -> None:
    scale = marks(heights, tilt=tilt)
    others = [piece(150, 50, 14, 9), piece(230, 90, 30, 5), piece(188, 300, 24, 4)]
    for sides in (lambda own: own, mirrored, turned, lambda own: turned(mirrored(own))):
        rest = sides(others)
        assert without_scales([*rest, *sides(scale)]) == rest


def test_marks_that_hang_together_go_with_the_others() -> None:
    scale = marks(METRIC)
    comb = piece(176, 40 + 6 * 5, 24, 6 * 3 + 2)
    end = piece(184, 40 + 6 * 20, 16, 6 * 2 + 2)
    assert without_scales([*scale[:5], comb, *scale[9:], end]) == []


@pytest.mark.parametrize(
    "ones",
    [
        marks(METRIC[:11]),
        marks([16] * 20),
        marks([20, 17, 22, 19, 24, 18, 23, 21, 26, 17, 20, 25, 22, 18]),
        [
            piece(each.box.top + 4 * (place % 2), each.box.left, each.box.height, 2)
            for place, each in enumerate(marks(METRIC))
        ],
        marks(METRIC, gap=16),
        marks([32] + [16] * 5 + [24] + [16] * 4)
        + [piece(190, 40 + 6 * 11 + 10 * place, 10, 9) for place in range(9)],
    ],
    ids=["few", "alike", "a hand's", "uneven", "boxes' sides", "before letters"],
)
def test_other_strokes_stay(ones: list[Piece]) -> None:
    assert without_scales(ones) == ones
