"""How well corrupted digits are read, and how well what is no digit is told from digits."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inkdigits.data.fonts import has_fonts
from inkdigits.data.nondigits import NonDigits
from inkdigits.evaluation.calibration import area_under_roc
from inkdigits.evaluation.corruptions import CORRUPTIONS, corrupt
from inkdigits.evaluation.metrics import wilson_interval
from inkdigits.images.crops import normalize_crops
from inkdigits.recognition.network import Scores

Images = npt.NDArray[np.uint8]
Score = Callable[[Images], Scores]
Report = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Corrupted:
    """How N images are read with one corruption."""

    name: str
    images: int
    right: int
    right_normalised: int | None  # after the normalisation that reading does; None: not asked for
    example: Images  # (H, W): the first of them

    @property
    def accuracy(self) -> float:
        """Share read rightly, 0 to 1."""
        return self.right / self.images

    @property
    def interval(self) -> tuple[float, float]:
        """95% Wilson interval of the accuracy."""
        return wilson_interval(self.right, self.images)


@dataclass(frozen=True, eq=False)
class Refused:
    """How N images of one kind of non-digit are told from digits."""

    name: str
    images: int
    area: float  # under the ROC: the chance that a digit is more of a digit than one of these
    examples: Images  # (shown, 28, 28)
    digits: int  # how many they were told from

    @property
    def interval(self) -> tuple[float, float]:
        """95% interval of the area, as wide as any scores could make it.

        An area varies at most as a share of the fewer of both kinds does (Bamber, 'The area above
        the ordinal dominance graph and the area below the receiver operating characteristic graph',
        Journal of Mathematical Psychology 12 (1975), 387-415); so it is that share's Wilson
        interval, and no point where the area is 1.
        """
        fewer = min(self.images, self.digits)
        return wilson_interval(self.area * fewer, fewer)


def corrupted_accuracies(
    score: Score,
    images: Images,
    labels: npt.NDArray[np.integer],
    seed: int,
    *,
    normalised: bool,
    report: Report = lambda done: None,
) -> list[Corrupted]:
    """Read images `(N, 28, 28)` of the classes `(N,)` with each of MNIST-C's 15 corruptions.

    Args:
        normalised: whether to read them after `normalize_crops` too.
        report: is told the share done, 0 to 1.
    """
    found = []
    for number, name in enumerate(CORRUPTIONS, 1):
        changed = corrupt(images, name, seed)
        right = _right(score, changed, labels)
        again = _right(score, normalize_crops(changed), labels) if normalised else None
        found.append(Corrupted(name, len(labels), right, again, changed[0]))
        report(number / len(CORRUPTIONS))
    return found


def _right(score: Score, images: Images, labels: npt.NDArray[np.integer]) -> int:
    return int(np.sum(score(images).probabilities.argmax(1) == labels))


def refusal_areas(
    score: Score,
    digits: Images,
    known: npt.NDArray[np.floating],
    seed: int,
    *,
    each: int,
    shown: int = 4,
    report: Report = lambda done: None,
) -> list[Refused]:
    """Tell `each` non-digits of every kind from digits `(N, 28, 28)`; letters only with fonts.

    Kinds of `NonDigits`, and the noise that the shipped network's card has.

    Args:
        known: `(N,)`, how sure `score` is that each of `digits` is a digit at all.
        shown: how many of each kind are kept to be looked at.
        report: is told the share done, 0 to 1.
    """
    found = []
    kinds = non_digits(digits, seed)
    for number, (name, draw) in enumerate(kinds.items(), 1):
        images = np.stack([draw() for _ in range(each)])
        area = area_under_roc(known, score(images).digit)
        found.append(Refused(name, each, area, images[:shown], len(known)))
        report(number / len(kinds))
    return found


def non_digits(digits: Images, seed: int) -> dict[str, Callable[[], Images]]:
    """What draws one image `(28, 28)` of each kind of non-digit, by the kind's name."""
    rng = np.random.default_rng(seed)
    drawn = NonDigits(digits, rng)
    kinds: dict[str, Callable[[], Images]] = {}
    if has_fonts():
        kinds = {"letters": drawn.letter, "words": drawn.word, "signs in print": drawn.sign}
    return kinds | {
        "signs by pen": drawn.operator,
        "digits side by side": drawn.run_of_digits,
        "digits stacked": drawn.stack,
        "parts of digits": drawn.fragment,
        "scribbles": drawn.scribble,
        "shapes": drawn.shape,
        "textures": drawn.texture,
        "paper": drawn.paper,
        "uniform noise": lambda: rng.integers(0, 256, digits.shape[1:]).astype(np.uint8),
    }
