"""A picture becomes ink: how dark (or light) each pixel is against the paper around it.

Paper is estimated twice. First a smooth surface through what most of the picture is, which takes
out vignetting and gradients of light; what lies far off it on the one side is ink. Then the paper
under the ink is filled in from the paper around it, at a finer scale, which takes out shadows; what
of them has edges is looked for by itself (`shadows.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.images.barcodes import bar_codes
from inkdigits.images.boxes import without_boxes
from inkdigits.images.drawnboxes import without_drawn_boxes
from inkdigits.images.filters import box_mean, dilated, gaussian, largest, median, quantile
from inkdigits.images.highlights import without_highlights
from inkdigits.images.levels import (
    COARSE,
    Map,
    blocks,
    enlarged,
    factor,
    grey,
    has_two_levels,
    otsu,
    reduce_to,
)
from inkdigits.images.polarity import polarity
from inkdigits.images.regions import regions
from inkdigits.images.rulings import without_rulings
from inkdigits.images.shadows import (
    as_light_changes,
    in_narrow_shadows,
    shade,
    with_edges,
    without_strokes,
)
from inkdigits.images.sheet import as_mark, find_board, find_sheet, only_on

# Shares of a full stroke's strength, chosen on the development photos: below CORE 0.4 and FAINT
# 0.2 blots of noise join, above them thin strokes break.
CORE, FAINT = 0.4, 0.2
RULED = 0.03  # of a picture that is faint ink, where there may be a grid of such
SAMPLED = 2_000  # pixels that a surface is fitted through
COLOURLESS = 8  # levels of 255 by which channels differ in a picture without colours
DENSE = 0.15  # of a picture that is ink, from which on it is told by its level


class Grain(NamedTuple):
    """How strong grain is, at least, to be averaged. Chosen on the photos with noise added."""

    noise: float  # standard deviation of paper, of the strongest ink
    rough: float  # and of pixels from those around, of white: paper that is uneven is not noisy
    side: int  # pixels, of the picture's longer one: in a small one strokes would be blurred


AVERAGED = (Grain(0.05, 0.01, 200), Grain(0.12, 0.006, 400))  # once, and once more


@dataclass(frozen=True, eq=False)
class Ink:
    """What is written."""

    strength: Map  # (H, W), 0 is paper; the contrast with the paper around, as a share of white
    full: Map  # (H, W), the strength of a full stroke near each pixel
    marked: npt.NDArray[np.bool_]  # (H, W), what is ink rather than paper
    light_on_dark: bool
    planes: tuple[npt.NDArray[np.uint8], ...]  # (H, W), the picture's, in which it was looked for
    is_doubtful: bool = False  # whether ink may as well be on the other side of paper

    def turned(self, quarters: int) -> "Ink":
        """The same ink after so many quarter turns counterclockwise."""
        return replace(
            self,
            strength=np.ascontiguousarray(np.rot90(self.strength, quarters)),
            full=np.ascontiguousarray(np.rot90(self.full, quarters)),
            marked=np.ascontiguousarray(np.rot90(self.marked, quarters)),
            planes=tuple(np.ascontiguousarray(np.rot90(each, quarters)) for each in self.planes),
        )


def find_ink(
    pixels: npt.NDArray[np.uint8],
    is_digit: Callable[[Map], bool] = lambda ink: False,
    light_on_dark: bool | None = None,
) -> Ink:
    """The ink in a picture `(H, W)` or `(H, W, 3)`, uint8.

    Args:
        pixels: the picture.
        is_digit: whether ink `(h, w)` in [0, 1] is one; asked of the shape of what may be a sheet.
        light_on_dark: whether ink is lighter than paper, and no sheet or board is looked for; None:
            as it seems.
    """
    level = grey(pixels)
    page, is_doubtful = None, False
    if light_on_dark is None:
        page, light_on_dark = find_sheet(level), False
        if page is not None and is_digit(as_mark(level, page)):
            page = None
        if page is None:
            page, light_on_dark = find_board(level), True
        if page is None:
            light_on_dark, is_doubtful = polarity(level)
    if page is not None:
        pixels = only_on(page, pixels)
    planes = _planes(pixels)
    levels = [plane.astype(np.float32) / 255 for plane in planes]
    strengths = [_against_paper(level, light_on_dark) for level in levels]
    strength, noise = _strongest(strengths)
    for least in AVERAGED:
        if not _has_grain(strength, noise, strengths, least):
            break
        # The mean of nine pixels has a third of their grain, where each has its own.
        strengths = [box_mean(against, 3) for against in strengths]
        strength, noise = _strongest(strengths)
    full = _full_strength(strength)
    marked = _marked(strength, full, noise)
    return Ink(strength, full, marked, light_on_dark, tuple(planes), is_doubtful)


def _planes(pixels: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.uint8]]:
    """The channels in which ink may stand out; one where they tell the same."""
    if pixels.ndim == 2:
        return [pixels]
    red, green, blue = (pixels[::4, ::4, channel].astype(np.int16) for channel in range(3))
    for one, other in ((red, green), (blue, green)):
        difference = one - other
        if quantile(difference, 0.999) - quantile(difference, 0.001) > COLOURLESS:
            return [pixels[..., channel] for channel in range(3)]
    return [pixels[..., 1]]


def _against_paper(level: Map, light_on_dark: bool) -> Map:
    """How much darker each pixel is than the paper around it, as a share of full white."""
    if light_on_dark:
        level = 1 - level
    small = reduce_to(level, COARSE)
    paper, reach = in_narrow_shadows(small, _paper(small))
    full = enlarged(paper, level.shape, factor(level.shape, COARSE))
    # What is lighter with an edge, on something dark, is a thing and no light on it.
    return (full if light_on_dark else with_edges(full, paper, level, reach)) - level


def _paper(small: Map) -> Map:
    surface = _smooth_surface(small, _dense_ink(small))
    residual = surface - small
    ink = residual > max(4 * _noise(residual), 0.04)
    size = max(small.shape)
    shaded = shade(ink)
    paper = np.where(shaded, median(small[shaded]), surface) if shaded.any() else surface
    for sigma in (size / 8, size / 20):
        known = ~dilated(ink & ~shaded, max(1, size // 80))
        for side in (shaded, ~shaded):
            if (known & side).any():
                paper = np.where(side, _filled(small, known & side, sigma, paper), paper)
        residual = paper - small
        rest = residual[~ink] if (~ink).any() else residual
        ink = residual > max(4 * _spread(rest), 0.04)
    return as_light_changes(small, np.minimum(paper, without_strokes(small)))


def _dense_ink(small: Map) -> npt.NDArray[np.bool_]:
    """What is dark ink by its level alone, where there is so much that paper is hardly the rule.

    Nothing where there is less, where levels do not tell, or where a shadow is one of them.
    """
    light = small > otsu(small)
    dark = ~light
    if dark.mean() < DENSE or not has_two_levels(small, light) or shade(dark).any():
        return np.zeros(small.shape, bool)
    return dark


def _smooth_surface(small: Map, without: npt.NDArray[np.bool_]) -> Map:
    """A cubic surface through most of the picture, what is darker left out step by step.

    Args:
        without: `(h, w)`, what is ink in any case, and left out from the first.
    """
    design = _cubic_terms(*small.shape)
    count = design.shape[1]
    # Some of the pixels say enough.
    sampled = np.zeros(small.shape, bool)
    step = max(1, round((small.size / SAMPLED) ** 0.5))
    sampled[::step, ::step] = True
    left = sampled & ~without
    chosen = (left if 2 * left.sum() > count else sampled).ravel()
    equations, values = design[chosen], small.ravel()[chosen].astype(np.float64)
    # Begin with what is lighter than the median, as paper is.
    surface: Any = np.full_like(values, quantile(values, 0.6))
    solution = np.zeros(0)
    for round_ in range(8):
        residual = values - surface
        scale = max(1.4826 * median(np.abs(residual)), 0.01) * (3 if round_ < 3 else 2)
        weights = 1 / (1 + (residual / scale) ** 2) ** 2
        weights = np.where(residual < 0, weights, np.maximum(weights, 0.1))
        few = 1 if round_ == 0 else 3 if round_ == 1 else count
        part = equations[:, :few]
        weighted = part * weights[:, None]
        normal = weighted.T @ part + 1e-9 * len(values) * np.eye(few)
        solution = np.linalg.solve(normal, weighted.T @ values)
        surface = part @ solution
    smooth: Map = (design @ solution).reshape(small.shape).astype(np.float32)
    return smooth


def _cubic_terms(height: int, width: int) -> npt.NDArray[np.float64]:
    """Terms of a cubic surface at each pixel, `(H * W, 10)`; of a quadratic one if small."""
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
    terms: list[Any] = [1, x, y, x * x, x * y, y * y]
    if min(height, width) >= 16:
        terms += [x**3, x * x * y, x * y * y, y**3]
    design = np.empty((height, width, len(terms)))
    for place, term in enumerate(terms):
        design[..., place] = term
    return design.reshape(height * width, len(terms))


def _spread(residual: Map) -> float:
    """Standard deviation of most values, by their median absolute deviation."""
    return 1.4826 * median(np.abs(residual - median(residual)))


def _filled(small: Map, known: npt.NDArray[np.bool_], sigma: float, fallback: Map) -> Map:
    """Gaussian means of what is known; the fallback where nothing near is."""
    weight = gaussian(known.astype(np.float32), sigma, truncate=3)
    offset = np.where(known, small - fallback, 0).astype(np.float32)
    mean = gaussian(offset, sigma, truncate=3)
    share = np.clip(weight * 20, 0, 1)
    means: Map = fallback + np.where(weight > 1e-3, mean / np.maximum(weight, 1e-3), 0) * share
    return means


def _full_strength(strength: Map) -> Map:
    """The strength of a full stroke around each pixel: the largest near it, smoothly."""
    calm = box_mean(strength, 3) if max(strength.shape) > 300 else strength
    size = max(1, max(strength.shape) // 200)
    tops = blocks(calm, size).max(1).max(2)
    reach = max(3, max(tops.shape) // 12)
    near = largest(tops, 2 * reach + 1)
    return enlarged(box_mean(near, reach + 1 - reach % 2), strength.shape, size)


def _marked(strength: Map, full: Map, noise: float) -> npt.NDArray[np.bool_]:
    """Ink by two thresholds: all that is above the lower one and hangs together with a stroke's
    core, which is above the upper one (Canny, 'A Computational Approach to Edge Detection', 1986).
    """
    strongest = max(quantile(strength[::3, ::3], 0.999), float(full.max()) / 2)
    core = strength > np.maximum(CORE * full, max(5 * noise, 0.15 * strongest, 0.03))
    faintest = max(4 * noise, 0.08 * strongest, 0.02)
    every = strength > faintest
    strong = strength > CORE * strongest
    faint = every & (strength > FAINT * full)
    faint = without_rulings(faint) & without_drawn_boxes(faint, without_boxes(faint))
    # Rulings fainter than writing are broken off near it, where stubs of them would be left.
    if (every & ~strong).mean() > RULED:
        faint &= without_rulings(every) | strong
    found = regions(faint)
    return found.those((found.counts(core) > 0) & ~bar_codes(found))


def _strongest(strengths: list[Map]) -> tuple[Map, float]:
    """How much each pixel stands out, `(H, W)`, 0 for paper, and the noise of paper.

    Args:
        strengths: of each channel: coloured ink stands out most in one, yellow in blue, say.
    """
    noise = max(1e-4, *(_noise(against) / 2 for against in strengths))
    strength: Map = np.maximum(np.max(without_highlights(strengths), 0), 0)
    # The grain of real paper is not normal: its strong side is rougher than the other.
    return strength, max(noise, 1.4826 * median(strength[::3, ::3]))


def _has_grain(strength: Map, noise: float, strengths: list[Map], least: Grain) -> bool:
    """Whether grain is so strong, beside ink, that it would hide thin strokes."""
    if max(strength.shape) < least.side:
        return False
    strongest = quantile(strength[::3, ::3], 0.999)
    return noise >= least.noise * strongest and _roughness(strengths) >= least.rough


def _roughness(strengths: list[Map]) -> float:
    """The standard deviation of pixels from the mean of those around, in the noisiest channel.

    By the median absolute deviation, which ink hardly changes (Hampel, 'The Influence Curve and Its
    Role in Robust Estimation', 1974).
    """
    return max(1.4826 * median(np.abs(each - box_mean(each, 3))[::3, ::3]) for each in strengths)


def _noise(against: Map) -> float:
    """The standard deviation of paper, by the side of it where there is no ink."""
    step = [max(1, size // 300) for size in against.shape]
    sample = against[:: step[0], :: step[1]]
    lighter = -sample[sample < 0]
    if len(lighter) < 0.02 * sample.size:
        return 0.0
    return 1.4826 * median(lighter)
