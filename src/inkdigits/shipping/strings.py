"""Trains the network for digits that touch, by the loss of connectionist temporal classification.

Graves and others, 'Connectionist temporal classification: labelling unsegmented sequence data with
recurrent neural networks', 2006.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import safetensors.torch
import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from torch import Tensor

from inkdigits import files
from inkdigits.data.hooks import Progress, Report
from inkdigits.errors import RunError, TrainingError
from inkdigits.images.strips import HIGH
from inkdigits.networks.strings import StringNetwork
from inkdigits.processors import available_processors
from inkdigits.recognition.touching import BLANK
from inkdigits.settings import check_range, check_types
from inkdigits.shipping.marks import Mark
from inkdigits.training.engine import has_fast_bfloat16
from inkdigits.training.hyperparameters import Schedule

_WIDTHS = 16  # pixels that a batch's width is a multiple of
_SCHEDULE = Schedule(warm_up=0.15, start=0.04, down="cosine")
_DECAY, _BETAS, _STEEPEST = 0.01, (0.9, 0.99), 2.0  # Adam's, and the longest gradient


@dataclass(frozen=True)
class Making:
    """How it is trained.

    Attributes:
        marks: that it learns from; 1 to 10,000,000.
        penned: digits of `data/hands.py` among those that these are made of; 0 to 1,000,000.
        epochs: how often it sees each; 1 to 1,000.
        batch_size: marks a step; 1 to 65,536.
        rate: Adam's, at its highest; 1e-9 to 1.
        held_out: marks that calibrate it; 1 to 1,000,000.
        workers: processes that draw, 0 to 1,024; 0: none but this one.

    Raises:
        UsageError: if a value is of another type, or out of its range.
    """

    marks: int = 800_000
    penned: int = 8_000
    epochs: int = 5
    batch_size: int = 128
    rate: float = 0.003
    held_out: int = 6_000
    workers: int = available_processors()

    def __post_init__(self) -> None:
        check_types(self)
        check_range("marks", self.marks, 1, 10**7)
        check_range("penned", self.penned, 0, 10**6)
        check_range("epochs", self.epochs, 1, 1000)
        check_range("batch_size", self.batch_size, 1, 2**16)
        check_range("rate", self.rate, 1e-9, 1.0)
        check_range("held_out", self.held_out, 1, 10**6)
        check_range("workers", self.workers, 0, 1024)

    @property
    def identity(self) -> str:
        """What a state that is kept is of: all but the processes."""
        return json.dumps({**asdict(self), "workers": None})


def train_strings(
    marks: Sequence[Mark],
    seed: int,
    making: Making,
    state: Path,
    report: Report,
    progress: Progress | None,
) -> StringNetwork:
    """The trained network, ready to evaluate; goes on from a `state` that is kept there.

    Raises:
        RunError: if that is damaged, or of other settings.
        TrainingError: if the loss is no longer a number.
    """
    training = _Training(seed, making, state)
    begun = training.restored()
    widths = np.array([-(-image.shape[1] // _WIDTHS) * _WIDTHS for image, _ in marks])
    for epoch in range(begun, making.epochs):
        said = f"Epoch {epoch + 1}/{making.epochs}"
        rng = np.random.default_rng((seed, 2, epoch))
        batches = _batches(widths, making.batch_size, rng)
        total, done = 0.0, 0
        for number, places in enumerate(batches):
            if progress is not None:
                progress(said, done, len(marks))
            step, steps = epoch * len(batches) + number, making.epochs * len(batches)
            batch = [marks[place] for place in places]
            loss = training.step(batch, int(widths[places[0]]), _SCHEDULE.share(step, steps), rng)
            total += loss * len(batch)
            done += len(batch)
        if progress is not None:
            progress(said, done, len(marks))
        if not np.isfinite(total):
            raise TrainingError("The loss is no number any more; train with a smaller rate.")
        report(f"{said}  loss {total / len(marks):.4f}")
        training.keep(epoch + 1)
    training.network.eval()
    return training.network


class _Training:
    """A network that is trained, and its state, which is kept in a file after each epoch."""

    def __init__(self, seed: int, making: Making, state: Path) -> None:
        self.making, self.state = making, state
        self.generator = torch.Generator().manual_seed(seed)
        self.network = StringNetwork(self.generator)
        self.network.dropout.generator = self.generator
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), making.rate, _BETAS, weight_decay=_DECAY, foreach=True
        )

    def step(
        self, batch: Sequence[Mark], width: int, share: float, rng: np.random.Generator
    ) -> float:
        """Learn from marks of a width, at a share of the rate; their loss."""
        self.network.train()
        for group in self.optimizer.param_groups:
            group["lr"] = share * self.making.rate
        lefts = [int(rng.integers(width - image.shape[1] + 1)) for image, _ in batch]
        self.optimizer.zero_grad()
        logits = self.network(_images(batch, width, lefts))
        loss = ctc_loss(logits, [values for _, values in batch])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _STEEPEST)
        self.optimizer.step()
        return float(loss.detach())

    def restored(self) -> int:
        """Take up a training that was interrupted; how many epochs it had done."""
        if not self.state.exists():
            return 0
        try:
            kept = safetensors.torch.load(self.state.read_bytes())
            if bytes(kept["making"].tolist()).decode() != self.making.identity:
                raise RunError(f"{self.state} is of other settings; remove it to begin anew.")
            weights = {name[2:]: kept[name] for name in kept if name[:2] == "n."}
            self.network.load_state_dict(weights)
            own = self.optimizer.state_dict()
            for number, _ in enumerate(self.network.parameters()):
                own["state"][number] = {
                    name: kept[f"o.{number}.{name}"] for name in ("step", "exp_avg", "exp_avg_sq")
                }
            self.optimizer.load_state_dict(own)
            self.generator.set_state(kept["generator"])
            return int(kept["epochs"])
        except (OSError, ValueError, LookupError, RuntimeError, SafetensorError) as error:
            raise RunError(f"{self.state} is damaged; remove it to begin anew.") from error

    def keep(self, epochs: int) -> None:
        """Write the state after so many epochs. Raises `OutputError`."""
        weights = self.network.state_dict()
        kept = {f"n.{name}": values.contiguous() for name, values in weights.items()}
        for number, values in self.optimizer.state_dict()["state"].items():
            kept |= {f"o.{number}.{name}": value.contiguous() for name, value in values.items()}
        kept |= {"generator": self.generator.get_state(), "epochs": torch.tensor(epochs)}
        kept["making"] = torch.tensor(list(self.making.identity.encode()), dtype=torch.uint8)
        files.write_bytes(self.state, safetensors.torch.save(kept))


def _batches(
    widths: npt.NDArray[np.int64], size: int, rng: np.random.Generator
) -> list[npt.NDArray[np.int64]]:
    """Places of marks, batch by batch: those of a batch are as wide, the batches in any order."""
    found = []
    for width in np.unique(widths):
        places = rng.permutation(np.flatnonzero(widths == width))
        found += [places[start : start + size] for start in range(0, len(places), size)]
    return [found[place] for place in rng.permutation(len(found))]


def _images(batch: Sequence[Mark], width: int, lefts: Sequence[int]) -> Tensor:
    """Strips side by side in a batch, each with its left edge somewhere, and paper beside it."""
    images = np.zeros((len(batch), 1, HIGH, width), np.uint8)
    for row, ((image, _), left) in enumerate(zip(batch, lefts, strict=True)):
        images[row, 0, :, left : left + image.shape[1]] = image
    kind = torch.bfloat16 if has_fast_bfloat16("cpu") else torch.float32
    shares = torch.from_numpy(images).to(kind) / 255
    return shares.contiguous(memory_format=torch.channels_last)


def ctc_loss(logits: Tensor, values: Sequence[tuple[int, ...]]) -> Tensor:
    """Mean of the marks' CTC losses, each by its number of digits, of logits `(N, 12, T)`."""
    says = F.log_softmax(logits, 1).permute(2, 0, 1)
    spelled = torch.tensor([value for own in values for value in own])
    lengths = torch.tensor([len(own) for own in values])
    places = torch.full((len(values),), len(says))
    return F.ctc_loss(says, spelled, places, lengths, blank=BLANK, zero_infinity=True)
