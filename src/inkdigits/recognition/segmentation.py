"""Which pieces make which digit: the best reading of a line, judged by the network.

A line's pieces, left to right, are cut into runs of one to four, or up to eight of fragments;
each run is a digit, or each single piece is none. The reading whose log-probabilities, weighted by
the ink that they explain, sum to the most is found by dynamic programming, as in LeCun and others,
'Gradient-Based Learning Applied to Document Recognition', 1998, section V ('heuristic
over-segmentation').
"""

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from inkdigits.images.components import Box, Page, Piece, around
from inkdigits.images.filters import median
from inkdigits.images.fragments import LOW, Fragments, fragments
from inkdigits.recognition.network import Scores

Score = Callable[[npt.NDArray[np.uint8]], Scores]

MOST_PIECES = 4  # of one digit
MOST_FRAGMENTS = 8  # the same, where a pen broke it
SURE = 0.9  # confidence of what is surely a digit
_APART = 0.5  # probability that a piece which nearly touches another is no part of the same digit
_OF_DIGIT = 0.3  # the same of what is surely a digit by itself, as the stem of a 7 is a 1
LEAST = 3e-4  # probability; one piece must not decide a whole line
# Readings of a line are compared by probabilities to this power, scaled to sum to 1: pieces cut at
# random are further from the training images than those are from each other.
_SOFTENED = 1 / 1.5


@dataclass(frozen=True, eq=False)
class Candidate:
    """Pieces taken together, and what the network says of them."""

    pieces: tuple[Piece, ...]
    box: Box
    image: npt.NDArray[np.uint8]  # (28, 28)
    digits: npt.NDArray[np.float64]  # (10,), the probability of a digit and that one
    is_cut: bool = False  # whether it is one of several digits that touch

    @property
    def value(self) -> int:
        """The most probable digit."""
        return int(self.digits.argmax())

    @property
    def confidence(self) -> float:
        """Its probability."""
        return float(self.digits.max())

    @property
    def refusal(self) -> float:
        """The probability of no digit."""
        return 1 - float(self.digits.sum())

    @property
    def area(self) -> int:
        """Pixels of ink."""
        return sum(piece.area for piece in self.pieces)

    def is_at(self, other: "Candidate") -> bool:
        """Whether its middle is in another's box."""
        row, column = self.box.middle
        box = other.box
        return box.top <= row <= box.bottom and box.left <= column <= box.right


@dataclass(frozen=True)
class Sign:
    """A point, a dash or the like beside a line's digits."""

    text: str
    place: int  # digits of the line that stand before it
    box: Box


@dataclass(frozen=True, eq=False)
class ReadLine:
    """A line's digits and what else stands in it, each left to right."""

    digits: tuple[Candidate, ...]
    others: tuple[Candidate, ...]
    units: tuple[tuple[Candidate, ...], ...] = ()
    signs: tuple[Sign, ...] = ()


def candidates(page: Page, groups: Sequence[Sequence[Piece]], score: Score) -> list[Candidate]:
    """Each group of pieces as one digit."""
    if not groups:
        return []
    images = page.digits(groups)
    return [
        Candidate(tuple(group), around([piece.box for piece in group]), image, digits)
        for group, image, digits in zip(groups, images, score(images).joint, strict=True)
    ]


def read_line(
    page: Page,
    singles: Sequence[Candidate],
    height: float,
    score: Score,
    length: int | None = None,
) -> ReadLine:
    """The best reading of a line whose pieces are `singles`, left to right.

    Args:
        height: of a typical digit, in pixels.
        length: how many digits it has, where that is known. A line that has so many only without
            one that is surely a digit is read as it is; of one that is perhaps a digit, the others'
            confidence tells.
    """
    spans = {(place, place + 1): single for place, single in enumerate(singles)}
    tall = [single.box.height for single in singles if single.box.height > height / 2]
    typical = median(tall) if tall else height
    boxes = [single.box for single in singles]
    broken = fragments(boxes, height)
    joins = list(_joins(boxes, broken, height, max(height, typical)))
    # What was told apart is not joined again.
    cut = [single.is_cut for single in singles]
    joins = [(first, last) for first, last in joins if sum(cut[first:last]) < 2]
    groups = [
        [piece for single in singles[first:last] for piece in single.pieces]
        for first, last in joins
    ]
    # What comes in from the picture's side, such as an edge of the sheet, is no part of a digit.
    inside = [not any(piece.at_side for piece in group) for group in groups]
    joins = list(itertools.compress(joins, inside))
    groups = list(itertools.compress(groups, inside))
    spans.update(zip(joins, candidates(page, groups, score), strict=True))
    apart = _apart(singles, broken.near)
    small = {place for place in broken.small if not singles[place].is_cut}
    digits, others = _parted(_best(spans, apart, small, length))
    left_out = max((other.confidence for other in others if other.refusal < 0.5), default=0.0)
    if length is not None and left_out > SURE:
        digits, others = _parted(_best(spans, apart, small, None))
    elif length is not None:
        digits = [replace(digit, digits=digit.digits * (1 - left_out)) for digit in digits]
    # Of a line of small print, such as a label above a field, its own height tells.
    own = typical if tall or not singles else median([single.box.height for single in singles])
    large = [other for other in others if other.box.size > 0.4 * own]
    return ReadLine(tuple(digits), tuple(large))


def _parted(steps: Sequence[tuple[Candidate, bool]]) -> tuple[list[Candidate], list[Candidate]]:
    """Digits, and what is none."""
    digits = [candidate for candidate, is_digit in steps if is_digit]
    return digits, [candidate for candidate, is_digit in steps if not is_digit]


def _joins(
    boxes: Sequence[Box], broken: Fragments, height: float, tallest: float
) -> Iterator[tuple[int, int]]:
    """Runs of boxes that are near and small enough to be parts of one digit."""
    for first in range(len(boxes)):
        right = boxes[first].right
        for last in range(first + 1, min(len(boxes), first + MOST_FRAGMENTS)):
            run = range(first, last + 1)
            if boxes[last].left - right > 0.3 * height:
                break
            if len(run) > MOST_PIECES and not broken.near.keys() >= set(run):
                break
            right = max(right, boxes[last].right)
            box = around(boxes[first : last + 1])
            if box.height < LOW * height and not broken.small.isdisjoint(run):
                continue
            if box.width <= 1.4 * tallest and box.height <= 2.2 * tallest:
                yield first, last + 1


def _apart(singles: Sequence[Candidate], near: Mapping[int, Collection[int]]) -> list[float]:
    """How probable it is of each piece that it is no part of what it nearly touches."""
    apart = [1.0] * len(singles)
    for place, others in near.items():
        if not singles[place].is_cut:  # such a one is whole
            is_of_digit = any(singles[other].confidence > SURE for other in others)
            apart[place] = _OF_DIGIT if is_of_digit else _APART
    return apart


def _best(
    spans: dict[tuple[int, int], Candidate],
    apart: Sequence[float],
    small: Collection[int],
    length: int | None,
) -> list[tuple[Candidate, bool]]:
    """The spans of the best reading of all pieces, and whether each is a digit.

    Of all readings with `length` digits, where there is one; else of all.

    Args:
        apart: for each piece, the probability that it is no part of another.
        small: the places of pieces that are no digits.
    """
    # State: pieces read, digits read (always 0 where their number does not matter).
    count, most = len(apart), length or 0
    totals = np.full((count + 1, most + 1), -np.inf)
    totals[0, 0] = 0
    steps: dict[tuple[int, int], tuple[int, int, bool]] = {}
    for (first, last), candidate in sorted(spans.items(), key=lambda item: item[0][1]):
        is_alone = last - first == 1
        own = apart[first] if is_alone else 1.0
        for is_digit, probability in _choices(candidate, is_alone):
            if is_digit and is_alone and first in small:
                continue
            gain = candidate.area * float(np.log(max(own * probability, LEAST)))
            further = int(is_digit and length is not None)
            for before in range(most + 1 - further):
                total = totals[first, before] + gain
                if total > totals[last, before + further]:
                    totals[last, before + further] = total
                    steps[last, before + further] = first, before, is_digit
    if totals[count, most] == -np.inf:
        return _best(spans, apart, small, None)
    chosen, place, digits = [], count, most
    while place:
        first, digits, is_digit = steps[place, digits]
        chosen.append((spans[first, place], is_digit))
        place = first
    return chosen[::-1]


def _choices(candidate: Candidate, is_alone: bool) -> list[tuple[bool, float]]:
    """What a candidate may be, and how probable that is."""
    digits, refusal = candidate.digits**_SOFTENED, max(candidate.refusal, 0.0) ** _SOFTENED
    total = float(digits.sum()) + refusal
    choices = [(True, float(digits.max()) / total)]
    may_be_none = is_alone and not candidate.is_cut  # a mark was taken for several digits or none
    return [*choices, (False, refusal / total)] if may_be_none else choices
