"""The page's sections on what a network looks at: attributions, and its filters' favourites."""

from typing import Any

import numpy as np
import numpy.typing as npt

from inkdigits.evaluation.attributions import MORE_STEPS, STEPS, Attribution
from inkdigits.figures.style import SIGNED
from inkdigits.report.html import Html, picture, tag
from inkdigits.report.measure import ATTRIBUTIONS, FAVOURITES, Explained, Findings
from inkdigits.report.parts import left_out, paragraph, section

_SIDE = 112  # CSS pixels of an attribution
_TILE = 42  # of a filter's favourite, at least
_GAP, _STRIP = 1, 8


def attributions_section(findings: Findings) -> Html:
    """Integrated gradients."""
    title = "Which pixels decided"
    if not findings.explained:
        return section("attributions", title, left_out(findings.left_out[ATTRIBUTIONS]))
    all_of_them = [
        found for each in findings.explained for found in (each.for_read, each.for_label) if found
    ]
    gap = max(found.gap / max(abs(found.output - found.baseline), 1e-9) for found in all_of_them)
    right = [each for each in findings.explained if each.for_label is None]
    wrong = [each for each in findings.explained if each.for_label is not None]
    inside = [
        paragraph(
            "Integrated gradients (Sundararajan, Taly and Yan, 2017) from empty paper to the image:"
            " red pixels spoke for the class, blue ones against it. Together they add up to what "
            f"the class’s score gained; with {STEPS} to {MORE_STEPS:,} steps at most "
            f"{100 * gap:.1f}% of that is missed."
        ),
        tag("h3", "Read rightly"),
        tag("ul", *(_right(findings, each) for each in right), class_="gallery wide"),
    ]
    if wrong:
        inside += [
            tag("h3", "The worst mistakes: what spoke for each class"),
            tag("ul", *(_wrong(findings, each) for each in wrong), class_="gallery triples"),
        ]
    return section("attributions", title, *inside)


def _right(findings: Findings, each: Explained) -> Html:
    read = findings.names[each.read]
    about = f"Test image {each.index}, a {read}: the pixels that spoke for it"
    map_ = picture(attribution_pixels(each.for_read, _image(findings, each)), about, _SIDE)
    return tag("li", map_, tag("span", f"{each.index}: ", tag("b", read)))


def _wrong(findings: Findings, each: Explained) -> Html:
    names, image = findings.names, _image(findings, each)
    read, label = names[each.read], names[each.label]
    assert each.for_label is not None
    columns = [(picture(image, f"Test image {each.index}", _SIDE), f"image {each.index}")]
    for attribution, name, says in (
        (each.for_read, read, f"for {read}, as read"),
        (each.for_label, label, f"for {label}, the label"),
    ):
        about = f"The pixels of test image {each.index} that spoke for {name}"
        columns.append((picture(attribution_pixels(attribution, image), about, _SIDE), says))
    return tag("li", *(tag("div", map_, tag("span", says)) for map_, says in columns))


def _image(findings: Findings, each: Explained) -> npt.NDArray[np.uint8]:
    image: npt.NDArray[np.uint8] = findings.dataset.test.images[each.index]
    return image


def attribution_pixels(
    attribution: Attribution, image: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """`(H, W, 3) uint8`: red where a pixel spoke for it, blue against; the ink faintly below."""
    from matplotlib import colormaps

    values = attribution.values
    # Some single pixels say so much that others would pale beside them.
    most = float(np.quantile(np.abs(values[values != 0]), 0.98)) if values.any() else 1.0
    colours = colormaps[SIGNED](np.clip(0.5 + 0.5 * values / most, 0, 1))[..., :3]
    shade = 1 - 0.18 * image[..., None] / 255
    return np.rint(255 * colours * shade).astype(np.uint8)


def favourites_section(findings: Findings) -> Html:
    """Activation maximisation."""
    title = "What each filter likes most"
    if not findings.favourites:
        return section("favourites", title, left_out(findings.left_out[FAVOURITES]))
    stages = findings.model.networks[0].description.stages
    several = len(findings.model.networks) > 1 or findings.model.networks[0].others
    of = " (of the first of several networks)" if several else ""
    inside: list[Html] = []
    for number, tiles in enumerate(findings.favourites, 1):
        count, height, width = tiles.shape
        filters = stages[number - 1].filters
        shown = f"{count}" if count == filters else f"the first {count} of {filters}"
        name = f"Stage {number}: {shown} filters, each seeing {width}×{height} pixels"
        inside += [tag("h3", name), _strips(tiles, name)]
    return section(
        "favourites",
        title,
        paragraph(
            f"For each filter{of} an image was looked for that excites it as much as possible in "
            "the middle of its map (activation maximisation: Erhan and others, 2009), from grey "
            "noise, along the gradient. White is ink; grey leaves the filter cold; contrasts are "
            "stretched."
        ),
        *inside,
    )


def _strips(tiles: npt.NDArray[np.float32], name: str) -> Html:
    """Eight filters an image, so that a narrow page breaks between them."""
    count, _, width = tiles.shape
    times = max(1, round(_TILE / width))
    strips = []
    for start in range(0, count, _STRIP):
        pixels = strip_pixels(tiles[start : start + _STRIP])
        last = min(start + _STRIP, count) - 1
        about = f"{name}: numbers {start} to {last}"
        strips.append(tag("li", picture(pixels, about, times * pixels.shape[1])))
    return tag("ul", *strips, class_="strips")


def strip_pixels(tiles: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Tiles `(N, h, w)`, 0 to 1, beside each other: `(h, W, 4) uint8`, RGBA, nothing between.

    The contrast of each, about the grey of 0.5, is made as strong as it can be.
    """
    count, height, width = tiles.shape
    pixels = np.zeros((height, count * (width + _GAP) - _GAP, 4), np.uint8)
    for place, tile in enumerate(tiles):
        most = max(float(np.abs(tile - 0.5).max()), 1e-6)
        grey = np.rint(255 * (0.5 + 0.5 * (tile - 0.5) / most)).astype(np.uint8)
        left = place * (width + _GAP)
        pixels[:, left : left + width, :3] = grey[..., None]
        pixels[:, left : left + width, 3] = 255
    return pixels
