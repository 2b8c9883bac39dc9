"""Where pictures are read from and rows written to: this machine's disk, or an object store's URI.

pyarrow's own file systems know `s3://`, `gs://`, `hdfs://` and more, fsspec's the rest. Local files
are Python's own business here, since their names need not be UTF-8 and since a file that has
its name must have its content, whatever happens to the power.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from pyarrow import ArrowException, ArrowInvalid, fs

from inkdigits import files
from inkdigits.cluster import failing
from inkdigits.data.parts import input_errors
from inkdigits.errors import DataError, OutputError, PictureError, UsageError
from inkdigits.images.formats import MAX_FILE_BYTES

_REGION = "us-east-1"  # where the user names an endpoint of their own but no region
# Object stores answer with what the C++ library makes of it, which is mostly an OSError.
STORE_ERRORS = (OSError, ArrowException)


@dataclass(frozen=True)
class Place:
    """A folder or a file somewhere."""

    text: str  # what `place` makes it of again: an absolute path, or a URI
    system: Any  # pyarrow.fs.FileSystem; None for this machine's disk
    path: str  # within the system

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine's disk."""
        return self.system is None

    @property
    def shown(self) -> str:
        """What a message calls it."""
        return self.text.partition("?")[0].rstrip("/")

    def child(self, name: str) -> str:
        """The path of what is called `name` in this folder."""
        return os.path.join(self.path, name) if self.is_local else f"{self.path}/{name}"  # noqa: PTH118  # names need not be UTF-8

    def inside(self, name: str) -> "Place":
        """The folder called `name` in this one."""
        return replace(self, path=self.child(name))

    def is_file(self) -> bool:
        """Whether it is a file. Raises `DataError` where that cannot be found out."""
        if self.is_local:
            return Path(self.path).is_file()
        return self._kind() is fs.FileType.File

    def is_folder(self) -> bool:
        """Whether it is a folder. Raises `DataError` where that cannot be found out."""
        if self.is_local:
            return Path(self.path).is_dir()
        return self._kind() is fs.FileType.Directory

    def _kind(self) -> Any:
        try:
            return self.system.get_file_info(self.path).type
        except STORE_ERRORS as error:
            raise DataError(f"{self.shown} cannot be reached: {reason(error)}.") from error

    def names(self) -> list[str]:
        """What this folder holds at its top; nothing where there is no such folder."""
        if self.is_local:
            with input_errors(self.path):
                return [path.name for path in Path(self.path).iterdir()] if self.is_folder() else []
        try:
            found = self.system.get_file_info(fs.FileSelector(self.path, allow_not_found=True))
        except STORE_ERRORS as error:
            raise DataError(f"{self.shown} cannot be listed: {reason(error)}.") from error
        return [info.base_name for info in found]

    def walk(self, on_link: Callable[[], None] = lambda: None) -> Iterator[str]:
        """The files below, in no order, as paths from here with `/`; links to folders are left out.

        What has a file's place but is none, such as a link that leads nowhere, is among them.

        One folder at a time, so that no more than the largest is in memory.

        Args:
            on_link: called for each link to a folder.

        Raises:
            DataError: if a folder cannot be listed.
        """
        waiting = [""]
        while waiting:
            inside = waiting.pop()
            for name, is_folder in self._entries(inside, on_link):
                if is_folder:
                    waiting.append(f"{name}/")
                else:
                    yield name

    def _entries(self, inside: str, on_link: Callable[[], None]) -> Iterator[tuple[str, bool]]:
        if self.is_local:
            folder = os.path.join(self.path, inside)  # noqa: PTH118
            with input_errors(folder), os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        yield f"{inside}{entry.name}", True
                    elif _leads_to_folder(entry):
                        on_link()
                    else:
                        yield f"{inside}{entry.name}", False
            return
        folder = f"{self.path}/{inside}".rstrip("/")
        try:
            found = self.system.get_file_info(fs.FileSelector(folder, allow_not_found=True))
        except STORE_ERRORS as error:
            raise DataError(f"{self.shown} cannot be listed: {reason(error)}.") from error
        for info in found:
            is_folder = info.type is fs.FileType.Directory
            if info.path == folder:  # in which a folder without a name lies
                yield from ((name, False) for name in self._nameless(folder))
            elif info.base_name and (is_folder or info.type is fs.FileType.File):
                yield f"{inside}{info.base_name}", is_folder

    def _nameless(self, folder: str) -> list[str]:
        """A store's files whose path goes on with // from a folder; nothing opens or lists those.

        Named, each is a row that says so, and not left out in silence.
        """
        selector = fs.FileSelector(folder, recursive=True)
        try:
            found = self.system.get_file_info(selector)
        except STORE_ERRORS as error:
            raise DataError(f"{self.shown} cannot be listed: {reason(error)}.") from error
        start = len(self.path) + 1
        return [
            info.path[start:]
            for info in found
            if info.type is fs.FileType.File and info.path.startswith(f"{folder}//")
        ]

    def picture(self, name: str) -> bytes:
        """A picture's bytes.

        Raises:
            PictureError: if it cannot be had; the sentence does not name it.
            JobError: if the store as a whole cannot be read.
        """
        try:
            if self.is_local:
                return self._local_picture(name)
            with self.system.open_input_file(self.child(_within(name))) as stream:
                _check_size(stream.size())
                return bytes(stream.read())
        except STORE_ERRORS as error:
            if not self.is_local and failing.fails(error):
                raise failing.failed(self.shown, reason(error)) from error
            is_refused = not self.is_local and not isinstance(error, FileNotFoundError)
            kind = failing.RefusedError if is_refused else PictureError
            raise kind(f"The picture cannot be read: {reason(error)}.") from error

    def _local_picture(self, name: str) -> bytes:
        path = Path(self.child(_within(name)))
        _check_regular(path)
        # A stranger's folder could have a user's own pictures read out, and passed on.
        if path.is_symlink() and not path.resolve().is_relative_to(Path(self.path).resolve()):
            raise PictureError("The picture is a link that leads out of its folder.")
        with path.open("rb") as stream:
            _check_size(os.fstat(stream.fileno()).st_size)
            return stream.read()

    def input(self, name: str) -> Any:
        """The file called `name` in this folder, to be read by pyarrow; what that raises."""
        if self.is_local:
            _check_regular(Path(self.child(_within(name))))
        system = self.system or fs.LocalFileSystem()
        return system.open_input_file(self.child(_within(name)))

    def read(self, name: str) -> bytes | None:
        """The content of the file `name` of this folder; None where there is none.

        Raises:
            DataError: if it cannot be read.
        """
        try:
            if self.is_local:
                return Path(self.child(name)).read_bytes()
            with self.system.open_input_file(self.child(name)) as stream:
                return bytes(stream.read())
        except FileNotFoundError:
            return None
        except STORE_ERRORS as error:
            raise DataError(f"{self.shown}/{name} cannot be read: {reason(error)}.") from error

    def write(self, name: str, content: bytes) -> None:
        """Write the file `name` of this folder whole or not at all. Raises `OutputError`."""
        if self.is_local:
            files.write_bytes(Path(self.child(name)), content)
            return
        try:
            # An object is there once its upload has ended.
            with self.system.open_output_stream(self.child(name)) as stream:
                stream.write(content)
        except STORE_ERRORS as error:
            raise OutputError(f"Cannot write {self.shown}/{name}: {reason(error)}.") from error

    def note(self, name: str, content: bytes) -> None:
        """Write a file as `write` does, but for the power's being cut. Raises `OutputError`."""
        if not self.is_local:
            self.write(name, content)
            return
        path = Path(self.child(name))
        with files.output_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def remove(self, name: str) -> None:
        """Remove the file `name` of this folder, if it is there. Raises `OutputError`."""
        try:
            if self.is_local:
                Path(self.child(name)).unlink(missing_ok=True)
            elif self.system.get_file_info(self.child(name)).type is fs.FileType.File:
                self.system.delete_file(self.child(name))
        except STORE_ERRORS as error:
            raise OutputError(f"Cannot remove {self.shown}/{name}: {reason(error)}.") from error


def place(text: str) -> Place:
    """The place that a path or a URI names.

    Raises:
        UsageError: if no file system is known for the URI, or it holds a password.
        DataError: if its file system cannot be reached.
    """
    if not text:  # such as a variable of a script that is not set
        raise UsageError("An empty name is no place; . is the working directory.")
    if "://" not in text:
        return Place(os.path.abspath(text), None, os.path.abspath(text))  # noqa: PTH100  # links stay
    parts = urlsplit(text, allow_fragments=False)  # a # is a letter of a name
    if parts.scheme == "file":
        return place(unquote(parts.path))
    if parts.username or parts.password:
        raise UsageError("A URI with a key or a password would be kept with the rows; see AWS_*.")
    try:
        if parts.scheme == "s3":
            if not parts.netloc:
                raise ValueError("it names no bucket")
            system, path = _s3(parts.query), parts.netloc + parts.path
        else:
            system, path = _other(text, parts.scheme)
    except (*STORE_ERRORS, ValueError, ImportError) as error:
        raise UsageError(f"{text} cannot be opened: {reason(error)}.") from error
    return Place(text.rstrip("/"), system, path.rstrip("/"))


def _s3(query: str) -> fs.S3FileSystem:
    """S3 as the URI's query says, else as the variables that Amazon's own tools go by."""
    asked = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
    unknown = set(asked) - {"endpoint_override", "region", "scheme"}
    if unknown:
        raise ValueError(f"what is {min(unknown)}? It takes endpoint_override, region, scheme")
    environment = os.environ.get
    endpoint = asked.get("endpoint_override") or environment("AWS_ENDPOINT_URL_S3")
    endpoint = endpoint or environment("AWS_ENDPOINT_URL")
    region = asked.get("region") or environment("AWS_REGION") or environment("AWS_DEFAULT_REGION")
    options = {
        "endpoint_override": endpoint,
        "region": region or (_REGION if endpoint else None),
        "scheme": asked.get("scheme"),
    }
    return fs.S3FileSystem(**{name: value for name, value in options.items() if value})


def _other(text: str, scheme: str) -> tuple[Any, str]:
    try:
        system, path = fs.FileSystem.from_uri(text)
    except ArrowInvalid:
        import fsspec

        known, path = fsspec.core.url_to_fs(text)
        system = fs.PyFileSystem(fs.FSSpecHandler(known))
    return system, path


def _within(name: str) -> str:
    """The name, unless it leads out of the folder: a plan may be a stranger's."""
    if name.startswith("/") or ".." in name.replace(os.sep, "/").split("/"):
        raise FileNotFoundError(
            errno.ENOENT, "its name leads out of the folder, or has a part that is empty"
        )
    return name


def _check_regular(path: Path) -> None:
    """Raise `OSError` where there is no file: a pipe would be waited for, a device never end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "It is no file")


def _check_size(size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise PictureError(f"The picture is larger than the limit of {MAX_FILE_BYTES} bytes.")


def _leads_to_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def reason(error: BaseException) -> str:
    """What an error says, on one line, without the path, which is named elsewhere."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()).rstrip(".: ")[:300] or type(error).__name__
