"""Pages on which the first digits of each row are struck out, and others stand behind them."""

from collections.abc import Sequence

import numpy as np

from inkdigits.data import Dataset
from tests.recognition import scenes

Ends = tuple[float, float, float, float]
KINDS = ("a line", "two lines", "a cross", "a slash", "a slash each")
_BEYOND = 0.22  # heights, that a line begins before digits, and ends behind them
_PEN = 0.08  # heights


def struck_out(
    mnist: Dataset,
    rows: Sequence[tuple[Sequence[int], Sequence[int]]],
    height: int,
    kind: str,
    *,
    is_ruled: bool = False,
) -> tuple[scenes.Plane, str]:
    """Rows of digits by their places, first those that are struck out; and what is left."""
    page = scenes.written(mnist, [[*struck, *left] for struck, left in rows], height, gap=0.65)
    ends: list[Ends] = []
    for (struck, _), boxes in zip(rows, page.boxes, strict=True):
        own = boxes[: len(struck)]
        ends += [end for part in _parts(own, kind) for end in _lines(part, kind, height)]
    ink = np.maximum(page.alpha, scenes.lines(page.alpha.shape, ends, _PEN * height))
    if is_ruled:
        feet = [2.2 * height + 1.8 * row * height for row in range(len(rows))]
        wide = page.alpha.shape[1]
        rulings = scenes.lines(page.alpha.shape, [(0, foot, wide, foot) for foot in feet], 2)
        ink = np.maximum(ink, 0.6 * rulings)
    text = "\n".join(
        line[len(struck) :] for line, (struck, _) in zip(page.text.split(), rows, strict=True)
    )
    return scenes.on_paper(ink), text


def _parts(boxes: list[scenes.Edges], kind: str) -> list[list[scenes.Edges]]:
    """What has a stroke of its own."""
    if not boxes:
        return []
    return [[box] for box in boxes] if kind == "a slash each" else [boxes]


def _lines(boxes: list[scenes.Edges], kind: str, height: int) -> list[Ends]:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    beyond, slope = _BEYOND * height, 0.05 * height
    left, right = min(lefts) - beyond, max(rights) + beyond
    top, bottom = min(tops), max(bottoms)
    middle = (top + bottom) / 2
    rising = (left, bottom + beyond / 2, right, top - beyond / 2)
    falling = (left, top - beyond / 2, right, bottom + beyond / 2)
    return {
        "a line": [(left, middle + slope, right, middle - slope)],
        "two lines": [
            (left, middle + at * height + slope, right, middle + at * height)
            for at in (-0.12, 0.12)
        ],
        "a cross": [rising, falling],
        "a slash": [rising],
        "a slash each": [rising],
    }[kind]
