"""What was read: lines of digits and the numbers in them, how surely, where, and signs between."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits.images.filters import median

UNSURE = "?"  # what a digit below the asked confidence prints as
Rectangle = tuple[int, int, int, int]
# Shares of the digits' height: a gap that may be between two numbers, one that is in any case; and
# how many times further apart than others their middles are where it is.
_WIDE, _WIDEST, _FURTHER = 0.8, 1.5, 1.6
# A point, a comma, a colon, a dash, a slash; equals, plus, times, divided by; and any other mark.
SIGNS = (".", ",", ":", "-", "/", "=", "+", "\N{MULTIPLICATION SIGN}", "\N{DIVISION SIGN}", " ")
_WITHIN = ".,"  # signs that a number holds; the others part numbers
_MINUS = "-"
_NEARER = 0.5  # of the way to the number before it, that a minus is from its own at most


@dataclass(frozen=True, eq=False)
class Digit:
    """One digit.

    Attributes:
        value: 0 to 9.
        confidence: calibrated probability that it is a digit and this one, 0 to 1.
        box: x, y, width, height in the upright picture's stored pixels; x and y are those of its
            upper left corner, from that of the picture.
        image: `(28, 28) uint8`, white ink on black: what the network saw. Of digits that touch,
            which are read together, it is what a cut leaves of each.
        probabilities: `(10,) float64`, that it is a digit and each one of them; what they lack of 1
            is the probability of no digit, or of digits that touch, that they are not so many.
        touches: whether it touches another digit.
    """

    value: int
    confidence: float
    box: Rectangle
    image: npt.NDArray[np.uint8] = field(repr=False)
    probabilities: npt.NDArray[np.float64] = field(repr=False)
    touches: bool = False

    def to_json(self, *, details: bool = False) -> dict[str, Any]:
        """Plain values; with details the probabilities and the image's rows of levels too."""
        values = {"value": self.value, "confidence": self.confidence, "box": list(self.box)}
        if details:
            values["probabilities"] = [round(float(share), 6) for share in self.probabilities]
            values["image"] = self.image.tolist()
        return values


@dataclass(frozen=True)
class Sign:
    """What stands between two digits, or before the first.

    Attributes:
        text: one of `SIGNS`; a space where it is none of the others.
        after: how many of the line's or the number's digits stand before it.
        box: as a digit's.
    """

    text: str
    after: int
    box: Rectangle

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"text": self.text, "after": self.after, "box": list(self.box)}


@dataclass(frozen=True, eq=False)
class _Digits:
    """Digits side by side, at least one, and the signs between."""

    digits: tuple[Digit, ...]
    signs: tuple[Sign, ...] = ()

    @property
    def text(self) -> str:
        """The digits."""
        return self.text_above(0.0)

    def text_above(self, confidence: float) -> str:
        """The digits, with `?` for those of less confidence."""
        return "".join(
            str(digit.value) if digit.confidence >= confidence else UNSURE for digit in self.digits
        )

    @property
    def written(self) -> str:
        """The digits and the signs."""
        return self.written_above(0.0)

    def written_above(self, confidence: float) -> str:
        """The same, with `?` for digits of less confidence."""
        text = self.text_above(confidence)
        for sign in sorted(self.signs, key=lambda sign: -sign.after):
            text = text[: sign.after] + sign.text + text[sign.after :]
        return text

    @property
    def confidence(self) -> float:
        """The least sure digit's, 0 to 1."""
        return float(min(digit.confidence for digit in self.digits))

    @property
    def box(self) -> Rectangle:
        """What holds all digits, as their boxes are given."""
        boxes = [digit.box for digit in self.digits]
        left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
        right = max(x + width for x, _, width, _ in boxes)
        bottom = max(y + height for _, y, _, height in boxes)
        return left, top, right - left, bottom - top


@dataclass(frozen=True, eq=False)
class Number(_Digits):
    """Digits of one number.

    Attributes:
        digits: left to right, at least one.
        signs: the points and commas between them, and a minus before the first.
    """

    def to_json(self, *, min_confidence: float = 0.0) -> dict[str, Any]:
        """Plain values; a digit of less confidence is `?` in the texts."""
        return {
            "text": self.text_above(min_confidence),
            "written": self.written_above(min_confidence),
            "confidence": self.confidence,
            "box": list(self.box),
        }


@dataclass(frozen=True, eq=False)
class Line(_Digits):
    """All digits side by side, of one number or several.

    Attributes:
        digits: left to right, at least one.
        signs: what stands between them, and a minus before the first.
    """

    @property
    def numbers(self) -> tuple[Number, ...]:
        """The numbers in it: parted at signs, and at gaps of about the digits' height and more.

        Where all digits stand as far apart, as in the places of a form's field or in the columns of
        a table, they are one number, or a number each if the gaps are half as wide again. Points
        and commas part no number.
        """
        return tuple(number for _, number in self._parts())

    def written_above(self, confidence: float) -> str:
        """The numbers and the signs between, with `?` for digits of less confidence."""
        return "".join(
            before + number.written_above(confidence) for before, number in self._parts()
        )

    def to_json(self, *, details: bool = False, min_confidence: float = 0.0) -> dict[str, Any]:
        """Plain values; see `Reading.to_json`."""
        return {
            "text": self.text_above(min_confidence),
            "written": self.written_above(min_confidence),
            "numbers": [number.to_json(min_confidence=min_confidence) for number in self.numbers],
            "signs": [sign.to_json() for sign in self.signs],
            "digits": [digit.to_json(details=details) for digit in self.digits],
        }

    def _parts(self) -> Iterator[tuple[str, Number]]:
        """The numbers, each after what parts it from the one before."""
        gaps = _starts(self.digits)
        held = {sign.after for sign in self.signs if self._is_within(sign)}
        gaps = [start for start in gaps if start not in held]
        minuses = [sign for sign in self.signs if self._is_minus(sign, gaps)]
        others = [sign for sign in self.signs if sign not in minuses]
        parting = {sign.after for sign in others if sign.text not in _WITHIN}
        starts = sorted({0, *gaps, *parting})
        for start, end in itertools.pairwise([*starts, len(self.digits)]):
            own = [sign for sign in minuses if sign.after == start]
            own += [sign for sign in others if start < sign.after < end]
            signs = tuple(replace(sign, after=sign.after - start) for sign in own)
            before = "".join(sign.text.strip() for sign in others if sign.after == start)
            if start and (not before or before in _WITHIN):
                before += " "
            yield before, Number(self.digits[start:end], signs)

    def _is_within(self, sign: Sign) -> bool:
        """Whether it is a point or a comma that the next digit is near to."""
        gap = self.digits[sign.after].box[0] - (sign.box[0] + sign.box[2])
        height = median([digit.box[3] for digit in self.digits])
        return sign.text in _WITHIN and gap <= _WIDE * height

    def _is_minus(self, sign: Sign, gaps: Sequence[int]) -> bool:
        """Whether a dash belongs to the number after it: it begins the line, or is nearer to it."""
        if sign.text != _MINUS or not sign.after:
            return sign.text == _MINUS
        (left, _, width, _), (last, _, before, _) = sign.box, self.digits[sign.after - 1].box
        gap = self.digits[sign.after].box[0] - (left + width)
        apart = left - (last + before)
        height = median([digit.box[3] for digit in self.digits])
        return sign.after in gaps and apart > _WIDE * height and gap < _NEARER * apart


def _starts(digits: Sequence[Digit]) -> list[int]:
    """The places of the digits that numbers begin with, but the first's."""
    height = median([digit.box[3] for digit in digits])
    boxes = np.array([digit.box for digit in digits], float) / height
    lefts, widths = boxes[:, 0], boxes[:, 2]
    gaps = lefts[1:] - (lefts + widths)[:-1]
    apart = np.diff(lefts + widths / 2)
    if len(digits) > 1 and apart.max() <= _FURTHER * apart.min():
        return list(range(1, len(digits))) if median(gaps) > _WIDEST else []
    near = apart[gaps <= _WIDE]
    usual = median(near) if len(near) else np.inf
    is_wide = (gaps > _WIDEST) | ((gaps > _WIDE) & (apart > _FURTHER * usual))
    return [int(place) for place in np.flatnonzero(is_wide) + 1]


@dataclass(frozen=True, eq=False)
class Reading:
    """What a picture holds.

    Attributes:
        lines: top to bottom; none where it holds no digit.
        size: height and width of the upright picture, in pixels.
        turned: degrees clockwise by which the page lay turned and was put upright: 0, 90, 180, 270.
        perhaps_turned: the same, or another such angle that may be right: it makes as good digits,
            or better ones that are not surely numbers.
        light_on_dark: whether the ink is lighter than the paper.
        has_more_pages: whether it is of a document, whose first page it is since none was named.
    """

    lines: tuple[Line, ...]
    size: tuple[int, int]
    turned: int = 0
    perhaps_turned: int = 0
    light_on_dark: bool = False
    has_more_pages: bool = False

    @property
    def text(self) -> str:
        """The lines' digits, one below the other."""
        return "\n".join(line.text for line in self.lines)

    @property
    def written(self) -> str:
        """The same, with the signs between, and numbers parted."""
        return "\n".join(line.written for line in self.lines)

    @property
    def digits(self) -> tuple[Digit, ...]:
        """All of them, in reading order."""
        return tuple(digit for line in self.lines for digit in line.digits)

    @property
    def numbers(self) -> tuple[Number, ...]:
        """All of them, in reading order; see `Line.numbers`."""
        return tuple(number for line in self.lines for number in line.numbers)

    @property
    def is_way_up_in_doubt(self) -> bool:
        """Whether the page may lie turned by `perhaps_turned` rather than by `turned`."""
        return self.perhaps_turned != self.turned

    def to_json(self, *, details: bool = False, min_confidence: float = 0.0) -> dict[str, Any]:
        """Plain values; see `Digit.to_json` for the details.

        Args:
            min_confidence: a digit of less is `?` in the texts.
        """
        lines = [
            line.to_json(details=details, min_confidence=min_confidence) for line in self.lines
        ]
        return {
            "text": "\n".join(line["text"] for line in lines),
            "written": "\n".join(line["written"] for line in lines),
            "lines": lines,
            "width": self.size[1],
            "height": self.size[0],
            "turned": self.turned,
            "perhaps_turned": self.perhaps_turned,
            "light_on_dark": self.light_on_dark,
            "has_more_pages": self.has_more_pages,
        }
