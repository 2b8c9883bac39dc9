"""Projected gradient descent: inside its bounds, never better than the worst case, and as bad."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from inkdigits.errors import UsageError
from inkdigits.evaluation.adversarial import Attack, attack_all, pgd
from inkdigits.networks.build import Network, build_network
from inkdigits.networks.description import NetworkDescription, Stage


def linear(weights: Tensor, bias: float) -> "Linear":
    return Linear(weights, bias)


class Linear:
    """Two classes: the second where `weights . image + bias` is above 0."""

    def __init__(self, weights: Tensor, bias: float) -> None:
        self.weights, self.bias = weights, bias

    def __call__(self, images: Tensor) -> Tensor:
        score = (images.flatten(1) * self.weights).sum(1) + self.bias
        return torch.stack((torch.zeros_like(score), score), 1)


def network(seed: int = 0) -> Network:
    description = NetworkDescription(
        stages=(Stage(4, kernel=3),), dropout=0.0, classes=3, image_size=(8, 8)
    )
    return build_network(description, torch.Generator().manual_seed(seed)).eval()


@given(st.integers(0, 1_000), st.sampled_from([0.05, 0.1, 0.3]))
@settings(max_examples=20)
def test_against_a_linear_model_it_finds_the_worst_case_and_no_other(
    seed: int, epsilon: float
) -> None:
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randn(16, generator=generator)
    images = torch.rand(30, 1, 4, 4, generator=generator)
    model = linear(weights, float(torch.randn(1, generator=generator)))
    labels = model(images).argmax(1)
    signs = torch.where(labels == 1, 1.0, -1.0)[:, None]  # of what the attacker lowers
    worst = (images.flatten(1) - epsilon * signs * weights.sign()).clamp(0, 1)
    stands = model(worst.view_as(images)).argmax(1) == labels
    found = pgd(model, images, labels, epsilon, generator, Attack(40, 1))
    torch.testing.assert_close(model(found).argmax(1) == labels, stands)
    # Whoever withstands was brought to the very corner of the ball.
    torch.testing.assert_close(found.flatten(1)[stands], worst[stands], atol=1e-6, rtol=0)


def test_it_stays_in_the_ball_and_in_the_image() -> None:
    generator = torch.Generator().manual_seed(1)
    images = torch.rand(40, 1, 8, 8, generator=generator).round(decimals=1)
    labels = network()(images).argmax(1)
    for epsilon in (0.05, 0.3):
        found = pgd(network(), images, labels, epsilon, generator, Attack(10, 2))
        assert float((found - images).abs().max()) <= epsilon + 1e-6
        assert float(found.min()) >= 0
        assert float(found.max()) <= 1


def test_larger_balls_leave_fewer_standing_and_images_misread_unattacked_stay_so() -> None:
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (60, 8, 8)).astype(np.uint8)
    with torch.no_grad():
        read = network()(torch.from_numpy(images)[:, None].float() / 255).argmax(1).numpy()
    labels = np.where(np.arange(60) < 50, read, (read + 1) % 3)
    found = attack_all(
        network(), images, labels, 0, epsilons=(0.01, 0.05, 0.3), attack=Attack(10, 1), shown=5
    )
    assert found.withstood[0].sum() == 50
    assert not found.withstood[:, 50:].any()
    assert (found.withstood[:-1] >= found.withstood[1:]).all()
    assert found.withstood[-1].sum() < found.withstood[1].sum()
    for row, epsilon in enumerate((0, 0.01, 0.05, 0.3)):
        away = np.abs(found.examples[row] - images[:5] / 255).max()
        assert away <= epsilon + 1e-6
    np.testing.assert_array_equal(found.read[0], read[:5])
    # An example is read rightly just where no attack was found.
    np.testing.assert_array_equal(found.read[-1] == labels[:5], found.withstood[-1, :5])


def test_the_same_seed_attacks_alike() -> None:
    images = np.random.default_rng(3).integers(0, 256, (20, 8, 8)).astype(np.uint8)
    labels = np.zeros(20, np.int64)
    both = [
        attack_all(network(), images, labels, 7, epsilons=(0.1,), attack=Attack(5, 1), shown=20)
        for _ in range(2)
    ]
    np.testing.assert_array_equal(both[0].examples, both[1].examples)


def test_an_attack_without_steps_is_refused() -> None:
    with pytest.raises(UsageError, match="steps"):
        Attack(0, 1)
