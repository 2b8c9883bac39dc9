"""A digit and its probabilities in the terminal, as renderables for a rich `Console`.

A real picture where the terminal can (see `inline`), half blocks in 24-bit or 256 colours
elsewhere, and characters of growing density where there is no colour: in a pipe or file, with
`NO_COLOR`, under `TERM=dumb`, and with only 16 colours, whose four greys would be too few.
"""

import os
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image
from rich.color import Color
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.progress_bar import ProgressBar
from rich.segment import ControlType, Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from inkdigits.errors import UsageError
from inkdigits.figures.inline import SMALL_CELL, picture_escape, picture_protocol

_SHORTEST_BAR = 8  # cells
DENSITY = " .:-=+*#%@"
# rich passes text on untouched, and counts it as no width, if it is marked as some control code.
_CONTROL = [(ControlType.CURSOR_FORWARD, 0)]


@dataclass(frozen=True, eq=False)
class TerminalPicture:
    """A rich renderable of a grey image; made by `terminal_picture`."""

    image: npt.NDArray[np.uint8]  # (H, W), white on black
    columns: int
    environment: Mapping[str, str] = field(repr=False)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        width = min(self.columns, options.max_width)
        return Measurement(width, width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        columns = max(1, min(self.columns, options.max_width))
        height, width = self.image.shape
        rows = max(1, round(columns * height / width / 2))  # a cell is twice as high as wide
        protocol = self._protocol(console)
        # In the last column the cursor hangs, and moves from there differ between terminals.
        if protocol and columns < console.width:
            escape = picture_escape(self.image, protocol, columns, rows, _cell_pixels(console))
            yield from _real_picture(escape, columns, rows)
        elif _has_greys(console) and not options.ascii_only:
            yield from _half_blocks(_resized(self.image, columns, 2 * rows))
        else:
            yield from _characters(_resized(self.image, columns, rows))

    def _protocol(self, console: Console) -> str | None:
        shows = console.is_terminal and not console.is_dumb_terminal
        if not shows or console.is_jupyter or console.legacy_windows:
            return None
        return picture_protocol(self.environment)


def terminal_picture(
    image: npt.NDArray[np.uint8],
    *,
    columns: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> TerminalPicture:
    """What `console.print` shows of an image `(H, W) uint8`, white ink on black.

    Args:
        columns: width in character cells, by default one a pixel; never wider than the console.
        environment: what tells the terminal's abilities, by default the process's environment.

    Raises:
        UsageError: if the image or the width is empty.
    """
    if image.ndim != 2 or 0 in image.shape or (columns is not None and columns < 1):
        raise UsageError(f"An image of shape {image.shape} cannot be shown {columns} columns wide.")
    wide = image.shape[1] if columns is None else columns
    return TerminalPicture(image, wide, os.environ if environment is None else environment)


def probability_bars(
    probabilities: npt.NDArray[np.floating],
    class_names: Sequence[str],
    *,
    label: int | None = None,
    width: int = 30,
) -> Table:
    """A rich table of probabilities `(C,)`: class, bar of up to `width` cells, percent.

    Where the names are long and the terminal is narrow, the bars give way.

    The greatest is bold: green if it is the `label`, red if not, cyan without a label.
    """
    read = int(np.argmax(probabilities))
    strong = "cyan" if label is None else "green" if read == label else "red"
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", overflow="fold")
    table.add_column(min_width=min(width, _SHORTEST_BAR), max_width=width)
    table.add_column(justify="right", no_wrap=True)
    for index, (name, probability) in enumerate(zip(class_names, probabilities, strict=True)):
        style = f"bold {strong}" if index == read else "green" if index == label else "dim"
        share = float(probability)
        bar = ProgressBar(
            total=1.0,
            completed=share,
            style="grey23",
            complete_style=style,
            finished_style=style,
        )
        table.add_row(Text(name, style), bar, Text(f"{share:.1%}", style))
    return table


def _cell_pixels(console: Console) -> tuple[int, int]:
    """Width and height of a character cell, as the system knows it; nothing is sent."""
    if sys.platform == "win32":
        return SMALL_CELL
    import fcntl
    import termios

    try:
        answer = fcntl.ioctl(console.file.fileno(), termios.TIOCGWINSZ, bytes(8))
    except (OSError, ValueError):  # no terminal behind the console's file
        return SMALL_CELL
    rows, columns, width, height = struct.unpack("4H", answer)
    if not (rows and columns and width >= columns and height >= rows):
        return SMALL_CELL
    return width // columns, height // rows


def _has_greys(console: Console) -> bool:
    return console.color_system in ("256", "truecolor") and not console.no_color


def _resized(image: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[np.uint8]:
    if image.shape == (height, width):
        return image
    shrinks = height < image.shape[0] or width < image.shape[1]
    how = Image.Resampling.BOX if shrinks else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(image).resize((width, height), how))


def _real_picture(escape: str, columns: int, rows: int) -> RenderResult:
    """Blank cells first, so that any scrolling is over, then the picture drawn over them.

    The cursor ends where the last blank left it, so the picture can stand in a table's cell.
    """
    for _ in range(rows - 1):
        yield Segment(" " * columns)
        yield Segment.line()
    yield Segment(" " * columns)
    up = f"\x1b[{rows - 1}A" if rows > 1 else ""
    yield Segment(f"\x1b7\x1b[{columns}D{up}{escape}\x1b8", None, _CONTROL)
    yield Segment.line()


def _half_blocks(pixels: npt.NDArray[np.uint8]) -> RenderResult:
    """Two pixels a cell: the upper as the block's colour, the lower as its background."""
    for upper, lower in zip(pixels[0::2], pixels[1::2], strict=True):
        for top, bottom in zip(upper.tolist(), lower.tolist(), strict=True):
            style = Style(
                color=Color.from_rgb(top, top, top), bgcolor=Color.from_rgb(bottom, bottom, bottom)
            )
            yield Segment("▀", style)
        yield Segment.line()


def _characters(pixels: npt.NDArray[np.uint8]) -> RenderResult:
    levels = (pixels.astype(np.uint16) * (len(DENSITY) - 1) + 127) // 255
    for row in levels:
        yield Segment("".join(DENSITY[level] for level in row))
        yield Segment.line()
