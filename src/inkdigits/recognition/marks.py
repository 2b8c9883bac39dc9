"""What stands in a line, digits or not: its order, its words, and how sure its digits are."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import Box
from inkdigits.recognition.segmentation import Candidate, ReadLine

BARS_AND_RINGS = (0, 1)  # digits that many things look like
CLEAR_WORD = 0.97  # confidence of a digit that is surely one
CLEAR_TOUCHING = 0.8  # the same of digits that touch, which are less sure and told from words
UNSURE = 0.22  # of digits, that are not, at most, or they are letters
TOLD = 5  # digits with a shape of their own, from which something follows
WORD_GAP = 0.8  # of the height, between words
_SOLID, _ROUND = 0.7, 0.8  # of its box and of its longer side, that a disc takes at least
_FLAT = 0.2  # of its width, that a dash is high at most


def in_order(line: ReadLine) -> list[Candidate]:
    """All that stands in a line, left to right."""
    return sorted([*line.digits, *line.others], key=lambda mark: mark.box.left)


def words(line: ReadLine) -> list[list[Candidate]]:
    """The same, parted where there is a wide gap."""
    return parted(in_order(line), lambda one, other: WORD_GAP * max(one.height, other.height))


def parted(marks: Sequence[Candidate], gap: Callable[[Box, Box], float]) -> list[list[Candidate]]:
    """Marks, left to right, parted where more pixels are between two than `gap` says of them."""
    parts: list[list[Candidate]] = []
    for mark in marks:
        last = parts[-1][-1].box if parts else None
        if last and mark.box.left - last.right <= gap(last, mark.box):
            parts[-1].append(mark)
        else:
            parts.append([mark])
    return parts


def is_letter(mark: Candidate) -> bool:
    """Whether what is no digit is more than a dash or what is left of a ruling."""
    return mark.box.height >= _FLAT * mark.box.width


def is_disc(mark: Candidate) -> bool:
    """Whether it is solid and round."""
    height, width = mark.box.height, mark.box.width
    return mark.area >= _SOLID * height * width and min(height, width) >= _ROUND * mark.box.size


def told(digits: Sequence[Candidate]) -> list[Candidate]:
    """Those with a shape of their own."""
    return [digit for digit in digits if digit.value not in BARS_AND_RINGS]


def unsure(digits: Sequence[Candidate]) -> int:
    """How many of them are digits without being surely so, as letters are."""
    return sum(
        digit.confidence <= (CLEAR_TOUCHING if digit.is_cut else CLEAR_WORD) for digit in digits
    )


def row_middles(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The column that the ink of each row `(28,)` lies around, of rows that have some."""
    weights = image[image.sum(1) > 128]
    columns = np.arange(image.shape[1])
    return np.array([float(row @ columns / row.sum()) for row in weights])
