"""What is no number although parts of it look like digits: lines of letters, textures, bars.

The network judges one shape; these rules judge what stands around it. All were chosen on the
development photos.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from inkdigits.images.filters import median
from inkdigits.recognition.labels import without_labels
from inkdigits.recognition.marks import (
    BARS_AND_RINGS,
    CLEAR_WORD,
    TOLD,
    UNSURE,
    in_order,
    is_disc,
    is_letter,
    row_middles,
    told,
    unsure,
    words,
)
from inkdigits.recognition.segmentation import Candidate, ReadLine
from inkdigits.recognition.text import are_text
from inkdigits.recognition.units import without_units

SMALL, LARGE = 0.45, 2.0  # of the line's digits' height; what is beyond is no digit
ALONE = 0.9  # confidence of a digit that is all a picture holds
CLEARLY = 0.4  # of a page's digits, that have as much, at least
CLEARLY_TOUCHING = 0.6  # the same of digits that touch, which words and scribbles are told from
CROWD = 20  # pieces beside it, such as a photo of things has
ALONE_IN_CROWD = 0.97  # the same among them
ALONE_ON_FEET = 0.995  # the same of a 1 that is open below, as a caret is
SOME_DIGIT, LIKELIEST = 0.999, 0.7  # the same of one that is a digit so surely, whichever it is
MIXED = 0.03  # of its digits: a page's other things, beside which most digits must be sure
SHAPES = 0.25  # of a page's digits, that are no bars, at least
AMONG, SHAPES_AMONG = 0.3, 0.6  # of its digits: other marks; the same where there are more of them
HAIRLINE = 0.06  # of its height, the width of a bar that no pen writes, at most
HELD = 1.5  # times as high as digits within a picture is one that its border cuts, at most
STRAY = 6  # heights, from the nearest other digit
BOWED, NARROW = 0.05, 0.45  # of a bracket's height: its bow at least, its width at most
_FEW = 3  # other marks that a page of numbers may have in any case, or digits that are unsure
_SOME = 5  # other marks on a page that is looked at more closely
_MANY = 20  # digits, of which a share tells
_UPSIDE_DOWN = 2  # quarter turns
_BAR = 1  # a digit that any upright stroke looks like
_ROWS = 10  # of a bar's 28x28 pixels, that its bow can be told from
_INKED = 128  # of 255
_ALIKE = 1.25  # times the smallest, that the largest is at most
_SIXTH = 6


class Proof(NamedTuple):
    """What a page that is turned must show to be numbers. Chosen on made pages of letters too."""

    others: float  # marks for each digit, at most
    share: float  # of the digits with a shape of their own, that are surely so, at least
    least: int  # how many these are


PROOFS = (Proof(0.15, 0.7, 1), Proof(0.65, 0.9, 3), Proof(1.25, 0.85, 40))  # one must be there


def numbers_only(
    lines: Sequence[ReadLine],
    pieces: int = 0,
    quarters: int = 0,
    *,
    is_guess: bool = False,
    length: int | None = None,
) -> list[ReadLine]:
    """The lines that hold numbers, without those that are something else.

    Args:
        pieces: how many the page has, whatever they are.
        quarters: the turns that made these lines of the page; some letters are digits on their
            heads or sides, so more must speak for what is read then.
        is_guess: whether nothing but what is read speaks for these turns.
        length: how many digits a line has, where that is known.
    """
    lines = [_without_brackets(line) for line in without_labels(lines)]
    if not is_guess:  # in a guess units would explain letters away
        lines = without_units(lines, length)
    heights = _heights([digit for line in lines for digit in line.digits])
    typical = median(heights) if len(heights) > 1 else 0.0
    lines = [_of_one_size(line, typical) for line in lines]
    if any(line.digits and not _is_edge(line) for line in lines):
        lines = [line for line in lines if not _is_edge(line)]
    lines = _without_strays(_without_thumbs(lines))
    digits = sum(len(line.digits) for line in lines)
    others = sum(map(_others, lines)) - _holes(lines)
    proofs = PROOFS[:1] if is_guess else PROOFS
    if quarters and not _are_turned_numbers(lines, quarters, others, proofs):
        return []
    if _is_texture(lines, digits, others):
        return []
    if others > max(MIXED * digits, _SOME) and _are_letters(lines):
        return []
    if others > max(digits, 5) or others >= max(2 * digits, 4) or are_text(lines):
        return _clear_words(lines)
    if digits == 1:
        alone = next(line.digits[0] for line in lines if line.digits)
        if alone.confidence <= _least_alone(alone, pieces, others):
            return []
    elif sum(_is_clear(digit) for line in lines for digit in line.digits) < CLEARLY * digits:
        return []
    return [
        line
        for line in lines
        if line.digits and not (_others(line) > len(line.digits) and others > _FEW)
    ]


def _is_clear(digit: Candidate) -> bool:
    return digit.confidence > (CLEARLY_TOUCHING if digit.is_cut else ALONE)


def _others(line: ReadLine) -> int:
    """How many marks of a line are other things: not dashes, nor what is left of a ruling."""
    return sum(map(is_letter, line.others))


def _holes(lines: Sequence[ReadLine]) -> int:
    """How many of them are holes, as a sheet in a binder has: discs, all of one size."""
    sizes = [mark.box.size for line in lines for mark in line.others if is_disc(mark)]
    return len(sizes) if sizes and max(sizes) <= _ALIKE * min(sizes) else 0


def _are_letters(lines: Sequence[ReadLine]) -> bool:
    """Whether too many of the digits with a shape of their own are digits without being surely so.

    As letters are, above all those on their heads or sides, which the network has not learned.
    """
    shapes = told([digit for line in lines for digit in line.digits])
    return unsure(shapes) > max(UNSURE * len(shapes), _FEW)


def _are_turned_numbers(
    lines: Sequence[ReadLine], quarters: int, others: int, proofs: Sequence[Proof]
) -> bool:
    """Whether one of the proofs is there, and they are no word on its side: a column of signs."""
    digits = [digit for line in lines for digit in line.digits]
    lone = sum(len(line.digits) == 1 for line in lines)
    if quarters != _UPSIDE_DOWN and 2 * lone > len(digits) and (len(digits) > 1 or others):
        return False
    shapes = told(digits)
    sure = len(shapes) - unsure(shapes)
    return any(
        others <= proof.others * len(digits) and sure >= max(proof.share * len(shapes), proof.least)
        for proof in proofs
    )


def _clear_words(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """On a page of other things, the words that are digits throughout and surely so.

    The same one again and again is a letter of a script.
    """
    found = []
    for line in lines:
        clear = [
            digit
            for word in words(line)
            if all(mark in line.digits and mark.confidence > CLEAR_WORD for mark in word)
            for digit in word
        ]
        found.append(replace(line, digits=tuple(clear), others=()))
    shapes = told([digit for line in found for digit in line.digits])
    are_digits = len(shapes) >= TOLD and len({digit.value for digit in shapes}) > 1
    return [line for line in found if line.digits] if are_digits else []


def _without_thumbs(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """Without what comes in from the picture's border and is higher than the digits within.

    Such as a thumb that holds the sheet, or the table below it.
    """
    digits = [digit for line in lines for digit in line.digits]
    inner = _heights(
        [digit for digit in digits if not _comes_in(digit) and digit.confidence > ALONE]
    )
    if not inner:
        return list(lines)
    highest = HELD * median(inner)
    return [
        replace(
            line,
            digits=tuple(
                each for each in line.digits if each.box.height <= highest or not _comes_in(each)
            ),
        )
        for line in lines
    ]


def _comes_in(digit: Candidate) -> bool:
    return any(piece.borders for piece in digit.pieces)


def _without_strays(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """Without bars and rings far from any digit, such as the holes of a binder's sheet."""
    boxes = [digit.box for line in lines for digit in line.digits]
    if len(boxes) < 2:
        return list(lines)
    middles = np.array([box.middle for box in boxes])

    def is_stray(digit: Candidate) -> bool:
        if digit.value not in BARS_AND_RINGS:
            return False
        distances = np.hypot(*(middles - digit.box.middle).T)
        return int((distances <= STRAY * digit.box.height).sum()) < 2  # itself

    return [
        replace(line, digits=tuple(digit for digit in line.digits if not is_stray(digit)))
        for line in lines
    ]


def _least_alone(digit: Candidate, pieces: int, others: int) -> float:
    """The confidence that a digit needs which nothing speaks for but itself."""
    if digit.value == _BAR and _stands_on_feet(digit):
        return ALONE_ON_FEET
    if pieces > CROWD:
        return ALONE_IN_CROWD
    return LIKELIEST if digit.refusal < 1 - SOME_DIGIT and not others else ALONE


def _stands_on_feet(digit: Candidate) -> bool:
    """Whether the lowest sixth of it are two strokes side by side, which no 1 ends in.

    The stroke that leads up to a 1, however long, ends above the line that the 1 stands on.
    """
    inked = np.flatnonzero((digit.image > _INKED).any(1))
    lowest = inked[len(inked) - max(1, len(inked) // _SIXTH) :]
    columns = (digit.image[lowest] > _INKED).any(0)
    return int(np.diff(columns.astype(np.int8), prepend=0).clip(0).sum()) > 1


def _without_brackets(line: ReadLine) -> ReadLine:
    """Without pairs of bars that bow away from each other, as brackets do around what is between.

    One of two may have been left out of the digits already.
    """
    marks = in_order(line)
    brackets = _pairs([_bow(mark) for mark in marks])
    if not brackets:
        return line
    kept = [mark for place, mark in enumerate(marks) if place not in brackets]
    return replace(
        line,
        digits=tuple(mark for mark in line.digits if mark in kept),
        others=tuple(mark for mark in line.others if mark in kept),
    )


def _pairs(bows: Sequence[float]) -> set[int]:
    """The places of brackets that open, each with the next that closes, and something between."""
    brackets = set()
    for place, bow in enumerate(bows):
        if bow > -BOWED:
            continue
        for other in range(place + 2, len(bows)):
            if bows[other] < -BOWED:
                break
            if bows[other] > BOWED:
                brackets |= {place, other}
                break
    return brackets


def _bow(mark: Candidate) -> float:
    """How far a bar's middle lies off its ends, to the right, as a share of its height; else 0."""
    if mark.box.width > NARROW * mark.box.height or mark.digits.argmax() != _BAR:
        return 0.0
    middles = row_middles(mark.image.astype(float))
    count = len(middles)
    if count < _ROWS:
        return 0.0
    few = count // 6
    top, bottom = middles[:few].mean(), middles[-few:].mean()
    middle = float(middles[count // 2 - few // 2 : count // 2 + few // 2 + 1].mean())
    bow = (middle - (top + bottom) / 2) / count
    # Both halves bow the same way, or it is a stroke that turns at one end, as of a 7.
    upper = float(middles[count // 4]) - (0.75 * top + 0.25 * bottom)
    lower = float(middles[3 * count // 4]) - (0.25 * top + 0.75 * bottom)
    return bow if min(upper * bow, lower * bow) > 0 else 0.0


def _heights(digits: Sequence[Candidate]) -> list[int]:
    """The heights of those that are no bars, which are everywhere: ticks of a comb field, say."""
    return [digit.box.height for digit in digits if digit.value != _BAR]


def _of_one_size(line: ReadLine, typical: float) -> ReadLine:
    """Without digits much smaller or taller than the line's others, and bars at the picture's side.

    Such are the dots of a division sign, the sides of a frame, and the edge of a sheet. Of a line
    of bars alone, such as ticks below digits, those of the whole page tell.

    Args:
        typical: height of the page's digits that are no bars; 0 where there are too few.
    """
    heights = _heights(line.digits)
    is_small = all(digit.box.height < SMALL * typical for digit in line.digits)
    if not heights and typical and is_small:
        return replace(line, digits=())
    if len(line.digits) < 2:
        return line
    tall = max(median([digit.box.height for digit in line.digits]), median(heights or [0]))
    kept = tuple(
        digit
        for digit in line.digits
        if (digit.is_cut or SMALL * tall <= digit.box.height <= LARGE * tall)
        and not _is_side_bar(digit)
    )
    return replace(line, digits=kept)


def _is_side_bar(digit: Candidate) -> bool:
    return digit.value == _BAR and any(piece.at_side for piece in digit.pieces)


def _is_edge(line: ReadLine) -> bool:
    """Whether a line is nothing but bars such as the edge of a sheet makes.

    At the picture's side, in its corners, or hairlines from its border.
    """
    return bool(line.digits) and all(
        _is_side_bar(digit) or _is_edge_bar(digit) for digit in line.digits
    )


def _is_edge_bar(digit: Candidate) -> bool:
    is_thin = digit.area <= HAIRLINE * digit.box.height**2
    at_edge = any(piece.borders and (is_thin or piece.near_side) for piece in digit.pieces)
    return digit.value == _BAR and at_edge


def _is_texture(lines: Sequence[ReadLine], digits: int, others: int) -> bool:
    """Whether nearly all that was read, in several places, are bars; or many, as among letters."""
    shapes = sum(digit.value != _BAR for line in lines for digit in line.digits)
    places = sum(bool(line.digits) for line in lines)
    is_written = digits >= _MANY and others > AMONG * digits
    return digits >= 3 and shapes < digits * (SHAPES_AMONG if is_written else SHAPES) and places > 1
