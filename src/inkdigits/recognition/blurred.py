"""Another look at a page without sharp edges, made sharper as if it had not been blurred."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from inkdigits.images.blur import is_soft, sharper
from inkdigits.images.components import find_pieces
from inkdigits.images.filters import median
from inkdigits.images.ink import Ink
from inkdigits.recognition.certainty import digits_of, sure_of
from inkdigits.recognition.marks import told
from inkdigits.recognition.segmentation import Candidate, ReadLine

# Chosen on made pages out of focus and moved, of training images and of words, and on the
# development photos blurred anew. Words are what most rings and bars are read from.
_LARGEST = 60  # pieces whose height tells that of the page's marks
_LEAST = 10  # pixels that these are high
_MOST = 500  # pieces of a page; where there are more, each look may take seconds
_SURE, _SHAPES = 0.5, 0.5  # of its digits, that are sure; of these, that are no bars or rings
_KEPT = 0.7  # of the digits that were sure before, that are there again
_AS_MANY = 0.8  # of all the digits before, that there are at least
_BAR = 1  # a digit that what is left of a line looks like
_LETTER = 5  # one that an S looks like, where nothing yet spoke for numbers


def sharper_pages(
    pixels: npt.NDArray[np.uint8], ink: Ink, lines: Sequence[ReadLine]
) -> Iterator[npt.NDArray[np.uint8]]:
    """A picture made sharper in one way after the other, if that may help: `(H, W) uint8`.

    Args:
        pixels: the picture, `(H, W)` or `(H, W, 3)`, uint8.
        ink: what was found in it.
        lines: and read.
    """
    digits = list(digits_of(lines))
    if len(digits) > 1 and len(sure_of(digits)) == len(digits) > _bars(digits):
        return
    pieces = find_pieces(ink).pieces
    if len(pieces) > _MOST:
        return
    heights = [piece.box.height for piece in pieces[:_LARGEST]]
    high = [height for height in heights if height >= _LEAST]
    if high and is_soft(ink, height := median(high)):
        yield from sharper(pixels, height, light_on_dark=ink.light_on_dark)


def is_better(
    lines: Sequence[ReadLine], others: Sequence[ReadLine], before: Sequence[ReadLine]
) -> bool:
    """Whether what was read of a page made sharper is numbers, and says more than another reading.

    Args:
        lines: what was read.
        others: what was read of the page made sharper in another way, or not at all.
        before: what was read of the page as it is, of which hardly anything may be missing.
    """
    read, known = list(digits_of(lines)), list(digits_of(before))
    sure, sure_before = sure_of(read), sure_of(known)
    kept = [digit for digit in sure_before if any(_is_again(digit, other) for other in read)]
    shapes = [digit for digit in told(sure) if sure_before or digit.value != _LETTER]
    is_number = len(sure) >= max(2, _SURE * len(read)) and len(shapes) >= _SHAPES * len(sure)
    is_whole = len(kept) >= _KEPT * len(sure_before) and len(read) >= _AS_MANY * len(known)
    return is_number and is_whole and _gain(read, known) > _gain(list(digits_of(others)), known)


def _gain(digits: Sequence[Candidate], known: Sequence[Candidate]) -> int:
    """How many are sure and no bars, less bars that were not there before."""
    shapes = sum(digit.value != _BAR for digit in sure_of(digits))
    return shapes - max(0, _bars(digits) - _bars(known))


def _is_again(digit: Candidate, other: Candidate) -> bool:
    return digit.value == other.value and digit.is_at(other)


def _bars(digits: Sequence[Candidate]) -> int:
    return sum(digit.value == _BAR for digit in digits)
