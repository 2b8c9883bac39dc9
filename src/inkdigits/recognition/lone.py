"""One digit that all of a page's pieces make, such as a 4 whose strokes do not meet.

Alone its pieces tell neither how high digits are there nor which way up they lie: of such a 4, the
one is a 1 and the other, on its head, a 7.
"""

from collections.abc import Sequence

import numpy as np

from inkdigits.images.components import Page, around
from inkdigits.images.filters import dilated
from inkdigits.images.regions import regions
from inkdigits.recognition.segmentation import MOST_PIECES, Candidate, Score, candidates

_SURE = 0.98  # the probability of a digit and that one, at least
_REACH = 0.04  # of the longer side: the pieces are no further apart than twice as much
_NO_DIGIT = 0.5  # the refusal of a piece that is only a part
_RING, _RINGS = 0, 8  # digits: what one is, and two above each other


def lone_digit(page: Page, singles: Sequence[Candidate], score: Score) -> Candidate | None:
    """The digit that a page's few pieces are, surely so and nearly touching; None if there is none.

    Pieces that are all digits are several, but rings on each other are an 8.

    Args:
        page: the page.
        singles: all of its pieces, each as a digit.
        score: the network's.
    """
    if not 2 <= len(singles) <= MOST_PIECES:
        return None
    are_rings = all(single.value == _RING for single in singles)
    if not are_rings and all(single.refusal < _NO_DIGIT for single in singles):
        return None
    pieces = [piece for single in singles for piece in single.pieces]
    if any(piece.borders for piece in pieces):  # such as a table around a sheet
        return None
    box = around([piece.box for piece in pieces])
    reach = max(1, round(_REACH * box.size))
    window = page.labels[box.top : box.bottom, box.left : box.right]
    own = np.isin(window, [piece.label for piece in pieces])
    if regions(dilated(own, reach)).count > 1:
        return None
    digit = candidates(page, [pieces], score)[0]
    is_one = digit.confidence > _SURE and (digit.value == _RINGS or not are_rings)
    return digit if is_one else None
