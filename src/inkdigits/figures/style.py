"""The look that all figures share: colours, sizes, exact layout in inches, PNG that repeats.

Only matplotlib's object interface is used: no pyplot, no settings changed, so a figure can be
drawn in any thread and beside any other use of matplotlib. Layout is in inches, from measured
text, because constrained layout is slow with a hundred axes and differs between versions.
"""

import contextlib
import functools
import io
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.image import AxesImage
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter

from inkdigits.files import write_bytes

DPI = 120
SMALL, NORMAL, LARGE = 8.0, 9.5, 12.0  # points
LINE_HEIGHT = 1.35  # of the size
# zlib's 6 takes half as long again for a tenth fewer bytes.
_COMPRESSION = 3
_PICTURES = "pictures"  # names the axes that they share
_FONT = "DejaVu Sans"  # which matplotlib brings along
# Common fonts with letters that it lacks, above all those of East and South Asia: of Linux, macOS
# and Windows. Each letter is taken from the first that is installed and has it.
_OTHER_FONTS = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans JP",
    "Noto Sans SC",
    "Droid Sans Fallback",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Tamil",
    "Noto Sans Telugu",
    "Noto Sans Thai",
    "Lohit Devanagari",
    "Lohit Bengali",
    "Hiragino Sans",
    "PingFang SC",
    "Apple SD Gothic Neo",
    "Kohinoor Devanagari",
    "Thonburi",
    "Yu Gothic",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Nirmala UI",
    "Leelawadee UI",
    "Arial Unicode MS",
)
_NO_LETTER = "□"  # in place of one that no font has

INK = "#222222"
MUTED = "#6b6b6b"
FAINT = "#d9d9d9"
# Okabe and Ito, 'Color Universal Design' (2008): told apart with any colour vision.
BLUE, VERMILLION, GREEN = "#0072b2", "#d55e00", "#009e73"
PURPLE, ORANGE, SKY = "#cc79a7", "#e69f00", "#56b4e9"
SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, INK)
LINES = ("-", "--", ":", "-.")  # after seven runs the colours repeat with the next line
RIGHT, WRONG = BLUE, VERMILLION

SIGNED = "RdBu_r"  # around 0, which is white
UNSIGNED = "viridis"  # even steps, also in grey and for colour-blind eyes


def new_figure(width: float, height: float) -> Figure:
    """A white figure of `width` x `height` inches with an Agg canvas of its own."""
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    figure.set_layout_engine("none")  # whatever the user's matplotlibrc says
    FigureCanvasAgg(figure)
    return figure


def place_axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Add axes whose top left corner is `left`, `top` inches from that of the figure."""
    total_width, total_height = figure.get_size_inches()
    axes = figure.add_axes(
        (
            left / total_width,
            1 - (top + height) / total_height,
            width / total_width,
            height / total_height,
        )
    )
    axes.set_facecolor("white")
    axes.tick_params(labelsize=SMALL, colors=MUTED, labelcolor=INK, length=3)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(MUTED)
    return axes


def place_text(
    figure: Figure,
    left: float,
    top: float,
    text: str,
    *,
    size: float = NORMAL,
    colour: str = INK,
    weight: str = "normal",
    align: str = "left",
) -> None:
    """Write `text`, line by line, with its upper edge `left`, `top` inches from the corner."""
    width, height = figure.get_size_inches()
    for index, line in enumerate(text.split("\n")):
        # Set on baselines, so that a line stands equally high whatever letters it has.
        baseline = top + (0.8 + LINE_HEIGHT * index) * size / 72
        figure.text(
            left / width,
            1 - baseline / height,
            line,
            size=size,
            color=colour,
            weight=weight,
            ha=align,
            va="baseline",
            parse_math=False,
        )


def place_picture(
    figure: Figure, image: npt.NDArray[np.uint8], left: float, top: float, size: float
) -> AxesImage:
    """Show an image `(H, W) uint8`, white on black, in the middle of a square of `size` inches."""
    high, wide = (side * size / max(image.shape) for side in image.shape)
    right, bottom = left + (size + wide) / 2, top + (size + high) / 2
    return _pictures(figure).imshow(
        image,
        extent=(right - wide, right, bottom, bottom - high),
        aspect="auto",
        cmap="gray",
        vmin=0,
        vmax=255,
        interpolation="nearest",
    )


def _pictures(figure: Figure) -> Axes:
    """The axes of all pictures, in inches from the upper left corner: a hundred would take long."""
    for axes in figure.axes:
        if axes.get_label() == _PICTURES:
            return axes
    axes = figure.add_axes((0, 0, 1, 1), label=_PICTURES)
    axes.set_axis_off()
    width, height = figure.get_size_inches()
    axes.set(xlim=(0, width), ylim=(height, 0), xticks=(), yticks=(), autoscale_on=False)
    figure.suppressComposite = True  # each stays a picture of its own, also in SVG
    return axes


def bare(axes: Axes) -> None:
    """Take ticks and frame from axes that show a picture."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def percent_ticks() -> FuncFormatter:
    """Writes an axis of shares as percent, without digits that say nothing."""
    return FuncFormatter(lambda value, _: f"{100 * value:g}%")


def text_width(text: str, size: float = NORMAL, weight: str = "normal") -> float:
    """Width in inches of the widest line of `text`, without drawing it."""
    font = FontProperties(size=size, weight=weight, family=fonts_for(text))
    lines = [line for line in text.split("\n") if line.strip()]
    return max((_line_width(line, font) for line in lines), default=0.0)


@functools.lru_cache(1024)  # names of classes and parts are in every figure
def _line_width(line: str, font: FontProperties) -> float:
    plain = "".join(each if _is_had(each) else _NO_LETTER for each in line)
    width, _, _ = text_to_path.get_text_width_height_descent(plain, font, ismath=False)
    return float(width) / 72


def fonts_for(text: str) -> list[str] | None:
    """The fonts that have a text's letters; None where matplotlib's own suffices."""
    if text.isascii() or all(ord(each) in _letters(_FONT) for each in text):
        return None
    return [_FONT, *_installed()]


def _is_had(letter: str) -> bool:
    if letter.isascii() and (letter.isprintable() or letter == "\n"):
        return True
    return any(ord(letter) in _letters(font) for font in (_FONT, *_installed()))


@functools.cache
def _installed() -> list[str]:
    names = {font.name for font in fontManager.ttflist}
    return [name for name in _OTHER_FONTS if name in names]


@functools.cache
def _letters(font: str) -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family=[font]))).get_charmap())


@contextlib.contextmanager
def legible(figure: Figure) -> Iterator[None]:
    """While the figure is drawn: letters from whatever font has them, without a word of others."""
    texts = [found for found in figure.findobj(Text) if isinstance(found, Text)]
    others = [(text, fonts) for text in texts if (fonts := fonts_for(text.get_text()))]
    for text, fonts in others:
        text.set_fontfamily(fonts)
    if all(_is_had(each) for text in texts for each in text.get_text()):
        yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        yield


def widest(texts: Sequence[str], size: float = NORMAL) -> float:
    """Width in inches of the widest of `texts`; 0 without any."""
    return max((text_width(text, size) for text in texts), default=0.0)


def shortened(text: str, length: int) -> str:
    """`text`, its middle replaced by an ellipsis where it is longer than `length` characters."""
    if len(text) <= length:
        return text
    head = (length - 1) // 2
    return f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}"


def mosaic(tiles: npt.NDArray[np.floating], gap: int) -> npt.NDArray[np.float64]:
    """Lay tiles `(rows, columns, h, w)` out as one picture with `gap` pixels of NaN between."""
    rows, columns, height, width = tiles.shape
    picture = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
    for row in range(rows):
        for column in range(columns):
            top, left = row * (height + gap), column * (width + gap)
            picture[top : top + height, left : left + width] = tiles[row, column]
    return picture


def png_bytes(figure: Figure) -> bytes:
    """The figure as PNG at its own resolution; the same figure always gives the same bytes."""
    canvas = figure.canvas
    if not isinstance(canvas, FigureCanvasAgg):
        canvas = FigureCanvasAgg(figure)
    stream = io.BytesIO()
    # matplotlib would write its version, so that an upgrade alone changed every file.
    metadata, options = {"Software": None}, {"compress_level": _COMPRESSION}
    with legible(figure):
        canvas.print_png(stream, metadata=metadata, pil_kwargs=options)  # type: ignore[no-untyped-call]
    return stream.getvalue()


def save_png(figure: Figure, path: Path) -> None:
    """Write the figure to `path` atomically as `png_bytes` gives it. Raises `OutputError`."""
    write_bytes(path, png_bytes(figure))
