"""Rows of numbers as images: what stands between scikit-learn's tables and a network.

How numbers become grey levels, and how many pixels an image has, is learned from the training rows
and kept; so one row always becomes the same image, whatever rows are beside it.
"""

import math
import warnings
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from inkdigits.data.dataset import Images
from inkdigits.errors import DataError

Numbers = npt.NDArray[Any]  # any real type, finite
_AT_ONCE = 2048  # rows, so that what is between them and bytes takes little memory
WHITE = 255
_FEW = 0.05  # of the pixels that are not black
_BEYOND = 1.5  # rounding and resampling lead a little out of 0 to 1; this far is another scale


@dataclass(frozen=True)
class Layout:
    """How the numbers of a row become the pixels of an image; made by `learn`.

    A row is an image of `shape`, line by line, black after its end where it is shorter; each axis
    that is shorter than that of `size` is stretched to it, linearly.
    """

    shape: tuple[int, int]  # height and width of a row as an image
    size: tuple[int, int]  # of the images made of it
    # bytes: fitted on uint8 images; shares: on numbers from 0 to 1. For both of them black and
    # white are 0 and 255 of uint8, for bytes of all whole numbers, and 0 and 1 of all else. range:
    # `levels` of whatever type.
    kind: Literal["bytes", "shares", "range"]
    levels: tuple[float, float] = (0.0, 1.0)

    @classmethod
    def learn(cls, rows: Numbers, shape: tuple[int, int] | None, least: tuple[int, int]) -> Self:
        """The layout for training rows `(N, F)`.

        Rows of uint8, unless their greatest is 1, and rows of other types with nothing outside of 0
        to 1 are images; of others, the least number in all of them is black, the greatest white.

        Args:
            rows: the training rows.
            shape: of each as an image; None: square, or what has the fewest pixels to spare.
            least: the smallest height and width that images are to have.
        """
        low, high = float(rows.min()), float(rows.max())
        shape = shape or _near_square(rows.shape[1])
        size = (max(shape[0], least[0]), max(shape[1], least[1]))
        if rows.dtype == np.uint8 and high != 1:
            return cls(shape, size, "bytes")
        if rows.dtype != np.uint8 and low >= 0 and high <= 1:
            return cls(shape, size, "shares")
        return cls(shape, size, "range", (low, high))

    def images(self, rows: Numbers) -> Images:
        """Rows `(N, F)` as images `(N, height, width) uint8`.

        Numbers beyond black and white are cut off there. Of bytes that are 0 and 1 only, which is
        all but black, there is a warning.

        Raises:
            DataError: for whole numbers beyond bytes, after bytes; for others up to 255, after
                images.
        """
        if self._are_bytes(rows):
            self._check_bytes(rows)
        elif self.kind != "range" and _is_beyond(rows):
            fitted = "uint8 images" if self.kind == "bytes" else "values from 0 to 1"
            whole = "whole numbers" if self.kind == "bytes" else "uint8"
            raise DataError(
                f"X has values up to {rows.max():g} and type {rows.dtype}; a classifier fitted on "
                f"{fitted} takes {whole} from 0 to 255 or others from 0 to 1."
            )
        images = np.empty((len(rows), *self.size), np.uint8)
        with np.errstate(under="ignore"):  # what is so small is black
            for start in range(0, len(rows), _AT_ONCE):
                images[start : start + _AT_ONCE] = self._stretched(rows[start : start + _AT_ONCE])
        return images

    def _are_bytes(self, rows: Numbers) -> bool:
        """Whether 255 is white: by their type and what was fitted, never by what they hold."""
        if self.kind == "bytes":
            return rows.dtype.kind in "iu"
        return self.kind == "shares" and rows.dtype == np.uint8

    def _check_bytes(self, rows: Numbers) -> None:
        low, high = rows.min(initial=0), rows.max(initial=0)
        if low < 0 or high > WHITE:
            raise DataError(
                f"X holds {low if low < 0 else high}; a classifier fitted on uint8 images takes "
                "whole numbers from 0 to 255."
            )
        if high == 1 and rows.mean() > _FEW:
            warnings.warn(
                f"X is of {rows.dtype}, of which 255 is white, but holds 0 and 1 only; shares of "
                "white from 0 to 1 are floats.",
                stacklevel=2,
            )

    def _stretched(self, rows: Numbers) -> Images:
        height, width = self.shape
        pixels = np.zeros((len(rows), height * width))
        pixels[:, : rows.shape[1]] = self._shares(rows)
        images = pixels.reshape(-1, height, width)
        if self.size != self.shape:
            down, across = (
                _stretching(*sides) for sides in zip(self.shape, self.size, strict=True)
            )
            images = down @ images @ across.T
        return np.rint(WHITE * images).astype(np.uint8)

    def _shares(self, rows: Numbers) -> npt.NDArray[np.float64]:
        """Numbers as shares of white, 0 to 1."""
        low, high = self.levels
        if self._are_bytes(rows):
            high = WHITE
        span = high / 2 - low / 2  # by halves, since the whole may be more than a float holds
        shares = (rows.astype(np.float64) / 2 - low / 2) / (span or 1.0)
        return shares.clip(0, 1)


def _is_beyond(rows: Numbers) -> bool:
    """Whether rows have another scale than 0 to 1.

    A pixel or two may lie beyond: of a scaler fitted on rows in which that pixel is always black.
    """
    if rows.max(initial=0) <= _BEYOND:
        return False
    return bool((rows > _BEYOND).sum() > _FEW * (rows > 0).sum())


def _near_square(numbers: int) -> tuple[int, int]:
    width = math.isqrt(numbers - 1) + 1
    return -(-numbers // width), width


def _stretching(before: int, after: int) -> npt.NDArray[np.float64]:
    """The matrix `(after, before)` that interpolates linearly between the middles of pixels."""
    places = np.clip((np.arange(after) + 0.5) * before / after - 0.5, 0, before - 1)
    nearness: npt.NDArray[np.float64] = 1 - np.abs(places[:, None] - np.arange(before))
    return nearness.clip(0, None)
