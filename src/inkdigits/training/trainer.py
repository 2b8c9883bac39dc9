"""The training loop: one object that holds all that changes, step by step, and can be put back.

    trainer = Trainer(recipe, dataset.train, engine, seed=0)
    trainer.run(observers)

Everything random comes from four generators of the trainer's own (starting weights, order,
dropout, augmentation), drawn from the seed; so the same seed, machine and thread count give the
same bits. Each of several processes (`distribution.py`) has a trainer, which takes its part of
every batch.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from inkdigits.data.dataset import Split
from inkdigits.errors import TrainingError
from inkdigits.networks.build import Network, build_network
from inkdigits.networks.synchronized import Together
from inkdigits.settings import is_number
from inkdigits.training.augmentation import augment
from inkdigits.training.distillation import taught
from inkdigits.training.distribution import ALONE, Ranks
from inkdigits.training.engine import Engine
from inkdigits.training.optimizer import make_optimizer
from inkdigits.training.parameters import (
    convolution_kernels,
    flat_buffers,
    flat_parameters,
    norms,
)
from inkdigits.training.recipe import Recipe

_TRACE = 1e-4  # that may be left of how normalisation's averages began
_MEASURED = 10_000  # images at most, that take their place otherwise


@dataclass
class History:
    """What training saw.

    Attributes:
        losses: of each batch: nats, mean over its images, with penalties.
        accuracies: of each batch: the share read rightly, 0 to 1.
        epoch_steps: the step that each epoch ended with, from 1.
        epoch_losses: of each epoch: mean over its images.
        epoch_accuracies: of each epoch: the share of its images.
        seconds: wall clock of steps, observers, memory; without evaluation.
    """

    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    epoch_steps: list[int] = field(default_factory=list)
    epoch_losses: list[float] = field(default_factory=list)
    epoch_accuracies: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The history stored as `values`. Raises `TypeError` or `ValueError` for anything else."""
        history = cls(**values)
        for name, value in vars(history).items():
            numbers = [value] if name == "seconds" else value
            if not isinstance(numbers, list) or not all(map(is_number, numbers)):
                raise ValueError(f"its {name} are no numbers")
        steps = len(history.losses)
        if not all(type(each) is int and 1 <= each <= steps for each in history.epoch_steps):
            raise ValueError(f"its epoch_steps are none of its {steps} steps")
        for one, other in (
            ("losses", "accuracies"),
            ("epoch_steps", "epoch_losses"),
            ("epoch_steps", "epoch_accuracies"),
        ):
            if len(getattr(history, one)) != len(getattr(history, other)):
                raise ValueError(f"its {one} and {other} are not equally many")
        return history


class Observer(Protocol):
    """Somebody who watches training: progress on the screen, TensorBoard, checkpoints."""

    def on_step(self, trainer: "Trainer") -> None:
        """Called after each step."""

    def on_epoch(self, trainer: "Trainer") -> None:
        """Called after each epoch, with its means in the history."""


class Trainer:
    """Trains one network by a recipe on a training split.

    Raises:
        TrainingError: from `run`, when the loss is no longer a number.
    """

    def __init__(
        self, recipe: Recipe, train: Split, engine: Engine, seed: int, ranks: Ranks = ALONE
    ) -> None:
        self.recipe, self.engine, self.seed, self.ranks = recipe, engine, seed, ranks
        device = torch.device(engine.device)
        start, order, dropout, changes = _generators(seed, device)
        self.network: Network = build_network(recipe.network, start).to(device)
        for column in self.network.columns:
            column.dropout.generator = dropout
        self.order, self.dropout, self.changes = order, dropout, changes
        self.parameters, self.statistics = flat_parameters(self.network), flat_buffers(self.network)
        self.optimizer = make_optimizer(self.parameters.detach(), recipe.optimizer)
        self.images = torch.from_numpy(np.array(train.images)).unsqueeze(1).to(device)
        self.labels = torch.from_numpy(train.labels.astype(np.int64)).to(device)
        self.history = History()
        self.average: Tensor | None = None  # of parameters and statistics, end to end
        if recipe.average:
            self.average = torch.cat((self.parameters.detach(), self.statistics))
        self.teacher: Network | None = None  # whose probabilities are learned, not the labels
        self.labelled = 0  # images, the last, whose labels are learned though there is a teacher
        self.remembers = True  # its images in the end, where the network has a memory
        self.epoch = 0  # epochs completed
        self.position = 0  # images already seen in the epoch under way
        self.order_state = order.get_state()  # of the order generator before that epoch
        self.signals: Sequence[int] = ()  # that ask this process to stop
        self.stops = False  # whether any process was asked to, by the last step
        self.weight = 1.0  # of this process's mean loss in the mean of all; 0: it has no image
        self.together = Together(ranks.total)
        self.column_logits: Callable[[Tensor], Tensor] = self.network.column_logits
        if ranks.are_many:
            for norm in norms(self.network):
                norm.together = self.together
            example = self.images[:1].to(engine.dtype) / 255
            self.column_logits = ranks.replicated(self.network, self.statistics, example)

    @property
    def gradient(self) -> Tensor:
        """The gradient of all parameters, laid out as they are."""
        assert self.parameters.grad is not None
        return self.parameters.grad

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch, the last short one included."""
        return -(-len(self.images) // self.recipe.batch_size)

    @property
    def total_steps(self) -> int:
        """Batches in the whole training."""
        return self.steps_per_epoch * self.recipe.epochs

    @property
    def step(self) -> int:
        """Batches done so far."""
        return len(self.history.losses)

    def begin_with(self, state: Mapping[str, Tensor]) -> None:
        """Take weights and statistics of a trained network as the start."""
        self.network.load_state_dict(dict(state))
        if self.average is not None:
            self.average = torch.cat((self.parameters.detach(), self.statistics))

    def run(self, observers: Sequence[Observer] = ()) -> None:
        """Train to the end of the recipe, from wherever the trainer stands.

        The network then has the last weights, or their running average where the recipe says so.
        """
        self.network.train()
        while self.epoch < self.recipe.epochs:
            self._run_epoch(observers)
        if self.average is not None:
            cut = len(self.parameters)
            self.parameters.data.copy_(self.average[:cut])
            self.statistics.copy_(self.average[cut:])
        if norms(self.network) and self.recipe.network.norm_momentum**self.step > _TRACE:
            self._measure_statistics()
        if self.network.memory is not None and self.remembers:
            began = time.perf_counter()
            self.network.memory.remember(self.images, self.labels)
            self.history.seconds += time.perf_counter() - began
        self._check_finite()

    def _run_epoch(self, observers: Sequence[Observer]) -> None:
        self.order.set_state(self.order_state)
        order = torch.randperm(len(self.images), generator=self.order)
        rest = order[self.position :]
        # A checkpoint between an epoch's last step and its end leaves nothing of it to do.
        for batch in rest.split(self.recipe.batch_size) if len(rest) else ():
            began = time.perf_counter()
            self._run_step(batch.to(self.images.device))
            self.position += len(batch)
            for observer in observers:
                observer.on_step(self)
            self.history.seconds += time.perf_counter() - began
        self.epoch, self.position = self.epoch + 1, 0
        self.order_state = self.order.get_state()
        self._close_epoch()
        for observer in observers:
            observer.on_epoch(self)

    def _run_step(self, batch: Tensor) -> None:
        self.ranks.reseed((self.dropout, self.changes), self.seed, self.step)
        own = self._own(batch)
        images, labels = self._batch(own)
        self.gradient.zero_()
        columns = self.column_logits(images)
        targets = self._taught(images, labels, own) if self.teacher else labels
        loss = self._loss(columns.flatten(0, 1), torch.cat([targets] * len(columns)))
        right = (columns.detach().mean(0).argmax(1) == labels).sum() * (self.weight > 0)
        totals = self.ranks.begin_totals(loss, right, bool(self.signals))
        loss.backward()
        value, count, self.stops = totals()
        if not np.isfinite(value):
            raise TrainingError(
                f"The loss became {value} at step {self.step + 1} (epoch {self.epoch + 1}); "
                "take a smaller learning rate."
            )
        self._update()
        self.history.losses.append(value)
        self.history.accuracies.append(count / len(batch))

    def _own(self, batch: Tensor) -> Tensor:
        """This process's part of a batch; where that is none, an image that counts nothing."""
        own = self.ranks.share(batch)
        # The processes' gradients are averaged, each as if it had as many images as the others.
        self.weight = self.ranks.size * len(own) / len(batch)
        self.together.counts = len(own) > 0
        return own if len(own) else batch[:1]

    def _batch(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """Images in [0, 1], changed as the recipe says, and labels."""
        # index_select rather than indexing, which is ten times slower on a CPU.
        images, labels = self.images.index_select(0, batch), self.labels.index_select(0, batch)
        changes = self.recipe.augmentation_after(self.epoch + self.position / len(self.images))
        if not changes.is_on:
            return images.to(self.engine.dtype) / 255, labels
        images = augment(images.float() / 255, changes, self.changes)
        return images.to(self.engine.dtype), labels

    def _taught(self, images: Tensor, labels: Tensor, batch: Tensor) -> Tensor:
        """What the teacher says of the images, `(N, classes)`; their labels, where these count."""
        assert self.teacher is not None
        says = taught(self.teacher, images)
        if not self.labelled:
            return says
        classes, smoothing = says.shape[1], self.recipe.label_smoothing
        known = F.one_hot(labels, classes) * (1 - smoothing) + smoothing / classes
        return torch.where(
            (batch >= len(self.images) - self.labelled)[:, None], known.to(says.dtype), says
        )

    def _update(self) -> None:
        """One step of the optimizer and of the running average."""
        share = self.recipe.schedule.share(self.step, self.total_steps)
        self.optimizer.step(self.gradient, share * self.recipe.optimizer.learning_rate)
        if self.average is not None:
            # In the first steps the mean of what there is, rather than of the starting weights.
            decay = min(self.recipe.average, (self.step + 1) / (self.step + 10))
            cut = len(self.parameters)
            self.average[:cut].lerp_(self.parameters.detach(), 1 - decay)
            self.average[cut:].lerp_(self.statistics, 1 - decay)

    def _loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Of labels `(N,)`, which are smoothed, or a teacher's probabilities `(N, classes)`."""
        if self.recipe.loss == "cross_entropy":
            smoothing = self.recipe.label_smoothing if targets.ndim == 1 else 0.0
            loss = F.cross_entropy(logits, targets, label_smoothing=smoothing)
        else:
            if targets.ndim == 1:
                targets = F.one_hot(targets, logits.shape[1]).to(logits.dtype)
            loss = F.mse_loss(logits.softmax(1), targets)
        if self.weight != 1:
            loss = loss * self.weight
        if self.recipe.l2 > 0:
            loss = loss + self.recipe.l2 * sum(
                kernels.square().sum() for kernels in convolution_kernels(self.network)
            )
        return loss

    @torch.no_grad()
    def _measure_statistics(self) -> None:
        """Give normalisation the means of what the network now makes of training images.

        After few steps its running averages still are where they began, or of weights that are no
        more, and a network that reads its batches would read nothing else.
        """
        order = torch.randperm(len(self.images), generator=torch.Generator().manual_seed(self.seed))
        batches = order[:_MEASURED].split(self.recipe.batch_size)
        whole = [batch for batch in batches if len(batch) == len(batches[0])]
        self.together.counts = True
        layers = norms(self.network)
        for number, batch in enumerate(whole):
            for norm in layers:
                norm.momentum = number / (number + 1)  # the mean of the batches so far
            images = self.images.index_select(0, batch.to(self.images.device))
            self.network.column_logits(images.to(self.engine.dtype) / 255)
        for norm in layers:
            norm.momentum = self.recipe.network.norm_momentum

    def _check_finite(self) -> None:
        """The last update, which no loss has judged."""
        for name, values in self.network.state_dict().items():
            if not torch.isfinite(values).all():
                raise TrainingError(
                    f"{name} holds numbers that are not finite after the last step; "
                    "take a smaller learning rate."
                )

    def _close_epoch(self) -> None:
        """Means over the epoch's images: every batch counts by its size."""
        sizes = np.full(self.steps_per_epoch, self.recipe.batch_size)
        sizes[-1] = len(self.images) - sizes[:-1].sum()
        history, steps = self.history, self.steps_per_epoch
        history.epoch_steps.append(self.step)
        history.epoch_losses.append(float(np.average(history.losses[-steps:], weights=sizes)))
        history.epoch_accuracies.append(
            float(np.average(history.accuracies[-steps:], weights=sizes))
        )


def _generators(
    seed: int, device: torch.device
) -> tuple[torch.Generator, torch.Generator, torch.Generator, torch.Generator]:
    """Independent generators for starting weights, order, dropout and augmentation."""
    words = np.random.SeedSequence(seed).generate_state(4, np.uint64)
    start, order, dropout, changes = (int(word) >> 1 for word in words)
    return (
        torch.Generator().manual_seed(start),
        torch.Generator().manual_seed(order),
        torch.Generator(device).manual_seed(dropout),
        torch.Generator(device).manual_seed(changes),
    )
