"""Highlighters: wide strips of ink in one channel, where another shows what is written beneath."""

from collections.abc import Sequence

import numpy as np

from inkdigits.images.filters import dilated, eroded
from inkdigits.images.levels import Map, factor, reduce_to
from inkdigits.images.regions import regions

_LONGEST = 320  # pixels, long side of the reduced picture that strips are looked for in
_INK = 0.12  # of white: stronger is ink
_WIDE = 60  # strips are wider than the long side by so many, on either side of their middle
# Of a strip, the share that is written on: a thick stroke of colour is ink in another channel
# nearly everywhere or nowhere.
_LEAST, _MOST = 0.02, 0.5
_LARGEST = 0.3  # of a picture: what is larger is a thing, and no strip


def without_highlights(strengths: Sequence[Map]) -> list[Map]:
    """The strength of ink in each channel, `(H, W)`, 0 where a highlighter is most of it."""
    if len(strengths) == 1:
        return list(strengths)
    inks = [reduce_to(strength, _LONGEST) > _INK for strength in strengths]
    reach = max(2, max(inks[0].shape) // _WIDE)
    size = factor(strengths[0].shape, _LONGEST)
    kept = []
    for strength, own in zip(strengths, inks, strict=True):
        found = regions(dilated(eroded(own, reach), reach + 2))
        areas = np.bincount(found.labels[own], minlength=found.count + 1)
        both = [np.bincount(found.labels[own & ink], minlength=len(areas)) for ink in inks]
        share = np.min(both, 0) / np.maximum(areas, 1)
        is_strip = (share > _LEAST) & (share < _MOST) & (areas < _LARGEST * own.size)
        is_strip[0] = False
        if is_strip.any():
            strips = dilated(is_strip[found.labels], 2).repeat(size, 0).repeat(size, 1)
            strength = np.where(strips[: strength.shape[0], : strength.shape[1]], 0, strength)
        kept.append(strength)
    return kept
