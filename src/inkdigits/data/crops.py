"""Labelled crops of digits of any size: an `.npz` of `images` and `labels`, or labelled folders."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inkdigits.data.npz import holds_crops, read_crops
from inkdigits.data.pictures import labelled_pictures
from inkdigits.errors import DataError
from inkdigits.images.crops import decode_crop, normalize_crops

Images = npt.NDArray[np.uint8]


def is_crops(path: Path) -> bool:
    """Whether a path holds labelled crops, rather than a training and a test part."""
    if path.is_dir():
        labels = labelled_pictures(path)
        return bool(labels) and all(re.fullmatch("[0-9]", label) for label in labels)
    return path.is_file() and holds_crops(path)


def load_crops(path: Path) -> tuple[Images, npt.NDArray[np.int64]]:
    """Crops normalised, `(N, 28, 28) uint8`, and their digits, `(N,)`.

    Raises:
        DataError: if there are no crops, or a label is missing or no digit.
        PictureError: if a picture cannot be read.
    """
    if path.is_dir():
        pairs = list(_from_folder(path))
        return np.stack([image for image, _ in pairs]), np.array([label for _, label in pairs])
    crops = read_crops(path)
    if crops.labels is None:
        raise DataError(f"{path} holds images but no labels.")
    if crops.labels.max() > 9:
        raise DataError(f"{path} has the label {crops.labels.max()}; digits are 0 to 9.")
    return normalize_crops(crops.images), crops.labels.astype(np.int64)


def _from_folder(path: Path) -> Iterator[tuple[Images, int]]:
    labelled = labelled_pictures(path)
    if not labelled:
        raise DataError(f"{path} holds no crops; they are kept as {path / '7' / '*.png'}.")
    for label, files in labelled.items():
        if not re.fullmatch("[0-9]", label):
            raise DataError(f"{path / label} is named after no digit; folders are 0 to 9.")
        for file in files:
            yield normalize_crops(decode_crop(file)[None])[0], int(label)
