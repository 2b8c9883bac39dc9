"""What a form says beside its numbers: words of smaller letters, some of which look like digits."""

from collections.abc import Callable, Sequence
from itertools import groupby

from inkdigits.images.components import Box
from inkdigits.images.filters import median
from inkdigits.recognition.segmentation import Candidate, ReadLine

BARS_AND_RINGS = (0, 1)  # that many things look like
WORD_GAP = 0.8  # of the height, between words
CLEAR_WORD = 0.97  # confidence of a digit that is surely one
UNSURE = 0.22  # of digits, that are not, at most, or they are letters
TOLD = 5  # digits with a shape of their own, from which something follows
FLAT = 0.2  # of its width, that a dash is high at most
LABEL = 0.8  # of the numbers' height, below which letters, and digits among them, are a label
TINY, LABEL_GAP = 0.45, 1.2  # of the same: of a label's marks; of gaps between such
AMONG_LETTERS = 3  # digits a letter, at most, in a label
_BROKEN = 2  # marks within a number that may be a digit and a part of it
OTHERS = 0.2  # of a page's digits: what else is as high, at most


def words(line: ReadLine) -> list[list[Candidate]]:
    """All that stands in a line, left to right, parted where there is a wide gap."""
    return _parted(_marks(line), lambda one, other: WORD_GAP * max(one.height, other.height))


def _marks(line: ReadLine) -> list[Candidate]:
    return sorted([*line.digits, *line.others], key=lambda mark: mark.box.left)


def _parted(marks: Sequence[Candidate], gap: Callable[[Box, Box], float]) -> list[list[Candidate]]:
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
    return mark.box.height >= FLAT * mark.box.width


def told(digits: Sequence[Candidate]) -> list[Candidate]:
    """Those with a shape of their own."""
    return [digit for digit in digits if digit.value not in BARS_AND_RINGS]


def unsure(digits: Sequence[Candidate]) -> int:
    """How many of them are digits without being surely so, as letters are."""
    return sum(digit.confidence <= CLEAR_WORD for digit in digits)


def without_labels(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """Without what is smaller than the page's numbers in a line and holds letters.

    A page's numbers are what is as high as its sure digits, if that is hardly anything else, and
    nearly all of it sure; a page without such keeps all.
    """
    digits = [digit for line in lines for digit in line.digits]
    sure = [digit for digit in told(digits) if digit.confidence > CLEAR_WORD]
    if len(sure) < TOLD:
        return list(lines)
    height = median([digit.box.height for digit in sure])
    tall = [digit for digit in digits if digit.box.height >= LABEL * height]
    others = [mark for line in lines for mark in line.others if is_letter(mark)]
    letters = sum(mark.box.height >= LABEL * height for mark in others)
    are_letters = letters > OTHERS * len(tall) or len(digits) > 2 * len(tall)
    if are_letters or unsure(told(tall)) > UNSURE * len(told(tall)):
        return list(lines)
    return [_without_small_words(line, height) for line in lines]


def _without_small_words(line: ReadLine, height: float) -> ReadLine:
    labels = {mark for part in _small_parts(line, height) if _is_label(part, line) for mark in part}
    return ReadLine(
        tuple(mark for mark in line.digits if mark not in labels),
        tuple(mark for mark in line.others if mark not in labels),
    )


def _small_parts(line: ReadLine, height: float) -> list[list[Candidate]]:
    """What stands close together and is lower than the page's numbers, left to right.

    Without single marks within a number, and what broke off them.
    """
    least = LABEL * height
    runs = [list(run) for _, run in groupby(_marks(line), lambda mark: mark.box.height >= least)]
    parts = []
    for place, run in enumerate(runs):
        is_within = 0 < place < len(runs) - 1
        if run[0].box.height < least and not (is_within and len(run) <= _BROKEN):
            parts += _parted(run, lambda one, other: _gap(one, other, height))
    return parts


def _gap(one: Box, other: Box, height: float) -> float:
    """Pixels that may be between two marks of a label.

    Where they are tiny, most letters between them may be too small to be looked at.
    """
    tall = max(one.height, other.height)
    return LABEL_GAP * height if tall < TINY * height else WORD_GAP * tall


def _is_label(part: Sequence[Candidate], line: ReadLine) -> bool:
    letters = sum(is_letter(mark) for mark in part if mark in line.others)
    digits = sum(mark in line.digits for mark in part)
    return letters > 0 and digits <= AMONG_LETTERS * letters
