"""What `inkdigits doctor` looks at: this installation, this machine, runs and networks.

Nothing is changed, nothing is fetched, and what is not installed is said rather than needed.
"""

import importlib.metadata
import importlib.util
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from inkdigits import __version__
from inkdigits.errors import InkdigitsError, UsageError
from inkdigits.evaluation.metrics import Evaluation
from inkdigits.processors import available_processors, processor

if TYPE_CHECKING:
    from inkdigits.ensemble import Ensemble

# Each library's distribution and the extra that it comes with; the base install has the first ones.
_LIBRARIES = {
    **dict.fromkeys(("numpy", "pillow", "onnxruntime", "click", "rich"), ""),
    **dict.fromkeys(("torch", "scipy", "safetensors", "tensorboard", "matplotlib"), "train"),
    "scikit-learn": "sklearn",
    **dict.fromkeys(("pi-heif", "pypdfium2"), "formats"),
    **dict.fromkeys(("fastapi", "uvicorn"), "serve"),
    "pyarrow": "cluster",
}
_NEXT = "  next"  # what goes on with an interrupted training
_FEATURES = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd", "bf16")


class Finding(NamedTuple):
    """One thing looked at."""

    what: str
    found: str
    is_sound: bool = True


def examine() -> Iterator[Finding]:
    """Versions, processors, device, cache and the networks that ship."""
    yield Finding("inkdigits", f"{__version__} in {Path(__file__).parent}")
    yield Finding("python", f"{platform.python_version()} on {platform.platform()}")
    for name, extra in _LIBRARIES.items():
        yield _library(name, extra)
    yield Finding("processor", _processor())
    yield Finding("threads", f"{available_processors()}: as many as this process may use")
    if importlib.util.find_spec("torch"):
        from inkdigits.training.engine import choose_engine

        engine = choose_engine()
        yield Finding("training", f"on {engine.device} in {engine.precision}")
    yield _cache()
    yield _network("network that ships", None)
    yield _touching()


def examine_path(path: Path) -> Iterator[Finding]:
    """A run folder, the ONNX file of a network, or the network that ships by its name.

    Raises:
        UsageError: if there is neither.
    """
    from inkdigits.recognition.modelfile import names_shipped

    if path.is_dir():
        yield from _run(path)
    elif path.is_file() or names_shipped(path):
        yield _network(str(path), path)
    else:
        raise UsageError(f"There is no run folder or network {path}.")


def _library(name: str, extra: str) -> Finding:
    try:
        return Finding(name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        if extra:
            return Finding(name, f"not installed; pip install 'inkdigits[{extra}]'")
        return Finding(name, "missing, though every installation needs it", is_sound=False)


def _processor() -> str:
    name, features = processor()
    used = [each for each in _FEATURES if each in features]
    return f"{name} with {', '.join(used)}" if used else name


def _cache() -> Finding:
    from inkdigits.data.cache import MnistCache, cache_folder
    from inkdigits.data.mnist import verified

    cache = MnistCache(cache_folder())
    if not cache.exists():
        return Finding(
            "data", f"MNIST is not in the cache {cache.root} yet; inkdigits data fetches"
        )
    try:
        verified(cache.read())
    except InkdigitsError as error:
        return Finding("data", f"{error} It is fetched anew when it is needed.", is_sound=False)
    return Finding("data", f"MNIST, every byte as published, in {cache.folder}")


def _network(what: str, model: Path | None) -> Finding:
    from inkdigits.recognition.modelfile import network_source, origin_of
    from inkdigits.recognition.network import DigitNetwork

    try:
        network = DigitNetwork(network_source(model), threads=1, origin=origin_of(model))
    except (InkdigitsError, OSError) as error:
        return Finding(what, str(error), is_sound=False)
    kind = "can refuse" if network.refuses else "has no output for refusing"
    return Finding(what, f"{network.name}: it runs, {kind}, temperature {network.temperature:.3g}")


def _touching() -> Finding:
    from inkdigits.recognition.touching import TouchingNetwork

    what = "digits that touch"
    try:
        network = TouchingNetwork()
    except InkdigitsError as error:
        return Finding(what, str(error), is_sound=False)
    return Finding(what, f"their network runs, temperature {network.temperature:.3g}")


def _ensemble(ensemble: "Ensemble") -> Iterator[Finding]:
    from inkdigits.training.run import METRICS, read_json

    path, has_ended = ensemble.path, (ensemble.path / METRICS).exists()
    yield Finding(str(path), f"an ensemble of {len(ensemble.seeds)}")
    for seed, member in zip(ensemble.seeds, ensemble.members, strict=True):
        if not (has_ended or member.exists()):
            yield Finding(str(member), "not begun yet")
            continue
        try:
            ensemble.member(seed)
        except InkdigitsError as error:
            yield Finding(str(member), str(error), is_sound=False)
        else:
            yield from (each for each in _run(member) if each.what != _NEXT)
    if not has_ended:
        yield Finding(_NEXT, ensemble.going_on)
        return
    try:
        Evaluation.from_json(read_json(path / METRICS)["test"])
    except KeyError as error:
        yield Finding(str(path / METRICS), f"it has no {error}", is_sound=False)
    except (TypeError, InkdigitsError) as error:
        yield Finding(str(path / METRICS), str(error), is_sound=False)


def _run(path: Path) -> Iterator[Finding]:
    from inkdigits.ensemble import is_ensemble, open_ensemble
    from inkdigits.results import read_evaluation
    from inkdigits.training.checkpoint import examined_checkpoints, has_checkpoints
    from inkdigits.training.run import open_run, read_history
    from inkdigits.training.weights import load_network

    try:
        if is_ensemble(path):
            yield from _ensemble(open_ensemble(path))
            return
        run = open_run(path)
        if run.has_ended:
            load_network(run)
            read_history(run)
            read_evaluation(run)
    except InkdigitsError as error:
        yield Finding(str(path), str(error), is_sound=False)
        return
    if run.has_ended:
        about = (
            f"recipe {run.recipe.name}, seed {run.seed}: complete, its weights as their hash says"
        )
        yield Finding(str(path), about)
        if has_checkpoints(run):
            about = f"left over, since it was stopped at its end: {run.going_on}"
            yield Finding("  checkpoints", about)
        return
    yield Finding(str(path), f"recipe {run.recipe.name}, seed {run.seed}: not trained to its end")
    for checkpoint, problem in examined_checkpoints(run):
        yield Finding(f"  {checkpoint.name}", problem or "a sound checkpoint", not problem)
    yield Finding(_NEXT, run.going_on)
