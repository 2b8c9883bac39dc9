"""Labelled crops of digits of any size: an `.npz` of `images` and `labels`, or labelled folders.

What was found to be no digit may be kept beside them, in a folder `none`.
"""

import hashlib
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.data.npz import holds_crops, read_crops
from inkdigits.data.parts import input_errors
from inkdigits.data.pictures import labelled_pictures
from inkdigits.errors import DataError, PictureError
from inkdigits.images.crops import decode_crop, normalize_crops
from inkdigits.images.normalize import SIDE

Images = npt.NDArray[np.uint8]
ASIDE = "none"  # the folder of what is no digit, beside those of digits
_MARKED = re.compile(
    r".*-[0-9a-f]{8}([0-9a-f]{8})?\.png", re.DOTALL
)  # of `label`'s crops, and of the page's
_NAMED = 5  # of many that cannot be read


class Crops(NamedTuple):
    """Labelled crops, normalised.

    Attributes:
        images: `(N, 28, 28) uint8`, white ink on black.
        labels: `(N,)`, 0 to 9.
        names: what each is called: its file, or its place in one.
    """

    images: Images
    labels: npt.NDArray[np.int64]
    names: tuple[str, ...]


def is_crops(path: Path) -> bool:
    """Whether a path holds labelled crops, rather than a training and a test part."""
    if path.is_dir():
        labels = labelled_pictures(path).keys() - {ASIDE}
        return bool(labels) and all(re.fullmatch("[0-9]", label) for label in labels)
    return path.is_file() and holds_crops(path)


def load_crops(path: Path) -> Crops:
    """All crops at a path; those in its folder `none` are left out.

    Raises:
        DataError: if there are no crops, or a label is missing or no digit.
        PictureError: naming those that cannot be read.
    """
    if path.is_dir():
        labels, files = zip(*_in_folders(path), strict=True)
        return Crops(_decoded(files), np.array(labels), tuple(map(str, files)))
    if path.suffix.lower() != ".npz" and not _is_zip(path):
        raise DataError(
            f"{path} is neither an .npz of images and labels nor a folder with one for each digit, "
            "as `inkdigits label` makes."
        )
    crops = read_crops(path)
    if crops.labels is None:
        raise DataError(f"{path} holds images but no labels.")
    if crops.labels.max() > 9:
        raise DataError(f"{path} has the label {crops.labels.max()}; digits are 0 to 9.")
    names = tuple(f"{path}, image {place}" for place in range(len(crops.images)))
    return Crops(normalize_crops(crops.images), crops.labels.astype(np.int64), names)


def _is_zip(path: Path) -> bool:
    with input_errors(path), path.open("rb") as stream:
        return zipfile.is_zipfile(stream)


def load_aside(path: Path) -> Images:
    """What a folder of crops keeps in `none`, normalised, `(N, 28, 28) uint8`.

    Raises:
        PictureError: naming those that cannot be read.
    """
    files = labelled_pictures(path).get(ASIDE, []) if path.is_dir() else []
    return _decoded(files) if files else np.zeros((0, SIDE, SIDE), np.uint8)


def crop_mark(image: bytes) -> str:
    """What names a crop by its pixels: the first 8 of these 16 digits, or all, end its name."""
    return hashlib.sha256(image).hexdigest()[:16]


def marks_in(root: Path) -> dict[str, list[Path]]:
    """The crops that are kept below `root`, by the first 8 digits of their marks."""
    marks: dict[str, list[Path]] = {}
    for path in root.glob("*/*.png"):
        if is_kept(path, root):
            marks.setdefault(path.stem.rpartition("-")[2][:8], []).append(path)
    return marks


def is_kept(path: Path, root: Path) -> bool:
    """Whether this is the name of a crop that `label` or the page wrote below `root`."""
    is_value = bool(re.fullmatch(f"[0-9]|{ASIDE}", path.parent.name))
    return is_value and path.parent.parent == root and bool(_MARKED.fullmatch(path.name))


def _in_folders(path: Path) -> Iterator[tuple[int, Path]]:
    labelled = labelled_pictures(path)
    labelled.pop(ASIDE, None)
    if not labelled:
        raise DataError(f"{path} holds no crops; they are kept as {path / '7' / '*.png'}.")
    for label, files in labelled.items():
        if not re.fullmatch("[0-9]", label):
            raise DataError(
                f"{path / label} is named after no digit; folders are 0 to 9, "
                f"and {ASIDE} for what is no digit."
            )
        yield from ((int(label), file) for file in files)


def _decoded(files: Sequence[Path]) -> Images:
    images, problems = [], []
    for file in files:
        try:
            images.append(normalize_crops(decode_crop(file)[None])[0])
        except PictureError as error:
            problems.append(str(error))
    if problems:
        raise PictureError("\n".join(shortened(problems)))
    return np.stack(images)


def shortened(problems: Sequence[str]) -> list[str]:
    """The first few of many sentences, and how many more there are."""
    more = len(problems) - _NAMED
    return [*problems[:_NAMED], *([f"And {more} more."] if more > 0 else [])]
