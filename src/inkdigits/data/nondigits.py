"""Images that are no digit, drawn as a segmented page would give them: letters, signs, fragments.

A network trained on digits only calls everything a digit. These teach it the rest: letters and
words from fonts (without those that look like digits), signs of arithmetic drawn by a pen, several
digits as one, parts of digits, scribbles, doodles, solid shapes, textures and empty paper.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage

from inkdigits.data.distortion import distorted, other_weight
from inkdigits.data.doodles import DOODLES, wandering
from inkdigits.data.fonts import HERSHEY, font_files, glyphs, has_fonts, hershey, strokes
from inkdigits.data.hooks import Progress, watched
from inkdigits.images.normalize import SIDE, normalize
from inkdigits.images.splines import zoomed

Plane = npt.NDArray[np.uint8]
Ink = npt.NDArray[np.floating[Any]]

# Not O o D Q I i l S s Z z B b g q, which are digits in some hand.
CLASS_NAME = "no digit"
LETTERS = "ACEFGHJKLMNPRTUVWXYacdefhjkmnprtuvwxy"
ANY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ"
SIGNS = "+-x=÷×±#%&@?!*()<>{}[]~^:;\"'$€£§→√∞πΣ"


class NonDigits:
    """Draws them.

    Args:
        digits: `(N, 28, 28) uint8`, whose fragments and pairs are taken.
        rng: the generator of every draw.

    Without fonts (`pip install 'inkdigits[model]'`) no letters, words and printed signs are drawn.
    """

    def __init__(self, digits: Plane, rng: np.random.Generator) -> None:
        self._digits, self._rng = digits, rng
        self._kinds: list[tuple[Callable[[], Plane], float]] = [
            (self.letter, 0.30),
            (self.word, 0.08),
            (self.sign, 0.08),
            (self.operator, 0.12),
            (self.run_of_digits, 0.12),
            (self.stack, 0.02),
            (self.fragment, 0.12),
            (self.scribble, 0.06),
            (self.shape, 0.03),
            (self.texture, 0.05),
            (self.paper, 0.02),
            (self.doodle, 0.12),
        ]

    def draw(self, count: int, progress: Progress | None = None) -> Plane:
        """So many, each of a kind drawn at random: `(count, 28, 28) uint8`."""
        texts = (self.letter, self.word, self.sign)
        kinds = [kind for kind in self._kinds if has_fonts() or kind[0] not in texts]
        shares = np.array([share for _, share in kinds])
        drawn = self._rng.choice(len(kinds), count, p=shares / shares.sum())
        drawing = watched(drawn, count, "Drawing what is no digit", progress)
        return np.stack([kinds[kind][0]() for kind in drawing])

    def letter(self) -> Plane:
        """One letter of a font or of Hershey's strokes."""
        return self._text(self._some(LETTERS, 1))

    def word(self) -> Plane:
        """Two to four letters as one shape."""
        return self._text(self._some(ANY, int(self._rng.integers(2, 5))))

    def sign(self) -> Plane:
        """A sign of a font."""
        while True:
            plane = glyphs(self._some(SIGNS, 1), self._font())
            if plane is not None:
                return distorted(plane, self._rng)

    def operator(self) -> Plane:
        """A sign of arithmetic, or a tick, as a pen draws it."""
        rng = self._rng

        def near(*places: float) -> tuple[float, float]:
            x, y = (place + rng.uniform(-0.08, 0.08) for place in places)
            return x, y

        bar = [near(0, 0.5), near(1, 0.5)]
        upright = [near(0.5, 0), near(0.5, 1)]
        cross = [[near(0, 0), near(1, 1)], [near(1, 0), near(0, 1)]]
        dots = [[(x, y), (x + 0.02, y + 0.02)] for x, y in (near(0.5, 0.1), near(0.5, 0.9))]
        choices = [
            [bar, upright],
            [bar],
            cross,
            cross,
            [bar, *dots],
            [[near(0, 0.3), near(1, 0.3)], [near(0, 0.6), near(1, 0.6)]],
            [[near(0, 0.55), near(0.35, 1), near(1, 0)]],
            [bar, upright, *cross],
        ]
        drawn = strokes(choices[rng.integers(len(choices))], int(rng.integers(4, 14)))
        return distorted(drawn, rng)

    def run_of_digits(self) -> Plane:
        """Two or three digits side by side, apart, touching or overlapping."""
        rng = self._rng
        row = self._trimmed(1)
        for _ in range(1 if rng.random() < 0.75 else 2):
            other = ndimage.shift(self._trimmed(1), (int(rng.integers(-4, 5)), 0), order=0)
            start = max(0, row.shape[1] + int(rng.integers(-5, 3)))
            wider = np.zeros((SIDE, max(row.shape[1], start + other.shape[1])), np.float32)
            wider[:, : row.shape[1]] = row
            part = wider[:, start : start + other.shape[1]]
            np.maximum(part, other, out=part)
            row = wider
        return distorted(_doubled(row), rng, bend=False)

    def stack(self) -> Plane:
        """Two digits one below the other."""
        upper, lower = self._trimmed(0), self._trimmed(0)
        gap = np.zeros((int(self._rng.integers(0, 3)), SIDE), np.float32)
        column = np.concatenate((upper, gap, lower))
        return distorted(_doubled(column), self._rng, bend=False)

    def fragment(self) -> Plane:
        """A part of a digit; no bar, which would be a 1."""
        rng = self._rng
        rows, columns = np.mgrid[:SIDE, :SIDE] - SIDE / 2
        while True:
            digit, angle = self._digit(), rng.uniform(0, 2 * math.pi)
            side = np.cos(angle) * columns + np.sin(angle) * rows > rng.uniform(0, 6)
            labels, count = ndimage.label(digit * side > 0.2)
            if not count:
                continue
            areas = ndimage.sum(digit, labels, range(1, count + 1))
            part = digit * (labels == np.argmax(areas) + 1)
            if 0.12 < part.sum() / digit.sum() < 0.5 and not _is_bar(part):
                return distorted(_doubled(part), rng, bend=False)

    def scribble(self) -> Plane:
        """One to three smooth lines without a meaning."""
        rng = self._rng
        lines = []
        for _ in range(int(rng.integers(1, 4))):
            count = int(rng.integers(4, 14))
            if rng.random() < 0.5:
                points = np.cumsum(rng.normal(size=(count, 2)), axis=0)
            else:
                points = rng.uniform(0, 3, (count, 2))
            at = np.linspace(0, count - 1, 8 * count)
            smooth = [ndimage.map_coordinates(points[:, axis], [at], order=3) for axis in (0, 1)]
            lines.append(list(zip(*smooth, strict=True)))
        return distorted(strokes(lines, int(rng.integers(3, 12))), rng, bend=False)

    def shape(self) -> Plane:
        """Solid shapes, blots, or a bundle of lines."""
        rng = self._rng
        image = Image.new("L", (100, 100))
        draw = ImageDraw.Draw(image)
        corners = [*map(int, rng.integers(5, 30, 2)), *map(int, rng.integers(65, 95, 2))]
        kind = rng.integers(5)
        if kind == 0:
            draw.rectangle(corners, fill=255)
        elif kind == 1:
            draw.ellipse(corners, fill=255)
        elif kind == 2:
            points = rng.integers(5, 95, (int(rng.integers(3, 8)), 2))
            draw.polygon([(int(x), int(y)) for x, y in points], fill=255)
        elif kind == 3:
            for x, y, reach in zip(
                *rng.integers(5, 95, (2, 5)), rng.integers(3, 16, 5), strict=True
            ):
                draw.ellipse(
                    [int(v) for v in (x - reach, y - reach, x + reach, y + reach)], fill=255
                )
        else:
            for ends in rng.integers(0, 100, (int(rng.integers(3, 8)), 4)):
                draw.line([int(end) for end in ends], fill=255, width=int(rng.integers(4, 14)))
        return distorted(np.asarray(image), rng)

    def texture(self) -> Plane:
        """Noise of several grains, clouds, blots and stripes."""
        rng = self._rng
        levels: Any
        kind = rng.integers(6)
        if kind == 0:
            levels = rng.integers(0, 256, (SIDE, SIDE))
        elif kind == 1:
            grain = int(rng.integers(2, 8))
            coarse = rng.integers(0, 256, (SIDE // grain + 1, SIDE // grain + 1))
            levels = np.kron(coarse, np.ones((grain, grain), int))[:SIDE, :SIDE]
        elif kind == 2:
            cloud = ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), rng.uniform(0.5, 3))
            levels = 255 * (cloud - cloud.min()) / max(np.ptp(cloud), 1e-9)
        elif kind == 3:
            cloud = ndimage.gaussian_filter(rng.normal(size=(60, 60)), rng.uniform(1, 6))
            blots = cloud > np.quantile(cloud, rng.uniform(0.4, 0.95))
            return normalize(blots.astype(np.float32))
        elif kind == 4:
            levels = self._stripes()
        else:
            strewn = rng.random((SIDE, SIDE)) < rng.uniform(0.003, 0.3)
            levels = strewn * rng.integers(60, 256)
        return np.asarray(levels, np.uint8)

    def _stripes(self) -> Ink:
        rng = self._rng
        rows, columns = np.mgrid[:SIDE, :SIDE]
        angle = rng.uniform(0, math.pi)
        along = np.cos(angle) * columns + np.sin(angle) * rows
        wave = np.sin(rng.uniform(0.1, 1.2) * along + rng.uniform(0, 6))
        stripes: Ink = 127 * (1 + (np.sign(wave) if rng.random() < 0.5 else wave))
        return stripes

    def paper(self) -> Plane:
        """Nothing, on paper of any grey, with some noise."""
        rng = self._rng
        level = rng.integers(0, 256) if rng.random() < 0.5 else 0
        noise = rng.normal(size=(SIDE, SIDE)) * rng.uniform(0, 12)
        return np.clip(level + noise, 0, 255).astype(np.uint8)

    def doodle(self) -> Plane:
        """A heart, a star, an arrow or the like, as a pen draws it."""
        rng = self._rng
        lines = DOODLES[rng.integers(len(DOODLES))](rng)
        if rng.random() < 0.15:
            lines = [np.array([-1, 1]) * line for line in lines]
        drawn = [wandering(line, rng) for line in lines]
        return distorted(strokes(drawn, int(rng.integers(3, 12))), rng)

    def _some(self, characters: str, count: int) -> str:
        return "".join(
            characters[place] for place in self._rng.integers(len(characters), size=count)
        )

    def _font(self) -> Path:
        files = font_files()
        return files[self._rng.integers(len(files))]

    def _text(self, text: str) -> Plane:
        rng = self._rng
        while True:
            if rng.random() < 0.6:
                plane = glyphs(text, self._font())
                if plane is not None:
                    plane = other_weight(plane, rng)
            else:
                name = HERSHEY[rng.integers(len(HERSHEY))]
                plane = hershey(text, name, int(rng.integers(4, 14)))
            if plane is not None:
                return distorted(plane, rng)

    def _digit(self) -> Ink:
        digit: Plane = self._digits[self._rng.integers(len(self._digits))]
        return digit.astype(np.float32) / 255

    def _trimmed(self, axis: int) -> Ink:
        """A digit without the empty rows (axis 0) or columns (axis 1) around it."""
        digit = self._digit()
        inked = np.flatnonzero((digit > 0.2).any(1 - axis))
        return np.take(digit, np.arange(inked[0], inked[-1] + 1), axis)


def _doubled(plane: Ink) -> Ink:
    height, width = plane.shape
    return zoomed(plane, (2 * height, 2 * width), order=1)


def _is_bar(part: Ink) -> bool:
    places = np.stack(np.nonzero(part > 0.3))
    if places.shape[1] < 8:
        return True
    spreads, axes = np.linalg.eigh(np.cov(places))
    return bool(spreads[0] < 0.12 * spreads[1] and abs(axes[0, 1]) > 0.6)
