"""The cache: verified, replaced when damaged, shared by processes, and never needed."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import numpy.typing as npt
import platformdirs
import pytest

from inkdigits.data import Dataset, Mirrors, load_mnist
from inkdigits.data.cache import MnistCache, cache_folder, remove_stale
from inkdigits.errors import DataError, OutputError

Arrays = dict[str, npt.NDArray[np.uint8]]
Serve = Callable[[Mapping[str, bytes | Callable[[BaseHTTPRequestHandler], None]]], str]
NO_WEB = Mirrors(keras=None, pytorch=None, wheel=None)
LOAD = """
import sys
from inkdigits.data import Mirrors, load_mnist
mirrors = Mirrors(keras=sys.argv[1] or None, pytorch=None, wheel=None)
loaded = load_mnist(mirrors=mirrors, report=print)
assert loaded.train.images.shape == (60000, 28, 28)
"""


@pytest.fixture
def cache(cache_root: Path, mnist_arrays: Arrays) -> MnistCache:
    """A filled cache."""
    cache = MnistCache(cache_root)
    cache.store(mnist_arrays)
    return cache


def served(data: Path | None = None) -> list[str]:
    lines: list[str] = []
    load_mnist(data, report=lines.append, mirrors=NO_WEB)
    return lines


def test_a_stored_mnist_comes_back_with_the_same_hashes(cache: MnistCache, mnist: Dataset) -> None:
    assert load_mnist(mirrors=NO_WEB).hashes() == mnist.hashes()
    assert len(cache.folder.name.removeprefix("mnist-")) == 8
    assert [path.name for path in cache.root.iterdir()] == [cache.folder.name]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (flip, "the training images have SHA-256"),
        (lambda path: path.write_bytes(path.read_bytes()[:1000]), "is truncated"),
        (lambda path: path.write_bytes(b""), "is truncated"),
        (lambda path: path.unlink(), "is missing"),
    ],
)
def test_a_damaged_cache_is_reported_and_replaced_by_the_next_good_source(
    cache: MnistCache, mnist_npz: Path, damage: Callable[[Path], None], reason: str
) -> None:
    damage(cache.folder / "train-images-idx3-ubyte")
    keras = Path.home() / ".keras" / "datasets" / "mnist.npz"
    keras.parent.mkdir(parents=True)
    keras.symlink_to(mnist_npz)
    first, second = served()
    assert first.startswith("No MNIST from the cache")
    assert reason in first
    assert "Keras's own copy" in second
    assert served() == [f"MNIST served by the cache {cache.folder}"]
    assert [path.name for path in cache.root.iterdir()] == [cache.folder.name]


def test_a_damaged_cache_alone_is_an_error_and_is_left_for_inspection(cache: MnistCache) -> None:
    flip(cache.folder / "t10k-images-idx3-ubyte")
    with pytest.raises(DataError, match="the test images have SHA-256"):
        load_mnist(mirrors=NO_WEB)
    assert cache.exists()


def test_a_cache_that_cannot_be_written_is_reported_and_not_needed(
    private_folders: Path, mnist_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (private_folders / "file").write_text("in the way")
    monkeypatch.setenv("INKDIGITS_CACHE", str(private_folders / "file" / "cache"))
    first, second = served(mnist_npz)
    assert first.startswith("MNIST served by the given path")
    assert second.startswith("MNIST is not cached for the next time: Cannot write")


def test_a_mirror_serves_even_where_the_cache_cannot_be_written(
    private_folders: Path, serve: Serve, mnist_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (private_folders / "file").write_text("in the way")
    monkeypatch.setenv("INKDIGITS_CACHE", str(private_folders / "file" / "cache"))
    url = serve({"mnist.npz": mnist_npz.read_bytes()}) + "mnist.npz"
    lines: list[str] = []
    load_mnist(report=lines.append, mirrors=Mirrors(url, None, None))
    assert lines[0] == f"MNIST served by the Keras mirror {url}"


def start(url: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", LOAD, url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_at_once_both_succeed_and_leave_one_sound_cache(
    serve: Serve, cache_root: Path, mnist_npz: Path
) -> None:
    content = mnist_npz.read_bytes()
    both = threading.Barrier(2, timeout=30)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        both.wait()  # neither is served before both have found the cache empty
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    url = serve({"mnist.npz": answer}) + "mnist.npz"
    processes = [start(url), start(url)]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        assert out == f"MNIST served by the Keras mirror {url}\n"
    assert [path.name for path in cache_root.iterdir()] == [MnistCache(cache_root).folder.name]
    assert served() == [f"MNIST served by the cache {MnistCache(cache_root).folder}"]


def test_a_killed_download_leaves_nothing_that_a_later_run_trusts(
    serve: Serve, cache_root: Path, mnist_npz: Path
) -> None:
    content = mnist_npz.read_bytes()
    halfway = threading.Event()
    killed = threading.Event()

    def stall(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[: len(content) // 2])
        halfway.set()
        killed.wait(30)

    url = serve({"stalls": stall, "mnist.npz": content})
    process = start(url + "stalls")
    assert halfway.wait(30)
    process.kill()
    process.communicate()
    killed.set()
    left = list(cache_root.iterdir())
    assert left
    assert all(path.name.startswith(".partial-") for path in left)
    with pytest.raises(DataError, match="nothing is cached yet"):
        load_mnist(mirrors=NO_WEB)
    for path in left:
        os.utime(path, (time.time() - 90_000,) * 2)
    load_mnist(mirrors=Mirrors(url + "mnist.npz", None, None))
    assert [path.name for path in cache_root.iterdir()] == [MnistCache(cache_root).folder.name]


def test_only_what_is_older_than_a_day_is_swept(tmp_path: Path) -> None:
    for name in (".partial-old", ".partial-young", "mnist-old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / ".partial-link").symlink_to(outside)
    for name in (".partial-old", "mnist-old"):
        os.utime(tmp_path / name, (time.time() - 90_000,) * 2)
    os.utime(tmp_path / ".partial-link", (0, 0), follow_symlinks=False)
    remove_stale(tmp_path)
    assert sorted(
        path.name for path in tmp_path.iterdir() if path.name not in ("home", "work")
    ) == [
        ".partial-young",
        "mnist-old",
        "outside",
    ]


def test_downloads_lie_in_the_cache_and_are_gone_afterwards(tmp_path: Path) -> None:
    cache = MnistCache(tmp_path / "not" / "yet")
    with cache.work_folder() as folder:
        assert folder.parent == cache.root
        assert folder.name.startswith(".partial-")  # so that what a killed process leaves is swept
        (folder / "file").write_text("x")
    assert list(cache.root.iterdir()) == []


def test_without_a_cache_downloads_lie_in_the_systems_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "system").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "system"))
    with MnistCache(tmp_path / "file").work_folder() as folder:
        assert folder.parent == tmp_path / "system"
        assert folder.name.startswith("inkdigits-")
    assert not folder.exists()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    cache = MnistCache(tmp_path / "file")
    with pytest.raises(OutputError, match=r"Cannot write .*gone"), cache.work_folder():
        pass


def test_a_damaged_cache_is_replaced_though_the_systems_place_is_full(
    cache: MnistCache, mnist_arrays: Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip(cache.folder / "t10k-images-idx3-ubyte")
    # Moved aside on its own disk: elsewhere the rename could not be one step.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    cache.store(mnist_arrays)
    assert [path.name for path in cache.root.iterdir()] == [cache.folder.name]
    assert "the cache" in served()[0]


def test_the_cache_is_where_the_variable_says_or_the_system_keeps_caches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKDIGITS_CACHE", "~/mine")
    assert cache_folder() == Path.home() / "mine"
    monkeypatch.setenv("INKDIGITS_CACHE", "~nobody-of-this-name/mine")
    assert cache_folder() == Path("~nobody-of-this-name/mine")
    monkeypatch.setenv("INKDIGITS_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert cache_folder() == platformdirs.user_cache_path("inkdigits", appauthor=False)
    assert cache_folder().name == "inkdigits" or sys.platform == "win32"


def test_what_cannot_be_swept_hinders_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (".partial-a", ".partial-b"):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (0, 0))
    unlink = Path.unlink

    def refuse(path: Path, **options: bool) -> None:
        if path.name == ".partial-a":
            raise PermissionError(13, "Permission denied", str(path))
        unlink(path, **options)

    monkeypatch.setattr(Path, "unlink", refuse)
    remove_stale(tmp_path)
    assert sorted(path.name for path in tmp_path.glob(".partial-*")) == [".partial-a"]


def test_a_process_killed_while_it_discards_leaves_only_what_is_swept(
    cache: MnistCache, mnist_arrays: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip(cache.folder / "t10k-images-idx3-ubyte")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cache.store(mnist_arrays)
    monkeypatch.undo()
    (left,) = cache.root.iterdir()
    assert left.name.startswith(".partial-")


def test_another_process_may_discard_first_and_leftovers_may_stay(
    cache: MnistCache, mnist_arrays: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip(cache.folder / "t10k-images-idx3-ubyte")
    mkdtemp = tempfile.mkdtemp

    def too_late(prefix: str, dir: Path) -> str:  # noqa: A002
        if cache.exists():
            cache.folder.rename(cache.root / ".partial-of-another")
        return mkdtemp(prefix=prefix, dir=dir)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "mkdtemp", too_late)
        patch.setattr(os, "rmdir", refuse)
        cache.store(mnist_arrays)
    assert "the cache" in served()[0]
