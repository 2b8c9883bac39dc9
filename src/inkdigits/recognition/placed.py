"""What was read, placed in the picture: from the pixels that are read to those that it has."""

from collections.abc import Sequence

from inkdigits.images.components import Box
from inkdigits.images.decode import Picture
from inkdigits.images.frame import Margins
from inkdigits.recognition.orientation import WayUp
from inkdigits.recognition.reading import Digit, Line, Reading, Rectangle, Sign
from inkdigits.recognition.segmentation import Candidate, ReadLine


def placed(
    lines: Sequence[ReadLine],
    picture: Picture,
    frame: Margins,
    way: WayUp,
    light_on_dark: bool,
) -> Reading:
    """What a picture's lines say, in its own pixels as they are stored.

    Args:
        lines: with boxes in the pixels that were read, within the picture's `frame` and upright.
        way: up that they lay.
    """
    down, across = picture.scale
    height, width = picture.size
    margins = frame.turned(way.quarters)
    if way.quarters % 2:
        down, across, height, width = across, down, width, height

    def of_picture(box: Box) -> Rectangle:
        return (
            round((margins.left + box.left) * across),
            round((margins.top + box.top) * down),
            max(1, round(box.width * across)),
            max(1, round(box.height * down)),
        )

    def digit_of(found: Candidate) -> Digit:
        return Digit(
            found.value,
            found.confidence,
            of_picture(found.box),
            found.image,
            found.digits,
            found.is_cut,
        )

    read = tuple(
        Line(
            tuple(map(digit_of, line.digits)),
            tuple(Sign(sign.text, sign.place, of_picture(sign.box)) for sign in line.signs),
        )
        for line in lines
    )
    # Turned back counterclockwise by so many quarters, it lay turned clockwise by as many.
    turned = 90 * way.quarters
    more = picture.has_more_pages
    return Reading(read, (height, width), turned, 90 * way.perhaps, light_on_dark, more)
