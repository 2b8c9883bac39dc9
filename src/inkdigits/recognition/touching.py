"""Digits that touch, read as one mark without being cut first.

A network of its own looks at the whole mark and says, at each place along it, which digit is there,
or that none is; what it says of all places together is summed over all ways to spell a number
(connectionist temporal classification: Graves and others, 2006). That cutting is not needed:
Hochuli and others, 'Handwritten digit segmentation: is it still necessary?', 2018.
"""

import itertools
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.errors import ModelError
from inkdigits.images.strips import HIGH, STEP, strip
from inkdigits.recognition.network import (
    DIGITS,
    TEMPERATURE,
    checked_temperature,
    open_session,
)
from inkdigits.recognition.onnxfile import check_claim

TOUCHING = "touching.onnx"
# In its metadata: slope and offset of the logit of a number's probability (Platt, 'Probabilistic
# outputs for support vector machines', 1999). Places err each by itself, so that what all of them
# together say is surer than the product of what each says.
CALIBRATION = "inkdigits.calibration"
NONE, BLANK = DIGITS, DIGITS + 1  # classes: something else than digits; between two of them
CLASSES = DIGITS + 2
_ORIGIN = "The network for digits that touch"

Floats = npt.NDArray[np.float64]


class Touching(NamedTuple):
    """What a mark says.

    Attributes:
        values: of the digits in it, left to right; empty where it is something else.
        probability: that they are as many, whatever each of them is; or that there are none.
        digits: `(L, 10)`, the probability that they are as many, and each one of the ten.
        middles: the columns of the ink that they are around.
    """

    values: tuple[int, ...]
    probability: float
    digits: Floats
    middles: tuple[float, ...]


class TouchingNetwork:
    """The network that the package ships for them.

    Args:
        content: of an ONNX file; None: of the one that the package ships.

    Raises:
        ModelError: if it is missing, no such network, or not the one that the card describes.
    """

    def __init__(self, content: bytes | None = None) -> None:
        content = _shipped() if content is None else content
        # One thread: a mark is too little for several.
        self._session: Any = open_session(content, _ORIGIN, 1, is_bounded=False)
        metadata = self._session.get_modelmeta().custom_metadata_map
        self.temperature = checked_temperature(metadata.get(TEMPERATURE, "1"), _ORIGIN)
        try:
            slope, offset = map(float, metadata.get(CALIBRATION, "1 0").split())
        except ValueError as error:
            raise ModelError(f"{_ORIGIN} has a calibration that is no two numbers.") from error
        self._calibration = slope, offset
        self.says(np.zeros((HIGH, 4 * STEP), np.uint8))

    def read(self, ink: npt.NDArray[np.floating[Any]]) -> Touching:
        """What a mark says whose ink `(H, W)` is in [0, 1], 1 the full stroke."""
        shown = strip(ink)
        if shown is None:
            return Touching((), 1.0, np.zeros((0, DIGITS)), ())
        spelled = self.spelled(shown.image)
        middles = tuple(shown.column(STEP * (place + 0.5) - 0.5) for place in spelled.middles)
        return spelled._replace(middles=middles)

    def spelled(self, image: npt.NDArray[np.uint8]) -> Touching:
        """What a strip `(32, W)` says; `middles` are places."""
        spelled = spell(self.says(image))
        if not spelled.values:
            return spelled
        probability = calibrated(spelled.probability, *self._calibration)
        shares = spelled.digits / spelled.digits.sum(1, keepdims=True)
        return spelled._replace(probability=probability, digits=probability * shares)

    def says(self, image: npt.NDArray[np.uint8]) -> Floats:
        """The logarithm of each class's probability at each place of a strip `(32, W)`: `(T, 12)`.

        A place is `STEP` columns wide.
        """
        batch = image[None, None].astype(np.float32) / 255
        try:
            logits = self._session.run(None, {"images": batch})[0].reshape(CLASSES, -1).T
        except Exception as error:  # ONNX Runtime's have no common base but this one
            raise ModelError(f"{_ORIGIN} cannot be run; it is another.") from error
        if len(logits) != image.shape[1] // STEP or not np.isfinite(logits).all():
            raise ModelError(f"{_ORIGIN} gives what are no logits of each place.")
        return log_softmax(logits.astype(np.float64) / self.temperature)


def _shipped() -> bytes:
    path = Path(__file__).parent / TOUCHING
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}.") from error
    check_claim(content, path)
    return content


def spell(says: Floats) -> Touching:
    """What the likeliest class at each place spells; `middles` are places.

    Args:
        says: `(T, 12)`, the logarithm of each class's probability.
    """
    values, middles = _best_path(says)
    probability = float(np.exp(log_probability(says, values)))
    if not values or NONE in values:
        return Touching((), probability, np.zeros((0, DIGITS)), ())
    others = np.zeros((len(values), DIGITS))  # with each digit in the place of one
    for place, digit in np.ndindex(others.shape):
        spelled = [*values[:place], digit, *values[place + 1 :]]
        others[place, digit] = np.exp(log_probability(says, spelled))
    shares = others / others.sum(1, keepdims=True)
    # Were the digits right or wrong each by itself, this would be the probability of their number.
    several = min(1.0, probability / float(shares[np.arange(len(values)), values].prod()))
    return Touching(tuple(values), several, several * shares, tuple(middles))


def calibrated(probability: float, slope: float, offset: float) -> float:
    """A probability whose logit is scaled and moved."""
    least = 1e-9
    within = min(max(probability, least), 1 - least)
    logit = slope * np.log(within / (1 - within)) + offset
    return float(1 / (1 + np.exp(-logit)))


def _best_path(says: Floats) -> tuple[list[int], list[float]]:
    """The classes of the likeliest path, and the middle of the places of each."""
    best = says.argmax(1)
    starts = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist(), len(best)]
    runs = [
        (int(best[start]), (start + end - 1) / 2)
        for start, end in itertools.pairwise(starts)
        if best[start] != BLANK
    ]
    return [value for value, _ in runs], [middle for _, middle in runs]


def log_probability(says: Floats, values: list[int]) -> float:
    """The logarithm of the probability of all ways to spell some values (the forward pass)."""
    spelled = np.full(2 * len(values) + 1, BLANK)
    spelled[1::2] = values
    # A value may follow another without a blank between, unless it is the same.
    may_skip = np.zeros(len(spelled), np.bool_)
    may_skip[3::2] = spelled[3::2] != spelled[1:-2:2]
    sums = np.full(len(spelled), -np.inf)
    sums[:2] = says[0, spelled[:2]]
    with np.errstate(invalid="ignore"):
        for row in says[1:]:
            before = np.concatenate(([-np.inf, -np.inf], sums))
            skipped = np.where(may_skip, before[:-2], -np.inf)
            sums = np.logaddexp(np.logaddexp(sums, before[1:-1]), skipped) + row[spelled]
    return float(np.logaddexp.reduce(sums[-2:]))


def log_softmax(logits: Floats) -> Floats:
    """The logarithm of each class's probability, of logits `(T, 12)`."""
    below = logits - logits.max(1, keepdims=True)
    says: Floats = below - np.log(np.exp(below).sum(1, keepdims=True))
    return says
