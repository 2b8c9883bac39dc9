"""Real pictures inside a terminal: the three escape protocols, and which terminal knows which.

Sources: kitty's graphics protocol (https://sw.kovidgoyal.net/kitty/graphics-protocol/), iTerm2's
inline images (https://iterm2.com/documentation-images.html), sixel as DEC's VT330/VT340
Programmer Reference Manual, volume 2, chapter 14, describes it.

The terminal is never asked what it can: the answer comes through standard input, where it may
never arrive, may eat what the user typed, and stops a program that runs in the background. Only
the environment decides, and `INKDIGITS_PICTURES` overrules it.
"""

import base64
import io
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from PIL import Image

from inkdigits.errors import UsageError

OVERRIDE = "INKDIGITS_PICTURES"
PROTOCOLS = ("kitty", "iterm2", "sixel")
SMALL_CELL = (8, 16)  # pixels; where the size is unknown, too small covers no text beside it
_GREYS = 32
_KITTY_CHUNK = 4096  # base64 characters, the protocol's limit
_CLEAR_PICTURE_SIDE = 256  # enlarged to about this, so that the terminal does not blur the pixels


def picture_protocol(environment: Mapping[str, str]) -> str | None:
    """The protocol of `PROTOCOLS` that the terminal described by `environment` knows, or None.

    Raises:
        UsageError: if `INKDIGITS_PICTURES` is neither a protocol nor `blocks`.
    """
    wanted = environment.get(OVERRIDE, "")
    if wanted in PROTOCOLS:
        return wanted
    if wanted not in ("", "auto", "blocks"):
        choices = ", ".join(("auto", "blocks", *PROTOCOLS))
        raise UsageError(f"{OVERRIDE} is {wanted!r}; it must be one of {choices}.")
    terminal = environment.get("TERM", "")
    # Multiplexers inherit the outer terminal's variables but swallow its pictures.
    inside = "TMUX" in environment or "STY" in environment or "ZELLIJ" in environment
    if wanted == "blocks" or inside or terminal.startswith(("screen", "tmux", "dumb")):
        return None
    program = environment.get("TERM_PROGRAM", "")
    if terminal in ("xterm-kitty", "xterm-ghostty") or program == "ghostty":
        return "kitty"
    if program in ("iTerm.app", "WezTerm", "mintty") or (
        environment.get("LC_TERMINAL") == "iTerm2"
    ):
        return "iterm2"
    if terminal.startswith(("foot", "mlterm", "contour")):
        return "sixel"
    return None


def picture_escape(
    image: npt.NDArray[np.uint8],
    protocol: str,
    columns: int,
    rows: int,
    cell: tuple[int, int] = SMALL_CELL,
) -> str:
    """The escape sequence that draws an image `(H, W) uint8` over `columns` x `rows` cells.

    Only sixel needs to know how many pixels wide and high a `cell` is.
    """
    if protocol == "sixel":
        size = (columns * cell[0], rows * cell[1])
        return _sixel(np.asarray(Image.fromarray(image).resize(size, Image.Resampling.NEAREST)))
    picture = _png(image)
    payload = base64.b64encode(picture).decode("ascii")
    if protocol == "kitty":
        return _kitty(payload, columns, rows)
    return (
        f"\x1b]1337;File=inline=1;size={len(picture)};width={columns};height={rows}"
        f";preserveAspectRatio=0:{payload}\x07"
    )


def _png(image: npt.NDArray[np.uint8]) -> bytes:
    times = max(1, _CLEAR_PICTURE_SIDE // max(image.shape))
    stream = io.BytesIO()
    Image.fromarray(image.repeat(times, axis=0).repeat(times, axis=1)).save(stream, "PNG")
    return stream.getvalue()


def _kitty(payload: str, columns: int, rows: int) -> str:
    chunks = [payload[at : at + _KITTY_CHUNK] for at in range(0, len(payload), _KITTY_CHUNK)]
    # a=T: send and show; f=100: PNG; C=1: leave the cursor; q=2: send no answer, which would
    # land on the user's next prompt.
    first = f"a=T,f=100,c={columns},r={rows},C=1,"
    return "".join(
        f"\x1b_G{'' if number else first}q=2,m={int(number < len(chunks) - 1)};{chunk}\x1b\\"
        for number, chunk in enumerate(chunks)
    )


def _sixel(pixels: npt.NDArray[np.uint8]) -> str:
    height, width = pixels.shape
    levels = (pixels.astype(np.uint16) * (_GREYS - 1) + 127) // 255
    colours = "".join(
        f"#{grey};2;" + ";".join([str(round(100 * grey / (_GREYS - 1)))] * 3)
        for grey in range(_GREYS)
    )
    bands = [_sixel_band(levels[top : top + 6]) for top in range(0, height, 6)]
    return f'\x1bP0;1;0q"1;1;{width};{height}{colours}{"-".join(bands)}\x1b\\'


def _sixel_band(levels: npt.NDArray[np.uint16]) -> str:
    """Up to six rows of pixels: for each grey in them, one character a column of six bits."""
    bits = 1 << np.arange(len(levels))[:, None]
    return "$".join(
        f"#{grey}{_run_lengths(((levels == grey) * bits).sum(axis=0))}"
        for grey in np.unique(levels)
    )


def _run_lengths(values: npt.NDArray[np.int64]) -> str:
    starts = np.flatnonzero(np.diff(values, prepend=-1))
    lengths = np.diff(starts, append=len(values))
    return "".join(
        f"!{length}{chr(63 + values[start])}" if length > 3 else chr(63 + values[start]) * length
        for start, length in zip(starts, lengths, strict=True)
    )
