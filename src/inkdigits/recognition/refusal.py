"""What is no number although parts of it look like digits: lines of letters, textures, bars.

The network judges one shape; these rules judge what stands around it. All were chosen on the
development photos.
"""

from collections.abc import Sequence

import numpy as np

from inkdigits.images.filters import median
from inkdigits.recognition.segmentation import Candidate, ReadLine

SMALL, LARGE = 0.45, 2.0  # of the line's digits' height; what is beyond is no digit
ALONE = 0.9  # confidence of a digit that is all a picture holds
BROAD, ALONE_BROAD = 0.4, 0.995  # width of a 1, of its height, above which it must be surer
WORD_GAP, CLEAR_WORD = 0.8, 0.97  # of the height, between words; confidence of each digit in one
TOLD = 5  # digits with a shape of their own, that a page full of other things must hold
_BARS_AND_RINGS = (0, 1)  # that many things look like
STRAY = 6  # heights, from the nearest other digit
_FEW = 3  # other marks that a page of numbers may have in any case
_BAR = 1  # a digit that any upright stroke looks like


def numbers_only(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """The lines that hold numbers, without those that are something else."""
    lines = [_of_one_size(line) for line in lines]
    if any(line.digits and not _is_edge(line) for line in lines):
        lines = [line for line in lines if not _is_edge(line)]
    lines = _without_strays(lines)
    digits = sum(len(line.digits) for line in lines)
    others = sum(len(line.others) for line in lines)
    if _is_texture(lines, digits):
        return []
    if others > max(digits, 5) or others >= max(2 * digits, 4):
        return _clear_words(lines)
    if digits == 1 and not _is_sure(next(line.digits[0] for line in lines if line.digits)):
        return []
    return [
        line
        for line in lines
        if line.digits and not (len(line.others) > len(line.digits) and others > _FEW)
    ]


def _clear_words(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """On a page of other things, the words that are digits throughout and surely so."""
    found = []
    for line in lines:
        clear = [
            digit
            for word in _words(line)
            if all(mark in line.digits and mark.confidence > CLEAR_WORD for mark in word)
            for digit in word
        ]
        found.append(ReadLine(tuple(clear), ()))
    told = sum(digit.value not in _BARS_AND_RINGS for line in found for digit in line.digits)
    return [line for line in found if line.digits] if told >= TOLD else []


def _words(line: ReadLine) -> list[list[Candidate]]:
    """All that stands in a line, left to right, parted where there is a wide gap."""
    words: list[list[Candidate]] = []
    for mark in sorted([*line.digits, *line.others], key=lambda mark: mark.box.left):
        last = words[-1][-1].box if words else None
        height = max(mark.box.height, last.height) if last else 0
        if last and mark.box.left - last.right <= WORD_GAP * height:
            words[-1].append(mark)
        else:
            words.append([mark])
    return words


def _without_strays(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """Without bars and rings far from any digit, such as the holes of a binder's sheet."""
    boxes = [digit.box for line in lines for digit in line.digits]
    if len(boxes) < 2:
        return list(lines)
    middles = np.array([box.middle for box in boxes])

    def is_stray(digit: Candidate) -> bool:
        if digit.value not in _BARS_AND_RINGS:
            return False
        distances = np.hypot(*(middles - digit.box.middle).T)
        return int((distances <= STRAY * digit.box.height).sum()) < 2  # itself

    return [
        ReadLine(tuple(digit for digit in line.digits if not is_stray(digit)), line.others)
        for line in lines
    ]


def _is_sure(digit: Candidate) -> bool:
    """Whether a digit that stands alone, which nothing speaks for but itself, is one."""
    is_blot = digit.value == _BAR and digit.box.width > BROAD * digit.box.height
    return digit.confidence > (ALONE_BROAD if is_blot else ALONE)


def _of_one_size(line: ReadLine) -> ReadLine:
    """Without digits much smaller or taller than the line's others, and bars at the picture's side.

    Such are the dots of a division sign, the sides of a frame, and the edge of a sheet.
    """
    if len(line.digits) < 2:
        return line
    tall = median([digit.box.height for digit in line.digits])
    kept = tuple(
        digit
        for digit in line.digits
        if SMALL * tall <= digit.box.height <= LARGE * tall and not _is_side_bar(digit)
    )
    return ReadLine(kept, line.others)


def _is_side_bar(digit: Candidate) -> bool:
    return digit.value == _BAR and any(piece.at_side for piece in digit.pieces)


def _is_edge(line: ReadLine) -> bool:
    """Whether a line is nothing but bars at the picture's side, such as the edge of a sheet."""
    return bool(line.digits) and all(_is_side_bar(digit) for digit in line.digits)


def _is_texture(lines: Sequence[ReadLine], digits: int) -> bool:
    """Whether nearly all that was read, in several places, are bars."""
    shapes = sum(digit.value != _BAR for line in lines for digit in line.digits)
    places = sum(bool(line.digits) for line in lines)
    return digits >= 3 and shapes < digits / 4 and places > 1
