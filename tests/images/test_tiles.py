"""Dark tiles become paper, and nothing else does."""

import numpy as np
import numpy.typing as npt

from inkdigits.data import Dataset
from inkdigits.images.tiles import without_tiles
from tests.recognition.pages import page, row

Plane = npt.NDArray[np.uint8]


def tiles(*lefts: int) -> Plane:
    """Dark tiles with a light bar in each, on light paper."""
    picture = np.full((100, 300), 210, np.uint8)
    for left in lefts:
        picture[30:70, left : left + 40] = 30
        picture[40:60, left + 17 : left + 23] = 230
    return picture


def test_tiles_are_paper_and_what_is_light_on_them_dark() -> None:
    painted = without_tiles(tiles(50, 100))
    expected = np.full((100, 300), 210, np.uint8)
    for left in (50, 100):
        expected[40:60, left + 17 : left + 23] = 10  # 210 + 30 - 230
    np.testing.assert_array_equal(painted, expected)


def test_colours_are_kept_in_their_channels() -> None:
    grey = tiles(50, 100)
    painted = without_tiles(np.stack([grey, grey // 2, grey // 3 + 100], 2))
    assert painted[50, 70].tolist() == [210 + 30 - 230, 105 + 15 - 115, 170 + 110 - 176]
    assert painted[35, 55].tolist() == [210, 105, 170]


def test_what_is_no_row_of_tiles_stays() -> None:
    blank = tiles(50, 100)
    blank[30:70, 50:140] = np.where(blank[30:70, 50:140] > 200, 30, blank[30:70, 50:140])
    frames = np.full((100, 300), 210, np.uint8)
    for left in (50, 100):
        frames[30:70, left : left + 40] = 30
        frames[33:67, left + 3 : left + 37] = 210
    for picture in (tiles(50), tiles(50, 200), blank, frames, np.full((5, 7), 9, np.uint8)):
        assert without_tiles(picture) is picture


def test_bold_digits_beside_each_other_are_no_tiles() -> None:
    written = np.full((100, 300), 210, np.uint8)
    for left in (50, 110):  # two 8s, whose corners and waists are cut
        written[20:80, left : left + 40] = 30
        for top in (30, 56):
            written[top : top + 14, left + 13 : left + 27] = 210
        for rows in (slice(20, 26), slice(47, 53), slice(74, 80)):
            written[rows, left : left + 6] = written[rows, left + 34 : left + 40] = 210
    assert without_tiles(written) is written


def test_pages_of_digits_stay(mnist: Dataset) -> None:
    for start in range(0, 400, 40):
        written = page([row(mnist, range(start, start + 8))[0] for _ in range(3)])
        assert without_tiles(written) is written
        assert without_tiles(255 - written).tolist() == (255 - written).tolist()
