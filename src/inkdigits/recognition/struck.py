"""Digits that are struck out: what the writer took back, however well it can still be read.

A line that strikes something out begins and ends beyond it, so that at both sides there is nothing
but thin strokes. Digits with such a line of their own, as a 7 and a 4 have, are told from these by
the network for digits that touch, which has learned numbers that are struck out.
"""

import itertools
from collections.abc import Sequence
from dataclasses import replace

from inkdigits.images.components import Box, Page
from inkdigits.images.filters import median
from inkdigits.images.strokes import Stroke, stroke_along, stroke_through
from inkdigits.recognition.marks import WORD_GAP, in_order
from inkdigits.recognition.segmentation import Candidate, ReadLine
from inkdigits.recognition.separation import CERTAIN, PERHAPS_SEVERAL
from inkdigits.recognition.touching import TouchingNetwork

# Chosen on digits of training and of drawn hands, as they are and struck out in eight ways.
_NONE = {Stroke.ENDS: 0.99, Stroke.SHORT: 0.95}  # the probability of no digit; else any will do
_ONE = {Stroke.LINE: 0.55, Stroke.LONG: 0.8}  # of one, below which there is none
_LEAST = 20  # pixels that a mark is high; smaller ones are blurred
_HIGH = 2  # times as high as digits, that what a line passes by others in is less than
_WIDE = 1.2  # of its height, that what holds several digits is wide


def without_struck(
    lines: Sequence[ReadLine], page: Page, touching: TouchingNetwork
) -> list[ReadLine]:
    """Lines without digits that are struck out; such as hold nothing else are left out."""
    kept = [_without_struck(line, page, touching) for line in lines]
    return [line for line in kept if line.digits]


def _without_struck(line: ReadLine, page: Page, touching: TouchingNetwork) -> ReadLine:
    strokes = {
        mark: stroke
        for mark in in_order(line)
        if _may_be_struck(mark) and (stroke := _stroke(page, mark))
    }
    struck = [mark for mark, stroke in strokes.items() if _is_out(page, mark, stroke, touching)]
    if not struck:
        return line
    height = median([digit.box.height for digit in line.digits])
    through = [mark for mark, stroke in strokes.items() if stroke >= Stroke.LINE]
    # Beside such a mark a line through another strikes that out, too.
    for order in (through, through[::-1]):
        for one, other in itertools.pairwise(order):
            gap = max(one.box.left, other.box.left) - min(one.box.right, other.box.right)
            if one in struck and other not in struck and gap <= WORD_GAP * height:
                struck.append(other)
    lines = [mark.box for mark in struck if mark in through and mark.box.height < _HIGH * height]
    digits = tuple(
        digit
        for digit in line.digits
        if digit not in struck and not any(_passes(box, digit.box) for box in lines)
    )
    return replace(line, digits=digits)


def _may_be_struck(mark: Candidate) -> bool:
    """Whether it is a digit or several, large, and no pieces that a stroke would have joined."""
    is_digit = mark.refusal < 0.5 or _is_wide(mark)  # else a plus, say
    return is_digit and mark.box.height >= _LEAST and not mark.is_cut and len(mark.pieces) == 1


def _is_wide(mark: Candidate) -> bool:
    return mark.box.width > _WIDE * mark.box.height


def _is_out(page: Page, mark: Candidate, stroke: Stroke, touching: TouchingNetwork) -> bool:
    if stroke == Stroke.ENDS and (mark.refusal >= 0.5 or mark.confidence > CERTAIN):
        return False
    found = touching.read(page.cut(mark.pieces))
    if not found.values:
        return found.probability > _NONE.get(stroke, 0)
    if len(found.values) == 1:
        return found.probability < _ONE.get(stroke, 0) and not _is_wide(mark)
    return stroke >= Stroke.LINE and found.probability < PERHAPS_SEVERAL


def _stroke(page: Page, mark: Candidate) -> Stroke:
    if _is_wide(mark):
        return stroke_along(page.cut(mark.pieces))
    return stroke_through(mark.image)


def _passes(line: Box, box: Box) -> bool:
    """Whether a line from one side of its box to the other passes by another box's middle."""
    return line.left <= box.column <= line.right and line.top <= box.row <= line.bottom
