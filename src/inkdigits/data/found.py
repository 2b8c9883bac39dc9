"""What lies at a path that a user gives: IDX files, an `.npz`, or labelled pictures."""

from dataclasses import dataclass
from pathlib import Path

from inkdigits.data.class_names import name_from_path
from inkdigits.data.idxfiles import IdxSet, find_idx_sets, idx_prefix, read_idx_set
from inkdigits.data.npz import read_npz
from inkdigits.data.parts import Parts, file_size, input_errors
from inkdigits.errors import DataError

_ZIP_MAGIC = b"PK"
_KERAS_FILES = ("mnist.npz", "datasets/mnist.npz")
ACCEPTED = (
    "four IDX files (raw or .gz, also in torchvision's folders), an .npz as Keras's, "
    "or a folder of pictures for each label"
)


@dataclass(frozen=True)
class Found:
    """The parts of the set at `path`, which is the file or folder that really holds it."""

    path: Path
    name: str
    parts: Parts
    class_names: tuple[str, ...] | None = None  # where the layout itself says them


def read_path(path: Path, *, prefer: str | None = None) -> Found:
    """Read whatever set lies at `path`; single damaged parts are kept as their `DataError`.

    Args:
        path: A folder, an `.npz`, or one of the four IDX files (its siblings are taken too).
        prefer: The folder, such as 'MNIST', whose set is taken where `path` holds several.

    Raises:
        DataError: where nothing there can be read at all, or several sets lie there.
    """
    with input_errors(path):
        is_folder = path.is_dir()
    return _read_folder(path, prefer) if is_folder else _read_file(path)


def _read_file(path: Path) -> Found:
    file_size(path)
    with input_errors(path), path.open("rb") as stream:
        head = stream.read(4)
    if path.suffix.lower() == ".npz" or head.startswith(_ZIP_MAGIC):
        return Found(path, name_from_path(path), read_npz(path))
    prefix = idx_prefix(path)
    if prefix is None:
        raise DataError(
            f"{path} is neither an .npz nor named as one of four IDX files, "
            "such as train-images-idx3-ubyte or t10k-labels-idx1-ubyte.gz."
        )
    sets = [found for found in find_idx_sets(path.parent) if found.prefix == prefix]
    return _found_idx(sets[0])


def _read_folder(path: Path, prefer: str | None) -> Found:
    sets = _idx_sets_below(path)
    if len(sets) > 1 and prefer is not None:
        sets = [found for found in sets if found.folder.parent.name == prefer] or sets
    if len(sets) == 1:
        return _found_idx(sets[0])
    if sets:
        listed = ", ".join(str(found.folder / f"{found.prefix}*") for found in sets)
        raise DataError(f"{path} holds several sets, give the path of one of them: {listed}.")
    archive = _archive_in(path)
    if archive is not None:
        return Found(archive, name_from_path(archive), read_npz(archive))
    # Pillow is imported only where there may be pictures.
    from inkdigits.data.pictures import holds_pictures, read_pictures

    if holds_pictures(path):
        arrays, class_names = read_pictures(path)
        return Found(path, name_from_path(path), arrays, class_names)
    raise DataError(f"{path} holds none of these: {ACCEPTED}.")


def _found_idx(idx_set: IdxSet) -> Found:
    name = idx_set.prefix.strip("-_. ") or name_from_path(idx_set.folder)
    return Found(idx_set.folder, name, read_idx_set(idx_set))


def _idx_sets_below(path: Path) -> list[IdxSet]:
    """Sets in the folder itself, else in `raw` or `gzip`, else in each `*/raw` (torchvision's)."""
    with input_errors(path):
        for folders in ([path], [path / "raw"], [path / "gzip"], sorted(path.glob("*/raw"))):
            sets = [found for folder in folders if folder.is_dir() for found in _sets_in(folder)]
            if sets:
                return sets
    return []


def _sets_in(folder: Path) -> list[IdxSet]:
    sets = find_idx_sets(folder)
    # A stray file beside a whole set is no second set to choose from.
    whole = [found for found in sets if len(found.files) == 4]
    return whole or sets


def _archive_in(path: Path) -> Path | None:
    with input_errors(path):
        for name in _KERAS_FILES:
            if (path / name).is_file():
                return path / name
        archives = sorted(path.glob("*.npz"))
    return archives[0] if len(archives) == 1 else None
