"""Pictures of MNIST's digits as cameras and forms show them, each on a canvas of its own."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage

from inkdigits.data import Dataset

Alpha = npt.NDArray[np.float64]  # how much of each pixel is ink, in [0, 1]
Plane = npt.NDArray[np.uint8]
Edges = tuple[int, int, int, int]  # left, top, right, bottom
PAPER, INK = 230, 35
FINE = 2  # times the size that lines are drawn in


@dataclass(frozen=True, eq=False)
class Written:
    """Rows of digits."""

    alpha: Alpha
    boxes: list[list[Edges]]  # of each row's digits
    text: str

    def ends(self, row: int) -> tuple[int, int, int]:
        """Where a row begins and ends, and its lowest edge."""
        lefts, _, rights, bottoms = zip(*self.boxes[row], strict=True)
        return min(lefts), max(rights), max(bottoms)


def rows(start: int, count: int, of: int) -> list[range]:
    """Places of test digits: so many rows, each of so many."""
    return [range(first, first + of) for first in range(start, start + count * of, of)]


def glyph(image: Plane, height: int) -> Alpha:
    """One of MNIST's images at another size, cut to its ink, its edges sharp."""
    inked = image > 90
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    cut = np.pad(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 1)
    scale = height / len(cut)
    size = max(1, round(cut.shape[1] * scale)), height
    grown = np.asarray(Image.fromarray(cut).resize(size, Image.Resampling.BICUBIC)) / 255
    return np.clip((grown - 0.5) * max(1.2, scale / 2) + 0.5, 0, 1)


def written(
    mnist: Dataset,
    rows: Sequence[Sequence[int]],
    height: int | Sequence[int],
    *,
    gap: float = 0.35,
    line: float = 1.8,
    margin: float = 1.0,
    slope: float = 0,
) -> Written:
    """Rows of test digits, by their places.

    Args:
        height: of a digit, in pixels; of each row's, where they differ.
        gap: heights between digits; `line` from row to row, `margin` around all.
        slope: degrees by which rows fall, digits upright.
    """
    heights = [height] * len(rows) if isinstance(height, int) else list(height)
    glyphs = [
        [glyph(mnist.test.images[place], tall) for place in row]
        for row, tall in zip(rows, heights, strict=True)
    ]
    widths = [
        sum(each.shape[1] + gap * tall for each in row)
        for row, tall in zip(glyphs, heights, strict=True)
    ]
    fall = math.tan(math.radians(slope))
    around = margin * max(heights)
    height_of_all = line * sum(heights) + 2 * around + abs(fall) * max(widths)
    canvas = np.zeros((round(height_of_all), round(max(widths) + 2 * around)))
    boxes = []
    above = around + max(0.0, -fall * max(widths))
    for row, tall in zip(glyphs, heights, strict=True):
        boxes.append(_put(canvas, row, above, around, gap * tall, fall))
        above += line * tall
    text = "\n".join("".join(str(mnist.test.labels[place]) for place in row) for row in rows)
    return Written(canvas, boxes, text)


def _put(
    canvas: Alpha, row: Sequence[Alpha], above: float, left: float, gap: float, fall: float
) -> list[Edges]:
    """Digits side by side onto a canvas, each lower than the last by `fall` of the way."""
    boxes, first = [], left
    for each in row:
        place = round(above + fall * (first - left)), round(first)
        bottom, right = place[0] + each.shape[0], place[1] + each.shape[1]
        part = canvas[place[0] : bottom, place[1] : right]
        part[:] = np.maximum(part, each)
        boxes.append((place[1], place[0], right, bottom))
        first += each.shape[1] + gap
    return boxes


def drawn(shape: tuple[int, ...], draw: Callable[[ImageDraw.ImageDraw], None]) -> Alpha:
    """What `draw` draws, at twice the size, in white on black."""
    canvas = Image.new("L", (shape[1] * FINE, shape[0] * FINE))
    draw(ImageDraw.Draw(canvas))
    return np.asarray(canvas.resize((shape[1], shape[0]), Image.Resampling.BOX)) / 255


def lines(
    shape: tuple[int, ...], ends: Sequence[tuple[float, float, float, float]], width: float
) -> Alpha:
    """Straight lines, each from x, y to x, y."""

    def draw(pen: ImageDraw.ImageDraw) -> None:
        for each in ends:
            pen.line([FINE * value for value in each], 255, max(1, round(FINE * width)))

    return drawn(shape, draw)


def on_paper(alpha: Alpha) -> Plane:
    """Ink on paper, a little noisy as all photos are."""
    return photographed(PAPER * (1 - alpha) + INK * alpha, 2)


def photographed(levels: npt.NDArray[np.float64], noise: float) -> Plane:
    """Levels with noise of a standard deviation."""
    noisy = levels + np.random.default_rng(0).normal(0, noise, levels.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def skipping(mnist: Dataset, rows: Sequence[Sequence[int]], height: int) -> tuple[Plane, str]:
    """Written by a pen that skips: strokes with gaps, each about a tenth of a digit wide."""
    page = written(mnist, rows, height)
    size = [2 + 10 * side // height for side in page.alpha.shape]
    coarse = np.random.default_rng(0).normal(size=size).astype(np.float32)
    flow = np.asarray(
        Image.fromarray(coarse).resize(page.alpha.shape[::-1], Image.Resampling.BICUBIC)
    )
    return on_paper(page.alpha * np.clip(2 * (flow + 1.2), 0, 1)), page.text


def grainy(mnist: Dataset, rows: Sequence[Sequence[int]], height: int) -> tuple[Plane, str]:
    """Faint writing on a dim photo, whose grain is nearly a third as strong."""
    page = written(mnist, rows, height)
    return photographed(130 - 30 * page.alpha, 9), page.text


def at_an_edge(mnist: Dataset, places: Sequence[int], height: int) -> tuple[Plane, str]:
    """A few digits low on a sheet whose left edge, a little askew, comes into the photo."""
    page = written(mnist, [places], height)
    sheet = np.pad(page.alpha, ((17 * height, 3 * height), (2 * height, 8 * height)))
    levels = PAPER * (1 - sheet) + INK * sheet
    rows, columns = np.indices(levels.shape)
    top, length = 3 * height, 13 * height
    levels[(rows > top) & (columns < height / 4 * (1 - (rows - top) / length))] = PAPER - 50
    return photographed(levels, 2), page.text


def on_a_table(mnist: Dataset, rows: Sequence[Sequence[int]], height: int) -> tuple[Plane, str]:
    """A sheet of which the photo shows two sides, and beyond them a dark table."""
    page = written(mnist, rows, height)
    sheet = np.pad(page.alpha, ((5 * height, 10 * height), (3 * height, 3 * height)))
    levels = PAPER * (1 - sheet) + INK * sheet
    levels[: 2 * height] = levels[:, -2 * height :] = INK + 20
    return photographed(levels, 2), page.text


def blank(table: float, askew: float, sides: Sequence[str]) -> Plane:
    """A sheet with nothing on it, and a dark table on some of its sides.

    Args:
        table: pixels of it; `askew`, how many more for each further along its edge.
        sides: some of `left`, `right`, `top` and `bottom`.
    """
    levels = np.full((330, 390), 210.0)
    down, across = np.indices(levels.shape)
    further = {"left": across, "right": 389 - across, "top": down, "bottom": 329 - down}
    for side in sides:
        along = down - 165 if side in {"left", "right"} else across - 195
        levels[further[side] < table + askew * along] = 45
    return photographed(levels, 2)


def in_pencil(
    mnist: Dataset, rows: Sequence[Sequence[int]], height: int, right: float
) -> tuple[Plane, str]:
    """Faint writing on a sheet, a little askew, beyond which a dark table is seen on two sides.

    Args:
        right: heights of a digit that the table takes there.
    """
    page = written(mnist, rows, height, margin=2)
    alpha = np.pad(page.alpha, ((0, 0), (0, 3 * height)))
    down, across = np.indices(alpha.shape)
    levels = 210 * (1 - alpha) + 140 * alpha
    levels[down < height + 0.03 * across] = 45
    levels[alpha.shape[1] - across < right * height + 0.03 * down] = 45
    return photographed(levels, 2), page.text


def on_a_plain_table(
    mnist: Dataset, rows: Sequence[Sequence[int]], height: int, table: float, sides: str
) -> tuple[Plane, str]:
    """A sheet a little askew, beside it on some sides a plain table with the grain of a photo.

    Args:
        table: its level; `sides`, some of `left`, `right`, `top` and `bottom`.
    """
    page = written(mnist, rows, height, margin=2)
    down, across = np.indices(page.alpha.shape)
    far = height / 2 + 0.03 * across, height / 2 + 0.03 * down
    light = np.linspace(1.05, 0.9, page.alpha.shape[1])
    levels = light * (PAPER * (1 - page.alpha) + INK * page.alpha)
    beyond = {
        "left": across < far[1],
        "right": page.alpha.shape[1] - across < far[1],
        "top": down < far[0],
        "bottom": page.alpha.shape[0] - down < far[0],
    }
    for side in sides.split():
        levels[beyond[side]] = table
    return photographed(levels, 2.5), page.text


def on_a_note(
    mnist: Dataset, places: Sequence[int], height: int, margin: float = 1
) -> tuple[Plane, str]:
    """A small note on a large dark desk."""
    page = written(mnist, [places], height, margin=margin)
    note = PAPER * (1 - page.alpha) + INK * page.alpha
    tall, wide = note.shape
    levels = np.pad(note, ((2 * tall, 3 * tall), (wide, 2 * wide)), constant_values=80)
    return photographed(levels, 3), page.text


def on_a_board(mnist: Dataset, rows: Sequence[Sequence[int]], height: int) -> tuple[Plane, str]:
    """Chalk on a dark board in a light frame."""
    page = written(mnist, rows, height)
    levels = np.pad(50 + 170 * page.alpha, height, constant_values=190)
    return photographed(levels, 3), page.text


def filling(mnist: Dataset, places: Sequence[int], height: int) -> tuple[Plane, str]:
    """Digits that touch all four sides of their picture."""
    page = written(mnist, [places], height, gap=0.12)
    rows = np.flatnonzero((page.alpha > 0.3).any(1))
    columns = np.flatnonzero((page.alpha > 0.3).any(0))
    cut = page.alpha[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return on_paper(cut), page.text


def underlined(mnist: Dataset, rows: Sequence[Sequence[int]], height: int) -> tuple[Plane, str]:
    """Rows that stand on a line each, which slopes a little."""
    page = written(mnist, rows, height, line=2.2)
    ends = [page.ends(number) for number in range(len(rows))]
    under = [
        (left - 0.1 * height, low - 0.06 * height, right + 0.1 * height, low - 0.02 * height)
        for left, right, low in ends
    ]
    alpha = np.maximum(page.alpha, lines(page.alpha.shape, under, height / 11))
    return on_paper(alpha), page.text


def struck(mnist: Dataset, places: Sequence[int], height: int) -> Plane:
    """A number with two lines through its middle."""
    page = written(mnist, [places], height)
    left, right, low = page.ends(0)
    through = [
        (left - 0.2 * height, low - share * height, right + 0.2 * height, low - share * height)
        for share in (0.4, 0.6)
    ]
    return on_paper(np.maximum(page.alpha, lines(page.alpha.shape, through, height / 11)))


def dim(mnist: Dataset, rows: Sequence[Sequence[int]], height: int) -> tuple[Plane, str]:
    """As cameras take photos in the dark; `(H, W, 3)`."""
    page = written(mnist, rows, height)
    levels = 165 * (1 - page.alpha) + 45 * page.alpha
    return photographed(np.repeat(levels[..., None], 3, 2), 26), page.text


def blurred(
    mnist: Dataset, rows: Sequence[Sequence[int]], height: int, share: float = 0.09
) -> tuple[Plane, str]:
    """As a camera far out of focus shows them, blurred by a share of their height."""
    page = written(mnist, rows, height)
    return on_paper(ndimage.gaussian_filter(page.alpha, share * height)), page.text


def shadowed(
    mnist: Dataset,
    rows: Sequence[Sequence[int]],
    height: int,
    degrees: float,
    softness: float = 1,
    rise: float = 0,
    shift: float = 0,
) -> tuple[Plane, str]:
    """Half in a shadow, across whose edge digits lie.

    Args:
        softness: pixels, of the edge; `shift`, the same, how far it is from the middle.
        rise: share of the light that comes back with each pixel, further into the shadow.
    """
    page = written(mnist, rows, height, margin=1.8)
    down, across = np.indices(page.alpha.shape)
    turn = math.radians(degrees)
    beyond = (across - page.alpha.shape[1] / 2) * math.cos(turn)
    beyond += (down - page.alpha.shape[0] / 2) * math.sin(turn)
    light = 1 - 0.6 / (1 + np.exp((shift - beyond) / softness))
    light *= 1 + rise * np.maximum(beyond, 0)
    return photographed(light * (PAPER * (1 - page.alpha) + INK * page.alpha), 2), page.text


def into_a_shadow(
    mnist: Dataset, rows: Sequence[Sequence[int]], height: int, softness: float
) -> tuple[Plane, str]:
    """On the left half of a page, which lies in a shadow from the longest row's last digit on.

    Args:
        softness: pixels, of the shadow's edge.
    """
    page = written(mnist, rows, height)
    edge = max(boxes[-1] for boxes in page.boxes)[0]
    alpha = np.pad(page.alpha, ((0, 0), (0, page.alpha.shape[1])))
    light = 1 - 0.55 / (1 + np.exp((edge - np.arange(alpha.shape[1])) / softness))
    return photographed(light * (PAPER * (1 - alpha) + INK * alpha), 2), page.text


def under_a_hand(
    mnist: Dataset, rows: Sequence[Sequence[int]], height: int, softness: float
) -> tuple[Plane, str]:
    """Under the shadow of three fingers, from below, whose edges are so many pixels soft."""
    page = written(mnist, rows, height, margin=1.8)
    down, across = page.alpha.shape
    long, thick = FINE * 0.7 * down, FINE * 0.8 * height

    def draw(pen: ImageDraw.ImageDraw) -> None:
        for place in (0.3, 0.5, 0.7):
            left = FINE * place * across
            pen.polygon([(left, FINE * down), (left + 0.1 * long, FINE * down - long),
                         (left + 0.1 * long + thick, FINE * down - long),
                         (left + thick, FINE * down)], 255)  # fmt: skip

    light = 1 - 0.5 * ndimage.gaussian_filter(drawn((down, across), draw), softness)
    return photographed(light * (PAPER * (1 - page.alpha) + INK * page.alpha), 2), page.text


def bound(
    mnist: Dataset,
    rows: Sequence[Sequence[int]],
    height: int,
    kind: str,
    *,
    is_left: bool,
    apart: float = 0.8,
) -> tuple[Plane, str]:
    """Rows of test digits in a notebook, with its binding above, or left of them.

    Args:
        kind: of the binding: rings; wires, each from a hole; or doubled wires.
        apart: of a digit's height, from one mark of the binding to the next.
    """
    page = written(mnist, rows, height)
    long = page.alpha.shape[0 if is_left else 1]
    deep, step, pen = round(2.2 * height), apart * height, max(2, height // 12)

    def draw(brush: ImageDraw.ImageDraw) -> None:
        for middle in np.arange(0.3 * step, long, step):
            left, right, low = (FINE * (middle + share * height) for share in (-0.2, 0.2, 0))
            if kind == "rings":
                box = left, FINE * height, right, FINE * 1.4 * height
                brush.ellipse(box, outline=255, width=FINE * pen)
            elif kind == "wires":
                brush.line((low, 0, low, FINE * 1.3 * height), 255, FINE * pen)
                brush.ellipse(
                    (left + pen, FINE * 1.2 * height, right - pen, FINE * 1.5 * height), 255
                )
            else:
                for place in (left, low):
                    brush.line(
                        (place, FINE * 0.2 * height, place, FINE * 1.2 * height), 255, FINE * pen
                    )

    binding = drawn((deep, long), draw)
    if is_left:
        return on_paper(np.hstack((np.rot90(binding), page.alpha))), page.text
    return on_paper(np.vstack((binding, page.alpha))), page.text


def counter(mnist: Dataset, places: Sequence[int], height: int) -> tuple[Plane, str]:
    """Light digits on the dark wheels of a counter, the last one red, in a light housing."""
    wide, tall = round(1.15 * height), round(1.6 * height)
    levels = np.full((round(3.6 * height), len(places) * wide + 2 * height, 3), 205.0)
    for number, place in enumerate(places):
        digit = glyph(mnist.test.images[place], height)
        wheel = np.zeros((tall, wide - round(0.12 * height)))
        top, left = ((size - own) // 2 for size, own in zip(wheel.shape, digit.shape, strict=True))
        wheel[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
        dark = (150, 25, 25) if place == places[-1] else (30, 30, 30)
        colours = np.array(dark) * (1 - wheel[..., None]) + 235 * wheel[..., None]
        start = height + number * wide
        levels[height : height + tall, start : start + wheel.shape[1]] = colours
    text = "".join(str(mnist.test.labels[place]) for place in places)
    return photographed(levels, 2), text


def askew(picture: Plane, degrees: float) -> Plane:
    """A picture turned clockwise, its edges going on into the corners."""
    turned: Plane = ndimage.rotate(picture, -degrees, reshape=False, order=1, mode="nearest")
    return turned


def far_apart(
    mnist: Dataset, rows: Sequence[Sequence[int]], gap: float, degrees: float
) -> tuple[Plane, str]:
    """Digits so many heights apart, on a page that lies askew."""
    page = written(mnist, rows, 50, gap=gap, line=2.2, margin=4)
    return askew(on_paper(page.alpha), degrees), page.text


def on_ruled_paper(
    mnist: Dataset, rows: Sequence[Sequence[int]], height: int, degrees: float
) -> tuple[Plane, str]:
    """Rows across the fainter rulings of a page that lies askew."""
    page = written(mnist, rows, height, margin=2.5)
    tall, wide = page.alpha.shape
    ends = [(-wide, y, 2 * wide, y) for y in np.arange(0.3, tall / height, 1.1) * height]
    ruled = np.maximum(page.alpha, 0.45 * lines((tall, wide), ends, 2))
    return askew(on_paper(ruled), degrees), page.text


def straightened(picture: Plane, degrees: float, level: int) -> Plane:
    """A photo that a program has turned, its light uneven; the corners are of one level."""
    light = np.linspace(0.62, 0.9, picture.shape[1])
    photo = Image.fromarray((picture * light).astype(np.uint8))
    return np.asarray(photo.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=level))


def framed(picture: Plane, margins: Edges, level: int) -> Plane:
    """A photo, its light uneven, with a plain frame, such as a viewer's bars, around it."""
    light = np.linspace(0.62, 0.9, picture.shape[1])
    left, top, right, bottom = margins
    return np.pad(
        (picture * light).astype(np.uint8), ((top, bottom), (left, right)), constant_values=level
    )
