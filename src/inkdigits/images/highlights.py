"""Highlighters: wide strips of ink in one channel, where another shows what is written beneath."""

from collections.abc import Sequence

import numpy as np

from inkdigits.images.filters import dilated, eroded
from inkdigits.images.levels import Map, Mask, factor, reduce_to
from inkdigits.images.regions import regions

_LONGEST = 320  # pixels, long side of the reduced picture that strips are looked for in
_INK = 0.12  # of white: stronger is ink
_WIDE = 60  # strips are wider than the long side by so many, on either side of their middle
# Of a strip, the share that is written on: a thick stroke of colour is ink in another channel
# nearly everywhere or nowhere.
_LEAST, _MOST = 0.02, 0.5
_DARKER = 0.8  # of the strip's mean strength, that something written has somewhere at least
_LARGEST = 0.3  # of a picture: what is larger is a thing, and no strip


def without_highlights(strengths: Sequence[Map]) -> list[Map]:
    """The strength of ink in each channel, `(H, W)`, 0 where a highlighter is most of it."""
    if len(strengths) == 1:
        return list(strengths)
    small = [reduce_to(strength, _LONGEST) for strength in strengths]
    size = factor(strengths[0].shape, _LONGEST)
    kept = []
    for strength, own in zip(strengths, small, strict=True):
        strips = _strips(own, small)
        if strips.any():
            outside = ~dilated(strips, 2).repeat(size, 0).repeat(size, 1)
            strength = strength * outside[: strength.shape[0], : strength.shape[1]]
        kept.append(strength)
    return kept


def _strips(own: Map, channels: Sequence[Map]) -> Mask:
    """Where a channel's ink is a highlighter's."""
    ink = own > _INK
    reach = max(2, max(own.shape) // _WIDE)
    found = regions(dilated(eroded(ink, reach), reach + 2))
    strips = np.zeros_like(ink)
    boxes = zip(found.tops, found.lefts, found.bottoms, found.rights, strict=True)
    for number, (top, left, bottom, right) in enumerate(boxes, 1):
        box = slice(top, bottom), slice(left, right)
        here = found.labels[box] == number
        strip = here & ink[box]
        if strip.sum() < _LARGEST * ink.size and any(
            _is_beneath(channel[box][strip], own[box][strip]) for channel in channels
        ):
            strips[box] |= here
    return strips


def _is_beneath(written: Map, strip: Map) -> bool:
    """Whether one channel shows what is written beneath a strip, in the strength of another."""
    share = float((written > _INK).mean())
    return _LEAST < share < _MOST and float(written.max()) > _DARKER * float(strip.mean())
