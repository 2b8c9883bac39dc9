"""One digit that fills its picture: too little paper is left around it to be estimated there.

It is read as a ready crop is, where it is one mark of two clear levels and the network is sure.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import Box
from inkdigits.images.levels import COARSE, Map, Mask, factor, grey, has_two_levels, otsu, reduce_to
from inkdigits.images.polarity import polarity
from inkdigits.images.regions import hull, regions
from inkdigits.recognition.doubtful import read_crops
from inkdigits.recognition.refusal import ALONE
from inkdigits.recognition.segmentation import Candidate, Score

_SPANNED = 0.75  # of the picture's height, and of its width, that the mark takes at least
_WHOLE = 0.5  # of all ink, that hangs together in it at least
_MOST = 0.65  # of the picture, that is ink at most: a solid shape is no digit
_LONGEST = 2.2  # times as long as broad, that what is seen of a sheet or a table is at most
_BROAD, _SOLID = 0.5, 0.9  # of its box, that a sheet's hull covers at least; of that, the sheet
_SPECK = 0.03  # of the picture's longer side, that what is no speck takes
_PARTS = 2  # other marks, at most; more are writing, and the mark is what is seen of a table
_ALONG, _ALSO = 0.7, 0.4  # of two sides, that a table lies along; no other mark may be then
_ALL = 0.95  # of two sides, that a table alone lies along
_BETWEEN = 0.2  # of the picture between both levels, at most: small ones are edges by a fifth
_SURE = 0.98  # the probability of a digit and that one, at least
_SIDES = 3  # of the picture, that a digit reaches where it is cut out close, and so is all there is
_CROP = 256  # pixels of a crop's longer side at most


def filling_digit(pixels: npt.NDArray[np.uint8], score: Score) -> tuple[Candidate, bool] | None:
    """The digit that takes up all of a picture `(H, W)` or `(H, W, 3)`, uint8, surely so; or None.

    It has no pieces. And whether it is light on dark.
    """
    level = grey(pixels)
    small = reduce_to(level, COARSE)
    light = small > otsu(small)
    if not has_two_levels(small, light, _BETWEEN):
        return None
    # Where one level alone has such a mark, that is ink, whatever most of the picture is: a digit
    # that is cut out close leaves little paper.
    of_light, of_dark = _filling_mark(light), _filling_mark(~light)
    is_light = of_light is not None and (of_dark is None or polarity(level).light_on_dark)
    mark = of_light if is_light else of_dark
    if mark is None:
        return None
    digit = whole(level, score)
    high, wide = small.shape
    cut = mark.top == 0, mark.left == 0, mark.bottom == high, mark.right == wide
    if digit.confidence < (ALONE if sum(cut) >= _SIDES else _SURE):
        return None
    size = factor(level.shape, COARSE)
    height, width = level.shape
    bottom, right = min(mark.bottom * size, height), min(mark.right * size, width)
    box = Box(mark.top * size, mark.left * size, bottom, right)
    return replace(digit, box=box), is_light


def whole(level: Map, score: Score) -> Candidate:
    """All of a picture `(H, W)` in [0, 1] as one digit, which has no pieces."""
    crop = np.rint(255 * reduce_to(level, _CROP)).astype(np.uint8)
    image, scores = read_crops(crop[None], score)
    return Candidate((), Box(0, 0, *level.shape), image[0], scores.joint[0])


def _filling_mark(ink: Mask) -> Box | None:
    """The box of the largest mark in a picture's ink `(h, w)`, if it spans the picture."""
    if not ink.any() or ink.mean() > _MOST:
        return None
    found = regions(ink)
    place = int(np.argmax(found.areas))
    edges = found.tops, found.lefts, found.bottoms, found.rights
    box = Box(*(int(edge[place]) for edge in edges))
    height, width = ink.shape
    spans = box.height >= _SPANNED * height and box.width >= _SPANNED * width
    if not spans or found.areas[place] < _WHOLE * ink.sum():
        return None
    sizes = np.maximum(found.bottoms - found.tops, found.rights - found.lefts)
    mark = found.labels == place + 1
    is_bar = box.size > _LONGEST * min(box.height, box.width)  # a 1, which may be as solid
    covered = int(hull(mark).sum())
    is_broad = covered > _BROAD * box.height * box.width
    if is_broad and found.areas[place] > _SOLID * covered and not is_bar:
        return None
    *_, second, first = sorted(
        float(side.mean()) for side in (mark[0], mark[-1], mark[:, 0], mark[:, -1])
    )
    if second > _ALL and not is_bar:
        return None
    parts = 0 if first > _ALONG and second > _ALSO else _PARTS
    return box if (sizes >= _SPECK * max(ink.shape)).sum() <= 1 + parts else None
