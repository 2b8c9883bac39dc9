"""A light sheet on something darker, such as a table: where it lies, and nothing but it."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from inkdigits.images.filters import dilated, eroded, gaussian, largest, median, quantile
from inkdigits.images.levels import (
    COARSE,
    Map,
    Mask,
    as_blocks,
    border,
    enlarged,
    factor,
    otsu,
    reduce_to,
)
from inkdigits.images.patterns import dark_pattern, lies_on_pattern
from inkdigits.images.regions import compactness, filled, hull, regions
from inkdigits.images.shadows import NARROW, THICKEST, closed, shade

SMALLEST_SHEET = 0.03  # of a picture, that a sheet on a table covers
SMALLEST_ON_PATTERN = 0.15  # the same, on a cloth with a pattern
SMALLEST_BOARD = 0.55  # the same, of a dark board in its frame
EDGE_OF_SHEET = 0.2  # of white, between a sheet and what it lies on
COMPACT = 0.93  # as large as a rectangle of its spread, that a sheet is at least
WRITTEN = 0.003  # of a sheet that is writing, at least
APART = 0.15  # of white, that small writing differs from what is around it, at least
FAINT = 0.1  # of the light, that writing in a shadow takes away, at least
ALIKE = 0.6  # of what it takes away in the light
AS_MUCH = 0.1  # of the lit part's, that writing in a shadow is at least
STRAIGHT = 0.95  # of its convex hull, that a shadow covers which has one straight edge
GRAIN = 4  # standard deviations of grain, that it differs, too
LONGEST = 3  # times as long as broad, that what has no larger writing on it may be: no bar
SOLID = 0.9  # of its convex hull, that a sheet and the writing within it cover
CLEAN = 0.985  # the same, where nothing else hangs on to it
PATTERNED = 0.1  # of what is around a sheet, that is light as well
FEWEST_MARKS = 3  # on a sheet whose writing is filled in; a white digit has two holes at most
_HOLES = 0.2  # of a sheet, that is not light, at most
_STRONGEST = 0.999  # of a lit part, that takes away less light than its writing does most
_LEAST = 0.001  # of a shaded part, that is such writing
_BESIDE = 1 / 16  # of the picture's longer side, from the edge of what may be a shadow
_FULL = 0.8  # of a light shape's pixels, that are no lighter than what counts as full strength
_REACHES = 80, 50, 30, 20, 14  # parts of the picture's longer side, which it is opened by
_SAMPLED = 100_000  # pixels that tell whether there is writing
_EDGE = 2  # pixels of the reduced picture, in which sheet and table may be mixed; more if it curls


def find_board(level: Map) -> Mask | None:
    """Where a dark board has something lighter around it, such as a frame; None as for sheets.

    It is most of the picture, since what is around it is not read.
    """
    lights = 1 - level
    small = reduce_to(lights, COARSE)
    return _inside(_on_plain(lights, small, small > otsu(small), SMALLEST_BOARD), level.shape)


def find_sheet(level: Map) -> Mask | None:
    """Where a light sheet lies on something darker, such as a table; None where there is none.

    A sheet is a large, compact, light shape whose holes, the writing on it, are small. Writing at
    its edge takes a bite out of the shape, and so its convex hull is what counts. What it lies on
    may have a pattern of light and dark.

    Args:
        level: `(H, W)`, 0 to 1.
    """
    small = reduce_to(level, COARSE)
    light = small > otsu(small)
    whole = _on_plain(level, small, light, SMALLEST_SHEET)
    if whole is None or light[~whole].mean() > PATTERNED:
        on_pattern = _on_pattern(level, small, light)
        whole = whole if on_pattern is None else on_pattern
    return _inside(whole, level.shape)


def _inside(whole: Mask | None, shape: tuple[int, ...]) -> Mask | None:
    """A sheet without its edge, at full size."""
    if whole is None:
        return None
    inside = eroded(whole, _EDGE)
    # In a tiny picture all may be edge.
    return as_blocks(inside, shape, factor(shape, COARSE)) if inside.any() else None


def _on_plain(level: Map, small: Map, light: Mask, smallest: float) -> Mask | None:
    """A sheet that covers a `smallest` share of the picture at least, beside something dark."""
    if border(light).mean() > 0.4:
        return _beside_table(level, small, light, smallest)
    return _on_table(level, small, light, smallest)


def _beside_table(level: Map, small: Map, light: Mask, smallest: float) -> Mask | None:
    """A sheet that leaves the picture, but on a side or two, where something darker is seen."""
    table = shade(~light)
    # Near the picture's border, where its edge may slant, it ends early.
    at_border = ~eroded(np.ones_like(table), round(THICKEST * min(table.shape)))
    whole = ~(table | (dilated(table, 2 * _EDGE) & at_border & ~light))
    if whole.all() or whole.mean() < smallest or light[whole].mean() < 1 - _HOLES:
        return None
    if whole.sum() < STRAIGHT * hull(whole).sum():
        return None
    if not _has_edge(small, whole) or _is_half_shaded(level, small, whole):
        return None
    return whole if _is_darker_written(small, whole) else None


def _on_table(level: Map, small: Map, light: Mask, smallest: float) -> Mask | None:
    """A sheet that lies within the picture."""
    # Opened, so that glints on the table do not hang on to the sheet; that takes off its corners,
    # and so the more solid shape is the sheet's.
    reaches = 1, max(2, max(small.shape) // 50)
    # What is written near the edge may part that from the rest, and so holes are filled first; but
    # only where there is no sheet otherwise, since the holes of what else is light are filled, too.
    without_holes = filled(light)
    marks = regions(without_holes & ~light).count
    for shape in (light, without_holes) if marks >= FEWEST_MARKS else (light,):
        found = [
            sheet
            for reach in reaches
            if (sheet := _sheet(level, small, light, shape, reach, smallest)) is not None
            and _has_edge(small, sheet[1])
        ]
        if found:
            return max(found, key=lambda sheet: sheet[0])[1]
    return None


def _on_pattern(level: Map, small: Map, light: Mask) -> Mask | None:
    """A sheet within the picture, on what is light and dark by turns, such as a checked cloth."""
    dark = dark_pattern(light)
    if dark is None:
        return None
    whole, most = None, 0.0
    # Opened further and further, until nothing light of the pattern hangs on to the sheet.
    for part in _REACHES:
        reach = max(1, max(light.shape) // part)
        found = _sheet(level, small, light, ~dark, reach, SMALLEST_ON_PATTERN)
        if found is not None and found[0] > most and lies_on_pattern(small, dark, found[1]):
            most, whole = found
        if most > CLEAN:
            break
    return whole


def _sheet(
    level: Map, small: Map, light: Mask, shape: Mask, reach: int, smallest: float
) -> tuple[float, Mask] | None:
    """How much of its hull a sheet covers, and the hull; None where there is none.

    Args:
        shape: `(h, w)`, what it is a part of.
        reach: pixels; what hangs on to it and is no broader than twice that is not its own.
    """
    found = regions(dilated(eroded(shape, reach), reach))
    if not found.count:
        return None
    place = int(np.argmax(found.areas))
    high = int(found.bottoms[place] - found.tops[place])
    wide = int(found.rights[place] - found.lefts[place])
    if high * wide < smallest * light.size:
        return None  # as most are, and so is the hull
    largest_part = found.labels == place + 1
    whole = hull(largest_part)
    holes = 1 - light[whole].mean()
    if whole.mean() < smallest or holes >= _HOLES or compactness(whole) <= COMPACT:
        return None
    inside = eroded(whole, _EDGE)
    if holes <= WRITTEN and (
        not inside.any() or _is_bar(inside) or _written(level, small, inside, APART) <= WRITTEN
    ):
        return None
    solidity = float(filled(largest_part).sum() / whole.sum())
    if solidity < SOLID or _is_half_shaded(level, small, whole):
        return None
    return solidity, whole


def _has_edge(small: Map, sheet: Mask) -> bool:
    """Whether a sheet has an edge; where light only fades there is none."""
    within = sheet & ~eroded(sheet, 3)
    beyond = dilated(sheet, 3) & ~sheet
    return bool(small[within].mean() - small[beyond].mean() >= EDGE_OF_SHEET)


def _is_half_shaded(level: Map, small: Map, lit: Mask) -> bool:
    """Whether it is the lit half of a sheet that is written on beyond the edge of a shadow, too."""
    inside, shaded = eroded(lit, _EDGE), eroded(~lit, _EDGE)
    if not inside.any() or not shaded.any() or shaded.sum() < STRAIGHT * hull(shaded).sum():
        return False
    # Where hardly anything is written in a shadow, it stands by the shadow's edge.
    beside = shaded & dilated(lit, round(max(lit.shape) * _BESIDE))
    parts = [part for part in (shaded, beside) if part.any()]
    # Strokes are seen in the reduced picture, or, small ones, in the picture beside that.
    taken = 1 - small / np.maximum(closed(small, NARROW), 0.02)
    measures: tuple[Callable[[Mask], Map], ...] = (
        lambda part: taken[part],
        lambda part: _taken(level, small, part),
    )
    for measure in measures:
        in_light = measure(inside)
        least = max(FAINT, ALIKE * quantile(in_light, _STRONGEST))
        usual = float((in_light > least).mean())
        most = max(float((measure(part) > least).mean()) for part in parts)
        if most > max(_LEAST, AS_MUCH * usual):
            return True
        if usual > WRITTEN:
            return False
    return True  # what is not written on may as well be the light beside a shadow


def _is_darker_written(small: Map, part: Mask) -> bool:
    """Whether what is written on a part of the picture is darker than its paper, not lighter."""
    sigma = max(small.shape) / 16
    known = part.astype(np.float32)
    paper = gaussian(small * known, sigma) / np.maximum(gaussian(known, sigma), 1e-6)
    within = ~dilated(~part, _EDGE)
    return bool(((small - paper)[within] ** 3).sum() < 0)


def _is_bar(mask: Mask) -> bool:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    sides = np.ptp(rows) + 1, np.ptp(columns) + 1
    return bool(max(sides) > LONGEST * min(sides))


def _written(level: Map, small: Map, mask: Mask, least: float) -> float:
    """The share of a part of the picture that is marks, be they too small for the reduced one.

    Args:
        least: of white, that they differ from what is around them.
    """
    pixels, means = _sampled(level, small, mask)
    apart = np.abs(pixels - means)
    return float((apart > max(least, GRAIN * 1.4826 * median(apart))).mean())


def _taken(level: Map, small: Map, mask: Mask) -> Map:
    """What share of the light pixels of a part of the picture lack, beside those around them."""
    pixels, means = _sampled(level, small, mask)
    return 1 - pixels / np.maximum(means, 0.02)


def _sampled(level: Map, small: Map, mask: Mask) -> tuple[Map, Map]:
    """Some pixels of a part of the picture, and the means of the blocks that they are in."""
    size = factor(level.shape, COARSE)
    within = np.flatnonzero(as_blocks(mask, level.shape, size))
    chosen = within[:: max(1, len(within) // _SAMPLED)]
    rows, columns = np.divmod(chosen, level.shape[1])
    return level[rows, columns], small[rows // size, columns // size]


def as_mark(level: Map, sheet: Mask) -> Map:
    """All that hangs together with a light sheet as if it were ink, `(h, w)` in [0, 1]: its shape.

    A thick digit in white is light and compact, too, with holes or a bend where writing could be.

    Args:
        level: `(H, W)`, 0 to 1.
        sheet: `(H, W)`, as found there.
    """
    size = factor(level.shape, COARSE)
    small = reduce_to(level, COARSE)
    light = small > otsu(small)
    found = regions(light)
    shares = np.bincount(found.labels[sheet[::size, ::size]], minlength=found.count + 1)
    mark = found.labels == int(np.argmax(shares[1:])) + 1
    around = dilated(mark)  # with its grey edges
    rows, columns = (np.flatnonzero(around.any(axis)) for axis in (1, 0))
    window = tuple(slice(size * each[0], size * (each[-1] + 1)) for each in (rows, columns))
    own, within = as_blocks(around, level.shape, size)[window], level[window]
    dark, full = float(small[~light].mean()), quantile(within[own], _FULL)
    ink: Map = np.where(own, np.clip((within - dark) / max(full - dark, 1e-6), 0, 1), 0)
    return ink


def only_on(sheet: Mask, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The picture, with the paper of the sheet going on all around it, as light as at its edge."""
    covered = pixels.copy()
    channels = covered[..., None] if covered.ndim == 2 else covered
    size = factor(sheet.shape, COARSE)
    inside = sheet[::size, ::size]
    for channel in np.moveaxis(channels, -1, 0):
        small = reduce_to(channel.astype(np.float32) / 255, COARSE)
        paper = enlarged(_going_on(small, inside), sheet.shape, size)[~sheet]
        channel[~sheet] = np.rint(255 * paper.clip(0, 1)).astype(np.uint8)
    return covered


def _going_on(small: Map, inside: Mask) -> Map:
    """The paper of a sheet `(h, w)`, each row from its edge on as there, and so the rows beyond."""
    paper = largest(np.where(inside, small, 0), 2 * NARROW + 1)
    rows = np.flatnonzero(inside.any(1))
    columns = np.arange(inside.shape[1])
    first, last = inside[rows].argmax(1), len(columns) - 1 - inside[rows, ::-1].argmax(1)
    across = paper[rows[:, None], columns.clip(first[:, None], last[:, None])]
    # The outermost rows may be corners, or short.
    margin = min(NARROW, (len(rows) - 1) // 2)
    places = np.arange(len(inside)).clip(rows[0] + margin, rows[-1] - margin)
    further: Map = across[places - rows[0]]
    return further
