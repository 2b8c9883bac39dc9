"""Another look at a page, without what is far fainter than its digits.

Creases, stains, grids that lie askew and what shows through from the other side may be as dark as a
pencil is, so they are ink; but a digit that they cross hangs together with them, and is none any
more. Beside digits that are surely read, or the strongest ink, they are told by their strength.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import Box
from inkdigits.images.filters import dilated, median, quantile
from inkdigits.images.ink import Ink
from inkdigits.images.levels import Mask
from inkdigits.images.regions import Regions, regions
from inkdigits.recognition.certainty import digits_of, is_number, sure_of
from inkdigits.recognition.segmentation import SURE, Candidate, ReadLine

# Chosen on made pages of training digits and the development photos.
_LEAST = 14  # pixels, the height of digits: strokes of smaller ones differ in strength by chance
_STROKE = 0.8  # share of a digit's ink that is weaker than what its strength is
_STRONGEST = 0.95  # the same of all ink, where no digit is sure
_STRONG = 0.6  # of the digits' strength, above which ink is no clutter
_WEAK = 0.5  # of it, below which a digit that is not sure may be clutter
_BLUR = 0.15  # of the digits' height, how far from strong ink its blurred edges reach
_PART = 0.05  # of the strong ink that it hangs together with, that clutter has at least
_HIDING = 0.4  # of all ink, that clutter has at least where no digit is sure
_ALIKE = 0.7, 1.5  # of the digits' height, that of a digit that was not there before
_LIKELY = 0.5  # or its confidence, where clutter hung together with it


@dataclass(frozen=True, eq=False)
class Cleared:
    """Ink without clutter, and what is known of the page with it."""

    ink: Ink
    _lines: Sequence[ReadLine]  # what was read before
    _usual: float  # how strong digits are
    _height: float | None  # of digits, in pixels; None where none was surely read
    _before: Ink  # with the clutter

    def is_better(self, lines: Sequence[ReadLine]) -> bool:
        """Whether a reading of this ink says more than the one before, and nothing less."""
        read, found = list(digits_of(lines)), list(digits_of(self._lines))
        if self._height is None and not is_number(lines):
            return False
        if len(sure_of(read)) <= len(sure_of(found)) or _signs(lines) < _signs(self._lines):
            return False
        return all(self._is_kept(digit, read) for digit in found) and all(
            self._may_be(digit, found) for digit in read
        )

    def _is_kept(self, digit: Candidate, read: Sequence[Candidate]) -> bool:
        """Whether a digit is there again, or a sure one in its place, or it was faint itself."""
        if any(other.value == digit.value and digit.is_at(other) for other in read):
            return True
        if digit.confidence >= SURE:
            return False
        if any(other.is_at(digit) for other in sure_of(read)):
            return True
        return _strength(self._before, digit) < _WEAK * self._usual

    def _may_be(self, digit: Candidate, found: Sequence[Candidate]) -> bool:
        """Whether a digit was there before, or may be a new one."""
        if any(other.value == digit.value and other.is_at(digit) for other in found):
            return True
        low, high = (share * (self._height or digit.box.height) for share in _ALIKE)
        if digit.confidence >= SURE and low <= digit.box.height <= high:
            return True
        if digit.confidence < _LIKELY or any(other.is_at(digit) for other in found):
            return False
        return self._was_joined(digit)

    def _was_joined(self, digit: Candidate) -> bool:
        """Whether ink around a digit's box was taken away."""
        box = digit.box
        wider = Box(max(0, box.top - 1), max(0, box.left - 1), box.bottom + 1, box.right + 1)
        taken = _within(self._before.marked, wider) & ~_within(self.ink.marked, wider)
        return bool(taken.any())


def without_clutter(ink: Ink, lines: Sequence[ReadLine]) -> Cleared | None:
    """The ink without what is faint and hangs together with strong ink; None where that is little.

    Nor is anything cleared where the digits that are surely read are lower than 14 pixels.

    Args:
        ink: a page's, upright.
        lines: what was read of it.
    """
    sure = sure_of(digits_of(lines))
    height = median([digit.box.height for digit in sure]) if sure else None
    if not ink.marked.any() or (height is not None and height < _LEAST):
        return None
    usual = _usual_strength(ink, sure)
    strong = ink.marked & (ink.strength > _STRONG * usual)
    clutter = ink.marked & ~dilated(strong, max(2, round(_BLUR * (height or 0))))
    if not clutter.any():
        return None
    whole = regions(ink.marked)
    areas = whole.counts(clutter)
    areas[_are_digits(whole, sure)] = 0
    inked = whole.counts(strong)
    hiding = (inked > 0) & (areas > _PART * inked)
    if not hiding.any():
        return None
    cleared = np.where(whole.those(areas > 0), strong, ink.marked)
    if not sure and cleared.sum() > (1 - _HIDING) * ink.marked.sum():
        return None
    return Cleared(replace(ink, marked=cleared), lines, usual, height, ink)


def _signs(lines: Sequence[ReadLine]) -> int:
    return sum(len(line.signs) for line in lines)


def _usual_strength(ink: Ink, sure: Sequence[Candidate]) -> float:
    """How strong digits are: those that are surely read, or else the strongest ink."""
    if not sure:
        return quantile(ink.strength[ink.marked], _STRONGEST)
    strengths = [_strength(ink, digit) for digit in sure]
    return median(strengths) if len(strengths) > 2 else max(strengths)


def _strength(ink: Ink, digit: Candidate) -> float:
    """How strong a digit's strokes are, without their blurred edges."""
    return quantile(_within(ink.strength, digit.box)[_within(ink.marked, digit.box)], _STROKE)


def _are_digits(whole: Regions, digits: Sequence[Candidate]) -> Mask:
    """Which regions are a digit each, by their boxes."""
    boxes = {(each.box.top, each.box.left, each.box.bottom, each.box.right) for each in digits}
    sides = (whole.tops, whole.lefts, whole.bottoms, whole.rights)
    places = zip(*(side.tolist() for side in sides), strict=True)
    return np.array([place in boxes for place in places], bool)


def _within(plane: npt.NDArray[Any], box: Box) -> npt.NDArray[Any]:
    """The part `(h, w)` of a plane `(H, W)` in a box."""
    return plane[box.top : box.bottom, box.left : box.right]
