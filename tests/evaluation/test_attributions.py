"""Integrated gradients: exact where that is known, complete where it is not."""

import numpy as np
import pytest
import torch
from torch import Tensor

from inkdigits.evaluation.attributions import ENOUGH, attribution, integrated_gradients
from inkdigits.networks.build import build_network
from inkdigits.networks.description import NetworkDescription, Stage


def image(seed: int, size: int = 12) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size, size)).astype(np.uint8)


def test_of_a_linear_model_they_are_weights_times_ink() -> None:
    weights = torch.randn(5, 144, generator=torch.Generator().manual_seed(0))
    drawn = image(1)
    found = integrated_gradients(
        lambda images: images.flatten(1) @ weights.t() + 2, drawn, 3, steps=8
    )
    expected = weights[3].view(12, 12).numpy() * (drawn / 255)
    np.testing.assert_allclose(found.values, expected, atol=1e-6)
    assert found.baseline == pytest.approx(2)
    assert found.gap < 1e-4


def test_of_a_square_they_are_the_squares() -> None:
    """The integral of the gradient 2 a x over a from 0 to 1, times x, is x squared."""
    drawn = image(2)

    def squares(images: Tensor) -> Tensor:
        return images.square().flatten(1).sum(1, keepdim=True)

    found = integrated_gradients(squares, drawn, 0, steps=64)
    np.testing.assert_allclose(found.values, np.square(drawn / 255), atol=1e-6)


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_of_a_network_they_add_up_to_what_the_output_gained(activation: str) -> None:
    description = NetworkDescription(
        stages=(Stage(6, activation=activation), Stage(8, pooling="average")),  # type: ignore[arg-type]
        dropout=0.0,
        image_size=(12, 12),
    )
    network = build_network(description, torch.Generator().manual_seed(0)).eval()
    drawn = image(3)
    with torch.no_grad():
        black, ink = torch.zeros(1, 1, 12, 12), torch.from_numpy(drawn)[None, None].float() / 255
        gained = float(network(ink)[0, 4] - network(black)[0, 4])
    found = integrated_gradients(network, drawn, 4, steps=256)
    assert found.output - found.baseline == pytest.approx(gained, abs=1e-5)
    assert found.values.sum() == pytest.approx(gained, rel=0.01, abs=1e-3)
    assert not found.values[drawn == 0].any()
    assert found.gap == pytest.approx(abs(found.values.sum() - gained), abs=1e-5)


def test_more_steps_are_taken_where_a_few_miss_too_much() -> None:
    """An output that jumps up within one step: only finer steps see where its gradient lies."""

    def steep(images: Tensor) -> Tensor:
        return torch.sigmoid(2_000 * (images.mean((2, 3)) - 0.1))

    drawn = np.full((4, 4), 255, np.uint8)
    coarse = integrated_gradients(steep, drawn, 0, steps=256)
    found = attribution(steep, drawn, 0)
    assert coarse.gap > ENOUGH * (coarse.output - coarse.baseline)
    assert found.gap < coarse.gap / 5
    smooth = attribution(lambda images: images.mean((2, 3)), drawn, 0)
    assert smooth.gap < 1e-5
