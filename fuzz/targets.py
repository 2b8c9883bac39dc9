"""The parsers of this package, each as a function of bytes that a fuzzer can call.

A target returns where its input is good, and lets the errors of `DOCUMENTED` pass where it is
refused; anything else is a finding. An input that stands for several files holds them one after
the other with `CUT` between. A first byte, where one is needed, says which way the input goes.

Nothing here needs atheris: the test suite replays `corpus/` through these functions.
"""

import functools
import gzip
import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from inkdigits.errors import InkdigitsError, RunError

if TYPE_CHECKING:
    from inkdigits.recognition.recognizer import Recognizer
    from inkdigits.training.recipe import Recipe
    from inkdigits.training.run import Run
    from inkdigits.training.trainer import Trainer

CORPUS = Path(__file__).parent / "corpus"
CUT = b"|CUT|"
GENERATOR = b"|GENERATOR|"  # in a checkpoint's state: a generator's, which takes 7 kB
MAX_PIXELS = 96 * 96  # of a picture, so that reading one takes some milliseconds
_ROWS = {"train": 2, "test": 1}  # of a wheel


def idx(data: bytes) -> None:
    """An IDX file; where the first byte is odd, what follows it is gzipped first."""
    from inkdigits.data.idxfiles import read_idx

    way, content = _way(data, 2)
    read_idx(_file("set-idx3-ubyte", gzip.compress(content, 1) if way else content))


def idx_folder(data: bytes) -> None:
    """A folder of IDX files, each a line with its name and then its content."""
    from inkdigits.data.idxfiles import find_idx_sets, read_idx_set
    from inkdigits.data.parts import complete

    folder = _fresh_folder()
    for number, part in enumerate(data.split(CUT)[:5]):
        name, _, content = part.partition(b"\n")
        text = name.decode("ascii", "ignore").replace("/", "").replace("\0", "")[:80]
        (folder / (text if text.strip(".") else str(number))).write_bytes(content)
    sets = find_idx_sets(folder)
    if not sets:
        raise InkdigitsError("It holds no set.")
    for each in sets:
        complete(read_idx_set(each))


def csv(data: bytes) -> None:
    """A table of three columns and two rows; read in pieces it must be what it is in one."""
    from inkdigits.data.wheel import parse_table

    way, content = _way(data, 16)
    whole = parse_table(io.BytesIO(content), rows=2, columns=3, what="It")
    parts = parse_table(io.BytesIO(content), rows=2, columns=3, what="It", chunk_bytes=way + 1)
    lines = content.replace(b"\r", b"").split(b"\n")[1:3]
    assert [[int(value) for value in line.split(b",")] for line in lines] == whole.tolist()
    assert (parts == whole).all()


def wheel(data: bytes) -> None:
    """A wheel; where the first byte is odd, one made of the two CSV files that follow."""
    from inkdigits.data.wheel import MEMBERS, read_wheel

    way, content = _way(data, 2)
    if way:
        content = _zipped(dict(zip(MEMBERS.values(), _parts(content, 2), strict=True)))
    read_wheel(_file("mnist.whl", content), _ROWS)


def npz(data: bytes) -> None:
    """An `.npz` of four arrays or of crops, as it is or made of the `.npy` files that follow."""
    from inkdigits.data.npz import holds_crops, read_crops, read_npz
    from inkdigits.data.parts import complete

    way, content = _way(data, 3)
    if way == 1:
        names = ["x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"]
        content = _zipped(dict(zip(names, _parts(content, 4), strict=True)))
    elif way == 2:
        content = _zipped(dict(zip(["images.npy", "labels.npy"], _parts(content, 2), strict=True)))
    path = _file("mnist.npz", content)
    if holds_crops(path):
        read_crops(path)
    else:
        complete(read_npz(path))


def run(data: bytes) -> None:
    """A run folder: settings, history, metrics, calibration, weights; an empty one is not there.

    Where the first byte is odd, the metrics are given the weights' right hash.
    """
    from inkdigits.results import read_evaluation
    from inkdigits.training.run import open_run, read_history
    from inkdigits.training.weights import load_network

    way, content = _way(data, 2)
    names = ["run.json", "history.json", "metrics.json", "calibration.json", "weights.safetensors"]
    parts = dict(zip(names, _parts(content, 5), strict=True))
    if way:
        digest = hashlib.sha256(parts["weights.safetensors"]).hexdigest()
        parts["metrics.json"] = _with_entry(parts["metrics.json"], "weights_sha256", digest)
    folder = _fresh_folder()
    for name, part in parts.items():
        if part:
            (folder / name).write_bytes(part)
    opened = open_run(folder)
    read_history(opened)
    load_network(opened)
    if opened.is_complete:
        read_evaluation(opened)


def ensemble(data: bytes) -> None:
    """An ensemble's settings."""
    from inkdigits.ensemble import open_ensemble

    folder = _fresh_folder()
    (folder / "ensemble.json").write_bytes(data)
    open_ensemble(folder)


def checkpoint(data: bytes) -> None:
    """A checkpoint: manifest, state, network, optimizer; an empty manifest is made."""
    from inkdigits.training.checkpoint import restore

    names = ["state.json", "network.safetensors", "optimizer.safetensors"]
    manifest, *parts = _parts(data, 4)
    run, trainer = _trainer()
    parts[0] = parts[0].replace(GENERATOR, _generator())
    hashes = {
        name: hashlib.sha256(part).hexdigest() for name, part in zip(names, parts, strict=True)
    }
    folder = run.path / "checkpoints"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "000000001").mkdir(parents=True)
    contents = [manifest or json.dumps(hashes).encode(), *parts]
    for name, content in zip(["manifest.json", *names], contents, strict=True):
        (folder / "000000001" / name).write_bytes(content)
    said: list[str] = []
    if not restore(run, trainer, said.append):
        raise RunError(" ".join(said))
    assert trainer.step >= 0


def photos(data: bytes) -> None:
    """A manifest of labelled photos, of which none can be read."""
    from inkdigits.evaluation.photos import read_manifest, score_pictures, summary
    from inkdigits.images.decode import decode
    from inkdigits.recognition.reading import Reading

    def read(path: Path) -> Reading:
        decode(path, max_pixels=MAX_PIXELS)
        return Reading((), (1, 1))

    summary(score_pictures(read_manifest(_file("manifest.jsonl", data)), read))


def picture(data: bytes) -> None:
    """A picture, read as a page or as a single digit."""
    way, content = _way(data, 4)
    length = 3 if way == 2 else None
    reading = recognizer().read(
        content, single=way == 1, expect_length=length, max_pixels=MAX_PIXELS
    )
    json.dumps(reading.to_json(details=way == 3), allow_nan=False)


def crop(data: bytes) -> None:
    """A picture of one digit, classified."""
    from inkdigits.images.crops import decode_crop

    recognizer().classify(decode_crop(data, max_pixels=MAX_PIXELS)[None])


def request(data: bytes) -> None:
    """A request to the service's application: target, content type, body."""
    from fuzz.service import answered

    target, kind, body = _parts(data, 3)
    answered(target, kind, body)


def connection(data: bytes) -> None:
    """What a client sends over one connection."""
    from fuzz.service import received

    received(data)


Target = Callable[[bytes], None]
TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (
        idx, idx_folder, csv, wheel, npz, run, ensemble, checkpoint, photos, picture, crop, request,
        connection,
    )
}  # fmt: skip


def refused(target: Target, data: bytes) -> str:
    """Why a target refuses an input, in its documented words; empty where it takes it."""
    from inkdigits.serving.problems import ProblemError

    try:
        target(data)
    except (InkdigitsError, ProblemError) as error:
        return str(error) or type(error).__name__
    return ""


@functools.cache
def recognizer() -> "Recognizer":
    """The one that all executions share."""
    from inkdigits.recognition.recognizer import Recognizer

    return Recognizer(threads=1)


def recipe() -> "Recipe":
    """The recipe of checkpoints and of seeds: a network of a few weights."""
    from inkdigits.networks.description import NetworkDescription, Stage
    from inkdigits.training.recipe import Recipe

    stage = Stage(filters=1, kernel=1, pooling="none")
    network = NetworkDescription(stages=(stage,), classes=2, image_size=(2, 2))
    return Recipe(name="fuzz", network=network, batch_size=2, epochs=1, average=0.5)


@functools.cache
def _trainer() -> "tuple[Run, Trainer]":
    import numpy as np

    from inkdigits.data.dataset import Split
    from inkdigits.training.engine import Engine
    from inkdigits.training.run import Run
    from inkdigits.training.trainer import Trainer

    engine = Engine("cpu", "float32", 1)
    split = Split(np.zeros((2, 2, 2), np.uint8), np.array([0, 1], np.uint8))
    run = Run(_home() / "checkpointed", recipe(), 0, engine, {})
    return run, Trainer(run.recipe, split, engine, 0)


@functools.cache
def _generator() -> bytes:
    import base64

    import torch

    return base64.b64encode(torch.Generator().get_state().numpy().tobytes())


@functools.cache
def _home() -> Path:
    """The folder of all files, in memory where there is such a place."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = tempfile.TemporaryDirectory(prefix="inkdigits-", dir=os.environ.get("TMPDIR", memory))
    _kept.append(folder)
    return Path(folder.name)


_kept: list[tempfile.TemporaryDirectory[str]] = []  # until the process ends


def _file(name: str, content: bytes) -> Path:
    path = _home() / name
    path.write_bytes(content)
    return path


def _fresh_folder() -> Path:
    """The one folder, emptied."""
    folder = _home() / "folder"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _way(data: bytes, count: int) -> tuple[int, bytes]:
    """Which of so many ways the first byte says, and the rest."""
    return (data[0] if data else 0) % count, data[1:]


def _parts(data: bytes, count: int) -> list[bytes]:
    """Just so many parts, the last ones empty where there are too few."""
    parts = data.split(CUT, count - 1)
    return parts + [b""] * (count - len(parts))


def _zipped(members: dict[str, bytes]) -> bytes:
    """A zip of the members that are not empty."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            if content:
                archive.writestr(name, content)
    return stream.getvalue()


def _with_entry(content: bytes, key: str, value: str) -> bytes:
    """A JSON object with one entry more; anything else as it is."""
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return content
    return json.dumps({**values, key: value}).encode() if isinstance(values, dict) else content
