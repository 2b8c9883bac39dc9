"""Optimizers on a flat vector: step by step what torch.optim's do."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch

from inkdigits.training.hyperparameters import Optimizer
from inkdigits.training.optimizer import make_optimizer

CASES: list[tuple[Optimizer, Callable[[Any], torch.optim.Optimizer]]] = [
    (
        Optimizer("adam", 0.01),
        lambda parameters: torch.optim.Adam(parameters, lr=0.01, eps=1e-7),
    ),
    (
        Optimizer("adam", 0.02, beta1=0.7, beta2=0.95, epsilon=1e-3, weight_decay=0.3),
        lambda parameters: torch.optim.AdamW(
            parameters, lr=0.02, betas=(0.7, 0.95), eps=1e-3, weight_decay=0.3
        ),
    ),
    (Optimizer("sgd", 0.1), lambda parameters: torch.optim.SGD(parameters, lr=0.1)),
    (
        Optimizer("sgd", 0.1, momentum=0.9, weight_decay=0.01),
        lambda parameters: torch.optim.SGD(
            parameters, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01
        ),
    ),
]


@pytest.mark.parametrize(("settings", "theirs"), CASES)
def test_steps_are_torchs(
    settings: Optimizer, theirs: Callable[[Any], torch.optim.Optimizer]
) -> None:
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(50, dtype=torch.float64, generator=generator)
    ours, reference = start.clone(), torch.nn.Parameter(start.clone())
    optimizer, expected = make_optimizer(ours, settings), theirs([reference])
    for step in range(20):
        rate = settings.learning_rate * (1 - step / 40)
        gradient = torch.randn(50, dtype=torch.float64, generator=generator)
        optimizer.step(gradient.clone(), rate)
        expected.param_groups[0]["lr"] = rate
        reference.grad = gradient
        expected.step()
        torch.testing.assert_close(ours, reference.detach(), rtol=1e-12, atol=1e-14)


def test_training_imports_neither_torchs_compiler_nor_what_its_end_draws_with() -> None:
    script = (
        "import sys, numpy as np, inkdigits.ensemble\n"
        "from inkdigits.data import Split\n"
        "from inkdigits.training.engine import Engine\n"
        "from inkdigits.training.recipes import find_recipe\n"
        "from inkdigits.training.trainer import Trainer\n"
        "split = Split(np.zeros((256, 28, 28), np.uint8), np.zeros(256, np.uint8))\n"
        "Trainer(find_recipe('quick'), split, Engine('cpu', 'float32', 1), 0).run()\n"
        "print([name for name in ('torch._dynamo', 'matplotlib', 'tensorboard') "
        "if name in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert output.stdout == "[]\n", output.stderr
