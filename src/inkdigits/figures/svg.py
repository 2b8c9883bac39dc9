"""A figure as an SVG element that stands in an HTML page under the strictest of policies.

matplotlib's SVG has style attributes, a style element and names of parts that several figures on a
page would share. Here styles become attributes of their own, so that a policy without
'unsafe-inline' lets them pass and a style sheet can change them, for dark pages too; names are made
the figure's own and the same in every run; and the whole is named and described for those who do
not see it. Text is drawn as outlines, alike on every machine.
"""

import io
import re
from xml.etree import ElementTree

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from inkdigits.figures.style import legible

_SVG, _XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
_POINT = 4 / 3  # CSS pixels
_LEFT_OUT = {"metadata", "style"}
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def svg_element(figure: Figure, name: str, description: str, prefix: str) -> str:
    """The figure as an `<svg>` element with a transparent ground, for HTML.

    Args:
        name: what a screen reader calls it.
        description: what it shows, in a sentence or two.
        prefix: letters and digits that no other figure of the page has.
    """
    figure.patch.set_visible(False)
    for axes in figure.axes:
        for image in axes.images:
            image.set_interpolation("none")  # pixels as they are, for the browser to enlarge
    stream = io.BytesIO()
    canvas = FigureCanvasSVG(figure)
    with legible(figure):
        canvas.print_svg(stream, metadata=_NO_METADATA)  # type: ignore[no-untyped-call]
    root = ElementTree.fromstring(stream.getvalue())  # our own text: no stranger's XML
    _plain(root, {}, prefix)
    width, height = figure.get_size_inches() * 72
    root.attrib = {
        "viewBox": f"0 0 {width:g} {height:g}",
        "width": f"{width * _POINT:.0f}",
        "height": f"{height * _POINT:.0f}",
        "role": "img",
        "aria-labelledby": f"{prefix}-name {prefix}-about",
    }
    for tag, text in (("desc", description), ("title", name)):
        element = ElementTree.Element(
            tag, {"id": f"{prefix}-{'name' if tag == 'title' else 'about'}"}
        )
        element.text = text
        root.insert(0, element)
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


def _plain(element: ElementTree.Element, names: dict[str, str], prefix: str) -> None:
    """Take what only matplotlib needs out of an element and all within it."""
    element.tag = element.tag.removeprefix(_SVG)
    given = {key.removeprefix(_XLINK): value for key, value in element.attrib.items()}
    for declaration in given.pop("style", "").split(";"):
        key, colon, value = declaration.partition(":")
        if colon:
            given[key.strip()] = value.strip()
    element.attrib = {key: _renamed(key, value, names, prefix) for key, value in given.items()}
    if element.tag == "g":
        element.attrib.pop("id", None)  # which nothing refers to
    element.tail = None
    if element.tag in ("g", "defs", "svg"):
        element.text = None
    for child in list(element):
        if child.tag.removeprefix(_SVG) in _LEFT_OUT:
            element.remove(child)
        else:
            _plain(child, names, prefix)


def _renamed(key: str, value: str, names: dict[str, str], prefix: str) -> str:
    """An attribute's value, with a name in it, if it has one, numbered in the order of use."""

    def own(name: str) -> str:
        return names.setdefault(name, f"{prefix}-{len(names)}")

    if key == "id":
        return own(value)
    if key == "href" and value.startswith("#"):
        return f"#{own(value[1:])}"
    return re.sub(r"url\(#([^)]+)\)", lambda found: f"url(#{own(found[1])})", value)
