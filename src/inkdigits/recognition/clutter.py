"""Another look at a page, without what is far fainter than the digits that are surely read on it.

Creases, stains, grids that lie askew and what shows through from the other side may be as dark as a
pencil is, so they are ink; but a digit that they cross hangs together with them, and is none any
more. Beside digits that are surely read they are told by their strength.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from inkdigits.images.components import Box
from inkdigits.images.filters import dilated, median, quantile
from inkdigits.images.ink import Ink
from inkdigits.images.levels import Mask
from inkdigits.images.regions import Regions, regions
from inkdigits.recognition.segmentation import Candidate, ReadLine

# Chosen on made pages of training digits and the development photos.
_SURE = 0.9  # confidence, of a digit that must not be lost
_LEAST = 14  # pixels, the height of digits: strokes of smaller ones differ in strength by chance
_USUAL = 0.8  # share of a digit's ink that is weaker than what it counts by
_STRONGEST = 0.95  # the same of all ink, where no digit is sure
_MOST = 0.75  # of all digits, that must be sure where none was before
_WEAK = 0.5  # of the digits' strength, below which a line of ones is none
_CORE, _FAINT = 0.7, 0.55  # of that too: what is ink, by two thresholds, where there is clutter
_BLUR = 0.15  # of the digits' height, how far from ink so strong its blurred edges reach
_PART = 0.05  # of such ink, that clutter which hangs together with it has
_ALIKE = 0.7, 1.5  # of the digits' height, that of a digit that was not there before
_OWN = 0.5  # of its ink, that hung together with clutter, or it is as sure and as high as others


@dataclass(frozen=True, eq=False)
class Cleared:
    """Ink without clutter, and what is known of the page with it."""

    ink: Ink
    _found: Sequence[Candidate]  # all digits, before
    _kept: Sequence[Candidate]  # those that must not be lost
    _changed: Mask  # (H, W), where ink hung together with clutter
    _height: float  # of digits, in pixels; 0 where none was surely read

    def is_better(self, lines: Sequence[ReadLine]) -> bool:
        """Whether a reading of this ink is to be preferred: it says more, and nothing sure less."""
        read = list(_digits(lines))
        if not self._height:
            return _is_number(read)
        if [digit.value for digit in read] == [digit.value for digit in self._found]:
            return False
        if not all(_is_among(digit, read) for digit in self._kept):
            return False
        return all(_is_among(digit, self._found) or self._may_be_new(digit) for digit in read)

    def _may_be_new(self, digit: Candidate) -> bool:
        low, high = (share * self._height for share in _ALIKE)
        if digit.confidence >= _SURE and low <= digit.box.height <= high:
            return True
        marked = _within(self.ink.marked, digit.box)
        changed = marked & _within(self._changed, digit.box)
        return int(changed.sum()) >= _OWN * int(marked.sum())


def without_clutter(ink: Ink, lines: Sequence[ReadLine]) -> Cleared | None:
    """The ink, without what is faint in what is no digit; None where it hides and feigns none.

    Args:
        ink: a page's, upright.
        lines: what was read of it.
    """
    found = list(_digits(lines))
    sure = [digit for digit in found if digit.confidence >= _SURE]
    if not ink.marked.any():
        return None
    height = median([digit.box.height for digit in sure]) if sure else 0.0
    if sure and height < _LEAST:
        return None
    usual = _usual_strength(ink, sure)
    feigned = [line for line in lines if _is_feigned(line, ink, _WEAK * usual)]
    ones = {id(digit) for digit in _digits(feigned)}
    kept = [digit for digit in sure if id(digit) not in ones]
    marked = ink.marked & (ink.strength > _FAINT * usual)
    strong = _with_core(marked, ink.strength > _CORE * usual)
    clutter = ink.marked & ~dilated(strong, max(2, round(_BLUR * height)))
    whole = regions(ink.marked)
    areas = np.bincount(whole.labels[clutter], minlength=whole.count + 1)[1:]
    areas[_are_digits(whole, kept)] = 0
    inked = np.bincount(whole.labels[strong], minlength=whole.count + 1)[1:]
    if not feigned and not ((inked > 0) & (areas > _PART * inked)).any():
        return None
    changed = whole.those(areas > 0)
    cleared = replace(ink, marked=np.where(changed, strong, ink.marked))
    return Cleared(cleared, found, kept, changed, height)


def _digits(lines: Sequence[ReadLine]) -> Iterator[Candidate]:
    for line in lines:
        yield from line.digits


def _usual_strength(ink: Ink, sure: Sequence[Candidate]) -> float:
    """How strong digits are: those that are surely read, or else the strongest ink."""
    if not sure:
        return quantile(ink.strength[ink.marked], _STRONGEST)
    strengths = [_strength(ink, digit) for digit in sure]
    return median(strengths) if len(strengths) > 2 else max(strengths)


def _is_number(digits: Sequence[Candidate]) -> bool:
    """Whether they are several, surely digits for the most part, and not ones alone."""
    sure = [digit.value for digit in digits if digit.confidence >= _SURE]
    return len(sure) >= max(2, _MOST * len(digits)) and set(sure) != {1}


def _strength(ink: Ink, digit: Candidate) -> float:
    """How strong a digit's strokes are, without their blurred edges."""
    return quantile(_within(ink.strength, digit.box)[_within(ink.marked, digit.box)], _USUAL)


def _is_feigned(line: ReadLine, ink: Ink, weak: float) -> bool:
    """Whether a line is nothing but weak ones, as creases are."""
    return all(digit.value == 1 and _strength(ink, digit) < weak for digit in line.digits)


def _with_core(marked: Mask, core: Mask) -> Mask:
    found = regions(marked)
    return found.those(np.bincount(found.labels[core], minlength=found.count + 1)[1:] > 0)


def _are_digits(whole: Regions, digits: Sequence[Candidate]) -> Mask:
    """Which regions are a digit each, by their boxes."""
    boxes = {(d.box.top, d.box.left, d.box.bottom, d.box.right) for d in digits}
    sides = (whole.tops, whole.lefts, whole.bottoms, whole.rights)
    places = zip(*(side.tolist() for side in sides), strict=True)
    return np.array([place in boxes for place in places], bool)


def _is_among(digit: Candidate, others: Sequence[Candidate]) -> bool:
    """Whether the same digit is among others, around its middle."""
    row, column = digit.box.row, digit.box.column
    return any(
        other.value == digit.value
        and other.box.top <= row <= other.box.bottom
        and other.box.left <= column <= other.box.right
        for other in others
    )


def _within(plane: np.ndarray, box: Box) -> np.ndarray:
    return plane[box.top : box.bottom, box.left : box.right]
