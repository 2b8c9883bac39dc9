"""Which pixels made a network say what it says: integrated gradients.

Sundararajan, Taly and Yan, 'Axiomatic Attribution for Deep Networks', 2017: the gradient of an
output, averaged over all images between empty paper and the image, times the ink. The attributions
of all pixels add up to what the output gained ('completeness'); how far a sum over finitely many
images misses that is kept beside them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Logits = Callable[[Tensor], Tensor]  # images (N, 1, H, W) float32, 0 to 1, to (N, C)
STEPS, MORE_STEPS = 256, 1024
ENOUGH = 0.01  # of what the output gained may be missed without more steps


@dataclass(frozen=True, eq=False)
class Attribution:
    """What each pixel added to one output."""

    values: npt.NDArray[np.float64]  # (H, W); above 0: spoke for it
    baseline: float  # the output for empty paper
    output: float  # the output for the image

    @property
    def gap(self) -> float:
        """How far the sum of all values misses what the output gained."""
        return abs(float(self.values.sum()) - (self.output - self.baseline))


def attribution(logits: Logits, image: npt.NDArray[np.uint8], output: int) -> Attribution:
    """`integrated_gradients` in `STEPS`, or in `MORE_STEPS` where those miss too much."""
    found = integrated_gradients(logits, image, output, steps=STEPS)
    if found.gap <= ENOUGH * abs(found.output - found.baseline):
        return found
    return integrated_gradients(logits, image, output, steps=MORE_STEPS)


def integrated_gradients(
    logits: Logits, image: npt.NDArray[np.uint8], output: int, *, steps: int
) -> Attribution:
    """What each pixel of an image `(H, W) uint8` added to the logit numbered `output`.

    The path from black is cut into `steps` pieces, and the gradient taken in the middle of each.
    """
    pixels = torch.from_numpy(np.array(image))[None, None].float() / 255
    places = (torch.arange(steps) + 0.5) / steps
    total = torch.zeros_like(pixels, dtype=torch.float64)
    for part in places.split(128):
        between = (part[:, None, None, None] * pixels).requires_grad_()
        (gradient,) = torch.autograd.grad(logits(between)[:, output].sum(), between)
        total += gradient.double().sum(0, keepdim=True)
    with torch.no_grad():
        ends = logits(torch.cat((torch.zeros_like(pixels), pixels)))[:, output].double()
    values = (total / steps * pixels)[0, 0].numpy()
    return Attribution(values, float(ends[0]), float(ends[1]))
