"""How one digit alone on a picture is read.

    python benchmarks/alone.py

Of the 5,000 training images that the shipped networks were not trained on, every tenth by itself:
as MNIST holds it, white on black, and the other way about; with strokes a pixel wider, as a brush
draws them; ten times as large; cut out close, without any paper around; small in an empty picture;
and drawn with a pencil a pixel wide, ten times as large, along the middle of its strokes. Writes
benchmarks/results/alone.json.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from inkdigits import Recognizer, load_mnist
from inkdigits.teaching import HELD_OUT

EVERY = 10
Plane = npt.NDArray[np.uint8]


def main() -> None:
    """Measure, print, keep."""
    images, labels = (np.array(part[-HELD_OUT::EVERY]) for part in load_mnist().train)
    recognizer = Recognizer()
    table: list[dict[str, str | int]] = []
    for kind, change in KINDS.items():
        for light_on_dark in (True, False):
            counts = {"digits": len(labels), "right": 0, "not_read": 0}
            for image, label in zip(images, labels, strict=True):
                picture = change(image)
                text = recognizer.read(picture if light_on_dark else 255 - picture).text
                counts["right"] += text == str(label)
                counts["not_read"] += not text
            table.append({"kind": kind, "ink": "white" if light_on_dark else "black", **counts})
            print(table[-1])
    target = Path(__file__).parent / "results" / "alone.json"
    target.write_text(json.dumps({"rows": table}, indent=2) + "\n")


def large(image: Plane) -> Plane:
    """Ten times as large."""
    size = (10 * image.shape[1], 10 * image.shape[0])
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def cut_out(image: Plane) -> Plane:
    """Three times as large, without any margin."""
    rows, columns = np.nonzero(image > 60)
    close = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    size = (3 * close.shape[1], 3 * close.shape[0])
    return np.asarray(Image.fromarray(close).resize(size, Image.Resampling.BICUBIC))


def pencil(image: Plane) -> Plane:
    """A line a pixel wide along the middle of the strokes, ten times as large.

    Ink is taken off from its edge on, where what is around a pixel hangs together without it.
    """
    ink = large(image) > 127
    order = np.argsort(ndimage.distance_transform_edt(ink), axis=None)
    thin = np.pad(ink, 1)
    for place in order[ink.ravel()[order]]:
        row, column = divmod(int(place), ink.shape[1])
        around = thin[row : row + 3, column : column + 3].copy()
        around[1, 1] = False
        is_edge = not (around[0, 1] and around[1, 0] and around[1, 2] and around[2, 1])
        if is_edge and around.sum() > 1 and ndimage.label(around, np.ones((3, 3)))[1] == 1:
            thin[row + 1, column + 1] = False
    return (255 * thin[1:-1, 1:-1]).astype(np.uint8)


KINDS: dict[str, Callable[[Plane], Plane]] = {
    "as MNIST holds it": lambda image: image,
    "strokes a pixel wider": lambda image: ndimage.grey_dilation(image, size=(2, 2)),
    "ten times as large": large,
    "cut out close": cut_out,
    "small in an empty picture": lambda image: np.pad(large(image)[::2, ::2], 150),
    "by a pencil a pixel wide": pencil,
}

if __name__ == "__main__":
    main()
