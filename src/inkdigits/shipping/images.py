"""What the network that ships learns from, beside MNIST's training images.

The teacher learns digits, whole and marred, digits of fonts, and what is no digit, as an eleventh
class. Whoever it teaches also sees what the reader cuts out of pages: no labels are known of these
images, but what the teacher says of them.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from inkdigits.data.dataset import Dataset, Split, joined
from inkdigits.data.hooks import Progress
from inkdigits.data.marred import marred, printed
from inkdigits.data.nondigits import CLASS_NAME, NonDigits
from inkdigits.data.pages import page
from inkdigits.errors import DataError
from inkdigits.recognition.network import DIGITS, DigitNetwork, Scores
from inkdigits.recognition.recognizer import Recognizer
from inkdigits.teaching import HELD_OUT

Images = npt.NDArray[np.uint8]

MARRED = 2.0  # marred digits, as a share of the digits
PRINTED = 8_000
NO_DIGIT = 58_000
CUT = 200_000  # images that the reader cuts out of pages


def parted(dataset: Dataset) -> tuple[Split, Split]:
    """The training images that are learned from, and those held out. `DataError` if not MNIST's."""
    if len(dataset.class_names) != DIGITS or dataset.image_size != (28, 28):
        raise DataError(f"{dataset.name} is not MNIST: the shipped networks read ten digits.")
    images, labels = dataset.train
    return (
        Split(images[:-HELD_OUT], labels[:-HELD_OUT]),
        Split(images[-HELD_OUT:], labels[-HELD_OUT:]),
    )


def labelled(dataset: Dataset, seed: int, progress: Progress | None = None) -> Dataset:
    """MNIST with all else that has labels, and its eleventh class: what the teacher learns from.

    Its test part is the training images held out, so that nothing is chosen on the test set.
    """
    digits, held_out = parted(dataset)
    rng = np.random.default_rng(seed)
    none = NonDigits(digits.images, rng).draw(NO_DIGIT, progress)
    parts = [
        digits,
        marred(digits, MARRED, rng, progress),
        printed(PRINTED, rng),
        Split(none, np.full(len(none), DIGITS, np.uint8)),
    ]
    names = (*dataset.class_names, CLASS_NAME)
    return Dataset(f"{dataset.name} and more", joined(parts), held_out, names, dataset.source)


def and_cuts(
    data: Dataset, digits: Images, teacher: bytes, seed: int, progress: Progress | None = None
) -> Dataset:
    """All of `labelled`, and what the reader cuts out of pages: what the one that ships learns.

    Args:
        digits: `(N, 28, 28) uint8`, which are written on the pages.
        teacher: an ONNX file's bytes, of the network that the pages are read with. What it says of
            a cut is that one's label, which fills the data set: who is taught learns its
            probabilities.
    """
    images = np.concatenate(list(_cuts(digits, teacher, np.random.default_rng(seed), progress)))
    scores = DigitNetwork(teacher, threads=1).score(images[:CUT])
    labels = np.where(scores.digit < 0.5, DIGITS, scores.probabilities.argmax(1)).astype(np.uint8)
    return replace(data, train=joined([data.train, Split(images[:CUT], labels)]))


def _cuts(
    digits: Images, teacher: bytes, rng: np.random.Generator, progress: Progress | None
) -> Iterator[Images]:
    """What a network is asked about while pages are read with it, page by page, each image once."""
    with TemporaryDirectory() as folder:
        (path := Path(folder) / "teacher.onnx").write_bytes(teacher)
        reader = Recognizer(path, threads=1)
    listener = _Listener(teacher, threads=1)
    reader.network = listener
    done = 0
    while done < CUT:
        if progress is not None:
            progress("Reading pages", done, CUT)
        reader.read(page(digits, rng))
        found = listener.heard()
        done += len(found)
        yield found
    if progress is not None:
        progress("Reading pages", CUT, CUT)


class _Listener(DigitNetwork):
    """One that keeps what it is asked about."""

    def __init__(self, source: bytes, *, threads: int) -> None:
        super().__init__(source, threads=threads)
        self._asked: list[Images] = []

    def score(self, images: Images) -> Scores:
        self._asked.append(images.copy())
        return super().score(images)

    def heard(self) -> Images:
        """`(N, 28, 28)`: all since the last time, each once."""
        images = np.concatenate([np.zeros((0, 28, 28), np.uint8), *self._asked])
        self._asked.clear()
        return np.unique(images, axis=0)
