"""Shadows that have edges, such as a hand's: what is paper in them, and where they end.

All of it looks at the reduced picture but the last step, which puts an edge where it is.
"""

import numpy as np

from inkdigits.images.filters import (
    box_mean,
    continued,
    dilated,
    eroded,
    largest_within,
    quantile,
    smallest_within,
)
from inkdigits.images.levels import COARSE, Map, Mask, as_blocks, enlarged, factor, reduce_to
from inkdigits.images.regions import regions

THICKEST = 0.12  # of a picture's shorter side: half the width of the thickest stroke
NARROW = 4  # pixels, half the width of most strokes at most
STRONG = 0.4  # of the strongest ink, that thicker strokes are at least
REACHES = (3, 2, 1)  # pixels, half the widths that strokes may have on a narrow shadow
THICKER = 2  # times as thick as such a stroke, a shadow is at least
DARKER = 0.06  # of white, by which a shadow is darker than the paper around
# Shares, chosen so that no stroke of the development photos is taken for a shadow, and few shadows
# of made pictures for strokes.
TELLING = 0.25  # of the light, that ink takes away at least
ALIKE = 0.6  # of what ink takes away elsewhere, that it takes away in a shadow
WEAKER = 0.8  # of that too: what a shadow takes away at most
WRITTEN = 0.01  # of a shadow, that is ink
ELSEWHERE = 0.3  # of all ink, that lies beyond shadows
SMALLEST = 0.005  # of a picture, a shadow
FEWEST = 3  # pixels of ink on a shadow
STEEP = 0.12  # of white, by which paper differs between neighbours at an edge
FINE = 4 * COARSE  # pixels, long side of the picture that an edge's place is looked up in
_CUBIC = 2  # pixels on either side, that a cubic spline depends on
_Part = tuple[slice, slice]
_WHOLE = slice(None), slice(None)


def closed(plane: Map, reach: int, part: _Part = _WHOLE) -> Map:
    """A picture, or a part of it, without what is darker and at most `2 * reach` pixels wide.

    Morphological closing (Serra, 'Image Analysis and Mathematical Morphology', 1982), which leaves
    the edges of all that is wider where they are.
    """
    # The border continues what is there, as far as both steps reach.
    around, size = continued(plane, 2 * reach), 2 * reach + 1
    ends = [side.indices(length) for side, length in zip(part, plane.shape, strict=True)]
    rows, columns = (slice(start, stop + 4 * reach) for start, stop, _ in ends)
    rest: Map = smallest_within(largest_within(around[rows, columns], size), size)
    return rest


def without_strokes(plane: Map, part: _Part = _WHOLE) -> Map:
    """The same without what may be a stroke, however thick: a wide shadow stays."""
    reach = max(2, round(1.5 * THICKEST * min(plane.shape)))
    return closed(box_mean(plane, 3), reach, part)


def as_light_changes(small: Map, paper: Map) -> Map:
    """Paper `(h, w)` in [0, 1], made darker where it is darker between strokes.

    What is wider than most strokes is ink only where it is strong: thick pens are.
    """
    bare = box_mean(closed(small, NARROW), 3)
    strongest = quantile(paper - small, 0.995)
    thick = dilated(paper - bare > STRONG * strongest, NARROW)
    return np.where(thick, paper, np.minimum(paper, bare))


def shade(ink: Mask) -> Mask:
    """Of what seems ink, what is paper in a shadow: thicker than a stroke, and from the border."""
    reach = max(2, round(THICKEST * min(ink.shape)))
    thick = _thick(ink, reach)
    if not thick.any():
        return thick
    found = regions(dilated(thick, reach + 1))
    return found.those(found.at_border)


def in_narrow_shadows(small: Map, paper: Map) -> tuple[Map, int]:
    """Paper `(h, w)` in [0, 1], made darker in shadows that are no wider than strokes may be.

    Such a shadow is told from a stroke by what is written on it: something narrower, and darker
    than it is.

    Returns:
        The paper, and half the width that strokes on a shadow may have, in pixels; 0 without any.
    """
    narrowest = 0
    least = min(REACHES)
    # Most pictures have nothing that is thick even beside the thinnest strokes.
    if not _thick(paper - closed(small, least) > DARKER, THICKER * least).any():
        return paper, narrowest
    shadows = np.zeros(small.shape, bool)
    for reach in REACHES:
        bare = closed(small, reach)
        here = dilated(_written_on(small, bare, paper, reach, shadows), 2)
        if here.any():
            shadows |= here
            paper = np.where(here, np.minimum(paper, box_mean(bare, 3)), paper)
            narrowest = reach
    return paper, narrowest


def _written_on(small: Map, bare: Map, paper: Map, reach: int, shadows: Mask) -> Mask:
    """What is dark, thick and written on.

    Args:
        bare: the picture without what is narrow.
        shadows: what is known to be one, in which no ink counts as ink elsewhere.
    """
    dark = paper - bare > DARKER
    found = regions(dark)
    are_thick = found.counts(_thick(dark, THICKER * reach)) > 0
    taken = 1 - small / np.maximum(bare, 0.02)  # of the light, by ink alone
    most = quantile(taken, 0.995)
    ink = taken > ALIKE * most
    elsewhere = ink & ~found.those(are_thick) & ~shadows
    if most < TELLING or elsewhere.sum() < ELSEWHERE * ink.sum():
        return np.zeros(small.shape, bool)
    inked = found.counts(ink)
    chosen = are_thick & (inked >= np.maximum(WRITTEN * found.areas, FEWEST))
    chosen &= found.areas >= SMALLEST * small.size
    shaded = 1 - bare / np.maximum(paper, 0.02)
    for place in np.flatnonzero(chosen):
        chosen[place] = shaded[found.labels == place + 1].max() <= WEAKER * most
    return found.those(chosen)


def with_edges(full: Map, paper: Map, level: Map, reach: int) -> Map:
    """Paper at full size `(H, W)`, whose steps lie where the picture has them.

    Args:
        full: the paper, enlarged, whose steps are as wide as the reduced picture's pixels.
        paper: `(h, w)`, the reduced one.
        level: `(H, W)`, the picture, in [0, 1].
        reach: half the width that strokes may have, in the reduced picture; 0 if any.
    """
    around = continued(paper, 1)
    steep = largest_within(around, 3) - smallest_within(around, 3) > STEEP
    if not steep.any():
        return full
    fine = reduce_to(level, FINE)
    coarse_size, fine_size = (factor(level.shape, longest) for longest in (COARSE, FINE))
    near = as_blocks(dilated(steep), level.shape, coarse_size)
    # Only around the steps, which are few; beyond them as far as splines reach.
    rows, columns = (
        slice(max(0, first // fine_size - _CUBIC), last // fine_size + 1 + _CUBIC)
        for first, last in (np.flatnonzero(near.any(axis))[[0, -1]] for axis in (1, 0))
    )
    part = rows, columns
    if reach:
        bare = closed(box_mean(fine, 3), round((reach + 1) * coarse_size / fine_size), part)
    else:
        bare = without_strokes(fine, part)
    window = tuple(slice(side.start * fine_size, side.stop * fine_size) for side in part)
    before = full[window]
    edged = full.copy()
    edged[window] = np.where(near[window], enlarged(bare, before.shape, fine_size), before)
    return edged


def _thick(marked: Mask, reach: int) -> Mask:
    """What has marks on all sides; the border continues them: a shadow may leave the picture."""
    return eroded(continued(marked, reach), reach)[reach:-reach, reach:-reach]
