"""A bar code printed above lines of writing, as on a parcel or a meter."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Picture = npt.NDArray[np.uint8]
PAPER, INK = 225, 25
ABOVE = 40  # pixels of paper above and below the code, and left of it
# The seven modules of each digit in the left half of an EAN-13, 1 for a bar (ISO/IEC 15420).
LEFT = (
    *("0001101", "0011001", "0010011", "0111101", "0100011"),
    *("0110001", "0101111", "0111011", "0110111", "0001011"),
)
INVERTED = str.maketrans("01", "10")


def below_code(
    page: Picture,
    code: str,
    *,
    module: int = 3,
    height: int = 60,
    blur: float = 0,
    degrees: float = 0,
) -> Picture:
    """A page of writing, and above it a bar code of twelve digits, of which no digit is printed.

    Args:
        page: dark on light, `(H, W)`.
        code: twelve digits.
        module: width of the slimmest bar, in pixels.
        height: of the bars, in pixels.
        blur: standard deviation, in pixels, of the blur of all.
        degrees: by which all is turned, counterclockwise.
    """
    left = "".join(LEFT[int(digit)] for digit in code[:6])
    right = "".join(LEFT[int(digit)].translate(INVERTED) for digit in code[6:])
    bars = np.array([int(each) for each in f"101{left}01010{right}101"]).repeat(module)
    wide = max(page.shape[1], len(bars) + 2 * ABOVE)
    top = np.full((height + 2 * ABOVE, wide), float(PAPER))
    top[ABOVE : ABOVE + height, ABOVE : ABOVE + len(bars)] -= (PAPER - INK) * bars
    below = np.full((page.shape[0], wide), float(PAPER))
    below[:, : page.shape[1]] = page.astype(float) * PAPER / page.max()
    levels = np.pad(np.vstack([top, below]), ABOVE, constant_values=PAPER)
    if degrees:
        levels = ndimage.rotate(levels, degrees, order=1, reshape=False, cval=PAPER)
    if blur:
        levels = ndimage.gaussian_filter(levels, blur)
    grain = np.random.default_rng(0).normal(0, 2, levels.shape)
    return np.asarray((levels + grain).clip(0, 255).astype(np.uint8))
