"""Pictures that are hard to read, each for a reason of its own, for the golden examples."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from inkdigits.data import Dataset

Levels = npt.NDArray[np.uint8]
Scene = tuple[Levels, str]
Place = tuple[int, int, int]  # a digit's index, row and column
INK = 0.85  # how much darker than paper
PAPER = 235
START = 90  # the first digit of a page, of the test images


def filling(mnist: Dataset, index: int, height: int, *, light_on_dark: bool) -> Scene:
    """One digit without any margin."""
    shade = 20 + (215 * tall(mnist, index, height)).astype(np.uint8)
    return shade if light_on_dark else 255 - shade, str(mnist.test.labels[index])


def underlined(mnist: Dataset) -> Scene:
    """Two numbers, each on a line that touches its digits."""
    places = [(START + k, 40 + 110 * (k // 4), 50 + 55 * (k % 4)) for k in range(8)]
    ink = laid(mnist, places, 56, (260, 300))
    for top in (40, 150):
        ink[top + 52 : top + 57, 40:265] = 1
    return on_paper(ink), text_of(mnist, places)


def noisy(mnist: Dataset) -> Scene:
    """A dim picture of a sensor that sees too little, in colour; `(H, W, 3)`."""
    places = [(START + k, 40 + 90 * (k // 5), 30 + 60 * (k % 5)) for k in range(10)]
    grain = np.random.default_rng(1).normal(0, 40, (220, 350, 3))
    page = 165 * (1 - INK * laid(mnist, places, 50, (220, 350)))[..., None] + grain
    return page.clip(0, 255).astype(np.uint8), text_of(mnist, places, 5)


def in_shadow(mnist: Dataset) -> Scene:
    """Half of a page in a shadow with a hard edge, which goes through the numbers."""
    places = [(START + k, 80 + 110 * (k // 5), 80 + 70 * (k % 5)) for k in range(10)]
    page = on_paper(laid(mnist, places, 50, (340, 500)))
    page[:, 250:] = 0.4 * page[:, 250:]
    return page, text_of(mnist, places, 5)


def sloping(mnist: Dataset) -> Scene:
    """Lines that rise by 20 degrees, unsteadily, of upright digits."""
    steps = [(k // 6, 40 + 60 * (k % 6)) for k in range(18)]
    rises = np.tan(np.radians(20)) * np.array([column for _, column in steps])
    places = [
        (START + k, int(190 + 100 * line - rise + 5 * (k % 2)), column)
        for k, ((line, column), rise) in enumerate(zip(steps, rises, strict=True))
    ]
    return on_paper(laid(mnist, places, 46, (480, 440))), text_of(mnist, places, 6)


def of_two_sizes(mnist: Dataset) -> Scene:
    """Two lines of large digits, and lines of small ones near them."""
    large = [(START + k, 40, 30 + 110 * k) for k in range(3)]
    small = [(START + 3 + k, 165 + 55 * (k // 4), 40 + 40 * (k % 4)) for k in range(8)]
    ink = np.maximum(laid(mnist, large, 96, (300, 380)), laid(mnist, small, 32, (300, 380)))
    return on_paper(ink), text_of(mnist, large, 3) + "\n" + text_of(mnist, small)


def in_brackets(mnist: Dataset) -> Scene:
    """A number in round brackets, one without."""
    places = [(START + k, 40 + 110 * (k // 4), 90 + 55 * (k % 4)) for k in range(8)]
    drawn = Image.fromarray(np.zeros((250, 380), np.uint8))
    pen = ImageDraw.Draw(drawn)
    pen.arc((57, 26, 93, 110), 120, 240, 255, 5)
    pen.arc((282, 26, 318, 110), -60, 60, 255, 5)
    ink = np.maximum(laid(mnist, places, 56, (250, 380)), np.asarray(drawn) / 255)
    return on_paper(ink), text_of(mnist, places)


def beside_print(mnist: Dataset) -> Scene:
    """A number under a printed label, as on a form."""
    places = [(START + k, 90, 40 + 60 * k) for k in range(5)]
    drawn = Image.fromarray(np.zeros((190, 380), np.uint8))
    font = ImageFont.load_default(26)
    ImageDraw.Draw(drawn).text((30, 30), "Telefon", 255, font)
    ink = np.maximum(laid(mnist, places, 56, (190, 380)), np.asarray(drawn) / 255)
    return on_paper(ink), text_of(mnist, places, 5)


def between_ticks(mnist: Dataset) -> Scene:
    """A number in a comb field: between its digits there are short bars."""
    places = [(START + k, 40, 50 + 66 * k) for k in range(6)]
    ink = laid(mnist, places, 56, (140, 460))
    for left in range(37, 440, 66):
        ink[86:106, left : left + 3] = 1
    return on_paper(ink), text_of(mnist, places, 6)


def tiny(mnist: Dataset) -> Scene:
    """Digits of eight pixels."""
    places = [(START + k, 12 + 20 * (k // 5), 12 + 13 * (k % 5)) for k in range(10)]
    return on_paper(laid(mnist, places, 8, (58, 85))), text_of(mnist, places, 5)


def cut_close(mnist: Dataset) -> Scene:
    """Three digits that touch the picture's borders, as cut out of a page."""
    digits = [tall(mnist, START + k, 60) for k in range(3)]
    ink = np.concatenate([np.pad(digit, ((0, 0), (0, 8))) for digit in digits], 1)
    return on_paper(ink[:, :-8]), text_of(mnist, [(START + k, 0, 0) for k in range(3)])


def tall(mnist: Dataset, index: int, height: int) -> npt.NDArray[np.float64]:
    """A digit's ink in [0, 1] without its margin, enlarged to a height in pixels."""
    image = mnist.test.images[index]
    rows, columns = np.nonzero(image > 60)
    own = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    size = (max(1, round(own.shape[1] * height / own.shape[0])), height)
    return np.asarray(Image.fromarray(own).resize(size, Image.Resampling.BICUBIC)) / 255


def laid(
    mnist: Dataset, places: Sequence[Place], height: int, shape: tuple[int, int]
) -> npt.NDArray[np.float64]:
    """Ink in [0, 1]: digits of one height, each at its place, on a page `(H, W)`."""
    ink = np.zeros(shape)
    for index, top, left in places:
        digit = tall(mnist, index, height)
        part = ink[top : top + digit.shape[0], left : left + digit.shape[1]]
        np.maximum(part, digit, out=part)
    return ink


def on_paper(ink: npt.NDArray[np.float64]) -> Levels:
    """What ink in [0, 1] looks like on light paper."""
    return (PAPER * (1 - INK * ink)).astype(np.uint8)


def text_of(mnist: Dataset, places: Sequence[Place], length: int = 4) -> str:
    """The digits at some places, in lines of one length."""
    text = "".join(str(mnist.test.labels[index]) for index, _, _ in places)
    return "\n".join(text[start : start + length] for start in range(0, len(text), length))


SCENES: dict[str, Callable[[Dataset], Scene]] = {
    each.__name__: each
    for each in (
        underlined, noisy, in_shadow, sloping, of_two_sizes, in_brackets, beside_print,
        between_ticks, tiny, cut_close,
    )
}  # fmt: skip
