"""Numbers whose digits touch, as one mark, and marks that are none: what a strip may show.

Digits of the training images stand side by side as a hand writes them, of one slant and one pen,
each so far left that it touches the one before; single digits are among them. Words, letters and
digits together, numbers struck through or boxed, what is turned, pieces of digits, doodles and
lines stand for all else.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage

from inkdigits.data.doodles import DOODLES, wandering
from inkdigits.data.fonts import HERSHEY, font_files, glyphs, hershey, strokes
from inkdigits.data.nondigits import ANY, LETTERS, SIGNS
from inkdigits.data.touchingparts import (
    SOLID,
    Alpha,
    Part,
    barred,
    cut_out,
    inked,
    resized,
    slanted,
    touching,
)
from inkdigits.images.strips import strip

Plane = npt.NDArray[np.uint8]

NONE = 10  # the class of all that is no number
_LENGTHS, _SHARES = (1, 2, 3, 4, 5, 0), (0.14, 0.32, 0.18, 0.08, 0.03, 0.25)  # 0: no number
_HEIGHTS = 26, 60  # pixels of a digit, before it is made a strip
_OVERLAPS = 0.03, 0.06, 0.09  # of that: how far digits reach into each other, standard deviation
_WIDEST = 6  # heights of a mark
_JOINED = ("scripts", "scriptc", "cursive")  # Hershey's letters that a pen does not leave
_UPRIGHT, _HANGING = "bdfhklijt", "gpqy"  # letters as high as capitals; such with a descender


class Marks:
    """Draws them.

    Args:
        digits: `(N, 28, 28) uint8`, white on black.
        labels: `(N,)`, what they are.
        rng: the generator of every draw.

    Raises:
        UsageError: where there are no fonts (`pip install 'inkdigits[model]'`).
    """

    def __init__(
        self, digits: Plane, labels: npt.NDArray[np.integer[Any]], rng: np.random.Generator
    ) -> None:
        self._digits, self._labels, self._rng = digits, labels, rng
        self._fonts = font_files()

    def draw(self) -> tuple[Plane, tuple[int, ...]]:
        """A strip `(32, W) uint8`, and the digits in it, left to right, or `(NONE,)`."""
        rng = self._rng
        while True:
            height = rng.uniform(*_HEIGHTS)
            length = _LENGTHS[rng.choice(len(_LENGTHS), p=_SHARES)]
            if length:
                parts, values = self._number(length, height)
                ink = touching(parts, height * rng.choice(_OVERLAPS), rng)
            else:
                ink, values = self._none(height), (NONE,)
            ink = self._as_seen(ink, height)
            shown = strip(ink) if ink.shape[1] <= _WIDEST * ink.shape[0] else None
            if shown is not None:
                return shown.image, values

    def _as_seen(self, ink: Alpha, height: float) -> Alpha:
        """Turned a little, out of focus, with uneven ink."""
        rng = self._rng
        if rng.random() < 0.5:
            ink = ndimage.rotate(np.pad(ink, 3), rng.normal(0, 3), order=1)
        if rng.random() < 0.4:
            ink = ndimage.gaussian_filter(ink, rng.uniform(0, 0.05) * height)
        if rng.random() < 0.4:
            grain = rng.normal(0, rng.uniform(0, 0.2), ink.shape)
            ink = np.where(ink > 0.05, ink + grain, ink).clip(0, 1)
        return ink

    def _number(self, length: int, height: float) -> tuple[list[Part], tuple[int, ...]]:
        """Digits of one hand."""
        rng = self._rng
        sharp, weight = rng.uniform((0.8, -0.25), (2, 0.3))
        slant, uneven = rng.normal(0, 0.15), rng.uniform(0, 0.13)
        parts, values = list[Part](), list[int]()
        while len(parts) < length:
            place = int(rng.integers(len(self._digits)))
            own = height * (1 + rng.normal(0, uneven))
            plane = slanted(self._digits[place], slant + rng.normal(0, 0.06))
            ink = inked(plane, max(10, own), math.exp(rng.normal(0, 0.1)), sharp, weight)
            if ink is None:
                continue
            value = int(self._labels[place])
            if rng.random() < {0: 0.08, 7: 0.2}.get(value, 0):
                ink = barred(ink, value, rng)
            on_line = rng.choice((0.5, 1, 0), p=(0.5, 0.35, 0.15))
            top = (height - own) * on_line + rng.normal(0, 0.06) * height
            parts.append(Part(ink, round(top)))
            values.append(value)
        return parts, tuple(values)

    def _none(self, height: float) -> Alpha:
        """What is no number."""
        kinds = (
            (self._sign, 0.04),
            (self._word, 0.34),
            (self._joined, 0.11),
            (self._unit, 0.13),
            (self._struck, 0.11),
            (self._doodles, 0.08),
            (self._line, 0.06),
            (self._piece, 0.05),
            (self._turned, 0.08),
        )
        kind = self._rng.choice(len(kinds), p=[share for _, share in kinds])
        return kinds[kind][0](height)

    def _sign(self, height: float) -> Alpha:
        """A sign of a font."""
        plane = glyphs(self._some(SIGNS, 1), self._font())
        return self._word(height) if plane is None else plane / np.float32(255)

    def _word(self, height: float) -> Alpha:
        """One to five letters that touch."""
        parts = self._letters(self._spelled(), height)
        return touching(parts, 0.04 * height, self._rng) if parts else self._word(height)

    def _joined(self, height: float) -> Alpha:
        """A word as it is printed, or written without leaving the paper."""
        rng, text = self._rng, self._spelled()
        if rng.random() < 0.6:
            plane = hershey(text, _JOINED[rng.integers(len(_JOINED))], int(rng.integers(2, 7)))
        else:
            plane = glyphs(text, self._font())
        return self._joined(height) if plane is None else plane / np.float32(255)

    def _unit(self, height: float) -> Alpha:
        """Letters before or after a number."""
        rng = self._rng
        number, _ = self._number(int(rng.integers(1, 4)), height)
        letters = self._letters(self._some(LETTERS, int(rng.integers(1, 3))), height)
        if not letters:
            return self._unit(height)
        parts = [*number, *letters] if rng.random() < 0.6 else [*letters, *number]
        return touching(parts, 0.05 * height, rng)

    def _struck(self, height: float) -> Alpha:
        """A number struck through, crossed out, boxed, or under a wave."""
        rng = self._rng
        number, _ = self._number(int(rng.integers(2, 5)), height)
        ink = np.pad(touching(number, 0.06 * height, rng), int(0.35 * height))
        tall, wide = ink.shape
        margin, middle = 0.3 * height, tall / 2
        image = Image.new("L", (wide, tall))
        draw = ImageDraw.Draw(image)
        pen = max(2, int(height * rng.uniform(0.05, 0.12)))
        kind = rng.integers(4)
        if kind == 0:
            for _ in range(int(rng.integers(1, 4))):
                left, up, right, down = rng.uniform(-0.2, 0.2, 4) * height
                ends = (margin + left, middle + up, wide - margin + right, middle + down)
                draw.line(ends, fill=255, width=pen)
        elif kind == 1:
            draw.line((margin, tall - margin, wide - margin, margin), fill=255, width=pen)
            if rng.random() < 0.5:
                draw.line((margin, margin, wide - margin, tall - margin), fill=255, width=pen)
        elif kind == 2:
            inner = 0.2 * height
            draw.rectangle((inner, inner, wide - inner, tall - inner), outline=255, width=pen)
        else:
            x = np.linspace(margin, wide - margin, 40)
            y = middle + margin * np.sin(x / height * rng.uniform(6, 14))
            draw.line([(float(a), float(b)) for a, b in zip(x, y, strict=True)], 255, pen)
        return np.maximum(ink, np.asarray(image) / np.float32(255))

    def _doodles(self, height: float) -> Alpha:
        """Doodles side by side, sometimes with a digit."""
        rng, parts = self._rng, list[Part]()
        for _ in range(int(rng.integers(1, 4))):
            lines = DOODLES[rng.integers(len(DOODLES))](rng)
            drawn = strokes([wandering(line, rng) for line in lines], int(rng.integers(3, 12)))
            own = height * rng.uniform(0.6, 1.2)
            parts.append(Part(resized(drawn, own), round(rng.normal(0, 0.1) * height)))
        if rng.random() < 0.4:
            parts += self._number(1, height)[0]
        return touching(parts, 0.04 * height, rng)

    def _line(self, height: float) -> Alpha:
        """A smooth line without a meaning, more or less from left to right."""
        rng, count = self._rng, int(self._rng.integers(5, 16))
        points = np.cumsum(rng.normal(size=(count, 2)), axis=0)
        points[:, 0] += np.linspace(0, rng.uniform(0, 8), count)
        at = np.linspace(0, count - 1, 8 * count)
        smooth = [ndimage.map_coordinates(points[:, axis], [at], order=3) for axis in (0, 1)]
        return strokes([np.stack(smooth, 1)], int(rng.integers(3, 9))) / np.float32(255)

    def _piece(self, height: float) -> Alpha:
        """What a pen that skips leaves of a digit: the largest part on one side of a line."""
        rng = self._rng
        (part,), _ = self._number(1, height)
        places, angle = np.indices(part.ink.shape), rng.uniform(0, 2 * math.pi)
        along = math.cos(angle) * places[0] + math.sin(angle) * places[1]
        solid = part.ink > SOLID
        kept = part.ink * (along > np.quantile(along[solid], rng.uniform(0.2, 0.55)))
        labels, _ = ndimage.label(kept > SOLID)
        largest = labels == 1 + np.bincount(labels.ravel())[1:].argmax()
        cut = cut_out(kept * ndimage.binary_dilation(largest, iterations=2))
        return self._piece(height) if cut is None else cut

    def _turned(self, height: float) -> Alpha:
        """Words on their heads and sides, and numbers on their sides."""
        rng = self._rng
        if rng.random() < 0.25:
            number, _ = self._number(int(rng.integers(2, 5)), height)
            ink = touching(number, 0.06 * height, rng)
            return np.rot90(ink, int(rng.choice((1, 3))))
        ink = (self._word if rng.random() < 0.6 else self._joined)(height)
        return np.rot90(ink, int(rng.integers(1, 4)))

    def _letters(self, text: str, height: float) -> list[Part]:
        """Letters of one font or of Hershey's strokes, each by itself; those that it has."""
        rng = self._rng
        font, pen = self._font(), int(rng.integers(4, 14))
        name = HERSHEY[rng.integers(len(HERSHEY))] if rng.random() < 0.35 else None
        parts = []
        for letter in text:
            plane = hershey(letter, name, pen) if name else glyphs(letter, font)
            if plane is None:
                continue
            is_low = letter.islower() and letter not in _UPRIGHT + _HANGING
            own = height * (rng.uniform(0.6, 0.75) if is_low else 1)
            ink = cut_out(resized(plane, own))
            below = 0.3 * height if letter in _HANGING else 0
            if ink is not None:
                parts.append(Part(ink, round(height - len(ink) + below)))
        return parts

    def _spelled(self) -> str:
        """One to five letters, of which one at least is like no digit."""
        length = int(self._rng.choice((1, 2, 3, 4, 5), p=(0.3, 0.25, 0.2, 0.15, 0.1)))
        while True:
            text = self._some(ANY, length)
            if not set(LETTERS).isdisjoint(text):
                return text

    def _some(self, characters: str, count: int) -> str:
        places = self._rng.integers(len(characters), size=count)
        return "".join(characters[place] for place in places)

    def _font(self) -> Any:
        return self._fonts[self._rng.integers(len(self._fonts))]
