"""Photos turned until they are straight, made by Pillow; and what only looks like one."""

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from inkdigits.images.corners import without_corners

PHOTO = np.random.default_rng(0).integers(100, 180, (300, 400, 3)).astype(np.uint8)


def turned(photo: npt.NDArray[np.uint8], degrees: float, level: int) -> npt.NDArray[np.uint8]:
    fill = (level,) * 3 if photo.ndim == 3 else level
    image = Image.fromarray(photo)
    return np.asarray(image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=fill))


@pytest.mark.parametrize("level", [0, 30, 255])
@pytest.mark.parametrize("degrees", [-12, -3, 1.5, 7])
@pytest.mark.parametrize("in_colour", [True, False])
def test_corners_go_on_as_the_photo_and_the_photo_stays(
    degrees: float, level: int, in_colour: bool
) -> None:
    photo = PHOTO if in_colour else PHOTO[..., 0]
    picture = turned(photo, degrees, level)
    found = without_corners(picture)
    assert found.shape == picture.shape
    assert found.dtype == np.uint8
    assert found.min() > 50
    assert found.max() < 230
    assert all(100 < level < 180 for level in found[[0, 0, -1, -1], [0, -1, 0, -1]].ravel())
    middle = np.s_[80:-80, 80:-80]
    assert (found[middle] == picture[middle]).all()
    inside = turned(np.full_like(photo, 255), degrees, 0) == 255
    assert (found == picture)[inside].mean() > 0.93  # all but the edges


def test_a_plain_table_around_a_sheet_stays_for_whoever_looks_for_sheets() -> None:
    picture = np.full((400, 500), 60.0)
    picture[:-30, 30:-30] = 220
    picture[150:200, 100:400:50] = picture[150:200, 101:400:50] = 50
    picture += np.random.default_rng(0).normal(0, 1, picture.shape)
    grainy = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    for rows in (np.s_[:4], np.s_[-4:]):
        grainy[rows, :4] = grainy[rows, -4:] = 60
    assert without_corners(grainy) is grainy


def bar() -> npt.NDArray[np.uint8]:
    """A slanting stroke cut out: four corners of paper, and mostly ink."""
    rows, columns = np.mgrid[:200, :60]
    ink = np.abs(columns - 50 + 0.2 * rows) < 9
    return np.where(ink, 20, 240).astype(np.uint8)


def oval() -> npt.NDArray[np.uint8]:
    """A bold 0, cut out."""
    rows, columns = np.mgrid[-1:1:220j, -1:1:160j]
    radius = np.hypot(rows, columns)
    return np.where((radius < 1) & (radius > 0.45), 20, 240).astype(np.uint8)


def drawing() -> npt.NDArray[np.uint8]:
    levels = np.full((120, 160), 255, np.uint8)
    levels[40:80, 60:66] = 0
    return levels


@pytest.mark.parametrize(
    "picture",
    [
        PHOTO,
        drawing(),
        255 - drawing(),
        bar(),
        oval(),
        np.full((50, 50), 200, np.uint8),
        np.full((1, 1), 7, np.uint8),
        np.eye(9, dtype=np.uint8) * 255,
    ],
    ids=["photo", "drawing", "light on dark", "bar", "oval", "blank", "one pixel", "tiny"],
)
def test_what_has_no_such_corners_stays(picture: npt.NDArray[np.uint8]) -> None:
    assert without_corners(picture) is picture
