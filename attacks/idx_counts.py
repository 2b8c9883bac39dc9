"""IDX files whose header counts what is not there, and gzipped ones.

    python attacks/idx_counts.py

It hopes that as much is allocated as the header says, that a product of counts overflows, or that
labels and images of unequal numbers are read beyond their end.
The victim looks at a stranger's data: `inkdigits data --data FOLDER`.
"""

import gzip
import struct
from pathlib import Path

from victim import refusal, run, several

LARGEST = 2**32 - 1
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def idx(*counts: int, kind: int = 8, data: bytes = b"") -> bytes:
    """An IDX file of so many by so many elements, whatever it really holds."""
    return struct.pack(f">HBB{len(counts)}I", 0, kind, len(counts), *counts) + data


def good(images: int, side: int = 28) -> dict[str, bytes]:
    """The files of a small set."""
    pictures, labels = idx(images, side, side, data=bytes(images * side**2)), idx(images)
    labels += bytes(images)
    names = (IMAGES, LABELS, IMAGES.replace("train", "t10k"), LABELS.replace("train", "t10k"))
    return dict(zip(names, (pictures, labels) * 2, strict=True))


HOSTILE: dict[str, dict[str, bytes]] = {
    "gigabytes": {IMAGES: idx(2_000_000, 28, 28)},
    "largest": {IMAGES: idx(LARGEST, LARGEST, LARGEST)},
    "wraps_to_small": {IMAGES: idx(2**31, 2**31, 4, data=bytes(16))},
    "no_side": {IMAGES: idx(LARGEST, 0, 28)},
    "no_image": {IMAGES: idx(0, LARGEST, LARGEST)},
    "many_dimensions": {IMAGES: struct.pack(">HBB", 0, 8, 255) + bytes(1020)},
    "doubles": {IMAGES: idx(1, 28, 28, kind=14, data=bytes(784 * 8))},
    "more_labels": {LABELS: idx(1000, data=bytes(1000))},
    "labels_of_images": {LABELS: idx(10, 28, 28, data=bytes(7840))},
    "gzip": {IMAGES: gzip.compress(idx(2_000_000, 28, 28))},
    "gzip_huge": {IMAGES: gzip.compress(idx(LARGEST, 28, 28))},
    "gzip_cut": {IMAGES: gzip.compress(good(10)[IMAGES])[:-9]},
}


def attack(folder: Path) -> str:
    paths = [folder / name for name in HOSTILE]
    for path in paths:
        path.mkdir()
        for name, content in {**good(10), **HOSTILE[path.name]}.items():
            (path / name).write_bytes(content)
    outcomes = several(*(("data", "--data", path) for path in paths))
    sentences = [refusal(*pair) for pair in zip(outcomes, paths, strict=True)]
    return f"{len(sentences)} of them, such as by '{sentences[0]}'"


if __name__ == "__main__":
    run(attack)
