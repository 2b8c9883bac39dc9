"""Layers against SciPy, numpy and float64 formulas."""

import numpy as np
import pytest
import torch
from scipy.signal import correlate2d

from inkdigits.networks.description import Activation, Padding, Pooling, Stage
from inkdigits.networks.layers import (
    BatchNorm,
    Convolution,
    Dropout,
    activate,
    activate_and_pool,
    flatten,
    glorot_uniform,
    pool,
)

NUMPY_PADDING = {
    "same": "constant",
    "reflect": "reflect",
    "symmetric": "symmetric",
    "replicate": "edge",
}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("padding", ["valid", *NUMPY_PADDING])
def test_convolution_is_scipys_correlation_of_the_padded_image(
    kernel: int, padding: Padding
) -> None:
    stage = Stage(filters=3, kernel=kernel, padding=padding)
    convolution = Convolution(2, stage, generator())
    torch.nn.init.uniform_(convolution.bias, generator=generator(1))
    image = torch.rand(1, 2, 9, 7, generator=generator(2))
    found = convolution(image)[0].detach().numpy()
    weight, bias = convolution.weight.detach().numpy(), convolution.bias.detach().numpy()
    for filter_index in range(3):
        expected = bias[filter_index]
        for channel in range(2):
            plane = image[0, channel].numpy()
            if padding != "valid":
                # Keras puts the odd pixel of an even kernel's padding behind.
                margins = ((kernel - 1) // 2, kernel // 2)
                plane = np.pad(plane, (margins, margins), mode=NUMPY_PADDING[padding])  # type: ignore[call-overload]  # the mode is a variable
            expected = expected + correlate2d(plane, weight[filter_index, channel], "valid")
        np.testing.assert_allclose(found[filter_index], expected, atol=1e-5)


def test_batch_norm_normalises_by_the_batch_and_keeps_keras_running_averages() -> None:
    norm = BatchNorm(3, epsilon=1e-3, momentum=0.99)
    images = 3 + 2 * torch.randn(4, 3, 5, 6, generator=generator())
    exact = images.double().numpy()
    mean, variance = exact.mean((0, 2, 3)), exact.var((0, 2, 3))  # biased, as Keras averages it
    expected = (exact - mean[:, None, None]) / np.sqrt(variance + 1e-3)[:, None, None]
    np.testing.assert_allclose(norm(images).detach().numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(norm.running_mean.numpy(), 0.01 * mean, rtol=1e-5)
    np.testing.assert_allclose(norm.running_variance.numpy(), 0.99 + 0.01 * variance, rtol=1e-5)


def test_batch_norm_in_evaluation_uses_the_running_averages_and_leaves_them() -> None:
    norm = BatchNorm(2, epsilon=1e-3, momentum=0.9).eval()
    norm.running_mean.copy_(torch.tensor([1.0, -2.0]))
    norm.running_variance.copy_(torch.tensor([4.0, 0.25]))
    norm.weight.data.copy_(torch.tensor([2.0, 1.0]))
    norm.bias.data.copy_(torch.tensor([0.0, 5.0]))
    found = norm(torch.tensor([[[[3.0]], [[-1.0]]]])).flatten()
    expected = [2 * (3 - 1) / np.sqrt(4.001), (-1 + 2) / np.sqrt(0.251) + 5]
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-5)
    assert norm.running_mean.tolist() == [1.0, -2.0]


def test_glorot_uniform_fills_keras_interval() -> None:
    weights = glorot_uniform((32, 16, 3, 3), generator())
    limit = np.sqrt(6 / (16 * 9 + 32 * 9))
    assert weights.abs().max() <= limit
    # Uniform: deviation limit / sqrt(3); 4,608 draws leave it within 3%.
    assert abs(float(weights.std()) / (limit / np.sqrt(3)) - 1) < 0.03


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid", "linear"])
@pytest.mark.parametrize("pooling", ["max", "min", "average", "none"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_activation_after_pooling_is_exactly_activation_before_pooling(
    activation: Activation, pooling: Pooling, dtype: torch.dtype
) -> None:
    images = torch.randn(2, 3, 7, 9, generator=generator()).to(dtype)
    stage = Stage(activation=activation, pooling=pooling, pool=2)
    expected = pool(activate(images, activation), pooling, 2)
    assert torch.equal(activate_and_pool(images, stage), expected)


def test_pooling_takes_largest_smallest_and_mean_of_a_hand_made_window() -> None:
    image = torch.tensor([[[[1.0, -2.0, 9.0], [5.0, 0.0, 9.0], [9.0, 9.0, 9.0]]]])
    assert pool(image, "max", 2).item() == 5
    assert pool(image, "min", 2).item() == -2
    assert pool(image, "average", 2).item() == 1
    assert pool(image, "none", 2) is image


def test_leaky_relu_has_the_notebooks_slope() -> None:
    values = activate(torch.tensor([-2.0, 3.0]), "leaky_relu")
    np.testing.assert_allclose(values.numpy(), [-0.2, 3.0], rtol=1e-6)


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5, 0.9])
def test_dropout_drops_its_share_and_keeps_the_expectation(rate: float) -> None:
    dropout = Dropout(rate)
    dropout.generator = generator()
    found = dropout(torch.ones(100_003))
    dropped = float((found == 0).float().mean())
    # Five standard deviations of a binomial share.
    assert abs(dropped - rate) < 5 * np.sqrt(rate * (1 - rate) / 100_003)
    kept = found[found != 0]
    np.testing.assert_allclose(kept.numpy(), 1 / (1 - rate), rtol=1e-3)


def test_dropout_masks_are_independent_along_the_features() -> None:
    dropout = Dropout(0.5)
    dropout.generator = generator()
    kept = (dropout(torch.ones(200_000)) > 0).double().numpy() - 0.5
    for lag in (1, 2, 3, 4, 8):
        correlation = float(np.mean(kept[:-lag] * kept[lag:])) / 0.25
        assert abs(correlation) < 5 / np.sqrt(200_000)


def test_dropout_repeats_with_its_generator_and_is_idle_in_evaluation() -> None:
    dropout = Dropout(0.5)
    features = torch.rand(64, 64, generator=generator())
    dropout.generator = generator(3)
    first = dropout(features)
    dropout.generator = generator(3)
    assert torch.equal(dropout(features), first)
    assert not torch.equal(dropout(features), first)
    assert dropout.eval()(features) is features


def test_flatten_puts_channels_innermost() -> None:
    images = torch.arange(12).reshape(1, 3, 2, 2)
    assert flatten(images)[0].tolist() == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]
