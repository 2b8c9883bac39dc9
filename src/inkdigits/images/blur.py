"""A page that is out of focus, or was moved while it was taken, made sharper as a whole.

Digits by themselves are made sharper when they are normalised (`focus.py`); here those that blur
into each other come apart before they are marks. What blurred the page is guessed: a lens, or a
straight movement along the direction in which the page changes least. Each guess is taken back by
rounds of Richardson's and Lucy's ('Bayesian-Based Iterative Method of Image Restoration', 1972; 'An
iterative technique for the rectification of observed distributions', 1974), which keep ink between
none and full. Which guess was right, what is read then must tell.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.images.filters import box_mean, continued, quantile
from inkdigits.images.ink import Ink
from inkdigits.images.levels import Map, blocks, enlarged, grey
from inkdigits.images.normalize import FIT
from inkdigits.images.shadows import closed

# As in `focus.py`, but along the direction in which it is least, of what is marked as ink, at the
# scale at which marks are 20 pixels high. Of made pages sharp ones have 117 and more, those blurred
# by 6, 9 and 12% of a digit's height some 49, 36 and 31, those moved by 10, 20 and 30% 66 to 85, 43
# to 50 and 30 to 37.
SOFT = 45
_DIRECTIONS = 8  # in which it is measured
LOW, HIGH = 12, 24  # pixels that marks are high at least, and about, when blur is taken back
LONGEST = 800  # pixels, long side of a page then, which bounds the time
# Shares of marks' height, which are higher for the blur: a lens's standard deviation, and how far a
# page moved. Others were tried on made pages and are no better, or hardly, than the nearest.
OUT_OF_FOCUS = 0.08
MOVED = 0.25, 0.35
ROUNDS = 20
_FLOOR = 0.005  # of full ink, that is added on both sides of a quotient
_MOST = 2.0  # of what is full ink on the blurred page
_FULL = 0.999  # of its pixels, that have no more than that
_CALM = 0.04  # of marks' height, standard deviation: grain has no direction
_REACH = 2  # heights of a mark, that what is darker and as wide is no ink


class Tap(NamedTuple):
    """How much of the pixel so far down and right counts."""

    down: int
    right: int
    weight: float


Kernel = Sequence[Sequence[Tap]]  # one after the other


def is_soft(ink: Ink, height: float) -> bool:
    """Whether a page has no sharp edge across some direction, its marks so many pixels high."""
    size = max(1, round(height / FIT))
    share = blocks(np.clip(ink.strength / np.maximum(ink.full, 1e-3), 0, 1.5), size).mean(1).mean(2)
    marked = blocks(ink.marked.astype(np.float32), size).max(1).max(2) > 0
    near = marked[1:, 1:] | marked[1:, :-1] | marked[:-1, 1:] | marked[:-1, :-1]
    across, down = (change[near] * (255 * height / size / FIT) for change in _changes(share))
    for part in range(_DIRECTIONS):
        angle = math.pi * part / _DIRECTIONS
        steps = np.abs(across * math.cos(angle) + down * math.sin(angle))
        if steps @ steps < SOFT * steps.sum():
            return True
    return False


def sharper(
    pixels: npt.NDArray[np.uint8], height: float, *, light_on_dark: bool
) -> Iterator[npt.NDArray[np.uint8]]:
    """A picture with one guess after the other taken back, `(H, W)`, dark ink on white paper.

    None where its marks are too small beside it.

    Args:
        pixels: `(H, W)` or `(H, W, 3)`, uint8.
        height: of its marks, in pixels.
        light_on_dark: whether ink is lighter than paper.
    """
    level = grey(pixels)
    size = max(1, int(height / HIGH), -(-max(level.shape) // LONGEST))
    high = height / size
    if high < LOW:
        return
    small = blocks(1 - level if light_on_dark else level, size).mean(1).mean(2)
    reach = round(_REACH * high)
    paper = box_mean(closed(box_mean(small, 3), reach), reach | 1)
    ink = np.maximum(paper - small, 0)
    ink = (ink / max(quantile(ink, _FULL), 1e-3)).astype(np.float32)
    angle = least_change(spread(ink, lens(_CALM * high)))
    kernels = [lens(OUT_OF_FOCUS * high), *(line(share * high, angle) for share in MOVED)]
    for kernel in kernels:
        found = np.clip(enlarged(restored(ink, kernel), level.shape, size), 0, 1)
        yield (255 * (1 - found)).astype(np.uint8)


def restored(ink: Map, kernel: Kernel) -> Map:
    """Ink `(H, W)`, 1 where it is full, as if a symmetric kernel had not blurred it."""
    found = ink
    for _ in range(ROUNDS):
        found = found * spread((ink + _FLOOR) / (spread(found, kernel) + _FLOOR), kernel)
        found = np.clip(found, 0, _MOST)
    return found


def least_change(ink: Map) -> float:
    """The direction in which ink `(H, W)` changes least, in radians from right to down.

    By the structure tensor (Bigun and Granlund, 'Optimal Orientation Detection of Linear Symmetry',
    1987) of the whole.
    """
    across, down = _changes(ink)
    both = 2 * float((across * down).sum())
    most = 0.5 * math.atan2(both, float((across**2).sum()) - float((down**2).sum()))
    return most + math.pi / 2


def _changes(plane: Map) -> tuple[Map, Map]:
    """How much a plane `(H, W)` changes to the right and down, amid four pixels each."""
    across, down = np.diff(plane, axis=1), np.diff(plane, axis=0)
    return (across[1:] + across[:-1]) / 2, (down[:, 1:] + down[:, :-1]) / 2


def spread(plane: Map, kernel: Kernel) -> Map:
    """A plane `(H, W)` blurred; its edges go on."""
    height, width = plane.shape
    for taps in kernel:
        reach = max(max(abs(tap.down), abs(tap.right)) for tap in taps)
        around = continued(plane, reach)
        total = np.zeros_like(plane)
        for down, right, weight in taps:
            top, left = reach + down, reach + right
            total += np.float32(weight) * around[top : top + height, left : left + width]
        plane = total
    return plane


def lens(sigma: float) -> Kernel:
    """A normal distribution along one axis after the other."""
    reach = math.ceil(3 * sigma)
    weights = [math.exp(-(at**2) / (2 * sigma**2)) for at in range(-reach, reach + 1)]
    shares = [weight / sum(weights) for weight in weights]
    return (
        [Tap(place - reach, 0, share) for place, share in enumerate(shares)],
        [Tap(0, place - reach, share) for place, share in enumerate(shares)],
    )


def line(length: float, angle: float) -> Kernel:
    """Points at equal distances on a line, each shared among the four pixels around it."""
    count = max(2, math.ceil(2 * length))
    taps: dict[tuple[int, int], float] = {}
    for place in range(count):
        along = ((place + 0.5) / count - 0.5) * length
        y, x = along * math.sin(angle), along * math.cos(angle)
        row, column = math.floor(y), math.floor(x)
        for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
            share = (1 - abs(y - row - down)) * (1 - abs(x - column - right)) / count
            spot = row + down, column + right
            taps[spot] = taps.get(spot, 0.0) + share
    return ([Tap(*spot, weight) for spot, weight in taps.items()],)
