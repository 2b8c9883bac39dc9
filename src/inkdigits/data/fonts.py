"""Letters and signs in many hands and prints: outlines from font files, strokes from Hershey's.

The fonts come with `pip install 'inkdigits[model]'`: packages of free fonts, matplotlib's own, and
the strokes of Hershey, 'Calligraphy for Computers', 1967.
"""

import functools
import importlib.metadata
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from inkdigits.errors import UsageError

Plane = npt.NDArray[np.uint8]
Polyline = Sequence[tuple[float, float]] | npt.NDArray[np.float64]  # x and y

SIZE = 60  # pixels of a drawn font's em
_PREFIX = "fontpkg-"
_ALSO = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf", "DejaVuSerif-Italic.ttf")
HERSHEY = ("futural", "futuram", "scripts", "scriptc", "cursive", "rowmans", "timesi", "timesr")


@functools.cache
def font_files() -> tuple[Path, ...]:
    """One file of each installed font, sorted by name.

    Raises:
        UsageError: if fewer than a dozen are installed.
    """
    found = {}
    for package in importlib.metadata.distributions():
        name = package.metadata["Name"] or ""
        if name.startswith(_PREFIX):
            files = sorted(str(file) for file in package.files or () if file.suffix == ".ttf")
            upright = [file for file in files if "Regular" in file or "Italic" not in file]
            if upright:
                found[name] = Path(str(package.locate_file(upright[0])))
    if len(found) < 12:
        raise UsageError("Drawing letters needs fonts: pip install 'inkdigits[model]'")
    return tuple(found[name] for name in sorted(found)) + _matplotlib_fonts()


def has_fonts() -> bool:
    """Whether there are fonts, and Hershey's strokes, to draw letters with."""
    try:
        return bool(font_files()) and importlib.util.find_spec("HersheyFonts") is not None
    except UsageError:
        return False


def _matplotlib_fonts() -> tuple[Path, ...]:
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return tuple(folder / name for name in _ALSO)


@functools.cache
def _font(path: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), SIZE)


@functools.cache
def missing_glyph(path: Path) -> bytes:
    """What a font draws for a character that it lacks."""
    return _drawn("\ufffe", path).tobytes()


def glyphs(text: str, path: Path) -> Plane | None:
    """Text in a font, `(H, W) uint8`, white on black, cropped; None where the font lacks it."""
    if any(_drawn(character, path).tobytes() == missing_glyph(path) for character in text):
        return None
    plane = _drawn(text, path)
    return plane if plane.max(initial=0) > 100 and min(plane.shape) > 2 else None


def _drawn(text: str, path: Path) -> Plane:
    font = _font(path)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
    image = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(image).text((-left, -top), text, font=font, fill=255)
    return np.asarray(image)


def strokes(lines: Sequence[Polyline], width: int, size: int = 80) -> Plane:
    """Lines drawn with a round pen of `width` pixels, fitted into about `size`: `(H, W) uint8`."""
    points = np.array([point for line in lines for point in line], dtype=np.float64)
    low, extent = points.min(0), max(float(np.ptp(points, axis=0).max()), 1e-6)
    scale, margin = size / extent, width + 2
    right, down = np.ceil(np.ptp(points, axis=0) * scale).astype(int) + 2 * margin
    image = Image.new("L", (int(right), int(down)))
    draw = ImageDraw.Draw(image)
    for line in lines:
        placed = [tuple((np.array(point) - low) * scale + margin) for point in line]
        draw.line(placed, fill=255, width=width, joint="curve")
        for x, y in (placed[0], placed[-1]):
            reach = width / 2
            draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=255)
    return np.asarray(image)


def hershey(text: str, name: str, width: int) -> Plane | None:
    """Text in Hershey's strokes; None where there are none."""
    # Its coordinates grow upwards.
    lines = [((x0, -y0), (x1, -y1)) for (x0, y0), (x1, y1) in _hershey(name).lines_for_text(text)]
    return strokes(lines, width) if lines else None


@functools.cache
def _hershey(name: str) -> Any:  # the library has no types
    from HersheyFonts import HersheyFonts

    fonts = HersheyFonts()
    fonts.load_default_font(name)
    fonts.normalize_rendering(100)
    return fonts
