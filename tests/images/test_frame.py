"""Plain frames around photos, made by hand; and what only looks like one."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.images.frame import NO_FRAME, Margins, frame_of
from inkdigits.images.levels import PLAIN

PHOTO = np.random.default_rng(0).integers(90, 170, (60, 80)).astype(np.uint8)

# So slowly lighter that most rows are like the first one, and like the last one.
SLOPE = np.repeat(np.linspace(100, 100 + PLAIN + 1, 90).round().astype(np.uint8)[:, None], 70, 1)


def framed(margins: Margins, level: int) -> npt.NDArray[np.uint8]:
    top, left, bottom, right = margins
    return np.pad(PHOTO, ((top, bottom), (left, right)), constant_values=level)


@settings(max_examples=60)
@given(
    st.builds(Margins, *[st.integers(0, 40)] * 4),
    st.sampled_from([0, 20, 240, 255]),
    st.integers(0, 3),
    st.booleans(),
)
def test_a_frame_is_as_broad_as_it_was_made_whichever_way_up(
    margins: Margins, level: int, quarters: int, in_colour: bool
) -> None:
    picture = np.rot90(framed(margins, level), quarters)
    if in_colour:
        picture = np.repeat(picture[..., None], 3, 2)
    found = frame_of(np.ascontiguousarray(picture))
    wanted = margins.turned(quarters)
    # Two rows more, in which a frame's edge may be blurred.
    assert found == Margins(*(margin + 2 if margin else 0 for margin in wanted))
    assert found.within(picture).shape[:2] == tuple(
        side - sum(found[axis::2]) for axis, side in enumerate(picture.shape[:2])
    )


def test_bars_may_be_of_other_levels_and_compressed() -> None:
    picture = np.pad(PHOTO, ((30, 40), (0, 0)))
    picture[:30] = np.random.default_rng(1).integers(0, 4, (30, 80))
    picture[-40:] = 255
    assert frame_of(picture) == Margins(32, 0, 42, 0)


def drawing(paper: int, ink: int) -> npt.NDArray[np.uint8]:
    levels = np.full((120, 160), paper, np.uint8)
    levels[40:80, 60:66] = ink
    return levels


def table() -> npt.NDArray[np.uint8]:
    """A box drawn on white: what is in it is white, too."""
    levels = np.full((120, 160), 255, np.uint8)
    levels[20:100, 20:140] = 0
    levels[23:97, 23:137] = 255
    return levels


@pytest.mark.parametrize(
    "picture",
    [
        drawing(255, 0),
        drawing(0, 255),
        table(),
        np.full((50, 50), 200, np.uint8),
        np.full((1, 1), 7, np.uint8),
        PHOTO,
        np.pad(PHOTO[:20, :20], 30),
        np.pad(np.zeros((160, 36), np.uint8), 8, constant_values=255),
        SLOPE,
        SLOPE.T,
    ],
    ids=[
        "drawing",
        "light on dark",
        "table",
        "blank",
        "one pixel",
        "photo",
        "a small thing",
        "a 1 that is cut out",
        "top and bottom meet",
        "sides meet",
    ],
)
def test_paper_and_small_things_are_no_frame(picture: npt.NDArray[np.uint8]) -> None:
    assert frame_of(picture) == NO_FRAME
