"""HTML out of Python calls: whatever is text is escaped, because names come from files."""

import base64
import html
import io
import unicodedata

import numpy as np
import numpy.typing as npt
from PIL import Image


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


_EMPTY = {"meta", "link", "img", "br"}


def tag(element: str, *inside: str, **attributes: str) -> Html:
    """An element; attributes lose a trailing underscore, and others become hyphens."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(visible(value))}"'
        for key, value in attributes.items()
    )
    if element in _EMPTY:
        return Html(f"<{element}{said}>")
    return Html(f"<{element}{said}>{joined(*inside)}</{element}>")


def joined(*parts: str) -> Html:
    """All parts one after the other, escaped where they are plain text."""
    return Html(
        "".join(part if isinstance(part, Html) else html.escape(visible(part)) for part in parts)
    )


def visible(text: str) -> str:
    """`text` with control and formatting characters, and what is no Unicode, as escapes.

    A name could otherwise turn the writing around it, or be no HTML or SVG at all.
    """
    return "".join(
        each.encode("unicode_escape", "surrogatepass").decode()
        if unicodedata.category(each) in ("Cc", "Cf", "Cs")
        else each
        for each in text
    )


def picture(pixels: npt.NDArray[np.uint8], alt: str, width: int) -> Html:
    """Pixels as an image so many CSS pixels wide, enlarged sharply.

    Args:
        pixels: grey `(H, W)`, RGB `(H, W, 3)` or RGBA `(H, W, 4)`, all uint8.
    """
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", optimize=True)
    height = round(width * pixels.shape[0] / pixels.shape[1])
    return tag(
        "img",
        src=f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}",
        alt=alt,
        width=str(width),
        height=str(height),
    )


def table(caption: str, header: list[str], rows: list[list[str]]) -> Html:
    """A table that unfolds, its first column naming the rows."""
    head = tag("tr", *(tag("th", name, scope="col") for name in header))
    body = [
        tag("tr", tag("th", row[0], scope="row"), *(tag("td", cell) for cell in row[1:]))
        for row in rows
    ]
    whole = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body))
    return tag("details", tag("summary", "The numbers"), scrolled(whole, caption))


def scrolled(whole: Html, name: str) -> Html:
    """What may be wider than a phone, in a part of its own that scrolls, with keys too."""
    return tag("div", whole, class_="scroll", role="group", aria_label=name, tabindex="0")
