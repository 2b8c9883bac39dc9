"""A trained network as ONNX Runtime runs it, and what its logits mean.

A network has ten outputs, or eleven: the last one is then 'no digit'. Its file's metadata may hold
the temperature that its probabilities were calibrated with (Guo and others, 'On Calibration of
Modern Neural Networks', 2017), and what its classes are called.
"""

import contextlib
import json
import threading
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.errors import DataError, ModelError
from inkdigits.images.normalize import SIDE
from inkdigits.processors import available_processors
from inkdigits.recognition.onnxfile import check_claim, check_self_contained

DIGITS = 10
DIGIT_NAMES = tuple(str(digit) for digit in range(DIGITS))
NO_DIGIT = "no digit"  # what the class of all else is called
TEMPERATURE = "inkdigits.temperature"  # metadata keys
NAME = "inkdigits.name"
CLASSES = "inkdigits.classes"  # names, as JSON
STAGE = "stage_"  # outputs with feature maps: stage_1, stage_2, ...
MAX_BYTES = 1 << 28  # of a file
MAX_MEMORY_BYTES = 3 << 28  # that a network in a file may take
MAX_FIRST_S = 2.0  # that a network in a file may take for its first image
_FLOATS = ("tensor(float)", "tensor(double)", "tensor(float16)")  # what logits may be
_LARGEST_POWER = 700.0  # of e, that a double holds
_BATCH = 64  # images at once: what a core's cache holds
_NAMED = 3  # of the classes of a network that is for something else


class Scores(NamedTuple):
    """What a network says of N images.

    Attributes:
        probabilities: `(N, 10) float64`, rows sum to 1: which digit, if it is one.
        digit: `(N,) float64`, 0 to 1: whether it is a digit at all.
    """

    probabilities: npt.NDArray[np.float64]
    digit: npt.NDArray[np.float64]

    @property
    def joint(self) -> npt.NDArray[np.float64]:
        """`(N, 10)`: the probability that it is a digit and that one."""
        return self.probabilities * self.digit[:, None]


class DigitNetwork:
    """A network in an ONNX file or its bytes.

    A file may be a stranger's: it may read no other file, is bounded in memory and time, and must
    be what a card beside it claims.

    Args:
        threads: that one run takes; None: as many as the processor has.
        origin: what errors call a network that is given as bytes.

    Raises:
        ModelError: if it is no ONNX file, or no network for digits of 28x28 pixels, or takes too
            much.
    """

    def __init__(
        self, source: Path | bytes, *, threads: int | None = None, origin: str = "The network"
    ) -> None:
        name = str(source) if isinstance(source, Path) else origin
        is_file = isinstance(source, Path)
        self._source = name
        self._session = open_session(_content(source), name, threads, is_bounded=is_file)
        _check(self._session, name)
        self._input = self._session.get_inputs()[0].name
        self._output = self._session.get_outputs()[0].name
        metadata = self._session.get_modelmeta().custom_metadata_map
        if CLASSES in metadata:
            _check_classes(metadata[CLASSES], name)
        self.name: str = metadata.get(NAME, name)
        self.temperature = checked_temperature(metadata.get(TEMPERATURE, "1"), name)
        self.refuses = self._first(MAX_FIRST_S if is_file else None) == DIGITS + 1

    def logits(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Logits `(N, 10 or 11) float32` of images `(N, 28, 28) uint8`, white ink on black."""
        _check_images(images)
        parts: list[npt.NDArray[np.float32]] = [np.zeros((0, DIGITS + 1), np.float32)]
        for start in range(0, len(images), _BATCH):
            batch = images[start : start + _BATCH, None].astype(np.float32) / 255
            part = self._run([self._output], batch)[0]
            if len(part) != len(batch):
                raise ModelError(f"{self._source} gives {len(part)} logits of {len(batch)} images.")
            parts.append(part)
        logits = np.concatenate(parts[1:] or parts)
        self._check_finite(logits)
        return logits

    def _first(self, limit_s: float | None) -> int:
        """How many logits an image gives; `ModelError` if they take more than `limit_s`."""
        import onnxruntime

        options = onnxruntime.RunOptions()
        image = np.zeros((1, 1, SIDE, SIDE), np.float32)
        stop = threading.Timer(limit_s, setattr, (options, "terminate", True)) if limit_s else None
        if stop:
            stop.daemon = True
            stop.start()
        try:
            (logits,) = self._run([self._output], image, options)
        except ModelError as error:
            if not options.terminate:
                raise
            raise ModelError(
                f"{self._source} takes more than the limit of {limit_s:g} s for an image."
            ) from error
        finally:
            if stop:
                stop.cancel()
        if logits.shape not in ((1, DIGITS), (1, DIGITS + 1)):
            raise ModelError(f"{self._source} gives other logits than it says: {logits.shape}.")
        self._check_finite(logits)
        return int(logits.shape[1])

    def _check_finite(self, logits: npt.NDArray[np.floating[Any]]) -> None:
        if not np.isfinite(logits).all():
            raise ModelError(f"{self._source} gives logits that are no numbers; train it anew.")

    def _run(
        self, outputs: list[str], batch: npt.NDArray[np.floating[Any]], options: Any = None
    ) -> Any:
        try:
            return self._session.run(outputs, {self._input: batch}, options)
        except Exception as error:  # ONNX Runtime's have no common base but this one
            raise ModelError(f"{self._source} cannot be run ({_reason(error)}).") from error

    def stages(self, image: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.float32]]:
        """What each stage makes of an image `(28, 28) uint8`: an array `(C, h, w)` a stage.

        An empty list where the file does not give them. Raises `DataError` for any other array,
        `ModelError` where what the file gives by their names are none.
        """
        images = np.asarray(image)[None]
        _check_images(images)
        names = [each.name for each in self._session.get_outputs() if each.name.startswith(STAGE)]
        if not names:
            return []
        batch = images[:, None].astype(np.float32) / 255
        found = self._run(names, batch)
        for name, maps in zip(names, found, strict=True):
            is_fit = isinstance(maps, np.ndarray) and maps.dtype == np.float32 and maps.ndim == 4
            if not is_fit or len(maps) != 1 or 0 in maps.shape or not np.isfinite(maps).all():
                raise ModelError(f"{self._source} gives no feature maps as {name}.")
        return [maps[0] for maps in found]

    def score(self, images: npt.NDArray[np.uint8]) -> Scores:
        """Calibrated scores of images `(N, 28, 28) uint8`.

        Without an output of its own for it, 'a digit at all' is the largest probability, rescaled
        from 1/10 to 1 (Hendrycks and Gimpel, 'A Baseline for Detecting Misclassified and
        Out-of-Distribution Examples', 2017).
        """
        logits = self.logits(images)
        # Apart from the digits' own largest, so that none vanish however sure a refusal is.
        logits -= logits[:, :DIGITS].max(1, keepdims=True, initial=-np.inf)
        powers = np.exp(np.minimum(logits.astype(np.float64) / self.temperature, _LARGEST_POWER))
        of_digits = powers[:, :DIGITS].sum(1)
        probabilities = powers[:, :DIGITS] / of_digits[:, None]
        if self.refuses:
            digit = of_digits / (of_digits + powers[:, DIGITS])
        else:
            digit = (probabilities.max(1, initial=0.1) - 0.1) / 0.9
        return Scores(probabilities, digit)


def _check_images(images: npt.NDArray[Any]) -> None:
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        raise DataError(
            f"The network reads images of shape (N, {SIDE}, {SIDE}) and type uint8; "
            f"given were {images.shape} and {images.dtype}."
        )


def _content(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        if not source.is_file():
            raise ModelError(f"{source} is no file; devices and pipes have no end to trust.")
        if source.stat().st_size > MAX_BYTES:
            raise ModelError(f"{source} is larger than the limit of {MAX_BYTES} bytes.")
        content = source.read_bytes()
    except OSError as error:
        raise ModelError(f"{source} cannot be read: {error.strerror or error}.") from error
    check_claim(content, source)
    check_self_contained(content, str(source))
    return content


def open_session(content: bytes, name: str, threads: int | None, *, is_bounded: bool) -> Any:
    """ONNX Runtime's session of a file's content; `ModelError`, which calls it `name`, if none.

    Args:
        threads: None: as many as the processor has.
        is_bounded: in memory, as a stranger's is.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads or available_processors()
    left_out: list[str] = []
    if is_bounded:
        _bound_memory()
        options.add_session_config_entry("session.use_env_allocators", "1")
        left_out = ["ConstantFolding"]  # which computes while it loads, outside of that bound
    try:
        return onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"], disabled_optimizers=left_out
        )
    except Exception as error:  # its exceptions have no common base but this one
        raise ModelError(
            f"{name} is no ONNX network that can be run ({_reason(error)})."
        ) from error


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _bound_memory() -> None:
    """Register memory of at most `MAX_MEMORY_BYTES` for the next session that asks for it.

    One for all would bound nothing once it is full: ONNX Runtime takes a session's weights from it
    unasked, and what is left is then below 0, as an unsigned number.
    """
    import onnxruntime

    place = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    limits = onnxruntime.OrtArenaCfg({"max_mem": MAX_MEMORY_BYTES})
    with contextlib.suppress(Exception):  # older versions: the first is for all
        onnxruntime.create_and_register_allocator(place, limits)


def _check(session: Any, name: str) -> None:
    inputs, outputs = session.get_inputs(), session.get_outputs()
    fits = len(inputs) == 1 and inputs[0].type == "tensor(float)"
    fits = fits and len(inputs[0].shape) == 4 and list(inputs[0].shape[1:]) == [1, SIDE, SIDE]
    fits = fits and not isinstance(inputs[0].shape[0], int)
    fits = fits and len(outputs) >= 1 and len(outputs[0].shape) == 2
    fits = fits and outputs[0].type in _FLOATS
    if not fits or outputs[0].shape[1] not in (DIGITS, DIGITS + 1):
        raise ModelError(
            f"{name} is no network for digits: it must take (N, 1, {SIDE}, {SIDE}) floats and "
            f"give (N, {DIGITS}) logits, or (N, {DIGITS + 1}) with 'no digit' last."
        )


def _check_classes(text: str, name: str) -> None:
    try:
        classes = [str(each) for each in json.loads(text)]
    except (ValueError, TypeError, RecursionError) as error:
        raise ModelError(f"{name} says of its classes what is no list of names.") from error
    if tuple(classes) not in (DIGIT_NAMES, (*DIGIT_NAMES, NO_DIGIT)):
        named = ", ".join(f"'{each}'" for each in classes[:_NAMED])
        more = f" and {len(classes) - _NAMED} more" if len(classes) > _NAMED else ""
        raise ModelError(f"{name} is no network for digits: its classes are {named}{more}.")


def checked_temperature(text: str, name: str) -> float:
    """The temperature that a file's metadata give; `ModelError`, which calls it `name`, if none."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1e-3 <= value <= 1e3:
        raise ModelError(f"{name} has a temperature of {text!r}; it must be from 0.001 to 1000.")
    return value
