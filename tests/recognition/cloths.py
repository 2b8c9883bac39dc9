"""A sheet that lies on a cloth with a pattern of light and dark."""

import numpy as np
import numpy.typing as npt
from PIL import Image

Picture = npt.NDArray[np.uint8]
Pattern = npt.NDArray[np.float64]
KINDS = "checked", "chequered", "striped", "dotted"
SHAPE = 640, 900
SHEET = 130, 190, 440, 700  # top, left, bottom, right
LIGHT, DARK = np.array((238, 238, 238)), np.array((150, 40, 50))


def pattern(kind: str, side: float, degrees: float, shape: tuple[int, int] = SHAPE) -> Pattern:
    """How dark a cloth is at each pixel `(H, W)`, 0 to 1.

    Args:
        kind: of `KINDS`; checked: what is between light and dark squares is half as dark.
        side: pixels of a square or stripe.
        degrees: by which it lies turned.
        shape: of the picture.
    """
    down, right = np.indices(shape)
    angle = np.deg2rad(degrees)
    across = (right * np.cos(angle) + down * np.sin(angle)) / side
    along = (down * np.cos(angle) - right * np.sin(angle)) / side
    columns, rows = np.floor(across) % 2, np.floor(along) % 2
    dots = (across % 1 - 0.5) ** 2 + (along % 1 - 0.5) ** 2 < 0.3**2  # light ones
    cloths: dict[str, Pattern] = {
        "checked": (columns + rows) / 2,
        "chequered": (columns + rows) % 2,
        "striped": columns,
        "dotted": 1.0 - dots,
    }
    return cloths[kind]


def on_cloth(line: Picture, kind: str, side: float, degrees: float) -> Picture:
    """A line of white on black, twice as large, written on a sheet that lies on a cloth.

    Args:
        line: the writing.
        kind: of cloth, as for `pattern`; so is `side`, and the cloth lies level.
        degrees: by which the sheet lies turned.
    """
    top, left, bottom, right = SHEET
    sheet = np.full(SHAPE, 236.0)
    large = np.kron(line, np.ones((2, 2)))
    sheet[top + 120 :, left + 60 :][: large.shape[0], : large.shape[1]] -= 0.75 * large
    covered = np.zeros(SHAPE, np.uint8)
    covered[top:bottom, left:right] = 255
    turned = [
        np.asarray(Image.fromarray(plane).rotate(degrees, Image.Resampling.BICUBIC))
        for plane in (sheet.astype(np.uint8), covered)
    ]
    cloth = LIGHT + pattern(kind, side, 0)[..., None] * (DARK - LIGHT)
    share = turned[1][..., None] / 255
    picture = share * turned[0][..., None] + (1 - share) * cloth
    grain = np.random.default_rng(0).normal(0, 2, picture.shape)
    return np.asarray((picture + grain).clip(0, 255).astype(np.uint8))
