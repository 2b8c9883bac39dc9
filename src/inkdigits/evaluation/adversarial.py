"""How many images are still read rightly when somebody changes their pixels to have them misread.

Projected gradient descent from random starts: Madry, Makelov, Schmidt, Tsipras and Vladu, 'Towards
Deep Learning Models Resistant to Adversarial Attacks', 2018. No pixel changes by more than epsilon
(of white's 1), and the attacker knows the network. What an attack does not find may still be there:
an accuracy under attack is an upper bound.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from inkdigits.settings import check_range, check_types

Logits = Callable[[Tensor], Tensor]  # images (N, 1, H, W) float32, 0 to 1, to (N, C)
EPSILONS = (0.1, 0.2, 0.3)
_BATCH = 250


@dataclass(frozen=True)
class Attack:
    """How hard is tried.

    Raises:
        UsageError: if a value is of another type, or out of its range.
    """

    steps: int = 40
    restarts: int = 3  # random starts

    def __post_init__(self) -> None:
        check_types(self)
        check_range("steps", self.steps, 1, 10_000)
        check_range("restarts", self.restarts, 1, 1_000)


@dataclass(frozen=True, eq=False)
class Attacked:
    """What became of N images in balls of E radii, the smallest first."""

    epsilons: tuple[float, ...]
    withstood: npt.NDArray[np.bool_]  # (1 + E, N): read rightly; first without any change
    examples: npt.NDArray[np.float32]  # (1 + E, shown, H, W), 0 to 1: the first images, changed
    read: npt.NDArray[np.int64]  # (1 + E, shown): what they are taken for


def attack_all(
    logits: Logits,
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.integer],
    seed: int,
    *,
    epsilons: tuple[float, ...] = EPSILONS,
    attack: Attack | None = None,
    shown: int = 0,
    report: Callable[[float], None] = lambda done: None,
) -> Attacked:
    """Attack images `(N, H, W) uint8` of the classes `(N,)` in balls of rising radii.

    An image that is misread in a smaller ball is so in a larger one, and is attacked no more.

    Args:
        shown: of how many images the changed pixels are kept; these are attacked in each ball.
        report: is told the share done, 0 to 1.
    """
    attack = attack or Attack()
    generator = torch.Generator().manual_seed(seed)
    originals = torch.from_numpy(np.array(images))[:, None].float() / 255
    true = torch.from_numpy(labels.astype(np.int64))
    standing = _read(logits, originals) == true
    rows, examples = [standing.clone()], [originals[:shown]]
    parts = torch.arange(len(images)).split(_BATCH)
    for number, epsilon in enumerate(epsilons):
        changed = originals[:shown].clone()
        for place, part in enumerate(parts):
            tried = part[standing[part] | (part < shown)]
            if len(tried):
                found = pgd(logits, originals[tried], true[tried], epsilon, generator, attack)
                standing[tried] &= _read(logits, found) == true[tried]
                changed[tried[tried < shown]] = found[tried < shown]
            report((number + (place + 1) / len(parts)) / len(epsilons))
        rows.append(standing.clone())
        examples.append(changed)
    read = [_read(logits, each).numpy() for each in examples]
    pictures = torch.stack(examples)[:, :, 0]
    return Attacked(epsilons, torch.stack(rows).numpy(), pictures.numpy(), np.stack(read))


def pgd(
    logits: Logits,
    images: Tensor,
    labels: Tensor,
    epsilon: float,
    generator: torch.Generator,
    attack: Attack,
) -> Tensor:
    """Images `(N, 1, H, W)` changed by at most `epsilon` a pixel, within 0 to 1, to be misread.

    The first change that has an image misread ends its attack; one that withstands all is returned
    where its last attack ended. Steps are of 2.5 epsilon / steps, so that the ball's edge can be
    reached from anywhere in it and walked along.
    """
    low, high = (images - epsilon).clamp(0, 1), (images + epsilon).clamp(0, 1)
    changed = images.clone()
    left = (_read(logits, images) == labels).nonzero()[:, 0]
    for _ in range(attack.restarts):
        if not len(left):
            break
        noise = torch.empty_like(images[left]).uniform_(-epsilon, epsilon, generator=generator)
        changed[left] = (images[left] + noise).clamp(low[left], high[left])
        for _ in range(attack.steps):
            gradient, read = _gradient(logits, changed[left], labels[left])
            is_right = read == labels[left]
            left, gradient = left[is_right], gradient[is_right]
            step = 2.5 * epsilon / attack.steps * gradient.sign()
            changed[left] = (changed[left] + step).clamp(low[left], high[left])
        left = left[_read(logits, changed[left]) == labels[left]]
    return changed


def _gradient(logits: Logits, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Where the loss rises, `(N, 1, H, W)`, and the classes read `(N,)`."""
    images = images.detach().requires_grad_()
    scores = logits(images)
    loss = F.cross_entropy(scores, labels, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, images)
    return gradient, scores.argmax(1)


@torch.no_grad()
def _read(logits: Logits, images: Tensor) -> Tensor:
    parts = [logits(part).argmax(1) for part in images.split(_BATCH)]
    return torch.cat(parts) if parts else torch.zeros(0, dtype=torch.int64)
