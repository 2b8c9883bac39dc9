"""Reads digits from pictures:

from inkdigits import Recognizer

reading = Recognizer().read("photo.jpg")
print(reading.text, [digit.confidence for digit in reading.digits])
"""

import functools
import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from inkdigits.errors import PictureError, UsageError
from inkdigits.images.bindings import without_bindings
from inkdigits.images.components import Page, find_pieces
from inkdigits.images.corners import without_corners
from inkdigits.images.decode import MAX_PIXELS, Source, decode
from inkdigits.images.fragments import lines_of_fragments
from inkdigits.images.frame import frame_of
from inkdigits.images.ink import Ink, find_ink
from inkdigits.images.levels import Map, grey
from inkdigits.images.normalize import normalize
from inkdigits.images.rulings import without_underlines
from inkdigits.images.scales import without_scales
from inkdigits.images.straight import straightened
from inkdigits.images.tiles import without_tiles
from inkdigits.processors import available_processors
from inkdigits.recognition.askew import fall_of, placed_back, says_the_same
from inkdigits.recognition.blurred import is_better, sharper_pages
from inkdigits.recognition.certainty import is_number, is_surer
from inkdigits.recognition.clutter import without_clutter
from inkdigits.recognition.doubtful import read_crops
from inkdigits.recognition.edges import is_edge, without_edges
from inkdigits.recognition.filling import filling_digit, whole
from inkdigits.recognition.lone import lone_digit
from inkdigits.recognition.modelfile import network_source, origin_of
from inkdigits.recognition.network import DigitNetwork, Scores
from inkdigits.recognition.orientation import WayUp, way_up, way_with_digits
from inkdigits.recognition.placed import placed
from inkdigits.recognition.reading import Reading
from inkdigits.recognition.refusal import numbers_only
from inkdigits.recognition.rings import without_rings
from inkdigits.recognition.segmentation import Candidate, ReadLine, candidates, read_line
from inkdigits.recognition.separation import separated
from inkdigits.recognition.signs import with_signs
from inkdigits.recognition.sizes import height_of_digits, of_digits_kind
from inkdigits.recognition.struck import without_struck
from inkdigits.recognition.touching import TouchingNetwork
from inkdigits.recognition.units import are_quantities
from inkdigits.settings import checked_whole

_PORTION = 512  # crops that one thread works on
_MOST_THREADS = 1024
_UPSIDE_DOWN = 2  # quarter turns
_LONGEST = 1000  # line, in digits
_SHAPED = 0.8  # the probability of a digit, above which a light shape is one and no sheet


class Recognizer:
    """Reads digits with one network, from as many threads at once as you like.

    A copy, or what another process is given by pickle, opens the network anew.

    Args:
        model: None or 'shipped' for the network that the package ships, an ONNX file, or the folder
            of a run or an ensemble (for which training's libraries must be installed).
        threads: that the network takes, 1 to 1024; None: as many as the processor has.

    Raises:
        UsageError: if there is no such file or folder, or `threads` are none.
        RunError: if a folder is no run and no ensemble, or is damaged or not complete.
        ModelError: if it is no network for digits.
        ModuleNotFoundError: if it is a folder, and training's libraries are not installed.
    """

    def __init__(
        self, model: str | os.PathLike[str] | None = None, *, threads: int | None = None
    ) -> None:
        if threads is not None:
            threads = checked_whole("threads", threads, 1, _MOST_THREADS)
        self._model, self._asked_threads = model, threads
        self._source = network_source(model)
        self._origin = origin_of(model)
        self.network = DigitNetwork(self._source, threads=threads, origin=self._origin)
        self._threads = threads or available_processors()

    def __reduce__(self) -> tuple[object, ...]:
        """What it was made of: ONNX Runtime's sessions cannot be copied."""
        return functools.partial(type(self), threads=self._asked_threads), (self._model,)

    @functools.cached_property
    def sha256(self) -> str:
        """The hash of the network's ONNX file."""
        content = self._source if isinstance(self._source, bytes) else self._source.read_bytes()
        return hashlib.sha256(content).hexdigest()

    @functools.cached_property
    def _lone(self) -> DigitNetwork:
        """The network on one thread, of which several run at once."""
        return DigitNetwork(self._source, threads=1, origin=self._origin)

    @functools.cached_property
    def _touching(self) -> TouchingNetwork:
        """The network for digits that touch."""
        return TouchingNetwork()

    @functools.cached_property
    def _inside(self) -> DigitNetwork:
        """The network that also gives its feature maps."""
        source = network_source(self._model, stages=True)
        return DigitNetwork(source, threads=1, origin=self._origin)

    def stages(self, image: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.float32]]:
        """What each stage of the network makes of a normalised image `(28, 28) uint8`.

        An array `(C, h, w) float32` a stage; none where an ONNX file does not give them.

        Raises:
            DataError: if the array is of another shape or type.
        """
        return self._inside.stages(image)

    def read(
        self,
        source: Source,
        *,
        page: int | None = None,
        single: bool = False,
        expect_length: int | None = None,
        max_pixels: int = MAX_PIXELS,
    ) -> Reading:
        """Read all digits in a picture.

        Args:
            source: a path, an open file, a file's bytes, a Pillow image, or an array `(H, W)`,
                `(H, W, 3)` or `(H, W, 4)` of uint8, uint16, bool, or floats in [0, 1]. A path may
                begin with `~`.
            page: of a TIFF, PDF or HEIC file, from 1; None: the one that a path names,
                `scan.pdf#page=2`, or else the first.
            single: the picture is one digit, whatever else there seems to be.
            expect_length: how many digits each line has, 1 to 1000, where that is known; not with
                `single`.
            max_pixels: a picture of more is refused before it is decoded.

        Raises:
            PictureError: if there is no such file, it is no picture that can be read, has no such
                page, or has more than `max_pixels`.
            ModelError: if the network that ships for digits that touch is missing or another.
            UsageError: if `expect_length` is no such number or beside `single`, or a page or
                `max_pixels` is no whole number.
        """
        if expect_length is not None:
            expect_length = checked_whole("expect_length", expect_length, 1, _LONGEST)
            if single:
                raise UsageError("expect_length cannot be given with single.")
        picture = decode(source, page=page, max_pixels=max_pixels)
        frame = frame_of(picture.pixels)
        pixels = without_tiles(without_corners(frame.within(picture.pixels)))
        filling = filling_digit(pixels, self.network.score)
        if filling is not None:
            digit, is_light = filling
            return placed([ReadLine((digit,), ())], picture, frame, WayUp(0, 0), is_light)
        ink = find_ink(pixels, self._is_digit)
        if single:
            pieces = find_pieces(ink)
            crop = whole(grey(pixels), self.network.score)
            lines = self._read_single(pieces, self._singles(pieces), crop)
            return placed(lines, picture, frame, WayUp(0, 0), ink.light_on_dark)
        lines, way = self._read_twice(ink, expect_length)
        if ink.is_doubtful and not is_number(lines):
            other = find_ink(pixels, light_on_dark=not ink.light_on_dark)
            further, its_way = self._read_twice(other, expect_length)
            if is_surer(further, lines):
                ink, lines, way = other, further, its_way
        lines = self._read_level(ink, lines, way, expect_length)
        lines, way = self._read_sharper(pixels, ink, lines, way, expect_length)
        return placed(lines, picture, frame, way, ink.light_on_dark)

    def classify(self, images: npt.NDArray[np.uint8]) -> Scores:
        """Which digit each of N ready crops shows, and whether it is one at all.

        Args:
            images: `(N, H, W) uint8`, one digit each, dark on light or light on dark.

        Returns:
            Calibrated probabilities `(N, 10)`, and a score `(N,)` from 0 to 1 of 'a digit at all'.

        Raises:
            PictureError: if the array is of another shape or type.
        """
        if not isinstance(images, np.ndarray):
            raise PictureError(f"Crops are an array (N, H, W) of uint8; given was {type(images)}.")
        if images.dtype != np.uint8 or images.ndim != 3 or 0 in images.shape[1:]:
            raise PictureError(
                f"Crops are an array (N, H, W) of uint8; given were {images.shape} of "
                f"{images.dtype}."
            )
        if self._threads == 1 or len(images) < 2 * _PORTION:
            return read_crops(images, self.network.score)[1]
        portions = [images[start : start + _PORTION] for start in range(0, len(images), _PORTION)]
        from concurrent.futures import ThreadPoolExecutor

        lone = self._lone
        with ThreadPoolExecutor(self._threads) as pool:
            scores = list(pool.map(lambda part: read_crops(part, lone.score)[1], portions))
        return Scores(
            np.concatenate([part.probabilities for part in scores]),
            np.concatenate([part.digit for part in scores]),
        )

    def _is_digit(self, ink: Map) -> bool:
        """Whether ink `(h, w)` in [0, 1] is as surely a digit as no sheet's shape is."""
        return float(self.network.score(normalize(ink)[None]).joint.max()) > _SHAPED

    def _of_page(self, ink: Ink) -> tuple[Page, list[Candidate]]:
        """A page's pieces, without lines drawn under numbers, and each as a digit."""
        pieces = find_pieces(replace(ink, marked=without_underlines(ink.marked)))
        return pieces, self._singles(pieces)

    def _singles(self, page: Page) -> list[Candidate]:
        pieces = without_bindings(without_scales(page.pieces), *page.labels.shape)
        groups = [[piece] for piece in pieces]
        return without_rings(candidates(page, groups, self.network.score))

    def _read_twice(self, ink: Ink, length: int | None) -> tuple[list[ReadLine], WayUp]:
        """A page, and where clutter is in the way once more without it."""
        lines, way = self._read_any_way_up(ink, length)
        cleared = without_clutter(ink.turned(way.quarters), lines)
        if cleared is None:
            return lines, way
        again, further = self._read_any_way_up(cleared.ink, length)
        if further.quarters or not cleared.is_better(again):
            return lines, way
        return again, WayUp(way.quarters, (way.quarters + further.perhaps) % 4)

    def _read_level(
        self, ink: Ink, lines: list[ReadLine], way: WayUp, length: int | None
    ) -> list[ReadLine]:
        """A page as it was read, or where it lies askew as it is read when turned level."""
        fall = fall_of(lines)
        if not fall:
            return lines
        page = straightened(ink.turned(way.quarters), fall)
        found, its_way = self._read_twice(page.ink, length)
        if its_way.quarters or not any(line.signs for line in [*lines, *found]):
            return lines  # for the sake of signs alone is a page turned
        further = placed_back(page, found)
        return further if says_the_same(further, lines) else lines

    def _read_sharper(
        self,
        pixels: npt.NDArray[np.uint8],
        ink: Ink,
        lines: list[ReadLine],
        way: WayUp,
        length: int | None,
    ) -> tuple[list[ReadLine], WayUp]:
        """A page as it was read, or where it is blurred as it is read when made sharper."""
        best = lines
        for picture in sharper_pages(pixels, ink, lines):
            found = find_ink(picture, self._is_digit)
            further, its_way = self._read_twice(found, length)
            is_same_way = not lines or its_way.quarters == way.quarters
            if is_same_way and is_better(further, best, lines):
                best, way = further, its_way
        return best, way

    def _read_any_way_up(self, ink: Ink, length: int | None) -> tuple[list[ReadLine], WayUp]:
        """A page as it lies, or turned where it then surely holds numbers."""

        def turned(quarters: int, *, is_guess: bool) -> list[ReadLine]:
            page, singles = self._of_page(ink.turned(quarters))
            read, cut = self._read_page(page, singles, length)
            kept = numbers_only(read, len(singles), quarters, is_guess=is_guess, length=length)
            return self._signed(cut, kept, length)

        # Digits that hang together on a line would be some other thing, which may lie any way up.
        page, singles = self._of_page(ink)
        lone = lone_digit(page, singles, self.network.score)
        if lone is not None and length in (None, 1) and not is_edge(lone, page.ink):
            return [ReadLine((lone,), ())], WayUp(0, 0)
        way = way_up(singles, self.network.score)
        lying = functools.cache(lambda: self._read_page(page, singles, length))
        # Letters of units are digits on their heads.
        is_upright = way.quarters == _UPSIDE_DOWN and are_quantities(lying()[0])
        if way.quarters and not is_upright and (lines := turned(way.quarters, is_guess=False)):
            return lines, way
        read, cut = lying()
        numbers = numbers_only(read, len(singles), length=length)
        if lines := self._signed(cut, numbers, length):
            return lines, WayUp(0, way.quarters or way.perhaps)
        guess = way_with_digits(singles, self.network.score)
        ways = 0, way.quarters
        if guess.quarters not in ways and (lines := turned(guess.quarters, is_guess=True)):
            return lines, guess
        return [], WayUp(0, 0)  # in no doubt: the grain of wood is bars, and so are ones

    def _signed(self, page: Page, lines: list[ReadLine], length: int | None) -> list[ReadLine]:
        lines = without_struck(without_edges(lines, page.ink), page, self._touching)
        return with_signs(page, lines, self.network.score, length)

    def _read_page(
        self, page: Page, singles: Sequence[Candidate], length: int | None
    ) -> tuple[list[ReadLine], Page]:
        """A page's lines, and the page with all that was cut in it."""
        height = height_of_digits(page, singles, self._touching)
        if height is None:
            return [], page
        of_piece = {single.pieces[0]: single for single in singles}
        lines = lines_of_fragments(of_digits_kind(singles, height), height)
        read = []
        for line in lines:
            parts: list[Candidate] = []
            for piece in line:
                page, digits = separated(
                    page, of_piece[piece], height, self._touching, self.network.score
                )
                parts += digits
            read.append(read_line(page, parts, height, self.network.score, length))
        return read, page

    def _read_single(
        self, page: Page, singles: Sequence[Candidate], crop: Candidate
    ) -> list[ReadLine]:
        """The largest piece, all that is of its kind, or the picture as a ready `crop`.

        Whichever is most a digit: at the border of a picture that a digit fills, there is too
        little paper to tell ink by.
        """
        if not singles:
            return [ReadLine((crop,), ())] if crop.refusal < 0.5 else []
        largest = max(singles, key=lambda candidate: candidate.box.size)
        others = of_digits_kind(singles, float(largest.box.height))
        choices = [largest, crop]
        if len(others) > 1:
            choices += candidates(page, [others], self.network.score)
        return [ReadLine((max(choices, key=lambda choice: choice.confidence),), ())]
