"""Digits as hands write them the world over, drawn by a pen: MNIST's writers learned at one school.

A 1 with a flag, long, short or flat, and a foot; a 0 struck through, far beyond its ring too; a 2
like a Z; a 4 that is open or of two strokes; a 7 with a bar; and the plain ways beside them, so
that none is taken for another. Each hand is the lines of a pen, x and y from about 0 to 1,
downwards.
"""

import itertools
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

from inkdigits.data.dataset import Split
from inkdigits.data.distortion import distorted
from inkdigits.data.doodles import wandering
from inkdigits.data.fonts import strokes
from inkdigits.data.hooks import Progress, watched

Plane = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]  # (N, 2), x and y
Rng = np.random.Generator
Hand = Callable[[Rng], list[Points]]
Corner = tuple[float, float]

_ASTRAY = 0.022  # how far a corner strays: a share of the height, standard deviation
_WIDE = 0.55, 0.9  # of the height, what is 1 wide
_PENS = 4, 14  # pixels of 80 that a digit is high
_FINE_PENS = 4, 10  # the same of what stands in a ring, which a broad pen would fill
_ROOMY = 0.32  # of its height, half the width of such a ring at least


def penned(count: int, rng: Rng, progress: Progress | None = None) -> Split:
    """`count` digits, the ten values in turn, each in one of its hands: `(count, 28, 28) uint8`."""
    labels = (np.arange(count) % len(HANDS)).astype(np.uint8)
    drawing = watched(labels.tolist(), count, "Drawing hands", progress)
    return Split(np.stack([_drawn(value, rng) for value in drawing]), labels)


def _drawn(value: int, rng: Rng) -> Plane:
    hands = HANDS[value]
    hand = hands[rng.choice(len(hands), p=[share for _, share in hands])][0]
    wide = np.array([rng.uniform(*_WIDE), 1])
    lines = [wandering(wide * line, rng) for line in hand(rng)]
    pens = _FINE_PENS if hand in (_slashed_zero, _dotted_zero) else _PENS
    plane = strokes(lines, int(rng.integers(*pens)))
    return distorted(plane, rng, bend=bool(rng.random() < 0.7))


def _corners(rng: Rng, *corners: Corner, bow: float = 0.03) -> Points:
    """Straight lines from each corner to the next, each bowed a little."""
    places = np.array(corners) + rng.normal(0, _ASTRAY, (len(corners), 2))
    along = np.linspace(0, 1, 8)[:, None]
    parts = []
    for one, other in itertools.pairwise(places):
        way = other - one
        aside = rng.normal(0, bow) * np.array([-way[1], way[0]])
        parts.append(one + along * way + np.sin(np.pi * along) * aside)
    return np.concatenate(parts)


def _curve(rng: Rng, *corners: Corner) -> Points:
    """A smooth line through all corners."""
    places = np.array(corners) + rng.normal(0, _ASTRAY, (len(corners), 2))
    # As much time for each part as the root of its length, or sharp turns would swing out.
    steps = np.sqrt(np.linalg.norm(np.diff(places, axis=0), axis=1))
    times = np.concatenate(([0], np.cumsum(np.maximum(steps, 1e-3))))
    curve: Points = CubicSpline(times, places)(np.linspace(0, times[-1], 8 * len(places)))
    return curve


def _ring(middle: Corner, across: float, down: float, start: float, sweep: float) -> Points:
    """Part of an ellipse, from an angle on so far clockwise, in degrees from the top."""
    turn = np.radians(np.linspace(start, start + sweep, max(8, int(abs(sweep) / 12))))
    return np.stack((middle[0] + across * np.sin(turn), middle[1] - down * np.cos(turn)), 1)


def _zero(rng: Rng, least: float = 0.22) -> list[Points]:
    """A ring, narrow to round, that ends before or behind where it began.

    Args:
        least: half of its width at least, as a share of its height.
    """
    sweep = rng.choice((1, -1), p=(0.3, 0.7)) * rng.uniform(335, 410)
    ring = _ring((0.5, 0.5), rng.uniform(least, 0.52), 0.5, rng.uniform(-40, 50), sweep)
    return [ring + np.linspace(0, 1, len(ring))[:, None] * rng.normal(0, 0.04, 2)]


def _slashed_zero(rng: Rng) -> list[Points]:
    (ring,) = _zero(rng, _ROOMY)
    reach = rng.choice((rng.uniform(0.45, 0.85), rng.uniform(0.85, 1.35)))
    across = reach * np.ptp(ring[:, 0]) / 2 * rng.uniform(0.7, 1.05)
    down = reach * 0.5 * rng.uniform(0.35, 1.15)
    across *= -1 if rng.random() < 0.06 else 1
    x, y = rng.normal(0.5, 0.04, 2)
    return [ring, _corners(rng, (x + across, y - down), (x - across, y + down))]


def _dotted_zero(rng: Rng) -> list[Points]:
    ring, low = _zero(rng, _ROOMY), 0.45 + rng.uniform(0.02, 0.12)
    return [*ring, _corners(rng, (0.48, 0.45), (0.52, low))]


def _bar(rng: Rng) -> list[Points]:
    lean = rng.uniform(-0.06, 0.15)
    lines = [_corners(rng, (0.5 + lean, 0), (0.5 - lean, 1))]
    return [*lines, _foot(rng, 0.5 - lean)] if rng.random() < 0.15 else lines


def _foot(rng: Rng, x: float) -> Points:
    left, right = rng.uniform(0.15, 0.4, 2)
    return _corners(rng, (x - left, 1), (x + right, 1))


def _flag(rng: Rng) -> list[Points]:
    """A 1 with a stroke up to its top, which may be as long as its stem, or short and level."""
    fall = rng.uniform(12, 72)  # degrees below level
    # The more level, the shorter, and the more upright its stem, or the digit is a 7.
    length = rng.uniform(0.18, min(0.75, 0.25 + 0.01 * (fall - 12)))
    lean = rng.uniform(-0.04, 0.04) if fall < 35 else rng.uniform(-0.03, 0.1)
    top, foot = (0.5 + lean, 0.0), (0.5 - lean, 1.0)
    angle = math.radians(fall)
    tip = (top[0] - 1.1 * length * math.cos(angle), length * math.sin(angle))
    if rng.random() < 0.25:
        middle = ((tip[0] + top[0]) / 2, tip[1] / 2 + rng.uniform(0.02, 0.08))
        lines = [np.concatenate((_curve(rng, tip, middle, top), _corners(rng, top, foot)))]
    else:
        lines = [_corners(rng, tip, top, foot)]
    return [*lines, _foot(rng, foot[0])] if rng.random() < 0.3 else lines


def _two(rng: Rng) -> list[Points]:
    """A bow, and a foot that is straight, looped or waved."""
    low = rng.uniform(0.93, 1)
    bow = [(0.1, rng.uniform(0.15, 0.35)), (0.25, 0.06), (0.52, 0), (0.82, 0.12)]
    if rng.random() < 0.25:  # that begins with a hook
        bow[:1] = [(0.32, 0.3), (0.15, 0.27)]
    bow += [(rng.uniform(0.78, 0.95), 0.33), (0.62, 0.62)]
    kind = rng.random()
    if kind < 0.45:
        stem = _curve(rng, *bow, (0.3, 0.85), (0.06, low))
        return [np.concatenate((stem, _corners(rng, (0.06, low), (0.95, rng.uniform(0.93, 1.03)))))]
    if kind < 0.75:
        loop = (0.38, 0.86), (0.14, 0.98), (0.07, 0.86), (0.2, 0.76), (0.42, 0.86), (0.66, 0.99)
        return [_curve(rng, *bow, *loop, (0.96, rng.uniform(0.88, 0.98)))]
    return [_curve(rng, *bow, (0.4, 0.8), (0.08, 0.96), (0.32, 0.9), (0.62, 1), (0.95, 0.9))]


def _z(rng: Rng) -> list[Points]:
    start = (rng.uniform(0.05, 0.25), rng.uniform(0.02, 0.14))
    right, end = (rng.uniform(0.78, 0.92), 0.02), (rng.uniform(0.85, 0.97), 0.97)
    return [_corners(rng, start, right, (0.1, 0.98), end, bow=0.06)]


def _three(rng: Rng) -> list[Points]:
    """Two bows, of which the upper may be a corner; between them a point, a loop or a wave."""
    middle, waist = rng.uniform(0.3, 0.55), rng.uniform(0.4, 0.52)
    lower = [(0.9, 0.74), (0.62, 0.99), (0.28, 0.99), (0.06, rng.uniform(0.8, 0.92))]
    inner = [(middle, waist), (0.75, waist + 0.08)]
    upper = [(0.1, rng.uniform(0.08, 0.2)), (0.42, 0), (0.76, 0.1), (0.75, 0.3)]
    kind = rng.random()
    if kind < 0.26:
        return [np.concatenate((_curve(rng, *upper, inner[0]), _curve(rng, *inner, *lower)))]
    if kind < 0.4:
        loop = [inner[0], (middle - 0.1, waist - 0.02), (middle, waist - 0.06), inner[1]]
        return [_curve(rng, *upper, *loop, *lower)]
    if kind < 0.75:
        roof = _corners(rng, (0.1, 0.02), (0.86, 0), inner[0])
        return [np.concatenate((roof, _curve(rng, *inner, *lower)))]
    wave = [(0.58, waist - 0.02), inner[0], (0.66, waist + 0.07)]
    return [_curve(rng, (0.1, 0.1), (0.5, 0), (0.8, 0.2), *wave, *lower)]


def _four(rng: Rng) -> list[Points]:
    """Open above, of two strokes, or closed, in one."""
    bar, right, stem = rng.uniform((0.48, 0.82, 0.6), (0.72, 1, 0.78))
    kind = rng.random()
    if kind < 0.35:
        hook = _corners(rng, (rng.uniform(0.12, 0.42), 0.04), (0.1, bar), (right, bar - 0.02))
        top = rng.uniform(0, min(0.4, bar - 0.15))
        return [hook, _corners(rng, (stem + 0.03, top), (stem - 0.03, 1))]
    if kind < 0.6:
        side = (0.22, 0), (0.12, bar * 0.6), (0.2, bar), (0.5, bar + 0.03), (right, bar - 0.05)
        return [_curve(rng, *side), _corners(rng, (stem + 0.05, 0.02), (stem, 1))]
    if kind < 0.85:
        return [_corners(rng, (0.95, bar + 0.02), (0.06, bar + 0.02), (stem, 0), (stem, 1))]
    bolt = _corners(rng, (0.45, 0), (0.05, bar), (0.92, bar - 0.04))
    return [bolt, _corners(rng, (stem, 0.35), (stem - 0.1, 1))]


def _five(rng: Rng) -> list[Points]:
    """In one go, with a bar of its own, like an S, or of straight lines."""
    left, waist = rng.uniform(0.15, 0.3), rng.uniform(0.38, 0.5)
    bow = (left, waist), (0.5, waist - 0.06), (0.85, waist + 0.12), (0.86, 0.8), (0.5, 1)
    belly = _curve(rng, *bow, (0.08, rng.uniform(0.85, 0.96)))
    kind = rng.random()
    if kind < 0.35:
        return [np.concatenate((_corners(rng, (0.88, 0), (left, 0.02), (left, waist)), belly))]
    if kind < 0.7:
        stem = _corners(rng, (left + 0.04, 0.03), (left, waist))
        start, end = left + rng.uniform(-0.05, 0.14), rng.uniform((0.75, -0.05), (0.98, 0.03))
        return [np.concatenate((stem, belly)), _corners(rng, (start, 0.02), (end[0], end[1]))]
    if kind < 0.88:
        upper = (0.86, 0.05), (0.5, 0), (left, 0.12), (left, 0.34)
        return [_curve(rng, *upper, (0.5, 0.45), (0.82, 0.6), (0.8, 0.86), (0.45, 1), (0.08, 0.9))]
    straight = (0.86, 0), (left, 0), (left, waist), (0.8, waist), (0.82, 0.97), (0.08, 1)
    return [_corners(rng, *straight, bow=0.05)]


def _six(rng: Rng) -> list[Points]:
    """A straight, bowed or hooked stem, and a ring of any size."""
    ring, tip = rng.uniform(0.48, 0.68), rng.uniform(0.25, 0.85)
    loop = [(0.14, 0.85), (0.48, 1), (0.83, 0.86), (0.8, ring + 0.1), (0.5, ring)]
    if rng.random() < 0.8:  # else its ring stays open
        loop.append((0.17, ring + 0.17))
    kind = rng.random()
    if kind < 0.3:
        stem = _corners(rng, (tip, 0), (0.13, 0.68), bow=0.06)
        return [np.concatenate((stem, _curve(rng, (0.13, 0.68), *loop)))]
    if kind < 0.5:
        return [_curve(rng, (0.85, 0.14), (0.64, 0), (0.34, 0.12), (0.12, 0.5), *loop)]
    return [_curve(rng, (tip, 0), (tip * 0.55 + 0.05, 0.2), (0.13, 0.55), *loop)]


def _seven(rng: Rng) -> list[Points]:
    """With or without a bar, a serif, a bowed stem."""
    right, foot = rng.uniform(0.8, 0.97), rng.uniform(0.2, 0.6)
    left = rng.uniform(0.02, 0.2) if rng.random() < 0.7 else rng.uniform(0.2, 0.32)
    top = (right, 0.0)
    roof = _with_serif(rng, left, 0.3)
    if rng.random() < 0.35:
        stem = _curve(rng, top, (0.6, 0.37), (0.47, 0.68), (foot, 1))
        lines = [np.concatenate((_corners(rng, *roof, top), stem))]
    else:
        lines = [_corners(rng, *roof, top, (foot, 1))]
    return [*lines, _crossbar(rng, (right + foot) / 2)] if rng.random() < 0.45 else lines


def _stiff_seven(rng: Rng) -> list[Points]:
    """One whose stem hardly slants; its roof is wide, or it would be a 1."""
    right = rng.uniform(0.78, 0.95)
    foot = right - rng.uniform(0.03, 0.2)
    lines = [_corners(rng, *_with_serif(rng, rng.uniform(0, 0.12), 0.4), (right, 0), (foot, 1))]
    return [*lines, _crossbar(rng, (right + foot) / 2)] if rng.random() < 0.3 else lines


def _with_serif(rng: Rng, left: float, chance: float) -> list[Corner]:
    """Where a 7's roof begins, sometimes below itself."""
    start = (left, rng.uniform(0, 0.08))
    return [(left, rng.uniform(0.12, 0.25)), start] if rng.random() < chance else [start]


def _crossbar(rng: Rng, x: float) -> Points:
    y, reach, tilt = rng.uniform(0.38, 0.6), rng.uniform(0.14, 0.36), rng.normal(0, 0.04)
    return _corners(rng, (x - reach, y + tilt), (x + reach, y - tilt))


def _eight(rng: Rng) -> list[Points]:
    """Two rings, or one line, which may end before it is back."""
    waist, small, large = rng.uniform((0.36, 0.18, 0.3), (0.52, 0.34, 0.42))
    kind = rng.random()
    if kind < 0.35:
        low = waist + rng.uniform(-0.03, 0.03)
        sweeps = rng.uniform(345, 385, 2)
        upper = _ring((0.5, waist / 2), small, waist / 2, rng.uniform(120, 240), sweeps[0])
        middle = (0.5, (1 + low) / 2)
        return [upper, _ring(middle, large, (1 - low) / 2, rng.uniform(-60, 60), sweeps[1])]
    end = (0.5 + small, 0.16)
    if kind > 0.75:
        end = (rng.uniform(0.6, 0.75), rng.uniform(0.2, 0.32))
    down = (0.5 + small, 0.14), (0.5, 0), (0.5 - small, 0.17), (0.42, waist - 0.06)
    around = (0.64, waist + 0.1), (0.5 + large, 0.8), (0.5, 1), (0.5 - large, 0.8)
    return [_curve(rng, *down, *around, (0.36, waist + 0.1), (0.6, waist - 0.08), end)]


def _nine(rng: Rng) -> list[Points]:
    """A ring, and a stem, straight or bowed, in one go or two."""
    ring, right, start = rng.uniform((0.42, 0.78, 0.08), (0.58, 0.9, 0.24))
    last = (right - 0.04, ring - 0.16)
    if rng.random() < 0.25:  # its ring is hardly closed
        last = (right - rng.uniform(0.08, 0.18), ring - rng.uniform(0.02, 0.08))
    loop = [(right, start), (0.5, 0), (0.15, 0.15), (0.15, ring - 0.12), (0.48, ring), last]
    if rng.random() < 0.4:
        stem = _corners(rng, (right + 0.02, start - 0.04), (rng.uniform(0.4, 0.85), 1), bow=0.05)
    else:
        hook = (right + 0.03, 0.55), (0.72, 0.9), (0.42, 1), (0.13, rng.uniform(0.82, 0.95))
        stem = _curve(rng, (right + 0.01, start - 0.05), *hook)
    if rng.random() < 0.5:
        return [_curve(rng, *loop), stem]
    return [np.concatenate((_curve(rng, *loop, (right, start)), stem))]


# Of each value its hands, each with its share.
HANDS: tuple[tuple[tuple[Hand, float], ...], ...] = (
    ((_zero, 0.6), (_slashed_zero, 0.35), (_dotted_zero, 0.05)),
    ((_bar, 0.3), (_flag, 0.7)),
    ((_two, 0.65), (_z, 0.35)),
    ((_three, 1.0),),
    ((_four, 1.0),),
    ((_five, 1.0),),
    ((_six, 1.0),),
    ((_seven, 0.8), (_stiff_seven, 0.2)),
    ((_eight, 1.0),),
    ((_nine, 1.0),),
)
