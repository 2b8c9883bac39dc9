"""What a worker does for the service: reads pictures, classifies crops, shows the stages.

Each job takes a recognizer, the job's bytes and its options, and gives figures and bytes: the JSON
that is answered, or one JSON a crop, a line each.
"""

import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from inkdigits.errors import PictureError
from inkdigits.images.crops import CROP_PIXELS, decode_crop
from inkdigits.images.normalize import SIDE
from inkdigits.recognition.recognizer import Recognizer

Crops = npt.NDArray[np.uint8]


class Done(NamedTuple):
    """A job's result."""

    content: bytes
    digits: int = 0  # read
    refused: int = 0  # crops or pictures that hold none


def read(
    recognizer: Recognizer,
    content: bytes,
    *,
    page: int | None,
    single: bool,
    expect_length: int | None,
    min_confidence: float,
    details: bool,
    max_pixels: int,
) -> Done:
    """All digits in a picture."""
    reading = recognizer.read(
        content, page=page, single=single, expect_length=expect_length, max_pixels=max_pixels
    )
    answer = reading.to_json(details=details, min_confidence=min_confidence)
    return Done(json.dumps(answer).encode(), len(reading.digits), int(not reading.lines))


def classify(recognizer: Recognizer, content: bytes, *, shape: Sequence[int]) -> Done:
    """Raw crops of this shape `(N, H, W)`."""
    crops = np.frombuffer(content, np.uint8).reshape(shape)
    if crops[0].size > CROP_PIXELS:  # as a picture's file is
        crops = np.stack([decode_crop(crop) for crop in crops])
    return _scored(recognizer, crops)


def classify_pictures(
    recognizer: Recognizer, content: bytes, *, lengths: Sequence[int], max_pixels: int
) -> Done:
    """Pictures of one digit each, of so many bytes, one after the other."""
    cuts = np.cumsum([0, *lengths])
    crops: list[Crops] = []
    for number, (start, end) in enumerate(itertools.pairwise(cuts), 1):
        try:
            crops.append(decode_crop(content[start:end], max_pixels=max_pixels)[None])
        except PictureError as error:
            if len(lengths) == 1:
                raise
            raise PictureError(f"File {number} of {len(lengths)}: {error}") from error
    done = [_scored(recognizer, group) for group in _of_one_size(crops)]
    return Done(
        b"\n".join(part.content for part in done),
        sum(part.digits for part in done),
        sum(part.refused for part in done),
    )


def stages(recognizer: Recognizer, content: bytes) -> Done:
    """What each stage of the network makes of a normalised image of 28x28 bytes."""
    maps = recognizer.stages(np.frombuffer(content, np.uint8).reshape(SIDE, SIDE))
    rows = [{"shape": list(each.shape), "levels": _levels(each).ravel().tolist()} for each in maps]
    return Done(json.dumps({"stages": rows}).encode())


JOBS: dict[str, Callable[..., Done]] = {
    "read": read,
    "classify": classify,
    "classify_pictures": classify_pictures,
    "stages": stages,
}


def perform(recognizer: Recognizer, job: str, content: bytes, options: dict[str, Any]) -> Done:
    """Do a job by its name."""
    return JOBS[job](recognizer, content, **options)


def _scored(recognizer: Recognizer, crops: Crops) -> Done:
    """A line of JSON for each of the crops `(N, H, W)`."""
    scores = recognizer.classify(crops)
    probabilities = scores.probabilities.round(6)
    rows = zip(
        probabilities.argmax(1).tolist(),
        probabilities.max(1).tolist(),
        scores.digit.round(6).tolist(),
        probabilities.tolist(),
        strict=True,
    )
    # A list of floats reads the same in Python and in JSON; `json.dumps` takes three times as long.
    lines = [b'{"value":%d,"confidence":%a,"digit":%a,"probabilities":%a}' % row for row in rows]
    return Done(b"\n".join(lines), len(crops), int(np.count_nonzero(scores.digit < 0.5)))


def _of_one_size(crops: Sequence[Crops]) -> list[Crops]:
    """Neighbours of one size `(1, H, W)` together as `(n, H, W)`, in their order."""
    groups: list[list[Crops]] = []
    for crop in crops:
        if groups and groups[-1][0].shape == crop.shape:
            groups[-1].append(crop)
        else:
            groups.append([crop])
    return [np.concatenate(group) for group in groups]


def _levels(maps: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Each of the feature maps `(C, h, w)` from its smallest to its largest as 0 to 255."""
    low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
    levels: npt.NDArray[np.uint8] = (255 * (maps - low) / np.maximum(high - low, 1e-6)).astype(
        np.uint8
    )
    return levels
