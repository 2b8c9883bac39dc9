"""Ink in pieces: connected marks, each with its box, and the 28x28 pixels of one or several."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from inkdigits.images.filters import dilated, largest, quantile
from inkdigits.images.focus import is_soft, sharpened
from inkdigits.images.ink import Ink
from inkdigits.images.normalize import FIT, SIDE, normalize, normalize_all
from inkdigits.images.regions import Regions, regions

SMALLEST = 7  # pixels of a piece's longer side; smaller ones are specks
FEWEST = 8  # pixels of ink of a piece
MOST = 10_000  # pieces of a page that are looked at, the largest; more are texture
_BESIDE = 0.01  # of the picture's width, that what nearly touches its side is from it
DIM = 200  # level of 255, that some of a digit has but where strokes are a tenth of a pixel wide
BROAD = 0.05  # of its longer side, that such a digit is broad; the edge of a sheet is no 1
_AT_ONCE = 2**22  # pixels of digits that are normalised together
MARGIN = 2  # pixels around a piece in which its grey edges are


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; bottom and right are the first row and column outside."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    @property
    def size(self) -> int:
        """The longer side, in pixels."""
        return max(self.height, self.width)

    @property
    def row(self) -> float:
        """The middle's."""
        return (self.top + self.bottom) / 2

    @property
    def column(self) -> float:
        """The middle's."""
        return (self.left + self.right) / 2

    @property
    def middle(self) -> tuple[float, float]:
        """Row and column."""
        return self.row, self.column


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds all."""
    return Box(
        min(box.top for box in boxes),
        min(box.left for box in boxes),
        max(box.bottom for box in boxes),
        max(box.right for box in boxes),
    )


@dataclass(frozen=True)
class Piece:
    """Marks that hang together."""

    label: int  # in the page's label map
    box: Box
    area: int  # pixels of ink
    strength: float  # mean, as the ink's
    borders: int  # how many of the picture's four borders it touches
    at_side: bool  # whether the left or the right one is among them
    near_side: bool = False  # or nearly so


@dataclass(frozen=True, eq=False)
class Page:
    """A picture's ink and its pieces, the largest first."""

    ink: Ink
    labels: npt.NDArray[np.int32]  # (H, W), 0 is paper
    pieces: tuple[Piece, ...]
    regions: Regions  # all marks before any was cut, those too small to be pieces too
    strengths: npt.NDArray[np.float64]  # of each region, mean

    def digits(self, groups: Sequence[Sequence[Piece]]) -> npt.NDArray[np.uint8]:
        """Each group of pieces taken as one digit, normalised; sharper if out of focus.

        Returns:
            `(N, 28, 28) uint8`.
        """
        images = np.zeros((len(groups), SIDE, SIDE), np.uint8)
        cut: dict[tuple[int, ...], list[tuple[int, npt.NDArray[np.float32]]]] = {}
        held = 0
        for place, pieces in enumerate(groups):
            ink = self.cut(pieces)
            cut.setdefault(ink.shape, []).append((place, ink))
            held += ink.size
            if held > _AT_ONCE or place == len(groups) - 1:
                # Those of one size together, which takes a tenth of the time on a page of print.
                for same in cut.values():
                    places, inks = zip(*same, strict=True)
                    images[list(places)] = _as_digits(np.stack(inks))
                cut.clear()
                held = 0
        return images

    def cut(self, pieces: Sequence[Piece]) -> npt.NDArray[np.float32]:
        """The ink of some pieces `(h, w)` in [0, 1], with their grey edges, without others'."""
        box = around([piece.box for piece in pieces])
        height, width = self.labels.shape
        window = (
            slice(max(0, box.top - MARGIN), min(height, box.bottom + MARGIN)),
            slice(max(0, box.left - MARGIN), min(width, box.right + MARGIN)),
        )
        labels = self.labels[window]
        if len(pieces) == 1:  # as most are, which is found faster
            own = labels == pieces[0].label
        else:
            own = np.isin(labels, [piece.label for piece in pieces])
        return self._levels(window, own)

    def part(self, piece: Piece, inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
        """Some pixels of a piece, `inside` its box `(h, w)`, as a digit: `(28, 28) uint8`."""
        columns = np.flatnonzero(inside.any(0))
        start, end = int(columns[0]), int(columns[-1]) + 1
        box = replace(piece.box, left=piece.box.left + start, right=piece.box.left + end)
        top, left = max(0, box.top - MARGIN), max(0, box.left - MARGIN)
        own = np.pad(inside[:, start:end], ((box.top - top, MARGIN), (box.left - left, MARGIN)))
        own = own[: self.labels.shape[0] - top, : self.labels.shape[1] - left]
        window = slice(top, top + own.shape[0]), slice(left, left + own.shape[1])
        image: npt.NDArray[np.uint8] = _as_digits(self._levels(window, own)[None])[0]
        return image

    def _levels(
        self, window: tuple[slice, slice], own: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float32]:
        """The ink of some pixels of a window and of the grey edges around them, 0 to 1."""
        edges = dilated(own, MARGIN) & (self.labels[window] == 0)
        relative = self.ink.strength[window] / np.maximum(self.ink.full[window], 1e-3)
        full = max(quantile(relative[own], 0.8), 0.2)
        cut: npt.NDArray[np.float32] = np.clip(relative / full, 0, 1) * (own | edges)
        return cut.astype(np.float32)

    def cut_apart(
        self, piece: Piece, cuts: Sequence[npt.NDArray[np.intp]]
    ) -> tuple["Page", list[Piece]]:
        """The page with a piece cut into parts, left to right, of which none may be empty.

        Args:
            cuts: of each the first column behind it in each row of the piece's box, from its left.
        """
        labels, box = self.labels.copy(), piece.box
        window = labels[box.top : box.bottom, box.left : box.right]
        own = window == piece.label
        columns = np.arange(box.width)
        side = np.sum([columns >= cut[:, None] for cut in cuts], axis=0)
        first, parts = int(labels.max()) + 1, []
        for number in range(len(cuts) + 1):
            part = own & (side == number)
            rows, across = (np.flatnonzero(part.any(axis)) for axis in (1, 0))
            window[part] = first + number
            edges = (rows[0], across[0], rows[-1] + 1, across[-1] + 1)
            top, left, bottom, right = (int(edge) for edge in edges)
            place = Box(box.top + top, box.left + left, box.top + bottom, box.left + right)
            area = int(part.sum())
            parts.append(Piece(first + number, place, area, piece.strength, piece.borders, False))
        return replace(self, labels=labels), parts


def _as_digits(inks: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """The ink of digits of one size `(N, H, W)` as images `(N, 28, 28)`."""
    images, (height, width) = normalize_all(inks), inks.shape[1:]
    long = max(height, width)
    for place, ink in enumerate(inks):
        if images[place].max() < DIM and min(height, width) > BROAD * long:
            ink = _widened(ink)
            images[place] = normalize(ink)
        # What has no more pixels than the image is soft for being enlarged.
        if max(ink.shape) > SIDE and is_soft(images[place]):
            images[place] = sharpened(images[place])
    return images


def _widened(ink: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Strokes so thin, for their length, that nothing is left of them in 28x28 pixels, wider."""
    reach = max(ink.shape) // (2 * FIT)
    wide: npt.NDArray[np.float32] = largest(np.pad(ink, reach), 2 * reach + 1)
    return wide


def find_pieces(ink: Ink) -> Page:
    """The pieces of ink that are large enough to be a digit or a part of one, at most `MOST`."""
    height, width = ink.marked.shape
    found = regions(ink.marked)
    sizes = np.maximum(found.bottoms - found.tops, found.rights - found.lefts)
    large = np.flatnonzero((sizes >= SMALLEST) & (found.areas >= FEWEST))
    large = large[np.argsort(-found.areas[large], kind="stable")][:MOST]
    own, levels = found.labels[ink.marked], ink.strength[ink.marked]
    sums = np.bincount(own, levels, found.count + 1)[1:]
    strengths = sums / found.areas
    pieces = []
    for place in large.tolist():
        edges = (found.tops, found.lefts, found.bottoms, found.rights)
        box = Box(*(int(edge[place]) for edge in edges))
        area = int(found.areas[place])
        sides = box.left <= 1, box.right >= width - 1
        borders = sum((box.top <= 1, box.bottom >= height - 1, *sides))
        strength = float(strengths[place])
        near = min(box.left, width - box.right) <= _BESIDE * width
        pieces.append(Piece(place + 1, box, area, strength, borders, any(sides), near))
    return Page(ink, found.labels, tuple(pieces), found, strengths)
