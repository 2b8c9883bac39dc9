"""A folder of labelled pictures: `root/<label>/*.png`, or the same below `train` and `test`.

Pictures become greyscale uint8 as they are: colours by ITU-R 601-2 luma, transparency ignored,
nothing resized, and dark ink on light paper is NOT inverted. Networks here expect white ink on
black; whoever has scans prepares them first.
"""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from inkdigits.data.idx import MAX_BYTES
from inkdigits.data.parts import Array, Arrays, check_inside, file_size, input_errors
from inkdigits.errors import DataError
from inkdigits.images.formats import DECODING_ERRORS, open_image, reason, suffixes
from inkdigits.images.quiet import no_warnings

MAX_PIXELS = 2**20  # of one picture; whole pages are no training pictures
MAX_FILE_BYTES = 2**25  # of one picture, four times what its pixels need at most
TEST_EVERY = 6  # MNIST's own proportion: one test image to six training images
_SPLIT_FOLDERS = (("train", "test"), ("training", "testing"))
_MAX_CLASSES = 256
_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")  # controls, bytes that are no UTF-8, line ends
Labelled = dict[str, list[Path]]  # pictures by the name of their folder, both sorted


class PictureSet(NamedTuple):
    """The four arrays of a folder of pictures, and what its classes are called."""

    arrays: Arrays
    class_names: tuple[str, ...]


def holds_pictures(root: Path) -> bool:
    """Whether `root` has a labelled folder with a picture in it. Raises `DataError`."""
    return _split_folders(root) is not None or bool(labelled_pictures(root))


def read_pictures(root: Path) -> PictureSet:
    """Decode all pictures below `root`; see the module for what is done to them.

    Classes are the sorted folder names, in numeric order where all are numbers; where all are
    digits, a label is the digit itself and there are ten classes. Without `train` and `test`
    folders, every sixth picture of a label (by sorted name, at least one) is a test picture. Each
    split is in a mixed order, always the same, so that any part of it holds all labels.

    Raises:
        DataError: naming the picture that is broken or has another size than the first, or the
            folder that has too few or too many labels or pictures.
    """
    split = _split_folders(root)
    if split is None:
        train, test = _hold_out(root, labelled_pictures(root))
    else:
        train, test = labelled_pictures(split[0]), labelled_pictures(split[1])
        unknown = sorted(set(test) - set(train))
        if unknown:
            raise DataError(f"{split[1] / unknown[0]} is a label that {split[0]} lacks.")
    class_names, label_of = _classes(root, train)
    every = [path for labelled in (train, test) for name in labelled for path in labelled[name]]
    images = _decode_all(every)
    labels = np.array(
        [label_of[name] for labelled in (train, test) for name in labelled for _ in labelled[name]],
        dtype=np.uint8,
    )
    cut = sum(map(len, train.values()))
    order = np.random.default_rng(0)
    first, second = order.permutation(cut), cut + order.permutation(len(labels) - cut)
    arrays = {
        "train_images": images[first],
        "train_labels": labels[first],
        "test_images": images[second],
        "test_labels": labels[second],
    }
    return PictureSet(arrays, class_names)


def _split_folders(root: Path) -> tuple[Path, Path] | None:
    for train, test in _SPLIT_FOLDERS:
        folders = root / train, root / test
        if all(folder.is_dir() and labelled_pictures(folder) for folder in folders):
            for folder in folders:
                check_inside(folder, root)
            return folders
    return None


def labelled_pictures(root: Path) -> Labelled:
    """The pictures in each folder of `root`, by its name.

    Raises:
        DataError: if something cannot be read, or is a link that leads out of `root`.
    """
    wanted = suffixes()
    labelled: Labelled = {}
    with input_errors(root):
        folders = [path for path in root.iterdir() if path.is_dir() and path.name[0] != "."]
    for folder in sorted(folders, key=lambda path: _label_key(path.name)):
        with input_errors(folder):
            pictures = sorted(
                path
                for path in folder.iterdir()
                if path.suffix.lower() in wanted and path.name[0] != "." and path.is_file()
            )
        for path in (folder, *pictures) if pictures else ():
            check_inside(path, root)
        if pictures:
            labelled[folder.name] = pictures
    return labelled


def _label_key(name: str) -> tuple[bool, int, str]:
    number = re.fullmatch(r"[0-9]{1,9}", name)
    return (number is None, int(name) if number else 0, name)


def _classes(root: Path, train: Labelled) -> tuple[tuple[str, ...], dict[str, int]]:
    names = sorted(train) if any(_label_key(name)[0] for name in train) else list(train)
    if all(re.fullmatch("[0-9]", name) for name in names):
        names = list("0123456789")
    for name in names:
        if any(unicodedata.category(character) in _UNPRINTABLE for character in name):
            raise DataError(f"{root} has a label that cannot be printed, {name!r}; rename it.")
    if len(names) > _MAX_CLASSES:
        raise DataError(f"{root} has {len(names)} labels; the limit is {_MAX_CLASSES}.")
    return tuple(names), {name: index for index, name in enumerate(names)}


def _hold_out(root: Path, labelled: Labelled) -> tuple[Labelled, Labelled]:
    train: Labelled = {}
    test: Labelled = {}
    for name, pictures in labelled.items():
        if len(pictures) < 2:
            raise DataError(
                f"{root / name} holds one picture; training and test need at least one each."
            )
        test[name] = pictures[TEST_EVERY - 1 :: TEST_EVERY] or pictures[-1:]
        held = set(test[name])
        train[name] = [path for path in pictures if path not in held]
    return train, test


def _decode_all(paths: Sequence[Path]) -> Array:
    first = decode_picture(paths[0])
    if len(paths) * first.size > MAX_BYTES:
        raise DataError(
            f"{paths[0].parent.parent} holds {len(paths)} pictures of {first.size} pixels; "
            f"the limit is {MAX_BYTES} pixels in all."
        )
    images = np.empty((len(paths), *first.shape), np.uint8)
    for index, path in enumerate(paths):
        image = decode_picture(path)
        if image.shape != first.shape:
            raise DataError(
                f"{path} is {image.shape[1]}x{image.shape[0]} pixels but {paths[0]} is "
                f"{first.shape[1]}x{first.shape[0]}; all pictures must have one size."
            )
        images[index] = image
    return images


def decode_picture(path: Path) -> Array:
    """One picture as greyscale `(H, W) uint8`, not inverted.

    Raises:
        DataError: where Pillow cannot read it, or it has more than `MAX_PIXELS` pixels.
    """
    if file_size(path) > MAX_FILE_BYTES:
        raise DataError(f"{path} is larger than the limit of {MAX_FILE_BYTES} bytes.")
    with input_errors(path):
        content = path.read_bytes()
    try:
        with no_warnings():
            with open_image(content) as picture:
                _check_pixels(picture, path)
                picture.verify()  # decoding alone takes a PNG whose checksums are wrong
            with open_image(content) as picture:
                return _grey(picture)
    except DECODING_ERRORS as error:
        raise DataError(f"{path} is no readable picture ({reason(error)}).") from error


def _check_pixels(picture: Image.Image, path: Path) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise DataError(
            f"{path} is {picture.width}x{picture.height} pixels; the limit is {MAX_PIXELS} pixels."
        )


def _grey(picture: Image.Image) -> Array:
    if picture.mode.startswith("I"):  # 16 bits a pixel; Pillow's own conversion clips them
        return (np.clip(np.asarray(picture).astype(np.int64), 0, 65535) >> 8).astype(np.uint8)
    if picture.mode == "F":
        raise ValueError("its pixels are floating-point numbers")
    return np.array(picture.convert("L"), dtype=np.uint8)
