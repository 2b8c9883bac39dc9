"""Writes the static edition: the page of `inkdigits serve`, with modules that read in the browser.

The modules in `static/` mirror those of `images/` and `recognition/`, beside a few that run the
network; tests hold both together by golden examples.
"""

import hashlib
import importlib.resources
import json
import os
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path

import inkdigits
from inkdigits import files
from inkdigits.errors import UsageError
from inkdigits.recognition.modelfile import CARD, names_shipped, network_source, origin_of
from inkdigits.recognition.network import DigitNetwork
from inkdigits.recognition.touching import TOUCHING, TouchingNetwork
from inkdigits.serving.policy import policy_in_page

PAGE = "index.html"
NETWORK = "network.onnx"
OFFLINE = "offline.js"  # the service worker
MANIFEST = "inkdigits.json"  # tells an export from other folders, and which files are its own
_SOON_DONE_S = 3600.0  # in which another export into the same folder ends, if it was not killed
_CARD = "card.txt"  # a name that every host serves as text
_CHARSET = '<meta charset="utf-8">'
_API_LINK = ' <a href="docs">HTTP API</a>'
_API_SENTENCE = f"; programs need none: see the{_API_LINK}."
_WHERE = "the machine that serves this page"  # which reads; the export reads where it is shown


def export_web(folder: Path, model: str | os.PathLike[str] | None = None) -> int:
    """Write the page and its networks into a folder; return how many bytes it holds.

    An earlier export is replaced, once all of the new one has its place on disk; files of others in
    it stay.

    Args:
        folder: is made where it is missing.
        model: None for the network that the package ships, an ONNX file, or a run folder.

    Raises:
        UsageError: if the folder holds something else, or there is no such model.
        ModelError: if it is no network for digits.
        OutputError: if the folder cannot be written.
    """
    earlier = _earlier_files(folder)
    files.remove_leftovers(folder, _SOON_DONE_S)
    contents = _contents(model)
    # First what tells whose folder this is, so that an export that was cut off can be repeated.
    manifest = _manifest({*earlier, *contents})
    parts = {folder / name: content for name, content in contents.items()}
    files.write_together({folder / MANIFEST: manifest, **parts})
    with files.output_errors(folder):
        for name in earlier - set(contents):
            (folder / name).unlink(missing_ok=True)
    files.write_text(folder / MANIFEST, _manifest(set(contents)))
    return sum(len(content) for content in contents.values())


def _earlier_files(folder: Path) -> set[str]:
    """The files of an earlier export; raises `UsageError` for a folder with other things in it."""
    with files.output_errors(folder):
        if not folder.exists() or (folder.is_dir() and not any(_entries(folder))):
            return set()
    try:
        names = json.loads((folder / MANIFEST).read_bytes())["files"]
        earlier = {name for name in names if isinstance(name, str) and name == Path(name).name}
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise UsageError(
            f"{folder} is no empty folder and no earlier export; name another one."
        ) from error
    return earlier


def _entries(folder: Path) -> Iterator[Path]:
    """What is in a folder, but for what a killed export left half written."""
    return (path for path in folder.iterdir() if not path.name.startswith(files.TEMPORARY_PREFIX))


def _contents(model: str | os.PathLike[str] | None) -> dict[str, bytes]:
    """Each file's name and content, in the order in which they are written."""
    source = network_source(model, stages=True)
    recognition = importlib.resources.files("inkdigits.recognition")
    # These say what is wrong with a network before anything is written.
    DigitNetwork(source, threads=1, origin=origin_of(model))
    TouchingNetwork()
    own = _files_of("inkdigits.web", ".js", ".wasm")
    page = _files_of("inkdigits.serving", ".css", ".html", ".js", ".svg")
    contents = {
        **page,
        **own,
        NETWORK: source if isinstance(source, bytes) else source.read_bytes(),
        TOUCHING: (recognition / TOUCHING).read_bytes(),
    }
    is_shipped = model is None or names_shipped(model)
    if is_shipped:
        contents[_CARD] = (recognition / CARD).read_bytes()
    # These two last, so that no browser keeps a mixture under the new version.
    contents[PAGE] = _page(contents.pop(PAGE).decode(), has_card=is_shipped).encode()
    contents[OFFLINE] = _offline(contents.pop(OFFLINE), contents)
    return contents


def _files_of(package: str, *suffixes: str) -> dict[str, bytes]:
    static: Traversable = importlib.resources.files(package) / "static"
    found = sorted(static.iterdir(), key=lambda entry: entry.name)
    return {entry.name: entry.read_bytes() for entry in found if entry.name.endswith(suffixes)}


def _page(html: str, *, has_card: bool) -> str:
    """The service's page with its policy in place, and without what only the service has."""
    policy = f'<meta http-equiv="Content-Security-Policy" content="{policy_in_page()}">'
    card = f' <a href="{_CARD}">About the network</a>' if has_card else ""
    for old, times, new in (
        (_CHARSET, 1, f"{_CHARSET}\n{policy}"),
        (_API_SENTENCE, 1, "."),
        (_API_LINK, 1, card),
        (_WHERE, 3, "this machine"),
    ):
        if html.count(old) != times:
            raise AssertionError(f"The page has not {times} of {old}; tests should have said so.")
        html = html.replace(old, new)
    return html


def _offline(script: bytes, contents: dict[str, bytes]) -> bytes:
    """The service worker, which browsers take for a new one when any of the files has changed."""
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        digest.update(f"{name} {len(content)}\n".encode() + content)
    exported = {"version": digest.hexdigest()[:16], "files": ["./", *contents]}
    return f"const EXPORTED = {json.dumps(exported)};\n".encode() + script


def _manifest(names: set[str]) -> str:
    return files.as_json({"inkdigits": inkdigits.__version__, "files": sorted(names)})
