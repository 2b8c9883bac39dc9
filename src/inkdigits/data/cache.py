"""MNIST as four raw IDX files in the user's cache folder, verified whenever they are read.

The folder appears by one rename and is named for its content, so that two processes may fill the
cache at once and a killed one leaves only a `.partial-` folder, which nobody reads.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from inkdigits.data.idx import encode_idx
from inkdigits.data.idxfiles import IDX_FILES, read_idx
from inkdigits.data.mnist import MNIST_SHA256, verified
from inkdigits.data.parts import Arrays, Parts, attempt
from inkdigits.errors import DataError
from inkdigits.files import TEMPORARY_PREFIX, atomic_folder, output_errors

CACHE_VARIABLE = "INKDIGITS_CACHE"
STALE_AFTER_S = 24 * 3600
_CONTENT = hashlib.sha256("".join(MNIST_SHA256.values()).encode()).hexdigest()[:8]


def cache_folder() -> Path:
    """The folder for all that can be had again: `INKDIGITS_CACHE`, or the system's place."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        # expanduser raises for the home of a user who does not exist.
        with contextlib.suppress(RuntimeError):
            return Path(chosen).expanduser()
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("inkdigits", appauthor=False)


class MnistCache:
    """MNIST's place below a cache folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / f"mnist-{_CONTENT}"

    def exists(self) -> bool:
        """Whether anything lies there, sound or not."""
        return os.path.lexists(self.folder)

    def read(self) -> Parts:
        """The parts as they lie there, not yet verified."""
        return {
            part: attempt(partial(read_idx, self.folder / name)) for part, name in IDX_FILES.items()
        }

    def store(self, arrays: Arrays) -> None:
        """Put MNIST's verified arrays there, in place of whatever is damaged.

        Raises:
            OutputError: where the cache cannot be written.
        """
        if self.exists():
            try:
                verified(self.read())
            except DataError:
                self._discard()
            else:
                return
        with atomic_folder(self.folder) as folder:
            for part, name in IDX_FILES.items():
                # Not atomic_file: the folder's own rename publishes, after fsync of its files.
                (folder / name).write_bytes(encode_idx(arrays[part]))

    def _discard(self) -> None:
        with output_errors(self.folder):
            aside = Path(tempfile.mkdtemp(dir=self.root, prefix=TEMPORARY_PREFIX))
            # Another process may have been faster in moving it away.
            with contextlib.suppress(FileNotFoundError):
                self.folder.rename(aside / "damaged")
            shutil.rmtree(aside, ignore_errors=True)

    @contextlib.contextmanager
    def work_folder(self) -> Iterator[Path]:
        """A folder for downloads, gone after the block; in the system's place if not here."""
        folder = self._make_work_folder()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _make_work_folder(self) -> Path:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            remove_stale(self.root)
            return Path(tempfile.mkdtemp(dir=self.root, prefix=TEMPORARY_PREFIX))
        except OSError:
            with output_errors(Path(tempfile.gettempdir())):
                return Path(tempfile.mkdtemp(prefix="inkdigits-"))


def remove_stale(root: Path) -> None:
    """Delete what killed processes left more than a day ago; younger may be at work."""
    for path in root.glob(f"{TEMPORARY_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - path.lstat().st_mtime > STALE_AFTER_S:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()
