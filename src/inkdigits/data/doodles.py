"""What people draw beside their numbers: hearts, stars, boxes, arrows, faces and the like.

Each is the lines of a pen, x and y from about 0 to 1, downwards. Nothing that is a digit in some
hand is among them: no plain ring, no circle with a bar or a dot in it.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]  # (N, 2), x and y
Drawing = Callable[[np.random.Generator], list[Points]]


def wandering(line: Points, rng: np.random.Generator) -> Points:
    """The line as a hand draws it, which strays from its way and comes nearly back."""
    astray = np.cumsum(rng.normal(size=line.shape), axis=0)
    astray -= np.linspace(0, 1, len(line))[:, None] * astray[-1] * rng.uniform(0.6, 1)
    astray *= rng.uniform(0, 0.05) / math.sqrt(len(line))
    shaking = rng.normal(size=line.shape) * (0.02 if len(line) < 8 else 0.004)
    wandered: Points = line + astray + shaking
    return wandered


def _line(*points: tuple[float, float]) -> Points:
    return np.array(points, np.float64)


def _arc(
    x: float, y: float, across: float, down: float, start: float = 0, end: float = 360
) -> Points:
    """Part of an ellipse around a point, from one angle to another in degrees."""
    turn = np.radians(np.linspace(start, end, max(6, int(abs(end - start) / 15))))
    return np.stack((x + across * np.cos(turn), y + down * np.sin(turn)), 1)


def _polar(radii: Sequence[float] | Points, turns: float = 1.0, start: float = -90.0) -> Points:
    """A line around the middle, whose distance from there is each of `radii` in turn."""
    turn = np.radians(start + np.linspace(0, 360 * turns, len(radii)))
    line: Points = 0.5 + np.stack((np.cos(turn), np.sin(turn)), 1) * np.asarray(radii)[:, None]
    return line


def _heart(rng: np.random.Generator) -> list[Points]:
    turn = np.linspace(0, 2 * math.pi, 32)
    x = 16 * np.sin(turn) ** 3
    y = -(13 * np.cos(turn) - 5 * np.cos(2 * turn) - 2 * np.cos(3 * turn) - np.cos(4 * turn))
    heart = np.stack((x * rng.uniform(0.8, 1.1), y * rng.uniform(0.8, 1.2)), 1)
    lines = [heart]
    if rng.random() < 0.15:  # with an arrow
        lines.append(_line((-20, 8), (20, -10)))
    return lines


def _star(rng: np.random.Generator) -> list[Points]:
    if rng.random() < 0.5:  # in one go
        return [_polar([0.5] * 6, turns=2)]
    points = int(rng.integers(4, 8))
    return [_polar([0.5, rng.uniform(0.15, 0.28)] * points + [0.5])]


def _box(rng: np.random.Generator) -> list[Points]:
    height = rng.uniform(0.6, 0.95)
    lines = [_line((0, 0), (1, 0), (1, height), (0, height), (0, 0))]
    kind = rng.integers(5)
    if kind == 1:
        lines.append(_line((0.2, 0.45), (0.45, 0.8 * height), (1.1, -0.15)))  # ticked
    elif kind == 2:
        lines += [_line((0, 0), (1, height)), _line((1, 0), (0, height))]
    elif kind == 3:
        lines.append(_line((0, height / 2), (1, height / 2)))
    elif kind == 4:
        lines.append(_line((0.5, 0), (0.5, height)))
    return lines


def _triangle(rng: np.random.Generator) -> list[Points]:
    tip = (rng.uniform(0.3, 0.7), 0)
    lines = [_line(tip, (1, 0.9), (0, 0.9), tip)]
    if rng.random() < 0.3:  # a warning
        lines.append(_line((0.5, 0.3), (0.5, 0.6)))
    return [1 - line for line in lines] if rng.random() < 0.2 else lines


def _diamond(rng: np.random.Generator) -> list[Points]:
    across = rng.uniform(0.4, 0.5)
    return [_line((0.5, 0), (0.5 + across, 0.5), (0.5, 1), (0.5 - across, 0.5), (0.5, 0))]


def _arrow(rng: np.random.Generator) -> list[Points]:
    head = rng.uniform(0.2, 0.35)
    if rng.random() < 0.75:
        lines = [_line((0, 0.5), (1, 0.5)), _line((1 - head, 0.5 - head), (1, 0.5))]
        lines.append(_line((1, 0.5), (1 - head, 0.5 + head)))
        if rng.random() < 0.2:  # both ways
            lines.append(_line((head, 0.5 - head), (0, 0.5), (head, 0.5 + head)))
    else:  # an outline
        thin, wide = rng.uniform(0.1, 0.2), rng.uniform(0.3, 0.4)
        upper = [(0, 0.5 - thin), (0.6, 0.5 - thin), (0.6, 0.5 - wide), (1, 0.5)]
        lower = [(x, 1 - y) for x, y in upper[-2::-1]]
        lines = [_line(*upper, *lower, upper[0])]
    # Left, right, up, down; upwards at a slant it would be a 1.
    turn = rng.integers(4)
    quarter = np.linalg.matrix_power(np.array([[0, 1], [-1, 0]]), int(turn))
    return [line @ quarter for line in lines]


def _face(rng: np.random.Generator) -> list[Points]:
    lines = [_arc(0.5, 0.5, rng.uniform(0.4, 0.5), 0.5)]
    lines += [_line((x, 0.36), (x, rng.uniform(0.37, 0.46))) for x in (0.33, 0.67)]
    lines.append(
        (
            _arc(0.5, 0.55, 0.25, 0.2, 20, 160),
            _arc(0.5, 0.85, 0.22, 0.18, 200, 340),
            _line((0.32, 0.72), (0.68, 0.72)),
        )[rng.integers(3)]
    )
    if rng.random() < 0.2:
        lines.append(_line((0.5, 0.45), (0.48, 0.58)))
    return lines


def _sun(rng: np.random.Generator) -> list[Points]:
    rays, inner = int(rng.integers(6, 12)), rng.uniform(0.2, 0.3)
    lines = [_arc(0.5, 0.5, inner, inner)]
    for turn in np.linspace(0, 2 * math.pi, rays, endpoint=False):
        way = np.array([math.cos(turn), math.sin(turn)])
        lines.append(np.stack((0.5 + way * (inner + 0.07), 0.5 + way * rng.uniform(0.42, 0.5))))
    return lines


def _flower(rng: np.random.Generator) -> list[Points]:
    petals = int(rng.integers(4, 8))
    turn = np.linspace(0, 1, 48)
    ring = 0.3 + 0.12 * np.cos(2 * math.pi * petals * turn)
    lines = [_polar(ring), _arc(0.5, 0.5, 0.1, 0.1)]
    if rng.random() < 0.5:
        lines.append(_line((0.5, 0.9), (0.5, 1.6)))
    return lines


def _house(rng: np.random.Generator) -> list[Points]:
    eaves = rng.uniform(0.35, 0.5)
    lines = [
        _line((0.1, eaves), (0.1, 1), (0.9, 1), (0.9, eaves)),
        _line((0, eaves), (0.5, 0), (1, eaves)),
    ]
    if rng.random() < 0.5:
        lines.append(_line((0.1, eaves), (0.9, eaves)))
    if rng.random() < 0.6:
        lines.append(_line((0.4, 1), (0.4, 0.7), (0.6, 0.7), (0.6, 1)))
    return lines


def _cloud(rng: np.random.Generator) -> list[Points]:
    bumps = int(rng.integers(5, 9))
    turn = np.linspace(0, 1, 64)
    ring = 0.36 + 0.14 * np.abs(np.sin(math.pi * bumps * turn))
    return [_polar(ring) * np.array([1, rng.uniform(0.5, 0.75)])]


def _moon(rng: np.random.Generator) -> list[Points]:
    depth = rng.uniform(0.05, 0.25)
    outer, inner = _arc(0.5, 0.5, 0.5, 0.5, 90, 270), _arc(0.5, 0.5, depth, 0.5, 270, 90)
    return [np.concatenate((outer, inner, outer[:1]))]


def _figure(rng: np.random.Generator) -> list[Points]:
    hip = rng.uniform(0.55, 0.7)
    lines = [_arc(0.5, 0.13, 0.12, 0.12), _line((0.5, 0.26), (0.5, hip))]
    lines.append(_line((0.25, 1), (0.5, hip), (0.75, 1)))
    arms = rng.uniform(0.25, 0.5)
    lines.append(_line((0.22, arms), (0.5, 0.38), (0.78, arms)))
    return lines


def _spiral(rng: np.random.Generator) -> list[Points]:
    turns = rng.uniform(2.3, 3.5)
    return [_polar(np.linspace(0.02, 0.5, int(24 * turns)), turns, rng.uniform(0, 360))]


def _tree(rng: np.random.Generator) -> list[Points]:
    if rng.random() < 0.5:
        crown = _polar(0.33 + 0.05 * np.sin(np.linspace(0, rng.integers(5, 9) * 2 * math.pi, 40)))
    else:
        crown = _line((0.5, 0), (0.9, 0.8), (0.1, 0.8), (0.5, 0))
    return [crown, _line((0.44, 0.83), (0.44, 1.2)), _line((0.56, 0.83), (0.56, 1.2))]


def _fish(rng: np.random.Generator) -> list[Points]:
    height = rng.uniform(0.2, 0.35)
    x = np.linspace(0, 1, 16)
    upper = np.stack((x, 0.5 - height * np.sin(math.pi * x * 0.85)), 1)
    lower = np.stack((x, 0.5 + height * np.sin(math.pi * x * 0.85)), 1)
    return [
        np.concatenate((upper[::-1], lower)),
        _line((1, upper[-1, 1] - 0.1), (0.9, 0.5), (1, lower[-1, 1] + 0.1)),
    ]


def _ringed(rng: np.random.Generator) -> list[Points]:
    """A circle with a cross or a ring in it; a bar or a dot would make it a 0."""
    ring, slant = _arc(0.5, 0.5, 0.5, 0.5), 0.35
    one = _line((0.5 - slant, 0.5 - slant), (0.5 + slant, 0.5 + slant))
    other = _line((0.5 + slant, 0.5 - slant), (0.5 - slant, 0.5 + slant))
    upright, level = _line((0.5, 0), (0.5, 1)), _line((0, 0.5), (1, 0.5))
    inner = rng.uniform(0.25, 0.33)
    insides = ([one, other], [upright, level], [_arc(0.5, 0.5, inner, inner)])
    return [ring, *insides[rng.integers(len(insides))]]


def _bolt(rng: np.random.Generator) -> list[Points]:
    return [
        _line((0.6, 0), (0.15, 0.55), (0.45, 0.55), (0.3, 1), (0.85, 0.4), (0.55, 0.4), (0.6, 0))
    ]


def _wave(rng: np.random.Generator) -> list[Points]:
    x = np.linspace(0, 1, 40)
    y = rng.uniform(0.06, 0.15) * np.sin(2 * math.pi * rng.uniform(2, 4) * x)
    return [np.stack((x, y + 0.3 * row), 1) for row in range(int(rng.integers(1, 4)))]


DOODLES: tuple[Drawing, ...] = (
    _heart,
    _star,
    _box,
    _triangle,
    _diamond,
    _arrow,
    _face,
    _sun,
    _flower,
    _house,
    _cloud,
    _moon,
    _figure,
    _spiral,
    _tree,
    _fish,
    _ringed,
    _bolt,
    _wave,
)
