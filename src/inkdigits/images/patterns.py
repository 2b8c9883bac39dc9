"""What is light and dark by turns around a sheet, such as a checked or striped cloth.

All of it looks at the reduced picture. The dark of a pattern goes on to the picture's border, past
the sheet, while what is written on the sheet does not: so the two are told apart.
"""

import numpy as np

from inkdigits.images.filters import dilated, eroded
from inkdigits.images.levels import Map, Mask, border
from inkdigits.images.regions import regions

# Chosen on made pages on cloths of four kinds, and so that no development photo, as it is or
# changed in eight ways, seems to have such a cloth; one, of lamps before stripes, nearly does.
EDGE = 0.2  # of white, between a sheet and the pattern's dark beside it
PLAIN = 0.8  # of the picture's border that is light where there is no such pattern
AROUND = 0.1  # of the picture, around a sheet
LEAVES = 0.25  # of the picture's border, that the sheet covers at most
DARK = 0.35  # of what is around the sheet
CHANGES = 0.07  # between light and dark, for each pixel of what is around
BESIDE = 3  # pixels around the sheet, of which a part is dark
DARK_BESIDE = 0.2  # of these, on each side


def dark_pattern(light: Mask) -> Mask | None:
    """What is dark and goes on to the border, `(h, w)`, if it may be of a pattern."""
    if border(light).mean() > PLAIN:
        return None
    found = regions(~light)
    dark = found.those(found.at_border)
    everywhere = np.ones_like(dark)
    if dark.mean() < AROUND * DARK or _changes(dark, everywhere) < CHANGES * dark.sum():
        return None
    return dark


def lies_on_pattern(small: Map, dark: Mask, sheet: Mask) -> bool:
    """Whether a pattern is around a sheet, and what is dark in it ends at the sheet's edge.

    Args:
        small: `(h, w)`, 0 to 1.
        dark: `(h, w)`, of the pattern.
        sheet: `(h, w)`.
    """
    around = ~sheet
    if around.mean() < AROUND or border(sheet).mean() > LEAVES:
        return False
    if dark[around].mean() < DARK or _changes(dark, around) < CHANGES * around.sum():
        return False
    beside = dilated(sheet, BESIDE) & around
    if any(dark[part].mean() < DARK_BESIDE for part in _sides(beside, sheet)):
        return False
    within = sheet & ~eroded(sheet, BESIDE)
    return bool(small[within].mean() - small[beside & dark].mean() >= EDGE)


def _changes(marked: Mask, within: Mask) -> int:
    """How often a pixel is marked and the next, below or to the right, is not, or inversely."""
    down = (marked[1:] != marked[:-1]) & within[1:] & within[:-1]
    right = (marked[:, 1:] != marked[:, :-1]) & within[:, 1:] & within[:, :-1]
    return int(down.sum() + right.sum())


def _sides(beside: Mask, sheet: Mask) -> list[Mask]:
    """The four sides of what is beside a sheet, parted by its diagonals; those there are."""
    rows, columns = np.flatnonzero(sheet.any(1)), np.flatnonzero(sheet.any(0))
    down, right = np.indices(sheet.shape)
    # From the sheet's middle, in whole numbers: the same everywhere.
    down = (2 * down - rows[0] - rows[-1]) * len(columns)
    right = (2 * right - columns[0] - columns[-1]) * len(rows)
    upright = np.abs(down) > np.abs(right)
    sides = (
        upright & (down < 0),
        upright & (down > 0),
        ~upright & (right < 0),
        ~upright & (right > 0),
    )
    return [part for side in sides if (part := beside & side).any()]
