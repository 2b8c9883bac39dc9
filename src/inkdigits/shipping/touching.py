"""Makes the network for digits that touch, which the package ships: `inkdigits model --touching`.

Marks are drawn from MNIST's training images but the last 5,000 (`data/touching.py`); from those
others are drawn that calibrate it. The loss is that of connectionist temporal classification
(Graves and others, 2006).
"""

import contextlib
import hashlib
import json
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.torch
import scipy.optimize
import torch
import torch.nn.functional as F
from torch import Tensor

from inkdigits import files
from inkdigits.data.dataset import Dataset, Split
from inkdigits.data.hooks import Progress, Report, watched
from inkdigits.data.touching import NONE, Marks
from inkdigits.errors import DataError, RunError, TrainingError
from inkdigits.evaluation.card import ON_CARD, Card
from inkdigits.images.strips import HIGH
from inkdigits.networks.strings import StringNetwork
from inkdigits.processors import available_processors
from inkdigits.recognition.modelfile import CARD
from inkdigits.recognition.network import DIGITS, TEMPERATURE
from inkdigits.recognition.onnxfile import CARD_FIGURES, CLAIMS
from inkdigits.recognition.touching import (
    BLANK,
    CALIBRATION,
    TOUCHING,
    TouchingNetwork,
    calibrated,
    log_softmax,
    spell,
)
from inkdigits.settings import checked_seed
from inkdigits.teaching import HELD_OUT
from inkdigits.training.engine import has_fast_bfloat16
from inkdigits.training.export import strings_to_onnx
from inkdigits.training.recipe import Schedule

Mark = tuple[npt.NDArray[np.uint8], tuple[int, ...]]  # a strip (32, W), and what it says

_CHUNK = 1_000  # marks of one generator
_WIDTHS = 16  # pixels that a batch's width is a multiple of
_SCHEDULE = Schedule(warm_up=0.15, start=0.04, down="cosine")
_DECAY, _BETAS, _STEEPEST = 0.01, (0.9, 0.99), 2.0  # Adam's, and the longest gradient
_TEMPERATURES = np.geomspace(0.5, 2, 41)
_STATE = "touching.safetensors"  # a training that was interrupted


@dataclass(frozen=True)
class Making:
    """How it is trained.

    Attributes:
        marks: that it learns from.
        epochs: how often it sees each.
        batch_size: marks a step.
        rate: Adam's, at its highest.
        held_out: marks that calibrate it.
        workers: processes that draw; 0: none but this one.
    """

    marks: int = 600_000
    epochs: int = 7
    batch_size: int = 128
    rate: float = 0.003
    held_out: int = 6_000
    workers: int = available_processors()


def make_touching(
    dataset: Dataset,
    folder: Path,
    *,
    seed: int = 0,
    making: Making | None = None,
    runs: Path = Path("runs"),
    report: Report = lambda line: None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Draw, train, calibrate and write the network; return what it gives on marks held out.

    After each epoch its state is kept in `runs`, and the same call goes on from there.

    Raises:
        DataError: if the data are not MNIST.
        UsageError: if the fonts are missing, or `seed` is none.
        RunError: if a state that is kept is damaged.
        TrainingError: if the loss is no longer a number.
    """
    making, seed = making or Making(), checked_seed(seed)
    if len(dataset.class_names) != DIGITS or dataset.image_size != (28, 28):
        raise DataError(f"{dataset.name} is not MNIST: the shipped networks read ten digits.")
    images, labels = dataset.train
    held_out = Split(images[-HELD_OUT:], labels[-HELD_OUT:])
    learned = Split(images[:-HELD_OUT], labels[:-HELD_OUT])
    report("Drawing digits that touch, and what is no number")
    marks = list(drawn_marks(learned, making.marks, (seed, 0), making.workers, progress))
    tests = list(drawn_marks(held_out, making.held_out, (seed, 1), making.workers, None))
    state = runs / f"touching-seed-{seed}" / _STATE
    network = _trained(marks, seed, making, state, report, progress)
    logits = list(_logits(network, tests))
    temperature = min(_TEMPERATURES, key=lambda warmth: _loss_of(logits, tests, warmth))
    slope, offset = _calibration(logits, tests, temperature)
    metadata = {TEMPERATURE: f"{temperature:.4f}", CALIBRATION: f"{slope:.4f} {offset:.4f}"}
    content = strings_to_onnx(network, metadata)
    made = {
        "seed": seed,
        "marks": making.marks,
        "epochs": making.epochs,
        "temperature": round(float(temperature), 4),
        "calibration": [round(slope, 4), round(offset, 4)],
        "bytes": len(content),
        "held_out": _figures(TouchingNetwork(content), tests),
    }
    _written(content, made, folder)
    with files.output_errors(state):
        state.unlink(missing_ok=True)
    return made


def on_card(folder: Path) -> dict[str, Any]:
    """What the card of a folder says of the network for digits that touch; {} if nothing."""
    try:
        figures = json.loads((folder / CARD_FIGURES).read_bytes())
        return {CLAIMS: {TOUCHING: figures[CLAIMS][TOUCHING]}, ON_CARD: figures[ON_CARD]}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def _written(content: bytes, made: dict[str, Any], folder: Path) -> None:
    """Write the network, and what it gives on the card of the one beside it, if it has one."""
    path = folder / CARD_FIGURES
    try:
        figures = json.loads(path.read_bytes())
    except (OSError, ValueError):
        figures = {}
    claims = figures.get(CLAIMS, {}) | {TOUCHING: hashlib.sha256(content).hexdigest()}
    figures |= {CLAIMS: claims, ON_CARD: made}
    with files.output_errors(folder):
        path.unlink(missing_ok=True)  # it speaks of the network before
    files.write_bytes(folder / TOUCHING, content)
    if "test" in figures:
        files.write_text(folder / CARD, Card(figures).text())
    files.write_json(path, figures)


def drawn_marks(
    digits: Split, count: int, seed: Sequence[int], workers: int, progress: Progress | None
) -> Iterator[Mark]:
    """So many marks, by as many processes as there are; the same however many these are."""
    sizes = [min(_CHUNK, count - start) for start in range(0, count, _CHUNK)]
    jobs = [(size, (*seed, number)) for number, size in enumerate(sizes)]
    with contextlib.ExitStack() as stack:
        if workers:
            spawned = multiprocessing.get_context("spawn")
            pool = ProcessPoolExecutor(workers, spawned, _take, (digits,))
            drawn = stack.enter_context(pool).map(_chunk, jobs)
        else:
            _take(digits)
            drawn = iter(map(_chunk, jobs))
        yield from watched((mark for part in drawn for mark in part), count, "Drawing", progress)


_taken: Split | None = None  # what this process draws


def _take(digits: Split) -> None:
    global _taken  # sent to a process once, and not with every job
    _taken = digits


def _chunk(job: tuple[int, tuple[int, ...]]) -> list[Mark]:
    if _taken is None:
        raise RuntimeError("A process draws marks of digits that it was not given.")
    size, seed = job
    marks = Marks(_taken.images, _taken.labels, np.random.default_rng(seed))
    return [marks.draw() for _ in range(size)]


def _trained(
    marks: Sequence[Mark],
    seed: int,
    making: Making,
    state: Path,
    report: Report,
    progress: Progress | None,
) -> StringNetwork:
    generator = torch.Generator().manual_seed(seed)
    network = StringNetwork(generator)
    network.dropout.generator = generator
    optimizer = torch.optim.AdamW(
        network.parameters(), making.rate, _BETAS, weight_decay=_DECAY, foreach=True
    )
    begun = _restored(network, optimizer, generator, state)
    widths = np.array([-(-image.shape[1] // _WIDTHS) * _WIDTHS for image, _ in marks])
    steps = making.epochs * len(_batches(widths, making.batch_size, np.random.default_rng(0)))
    for epoch in range(begun, making.epochs):
        rng = np.random.default_rng((seed, 2, epoch))
        batches = _batches(widths, making.batch_size, rng)
        network.train()
        total, done = 0.0, 0
        for number, places in enumerate(batches):
            if progress is not None:
                progress(f"Epoch {epoch + 1}/{making.epochs}", done, len(marks))
            rate = making.rate * _SCHEDULE.share(epoch * len(batches) + number, steps)
            for group in optimizer.param_groups:
                group["lr"] = rate
            batch = [marks[place] for place in places]
            total += _step(network, optimizer, batch, int(widths[places[0]]), rng) * len(batch)
            done += len(batch)
        if progress is not None:
            progress(f"Epoch {epoch + 1}/{making.epochs}", done, len(marks))
        if not np.isfinite(total):
            raise TrainingError("The loss is no number any more; train with a smaller rate.")
        report(f"Epoch {epoch + 1}/{making.epochs}  loss {total / len(marks):.4f}")
        _keep(network, optimizer, generator, epoch + 1, state)
    network.eval()
    return network


def _batches(
    widths: npt.NDArray[np.int64], size: int, rng: np.random.Generator
) -> list[npt.NDArray[np.int64]]:
    """Places of marks, batch by batch: those of a batch are as wide, the batches in any order."""
    found = []
    for width in np.unique(widths):
        places = rng.permutation(np.flatnonzero(widths == width))
        found += [places[start : start + size] for start in range(0, len(places), size)]
    return [found[place] for place in rng.permutation(len(found))]


def _step(
    network: StringNetwork,
    optimizer: torch.optim.Optimizer,
    batch: Sequence[Mark],
    width: int,
    rng: np.random.Generator,
) -> float:
    """One step; its loss."""
    lefts = [int(rng.integers(width - image.shape[1] + 1)) for image, _ in batch]
    images = _images(batch, width, lefts)
    optimizer.zero_grad()
    loss = _loss(network(images), [values for _, values in batch])
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), _STEEPEST)
    optimizer.step()
    return float(loss.detach())


def _images(batch: Sequence[Mark], width: int, lefts: Sequence[int]) -> Tensor:
    """Strips side by side in a batch, each with its left edge somewhere, and paper beside it."""
    images = np.zeros((len(batch), 1, HIGH, width), np.uint8)
    for row, ((image, _), left) in enumerate(zip(batch, lefts, strict=True)):
        images[row, 0, :, left : left + image.shape[1]] = image
    kind = torch.bfloat16 if has_fast_bfloat16("cpu") else torch.float32
    shares = torch.from_numpy(images).to(kind) / 255
    return shares.contiguous(memory_format=torch.channels_last)


def _loss(logits: Tensor, values: Sequence[tuple[int, ...]]) -> Tensor:
    """Mean of the CTC losses, each a digit's, of logits `(N, 12, T)`."""
    says = F.log_softmax(logits, 1).permute(2, 0, 1)
    spelled = torch.tensor([value for own in values for value in own])
    lengths = torch.tensor([len(own) for own in values])
    places = torch.full((len(values),), len(says))
    return F.ctc_loss(says, spelled, places, lengths, blank=BLANK, zero_infinity=True)


def _restored(
    network: StringNetwork,
    optimizer: torch.optim.Optimizer,
    generator: torch.Generator,
    state: Path,
) -> int:
    """Take up a training that was interrupted; how many epochs it had done."""
    if not state.exists():
        return 0
    try:
        kept = safetensors.torch.load(state.read_bytes())
        network.load_state_dict({name[2:]: kept[name] for name in kept if name[:2] == "n."})
        own = optimizer.state_dict()
        for number, _ in enumerate(network.parameters()):
            own["state"][number] = {
                name: kept[f"o.{number}.{name}"] for name in ("step", "exp_avg", "exp_avg_sq")
            }
        optimizer.load_state_dict(own)
        generator.set_state(kept["generator"])
        return int(kept["epochs"])
    except (OSError, ValueError, LookupError, RuntimeError, safetensors.SafetensorError) as error:
        raise RunError(f"{state} is damaged; remove it to begin anew.") from error


def _keep(
    network: StringNetwork,
    optimizer: torch.optim.Optimizer,
    generator: torch.Generator,
    epochs: int,
    state: Path,
) -> None:
    kept = {f"n.{name}": values.contiguous() for name, values in network.state_dict().items()}
    for number, values in optimizer.state_dict()["state"].items():
        kept |= {f"o.{number}.{name}": value.contiguous() for name, value in values.items()}
    kept |= {"generator": generator.get_state(), "epochs": torch.tensor(epochs)}
    files.write_bytes(state, safetensors.torch.save(kept))


@torch.no_grad()
def _logits(network: StringNetwork, marks: Sequence[Mark]) -> Iterator[Tensor]:
    """Logits `(12, T)` of each mark, alone: no paper is added to it."""
    for image, _ in marks:
        strip = torch.from_numpy(image)[None, None].float() / 255
        yield network(strip)[0]


def _loss_of(logits: Sequence[Tensor], marks: Sequence[Mark], temperature: float) -> float:
    losses = [
        _loss(own[None] / temperature, [values]) * len(values)
        for own, (_, values) in zip(logits, marks, strict=True)
    ]
    return float(torch.stack(losses).mean())


def _calibration(
    logits: Sequence[Tensor], marks: Sequence[Mark], temperature: float
) -> tuple[float, float]:
    """Slope and offset with which the probability of a number says how often it is the right one.

    Of digits, that is, of marks that are read as several.
    """
    found = []
    for own, (_, values) in zip(logits, marks, strict=True):
        spelled = spell(log_softmax(own.T.double().numpy() / temperature))
        if len(spelled.values) > 1:
            length = 0 if values == (NONE,) else len(values)
            found.append((spelled.probability, len(spelled.values) == length))
    if len({is_right for _, is_right in found}) < 2:  # nothing to be told apart
        return 1.0, 0.0

    def loss(line: npt.NDArray[np.float64]) -> float:
        chances = [calibrated(probability, *line) for probability, _ in found]
        of_truth = [
            chance if is_right else 1 - chance
            for chance, (_, is_right) in zip(chances, found, strict=True)
        ]
        return -float(np.log(np.maximum(of_truth, 1e-12)).mean())

    best = scipy.optimize.minimize(loss, (1.0, 0.0), method="Nelder-Mead").x
    return float(best[0]), float(best[1])


def _figures(network: TouchingNetwork, marks: Sequence[Mark]) -> dict[str, Any]:
    """Of each number of digits, the share read rightly; of what is no number, that read as one."""
    right: dict[int, list[bool]] = {}
    several = []
    for image, values in marks:
        found = network.spelled(image)
        if values == (NONE,):
            several.append(len(found.values) > 1 and found.probability >= 0.5)
        else:
            right.setdefault(len(values), []).append(found.values == values)
    return {
        "marks": len(marks),
        "right": {str(length): float(np.mean(right[length])) for length in sorted(right)},
        "no_number_read": float(np.mean(several)) if several else 0.0,
    }
