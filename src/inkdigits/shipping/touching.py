"""Makes the network for digits that touch, which the package ships: `inkdigits model --touching`.

Marks are drawn from MNIST's training images but the last 5,000, and from hands that these hardly
hold (`data/touching.py`, `data/hands.py`); from the 5,000 others are drawn that calibrate it. The
loss is that of connectionist temporal classification (Graves and others, 2006).
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.optimize
import torch
from torch import Tensor

from inkdigits import files
from inkdigits.data.dataset import Dataset, joined
from inkdigits.data.hands import penned
from inkdigits.data.hooks import Progress, Report
from inkdigits.data.touching import NONE
from inkdigits.evaluation.card import ON_CARD, Card
from inkdigits.networks.strings import StringNetwork
from inkdigits.recognition.modelfile import CARD
from inkdigits.recognition.network import TEMPERATURE
from inkdigits.recognition.onnxfile import CARD_FIGURES, CLAIMS
from inkdigits.recognition.touching import (
    CALIBRATION,
    TOUCHING,
    TouchingNetwork,
    calibrated,
    log_softmax,
    spell,
)
from inkdigits.settings import checked_seed
from inkdigits.shipping.images import parted
from inkdigits.shipping.marks import Mark, drawn_marks
from inkdigits.shipping.strings import Making, ctc_loss, train_strings
from inkdigits.training.export import strings_to_onnx
from inkdigits.training.stopping import Interrupted

SEED = 0  # of the one that ships
_TEMPERATURES = np.geomspace(0.5, 2, 41)
_STATE = "touching.safetensors"  # a training that was interrupted


def make_touching(
    dataset: Dataset,
    folder: Path,
    *,
    seed: int = SEED,
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
        RunError: if a state that is kept is damaged, or of other settings.
        TrainingError: if the loss is no longer a number.
        Interrupted: on Ctrl-C.
    """
    making, seed = making or Making(), checked_seed(seed)
    try:
        return _made(dataset, folder, seed, making, runs, report, progress)
    except KeyboardInterrupt as error:
        said = "Stopped; the same command goes on after the last epoch that ended, if one did."
        raise Interrupted(said, getattr(error, "exit_code", 130)) from error


def _made(
    dataset: Dataset,
    folder: Path,
    seed: int,
    making: Making,
    runs: Path,
    report: Report,
    progress: Progress | None,
) -> dict[str, Any]:
    learned, held_out = parted(dataset)
    if making.penned:
        hands = penned(making.penned, np.random.default_rng((seed, 3)), progress)
        learned = joined([learned, hands])
    report("Drawing digits that touch, and what is no number")
    marks = list(drawn_marks(learned, making.marks, (seed, 0), making.workers, progress))
    tests = list(drawn_marks(held_out, making.held_out, (seed, 1), making.workers, None))
    state = runs / f"touching-seed-{seed}" / _STATE
    network = train_strings(marks, seed, making, state, report, progress)
    logits = list(_logits(network, tests))
    temperature = min(_TEMPERATURES, key=lambda warmth: _loss_of(logits, tests, warmth))
    slope, offset = _calibration(logits, tests, temperature)
    metadata = {TEMPERATURE: f"{temperature:.4f}", CALIBRATION: f"{slope:.4f} {offset:.4f}"}
    content = strings_to_onnx(network, metadata)
    made = {
        "seed": seed,
        "marks": making.marks,
        "penned": making.penned,
        "epochs": making.epochs,
        "temperature": round(float(temperature), 4),
        "calibration": [round(slope, 4), round(offset, 4)],
        "bytes": len(content),
        "held_out": _figures(TouchingNetwork(content), tests),
    }
    _written(content, made, folder)
    with files.output_errors(state):
        state.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # something else lies there
            state.parent.rmdir()
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
    text = {folder / CARD: Card(figures).text()} if "test" in figures else {}
    files.write_together({folder / TOUCHING: content, **text, path: files.as_json(figures)})


@torch.no_grad()
def _logits(network: StringNetwork, marks: Sequence[Mark]) -> Iterator[Tensor]:
    """Logits `(12, T)` of each mark, alone: no paper is added to it."""
    for image, _ in marks:
        strip = torch.from_numpy(image)[None, None].float() / 255
        yield network(strip)[0]


def _loss_of(logits: Sequence[Tensor], marks: Sequence[Mark], temperature: float) -> float:
    losses = [
        ctc_loss(own[None] / temperature, [values]) * len(values)
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
