"""A run's weights: a safetensors file, of the network that the run's settings describe."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from inkdigits import files
from inkdigits.errors import RunError, UsageError
from inkdigits.networks.build import Network, build_network
from inkdigits.networks.description import NetworkDescription
from inkdigits.training.run import (
    HISTORY,
    METRICS,
    SETTINGS,
    WEIGHTS,
    Run,
    open_run,
    read_bounded,
    read_json,
)
from inkdigits.training.trainer import Trainer

_DESCRIPTION = "inkdigits.network"  # the file's metadata


def save_weights(run: Run, trainer: Trainer) -> None:
    """Write history and weights of a training that ended. Raises `OutputError`."""
    files.write_json(run.path / HISTORY, dataclasses.asdict(trainer.history))
    files.write_bytes(run.path / WEIGHTS, weights_file(trainer.network))


def weights_file(network: Network) -> bytes:
    """A safetensors file of a network's weights, which says of what network they are."""
    state = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    # One entry only: safetensors writes several in any order, and the same weights should give
    # the same file.
    metadata = {_DESCRIPTION: json.dumps(network.description.to_json())}
    return safetensors.torch.save(state, metadata)


def load_network(run: Run | Path | str) -> Network:
    """The trained network of a run, or of the run folder at a path, on the CPU, ready to evaluate.

    Raises:
        UsageError: if there is no such folder.
        RunError: if it is no run, or the weights are missing, damaged or of another network.
    """
    if not isinstance(run, Run):
        run = open_run(run)
    return described_network(checked_weights(run), run.path / WEIGHTS)


def checked_weights(run: Run) -> bytes:
    """The content of a run's weights file, once it is known to be its own. Raises `RunError`."""
    path = run.path / WEIGHTS
    if not path.is_file():
        raise RunError(run.without_weights)
    content = read_bounded(path)
    if run.has_ended:
        metrics = run.path / METRICS
        expected = read_json(metrics).get("weights_sha256")
        if not isinstance(expected, str):
            raise RunError(f"{metrics} is damaged: it has no weights_sha256.")
        if hashlib.sha256(content).hexdigest() != expected:
            raise RunError(f"{path} is damaged: its SHA-256 is not the one in {METRICS}.")
    tensors_from(content, path)  # what is damaged is said
    # Weights of another activation or padding would fit in shape and read nonsense.
    if _description(content) != run.recipe.network:
        raise RunError(f"{path} belongs to another network than {SETTINGS} describes.")
    return content


def _description(content: bytes) -> NetworkDescription | None:
    """That in the metadata of a sound file, which begins with its header's length and JSON."""
    end = 8 + int.from_bytes(content[:8], "little")
    try:
        stored = json.loads(content[8:end])["__metadata__"][_DESCRIPTION]
        return NetworkDescription.from_json(json.loads(stored))
    except (ValueError, LookupError, RecursionError, UsageError):
        return None


def described_network(content: bytes, path: Path) -> Network:
    """The network of a run's weights file, which says itself what it is the weights of.

    Raises:
        RunError: if the content, read from `path`, is damaged or no run's.
    """
    state = tensors_from(content, path)
    description = _description(content)
    if description is None:
        raise RunError(f"{path} does not say what network its weights are of; it is no run's.")
    return network_from(description, state, path)


def network_from(
    description: NetworkDescription, state: dict[str, torch.Tensor], path: Path
) -> Network:
    """The network of a description with the weights `state`, which were read from `path`."""
    network = build_network(description, torch.Generator())
    check_fit(network, state, path)
    network.load_state_dict(state)
    return network.eval()


def tensors_from(content: bytes, path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file's content. Raises `RunError` if it is damaged."""
    try:
        return safetensors.torch.load(content)
    except (safetensors.SafetensorError, KeyError, RuntimeError, ValueError) as error:
        raise RunError(f"{path} is damaged: {error}.") from error


def check_fit(network: Network, state: Mapping[str, torch.Tensor], path: Path) -> None:
    """Raise `RunError` unless `state`, read from `path`, holds just this network's tensors."""
    own = network.state_dict()
    for name in sorted(own.keys() ^ state.keys()):
        verb = "lacks" if name in own else "has, beyond its recipe,"
        raise RunError(f"{path} {verb} the weights {name}; it belongs to another network.")
    for name, tensor in own.items():
        if state[name].shape != tensor.shape or state[name].dtype != tensor.dtype:
            raise RunError(
                f"{path} has {name} of shape {tuple(state[name].shape)}, {state[name].dtype}; "
                f"its recipe needs {tuple(tensor.shape)}, {tensor.dtype}."
            )
