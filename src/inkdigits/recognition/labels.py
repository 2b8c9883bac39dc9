"""What a form says beside its numbers: words of smaller letters, some of which look like digits."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from inkdigits.images.components import Box
from inkdigits.images.filters import median
from inkdigits.recognition.marks import (
    CLEAR_WORD,
    TOLD,
    UNSURE,
    WORD_GAP,
    in_order,
    is_letter,
    parted,
    told,
    unsure,
)
from inkdigits.recognition.segmentation import Candidate, ReadLine

LABEL = 0.8  # of the numbers' height, below which letters, and digits among them, are a label
TINY, LABEL_GAP = 0.45, 1.2  # of the same: of a label's marks; of gaps between such
AMONG_LETTERS = 3  # digits a letter, at most, in a label
OTHERS = 0.2  # of a page's digits: what else is as high, at most
LOWER = 1.0  # the same: digits that are not as high, at most
CAPTION = 0.65  # of a number's height: marks of a line of letters over few digits, below it
SURELY = 0.9  # confidence of all the digits of that number
_LETTERS = 12  # in such lines, at most; more are a text
_BROKEN = 2  # marks within a number that may be a digit and a part of it


def without_labels(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """Without what is smaller than the page's numbers in a line and holds letters.

    A page's numbers are what is as high as its sure digits, if that is hardly anything else, and
    nearly all of it sure; a page without such keeps all.
    """
    digits = [digit for line in lines for digit in line.digits]
    sure = [digit for digit in told(digits) if digit.confidence > CLEAR_WORD]
    if len(sure) < TOLD:
        return _without_captions(lines)
    height = median([digit.box.height for digit in sure])
    tall = [digit for digit in digits if digit.box.height >= LABEL * height]
    others = [mark for line in lines for mark in line.others if is_letter(mark)]
    letters = sum(mark.box.height >= LABEL * height for mark in others)
    are_letters = letters > OTHERS * len(tall) or len(digits) - len(tall) > LOWER * len(tall)
    if are_letters or unsure(told(tall)) > UNSURE * len(told(tall)):
        return list(lines)
    return [_without_small_words(line, height) for line in lines]


def _without_captions(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """Of few digits: without lines of letters that are much lower than a number by itself."""
    least = CAPTION * max(map(_height_of_number, lines), default=0.0)
    captions = [line for line in lines if _is_caption(line, least)]
    letters = sum(is_letter(mark) for line in captions for mark in line.others)
    if letters > _LETTERS:
        return list(lines)
    return [line for line in lines if not _is_caption(line, least)]


def _height_of_number(line: ReadLine) -> float:
    """The height of a line's digits, if they are several, not all bars and rings, and all sure.

    Nor may there be letters in it.
    """
    if len(line.digits) < 2 or not told(line.digits):
        return 0.0
    if any(digit.confidence <= SURELY for digit in line.digits):
        return 0.0
    height = median([digit.box.height for digit in line.digits])
    letters = (mark for mark in line.others if is_letter(mark))
    return 0.0 if any(mark.box.height >= TINY * height for mark in letters) else height


def _is_caption(line: ReadLine, least: float) -> bool:
    letters = [mark for mark in line.others if is_letter(mark)]
    is_low = all(mark.box.height < least for mark in (*line.digits, *letters))
    return bool(letters) and is_low and len(line.digits) <= AMONG_LETTERS * len(letters)


def _without_small_words(line: ReadLine, height: float) -> ReadLine:
    labels = {mark for part in _small_parts(line, height) if _is_label(part, line) for mark in part}
    return replace(
        line,
        digits=tuple(mark for mark in line.digits if mark not in labels),
        others=tuple(mark for mark in line.others if mark not in labels),
    )


def _small_parts(line: ReadLine, height: float) -> list[list[Candidate]]:
    """What stands close together and is lower than the page's numbers, left to right.

    Without single marks within a number, and what broke off them.
    """
    least = LABEL * height
    runs = [list(run) for _, run in groupby(in_order(line), lambda mark: mark.box.height >= least)]
    parts = []
    for place, run in enumerate(runs):
        is_within = 0 < place < len(runs) - 1
        if run[0].box.height < least and not (is_within and len(run) <= _BROKEN):
            parts += parted(run, lambda one, other: _gap(one, other, height))
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
