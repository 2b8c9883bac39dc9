"""How good a photo must be: the same pages out of focus, moved, small, faint, noisy, compressed.

    python benchmarks/camera.py

Made pages of four lines each, from the 5,000 training images that the shipped networks were not
trained on, in even light; each row mars them in one way only, everything else is as in the first.
Writes benchmarks/results/camera.json.
"""

import io
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage
from signs import LINES
from touching import written

from inkdigits import Recognizer, load_mnist
from inkdigits.evaluation.photos import edit_distance
from inkdigits.teaching import HELD_OUT

PAGES = 30
LEAST, MOST = 3, 6  # digits a line
SHARP = 96  # pixels that a digit is high before a camera takes it
PAPER = 220.0  # levels of 255
Plane = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Camera:
    """What becomes of a page."""

    height: int = 48  # of a digit, in pixels
    focus: float = 0.0  # standard deviation of the blur, as a share of that height
    moved: float = 0.0  # while it was open, as a share of that height
    noise: float = 2.0  # standard deviation, levels of 255
    ink: float = 0.7  # how much darker than paper, as a share of that
    quality: int = 90  # of the JPEG file


ROWS: dict[str, tuple[float, ...]] = {  # what alone is changed; the first row is as it is
    "height": (48, 24, 16, 12, 10, 8),
    "focus": (0.03, 0.06, 0.09, 0.12, 0.15),
    "moved": (0.1, 0.2, 0.3, 0.4),
    "noise": (10, 20, 40, 60),
    "ink": (0.3, 0.15, 0.08, 0.05),
    "quality": (50, 20, 10, 5),
}


def main() -> None:
    """Measure, print, keep."""
    images, labels = (np.array(part[-HELD_OUT:]) for part in load_mnist().train)
    recognizer = Recognizer()
    table: list[dict[str, str | float | int]] = []
    for kind, values in ROWS.items():
        for value in values:
            changed: dict[str, Any] = {kind: value}
            camera = Camera(**changed)
            digits = edits = 0
            for number in range(PAGES):
                rng = np.random.default_rng(number)
                lengths = rng.integers(LEAST, MOST + 1, LINES).tolist()
                ink, lines, _ = written(lengths, 0.0, SHARP, images, labels, rng)
                found = recognizer.read(photo(ink / 255, camera, rng)).text
                digits += sum(map(len, lines))
                edits += edit_distance(found, "\n".join(lines))
            table.append({"kind": kind, "value": value, "digits": digits, "edits": edits})
            print(table[-1], flush=True)
    target = Path(__file__).parent / "results" / "camera.json"
    target.write_text(json.dumps({"pages": PAGES, "rows": table}, indent=2) + "\n")


def photo(ink: npt.NDArray[np.float64], camera: Camera, rng: np.random.Generator) -> Image.Image:
    """A photo of ink, whose digits are `SHARP` pixels high, on white paper."""
    if camera.focus:
        ink = ndimage.gaussian_filter(ink, camera.focus * SHARP)
    if camera.moved:
        ink = ndimage.convolve(ink, path(camera.moved * SHARP, rng.uniform(0, math.pi)))
    size = [round(side * camera.height / SHARP) for side in ink.shape[::-1]]
    small = Image.fromarray(ink.astype(np.float32)).resize(size, Image.Resampling.BOX)
    levels = PAPER * (1 - camera.ink * np.asarray(small))
    levels += rng.normal(0, camera.noise, levels.shape)
    stream = io.BytesIO()
    grey = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
    grey.save(stream, "JPEG", quality=camera.quality)
    return Image.open(stream)


def path(length: float, angle: float) -> npt.NDArray[np.float64]:
    """The kernel of a straight movement, in pixels and radians."""
    half = math.ceil(length / 2)
    kernel = np.zeros((2 * half + 1, 2 * half + 1))
    for along in np.linspace(-length / 2, length / 2, 8 * half + 1):
        kernel[round(half + along * math.sin(angle)), round(half + along * math.cos(angle))] += 1
    share: npt.NDArray[np.float64] = kernel / kernel.sum()
    return share


if __name__ == "__main__":
    main()
