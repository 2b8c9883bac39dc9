"""What stands between a line's digits: points, commas, colons, dashes and operators.

The network knows digits only, so signs are told by their shapes and by where they stand, between
the top of the digits beside them (0) and their foot (1). All was chosen on made pages of numbers
with such signs; what is not surely a sign is left out.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from inkdigits.images.beside import Mark, marks_beside
from inkdigits.images.components import Box, Page, around
from inkdigits.images.filters import median
from inkdigits.recognition.amid import with_digits_amid
from inkdigits.recognition.exclaimed import exclaimed
from inkdigits.recognition.marks import row_middles
from inkdigits.recognition.operators import bars_of, operator_of
from inkdigits.recognition.reading import SIGNS
from inkdigits.recognition.segmentation import Candidate, ReadLine, Score, Sign, candidates

POINT, COMMA, COLON, DASH, SLASH, EQUALS, PLUS, TIMES, DIVIDED, OTHER = SIGNS
_RAISED = "\N{MIDDLE DOT}"  # a dot above the digits' foot, by itself no sign
_FIRST = (SLASH, PLUS, TIMES, EQUALS, OTHER, DASH, COMMA, POINT)  # of several marks, which tells

_BAR = 1  # a digit that any upright stroke looks like
_BESIDE = 2  # digits to either side, beside which one is looked at
_AS_SURE = 0.8  # of a digit's confidence, that it has without a sign beside it
# All lengths are shares of the digits' height, and so are places, from the digits' top downwards.
_COMMA_HEIGHT = 0.58  # at most
_COMMA_WIDTH = 0.4  # at most
_COMMA_TOP = 0.5  # below the digits' top, at least
_COMMA_LOWEST = 1.1  # the same, at most
_COMMA_FOOT = 0.9  # below the digits' top, at least
_HANGING_FOOT = 1.15  # of a comma that hangs low, the same
_HANGING_HEIGHT = 0.75  # of one, at most
_COMMA_LEAST = 0.3  # height of one that is no longer than a dot may be, at least
_COMMA_SLIM = 1.0  # the same, of its width
_SLASH_HEIGHT = 1.2, 1.1  # at least, and where a page surely has slashes
_SLASH_TALLEST = 1.1, 1.0  # the same, of the page's tallest digit
_SLASH_REACH = 0.06, -0.02  # the same, above the digits and below them
_SLASH_LEAN = 0.15  # columns a row, to the right, at least
_LOWEST = 0.8  # digits beside a mark are taken for as high at least
_LARGEST = 1.6  # longer side of a sign, at most
_FREE = 0.6  # of the width of what is no point or comma, above or below a digit, at most
_CLOSE = 0.9  # from a point, a comma or a minus to its digit, at most
_DASH_FLAT = 1.5  # its width by its height, at least
_DASH_WIDTH = (0.28, 1.3)
_DASH_MIDDLE = (0.15, 0.9)  # of an operator, too
_SHORT_DASH_WIDTH = 0.18  # at least
_SHORT_DASH_MIDDLE = (0.3, 0.7)
_DOT_SIDE = 0.42  # at most
_DOT_MIDDLE = 0.05  # at least
_POINT_MIDDLE = (0.78, 1.15)
_COLON_ASIDE = 0.25  # from one dot's middle to the other's, across, at most
_OPERATOR_SIDES = (0.25, 0.35)  # shorter and longer one, at least


class _Part(NamedTuple):
    """A sign, or a part of one."""

    text: str
    box: Box


def with_signs(
    page: Page, lines: Sequence[ReadLine], score: Score, length: int | None = None
) -> list[ReadLine]:
    """Lines with the signs between their digits, and without commas and slashes among these.

    What is no sign and stands there as a digit does is one, unless the length is known.

    Args:
        page: the lines', with all that was cut in it.
        lines: each has digits, and none is given back without.
        length: how many digits a line has, where that is known; of one that has so many, none is a
            sign.
    """
    told = [line for line in lines if len(line.digits) != length]
    commas, slashes = _commas_apart(told), _slashes(told)
    apart = {digit for some in commas.values() for digit in some}
    kept: list[tuple[ReadLine, list[_Part]]] = []
    for line in lines:
        parts = [_Part(COMMA, digit.box) for digit in commas.get(line, [])]
        parts += [_Part(OTHER, around([mark.box for mark in unit])) for unit in line.units]
        own = replace(line, digits=tuple(digit for digit in line.digits if digit not in apart))
        if own.digits and line in told:
            own, passing = _without_signs(page, own, slashes, score)
            parts += passing
        if own.digits:
            kept.append((own, parts))
    marks = [mark for line, _ in kept for mark in itertools.chain(line.digits, *line.units)]
    labels = {piece.label for mark in marks for piece in mark.pieces}
    signed = [
        replace(line, signs=tuple(_signs(page, line.digits, parts, labels))) for line, parts in kept
    ]
    return with_digits_amid(signed) if length is None else signed


def _commas_apart(lines: Sequence[ReadLine]) -> dict[ReadLine, list[Candidate]]:
    """Of each line the commas that hang so low that they passed for a line of ones."""
    commas: dict[ReadLine, list[Candidate]] = defaultdict(list)
    bars = [line.digits for line in lines if all(digit.value == _BAR for digit in line.digits)]
    for bar in itertools.chain.from_iterable(bars):
        for line in lines:
            before = [digit.box for digit in line.digits if digit.box.column < bar.box.column]
            if bar in line.digits or not before:
                continue
            last = max(before, key=lambda box: box.column)
            if _is_low(bar.box, last) and bar.box.left - last.right < _CLOSE * last.height:
                commas[line].append(bar)
                break
    return commas


def _slashes(lines: Sequence[ReadLine]) -> set[Candidate]:
    """The slashes that pass for ones; where there surely are some, shorter ones too."""
    sure = _bars_as_long(lines, 0)
    return sure and (_bars_as_long(lines, 1) or sure)


def _bars_as_long(lines: Sequence[ReadLine], limit: int) -> set[Candidate]:
    """Bars as long as slashes, by the first or the second of the limits.

    None where one as long is where no slash can be, at the end of a line or beside another: then
    such are this hand's ones.
    """
    shapes = [digit for line in lines for digit in line.digits if digit.value != _BAR]
    tall = max((digit.box.height for digit in shapes), default=0)
    found: set[Candidate] = set()
    for line in lines:
        digits = line.digits
        places = [place for place in range(len(digits)) if _is_slash(digits, place, tall, limit)]
        ends = {-1, 0, len(digits) - 1}
        if any(place in ends or place - 1 in places for place in places):
            return set()
        found.update(digits[place] for place in places)
    return found


def _without_signs(
    page: Page, line: ReadLine, slashes: set[Candidate], score: Score
) -> tuple[ReadLine, list[_Part]]:
    """A line without the signs that pass for digits or for parts of them, and the former."""
    height = median([digit.box.height for digit in line.digits])
    commas = {digit for place, digit in enumerate(line.digits) if _is_comma(line.digits, place)}
    others: set[Candidate] = set()
    if len(line.digits) > 1:
        usual = [_beside(line.digits, place) for place in range(len(line.digits))]
        others = exclaimed(page, line.digits, usual, height) - commas - slashes
    parts = [_Part(COMMA, digit.box) for digit in line.digits if digit in commas]
    parts += [_Part(SLASH, digit.box) for digit in line.digits if digit in slashes - commas]
    parts += [_Part(OTHER, digit.box) for digit in line.digits if digit in others]
    kept = [
        _by_itself(page, digit, height, score)
        for digit in line.digits
        if digit not in commas | slashes | others
    ]
    return replace(line, digits=tuple(kept)), parts


def _by_itself(page: Page, digit: Candidate, height: float, score: Score) -> Candidate:
    """A digit without those of its pieces that are dots, a dash or a comma beside it."""
    tall = [piece for piece in digit.pieces if piece.box.height >= _COMMA_HEIGHT * height]
    if len(digit.pieces) == 1 or not tall:
        return digit
    box = around([piece.box for piece in tall])
    kept = [piece for piece in digit.pieces if not _is_sign_beside(piece.box, box)]
    if len(kept) == len(digit.pieces):
        return digit
    (alone,) = candidates(page, [kept], score)
    is_as_sure = alone.confidence > _AS_SURE * digit.confidence
    return alone if alone.value == digit.value and is_as_sure else digit


def _is_sign_beside(box: Box, digit: Box) -> bool:
    half = box.width / 2
    if digit.left + half < box.right and box.left < digit.right - half:
        return False
    middle = (box.row - digit.top) / digit.height
    is_halfway = (
        _SHORT_DASH_MIDDLE[0] < middle < _SHORT_DASH_MIDDLE[1]
        and box.width >= _DASH_FLAT * box.height
    )
    return is_halfway or box.size <= _DOT_SIDE * digit.height or _is_low(box, digit)


def _is_low(box: Box, beside: Box) -> bool:
    """Whether it is as small and as low beside some digit as a comma."""
    below, foot = box.top - beside.top, box.bottom - beside.top
    highest = _HANGING_HEIGHT if foot > _HANGING_FOOT * beside.height else _COMMA_HEIGHT
    is_small = box.height < highest * beside.height and box.width < _COMMA_WIDTH * beside.height
    is_below = _COMMA_TOP * beside.height < below < _COMMA_LOWEST * beside.height
    return is_small and is_below and foot > _COMMA_FOOT * beside.height


def _is_comma(digits: Sequence[Candidate], place: int) -> bool:
    """Whether a 1 is as small and as low beside the digits around it as a comma."""
    digit = digits[place]
    return place > 0 and digit.value == _BAR and _is_low(digit.box, _beside(digits, place))


def _beside(digits: Sequence[Candidate], place: int) -> Box:
    """The usual box of the digits around one, of which there is one at least."""
    near = digits[max(0, place - _BESIDE) : place + _BESIDE + 1]
    return _usual([other.box for other in near if other is not digits[place]])


def _usual(boxes: Sequence[Box]) -> Box:
    """The medians of some boxes' edges."""
    edges = zip(*((box.top, box.left, box.bottom, box.right) for box in boxes), strict=True)
    return Box(*(round(median(some)) for some in edges))


def _is_slash(digits: Sequence[Candidate], place: int, tall: int, limit: int) -> bool:
    """Whether a 1 is as long and leans as a slash.

    Args:
        tall: height of the page's tallest digit, bars apart, in pixels.
        limit: by the first or the second of the limits.
    """
    digit = digits[place]
    if digit.value != _BAR or len(digits) < 2:
        return False
    usual = _beside(digits, place)
    reach = min(usual.top - digit.box.top, digit.box.bottom - usual.bottom)
    least = max(_SLASH_HEIGHT[limit] * usual.height, _SLASH_TALLEST[limit] * tall)
    is_beyond = reach > _SLASH_REACH[limit] * usual.height
    return is_beyond and digit.box.height > least and _lean(digit) > _SLASH_LEAN


def _lean(bar: Candidate) -> float:
    """Columns a row that a bar leans to the right."""
    columns = row_middles(bar.image.astype(float))
    few = len(columns) // 6
    if not few:
        return 0.0
    across = columns[:few].mean() - columns[-few:].mean()
    return float(across) / (len(columns) - few)


def _signs(
    page: Page, digits: Sequence[Candidate], passing: Sequence[_Part], labels: set[int]
) -> Iterator[Sign]:
    """The signs between the digits, and a minus before the first, left to right.

    Args:
        passing: those that passed for digits, and units.
        labels: of all that is some line's digit or unit.
    """
    height = median([digit.box.height for digit in digits])
    columns = [digit.box.column for digit in digits]
    parts = defaultdict(list)
    for part in passing:
        parts[int(np.searchsorted(columns, part.box.column))].append(part)
    pieces = [piece for digit in digits for piece in digit.pieces]
    for mark in marks_beside(page, pieces, height, labels):
        place = int(np.searchsorted(columns, mark.box.column))
        beside = [digit.box for digit in digits[max(0, place - 1) : place + 1]]
        if place < len(digits) and (text := _text(mark, beside, height)):
            parts[place].append(_Part(text, mark.box))
    for place, some in sorted(parts.items()):
        sign = _together(some, height)
        if sign and place < len(digits) and _belongs(sign, digits, place, height):
            yield Sign(sign.text, place, sign.box)


def _belongs(sign: _Part, digits: Sequence[Candidate], place: int, height: float) -> bool:
    """Whether a sign before the digit at a place is near enough to it, or to the one before."""
    if not place:
        return sign.text == DASH and digits[0].box.left - sign.box.right < _CLOSE * height
    gap = sign.box.left - digits[place - 1].box.right
    return sign.text not in (POINT, COMMA) or gap < _CLOSE * height


def _text(mark: Mark, beside: Sequence[Box], height: float) -> str | None:
    """What a mark between two digits, or before one, says; None for nothing."""
    box, usual = mark.box, _usual(beside)
    tall = max(_LOWEST * height, usual.height)
    middle, is_dot = (box.row - usual.top) / tall, box.size <= _DOT_SIDE * tall
    is_slim = box.height > _COMMA_SLIM * box.width
    is_free = all(_overlap(box, digit) <= _FREE * box.width for digit in beside)
    if box.width >= _DASH_FLAT * box.height and _is_dash(box.width / tall, middle):
        return bars_of(mark) if is_free else None
    if is_dot and _POINT_MIDDLE[0] < middle < _POINT_MIDDLE[1]:
        return COMMA if is_slim and box.height > _COMMA_LEAST * tall else POINT
    if is_slim and _is_low(box, usual):
        return COMMA
    if is_dot:
        return _RAISED if is_free and _DOT_MIDDLE < middle < _POINT_MIDDLE[0] else None
    shorter = min(box.height, box.width)
    is_large = (
        shorter >= _OPERATOR_SIDES[0] * tall
        and _OPERATOR_SIDES[1] * tall <= box.size <= _LARGEST * tall
    )
    is_amid = _DASH_MIDDLE[0] < middle < _DASH_MIDDLE[1]
    return operator_of(mark) if is_free and is_large and is_amid else None


def _is_dash(width: float, middle: float) -> bool:
    """Whether a flat mark is as wide as a dash, and where one is, both in heights."""
    if width < _DASH_WIDTH[0]:
        return width >= _SHORT_DASH_WIDTH and _SHORT_DASH_MIDDLE[0] < middle < _SHORT_DASH_MIDDLE[1]
    return width <= _DASH_WIDTH[1] and _DASH_MIDDLE[0] < middle < _DASH_MIDDLE[1]


def _overlap(one: Box, other: Box) -> int:
    """Columns that two boxes have in common; less than none where they are apart."""
    return min(one.right, other.right) - max(one.left, other.left)


def _together(parts: Sequence[_Part], height: float) -> _Part | None:
    """What marks between the same two digits say together."""
    texts = sorted(part.text for part in parts)
    dots = [part for part in parts if part.text in (POINT, _RAISED)]
    columns = [part.box.column for part in dots]
    are_above = len(dots) == 2 and max(columns) - min(columns) < _COLON_ASIDE * height
    box = around([part.box for part in parts])
    if are_above and texts.count(DASH) == 1:
        return _Part(DIVIDED, box)
    if are_above and len(parts) == 2 and _RAISED in texts:
        return _Part(COLON, box)
    if texts == [DASH, DASH]:
        return _Part(EQUALS, box)
    return next((part for text in _FIRST for part in parts if part.text == text), None)
