"""Small files of each format, from which the seeds are made: the same bytes each time."""

import dataclasses
import hashlib
import io
import json
import zipfile
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.torch
import torch
from PIL import Image

from fuzz.targets import recipe
from inkdigits.evaluation.metrics import evaluate_logits
from inkdigits.networks.build import build_network
from inkdigits.training.engine import Engine
from inkdigits.training.trainer import History


def run_files() -> tuple[bytes, bytes, bytes, bytes]:
    """Settings, history and figures of a run, and its weights."""
    settings: dict[str, Any] = {
        "format": 1,
        "recipe": recipe().to_json(),
        "seed": 0,
        "engine": dataclasses.asdict(Engine("cpu", "float32", 1)),
        "data": {"class_names": ["a", "b"], "sha256": {}},
        "versions": {},
    }
    history = dataclasses.asdict(History([0.5], [0.5], [1], [0.5], [0.5], 1.0))
    network = build_network(recipe().network, torch.Generator().manual_seed(0))
    metadata = {"inkdigits.network": json.dumps(recipe().network.to_json())}
    weights = safetensors.torch.save(network.state_dict(), metadata)
    evaluation = evaluate_logits(np.eye(2, dtype=np.float32), np.array([0, 1], np.uint8), "ab")
    metrics = {"test": evaluation.to_json(), "weights_sha256": hashlib.sha256(b"").hexdigest()}
    as_json = [json.dumps(each).encode() for each in (settings, history, metrics)]
    return as_json[0], as_json[1], as_json[2], weights


def zipped(members: dict[str, bytes], compression: int) -> bytes:
    """A zip file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)  # of 1980, so that the same bytes come out
            entry.compress_type = compression
            archive.writestr(entry, content)
    return stream.getvalue()


def damaged(seed: bytes) -> bytes:
    """A zip with bytes of its first member changed."""
    start = seed.index(b".", 30) + 12
    return seed[:start] + bytes(each ^ 0x5A for each in seed[start : start + 4]) + seed[start + 4 :]


def npy(array: npt.NDArray[Any]) -> bytes:
    """An .npy file."""
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def page() -> Image.Image:
    """A 1 and a 0 in thick strokes, 48x32."""
    pixels = np.full((32, 48), 240, np.uint8)
    pixels[6:26, 8:11] = 20
    pixels[6:26, 24:36] = 20
    pixels[9:23, 27:33] = 240
    return Image.fromarray(pixels)


def drawn(kind: str) -> bytes:
    """The page in a picture format."""
    stream = io.BytesIO()
    page().save(stream, kind)
    return stream.getvalue()


def form(*contents: bytes) -> bytes:
    """A form with files, whose boundary is x."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    return b"".join(head + content + b"\r\n" for content in contents) + b"--x--\r\n"
