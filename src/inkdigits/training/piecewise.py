"""Training in pieces: a network, its optimizer and a sample of what it saw, as plain arrays.

What arrives may be one image or a thousand, all of one class or of ten. A step on a handful of
images, let alone of one class, would lead normalisation's statistics and the weights astray, so
each piece is mixed with images of the sample ('experience replay': Lin, 'Self-improving reactive
agents', 1992): as many as it has itself, and 64 images in all at least.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from inkdigits.data.dataset import Split, joined
from inkdigits.networks.build import Network, build_network
from inkdigits.networks.memory import Neighbours
from inkdigits.training.engine import Engine
from inkdigits.training.hyperparameters import Schedule
from inkdigits.training.recipe import Recipe
from inkdigits.training.trainer import Trainer

RATE = 0.1  # of the recipe's learning rate; see docs/decisions.md
REMEMBERED = 256  # images in the sample
MOMENTUM = 0.9  # of normalisation's averages at most, since the first pieces may be all there is
BATCH = 64  # images a step; of a small piece together with the sample

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Learned:
    """All that training leaves, and can go on from."""

    weights: Arrays  # parameters and statistics by their names, float32
    optimizer: Arrays  # what it remembers of gradients
    sample: Split  # of all images seen, each with the same chance, at most REMEMBERED
    seen: int  # images, those seen again not counted
    losses: tuple[float, ...]  # mean of each epoch or piece, in nats

    def network(self, recipe: Recipe, dtype: torch.dtype = torch.float32) -> Network:
        """The network of `recipe` with these weights."""
        network = build_network(recipe.network, torch.Generator().manual_seed(0)).to(dtype)
        network.load_state_dict(_tensors(self.weights))
        return network


def learn(recipe: Recipe, split: Split, engine: Engine, seed: int) -> Learned:
    """Train a new network by a recipe."""
    trainer = Trainer(recipe, split, engine, seed)
    trainer.run()
    return _left(trainer, _nothing(split), split, np.random.default_rng(seed))


def learn_more(
    recipe: Recipe, piece: Split, engine: Engine, seed: int, learned: Learned | None
) -> Learned:
    """Train once through a piece, at a constant rate, from where `learned` stands.

    Args:
        recipe: decides everything but the rate, the batches' size and the duration.
        piece: at least one image.
        engine: what to compute on.
        seed: the same for all pieces.
        learned: what the pieces before left; None: this is the first.
    """
    if learned is None:
        learned = _nothing(piece)
    rng = np.random.default_rng([seed, learned.seen])
    count = len(piece.labels)
    again = rng.permutation(len(learned.sample.labels))[: max(count, BATCH - count)]
    old = Split(learned.sample.images[again], learned.sample.labels[again])
    network = recipe.network
    once = replace(
        recipe,
        batch_size=min(BATCH, recipe.batch_size),
        epochs=1,
        plain_epochs=0,
        waning=0.0,
        average=0.0,
        schedule=Schedule(),
        network=replace(network, norm_momentum=min(MOMENTUM, network.norm_momentum)),
        optimizer=replace(recipe.optimizer, learning_rate=RATE * recipe.optimizer.learning_rate),
    )
    trainer = Trainer(once, joined([piece, old]), engine, int(rng.integers(2**63)))
    if learned.weights:
        trainer.begin_with(_tensors(learned.weights))
        for name, tensor in trainer.optimizer.state.items():
            tensor.copy_(torch.from_numpy(learned.optimizer[name]))
    trainer.remembers = False  # it would be no more than this piece
    trainer.run()
    if trainer.network.memory is not None:
        _remember(trainer.network.memory, learned, piece, rng)
    return _left(trainer, learned, piece, rng)


def _nothing(split: Split) -> Learned:
    """Before the first image, of the size of those in `split`."""
    return Learned({}, {}, Split(split.images[:0], split.labels[:0]), 0, ())


def _remember(memory: Neighbours, learned: Learned, piece: Split, rng: np.random.Generator) -> None:
    """Take the piece into what is remembered, so that all that was seen has the same chance.

    The axes are those of what was there when not all of it could be looked at again.
    """
    device = memory.keys.device
    is_all_there = learned.seen == len(learned.sample.labels)
    taken = joined([learned.sample, piece]) if is_all_there else piece
    images = torch.from_numpy(np.array(taken.images)).unsqueeze(1).to(device)
    labels = torch.from_numpy(taken.labels.astype(np.int64)).to(device)
    if is_all_there:
        memory.remember(images, labels)
        return
    room = len(memory.keys)
    order = learned.seen + np.arange(len(labels))
    places = np.where(order < room, order, rng.integers(order + 1))
    # Of several for one place the last counts, as if they had come one by one.
    last = {int(place): index for index, place in enumerate(places) if place < room}
    if last:
        at, chosen = torch.tensor(list(last)), torch.tensor(list(last.values()))
        memory.replace(at.to(device), images[chosen.to(device)], labels[chosen.to(device)])


def _left(trainer: Trainer, before: Learned, new: Split, rng: np.random.Generator) -> Learned:
    return Learned(
        _arrays(trainer.network.state_dict()),
        _arrays(trainer.optimizer.state),
        _sampled(before.sample, before.seen, new, rng),
        before.seen + len(new.labels),
        (*before.losses, *trainer.history.epoch_losses),
    )


def _sampled(sample: Split, seen: int, new: Split, rng: np.random.Generator) -> Split:
    """The sample after `new` was seen too, on top of `seen` images.

    Algorithm R of Vitter, 'Random Sampling with a Reservoir', 1985.
    """
    room = REMEMBERED - len(sample.labels)
    images = np.concatenate([sample.images, new.images[:room]])
    labels = np.concatenate([sample.labels, new.labels[:room]])
    later = np.arange(min(room, len(new.labels)), len(new.labels))
    places = rng.integers(seen + later + 1)
    for index, place in zip(later[places < REMEMBERED], places[places < REMEMBERED], strict=True):
        images[place], labels[place] = new.images[index], new.labels[index]
    return Split(images, labels)


def _arrays(tensors: Mapping[str, torch.Tensor]) -> Arrays:
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}


def _tensors(arrays: Arrays) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(np.array(values)) for name, values in arrays.items()}
