"""The fast first stage gives what the ordinary layers give: outputs, gradients, averages.

Compared in float64: in float32 either way's rounding turns near ties in pooling over, and single
gradients jump.
"""

from dataclasses import replace

import pytest
import torch
from torch import nn

from inkdigits.networks.build import Network, build_network
from inkdigits.networks.description import NetworkDescription, Stage
from inkdigits.networks.first_stage import largest_of_four

VARIANTS = [
    {},
    {"pooling": "average"},
    {"pooling": "min"},
    {"pooling": "none"},
    {"pool": 3},
    {"padding": "valid"},
    {"padding": "reflect"},
    {"padding": "symmetric", "kernel": 5},
    {"kernel": 4},
    {"kernel": 1},
    {"activation": "sigmoid"},
    {"activation": "leaky_relu", "pooling": "average"},
    {"pool_first": True},
    {"pool_first": True, "padding": "valid", "kernel": 5},
    {"pool_first": True, "pooling": "average"},
    {"pool_first": True, "pooling": "min", "pool": 3},
    {"pool_first": True, "pooling": "none"},
    {"stride": 2, "kernel": 5, "padding": "valid"},
    {"stride": 3, "pooling": "none"},
]


def network(description: NetworkDescription, by_patches: bool) -> Network:
    built = build_network(description, torch.Generator().manual_seed(1))
    built.convolution_stages[0].by_patches = by_patches
    parameters = dict(built.named_parameters())
    # Away from the start: some filters turned over, a bias that must cancel.
    values = torch.Generator().manual_seed(2)
    parameters["stages.0.convolution.bias"].data.uniform_(-1, 1, generator=values)
    parameters["stages.0.norm.weight"].data.uniform_(-1, 1, generator=values)
    parameters["stages.0.norm.bias"].data.uniform_(-1, 1, generator=values)
    return built.train()


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("size", [(28, 28), (27, 25)])
def test_the_way_by_patches_equals_the_ordinary_layers(
    variant: dict[str, object], size: tuple[int, int]
) -> None:
    stage = replace(Stage(filters=6), **variant)  # type: ignore[arg-type]  # from a table
    description = NetworkDescription(stages=(stage, Stage(8)), dropout=0.0, image_size=size)
    fast, plain = network(description, True).double(), network(description, False).double()
    images = torch.rand(8, 1, *size, generator=torch.Generator().manual_seed(3)).double()
    targets = torch.arange(8) % 10
    for each in (fast, plain):
        nn.functional.cross_entropy(each(images), targets).backward()
    torch.testing.assert_close(fast(images), plain(images), atol=1e-12, rtol=1e-9)
    for (name, ours), theirs in zip(fast.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-12, rtol=1e-9, msg=name)
    for (name, average), expected in zip(fast.named_buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(average, expected, atol=1e-12, rtol=1e-9, msg=name)


def test_bfloat16_stays_close_to_float32() -> None:
    description = NetworkDescription(dropout=0.0)
    built = network(description, True)
    images = torch.randint(0, 256, (32, 1, 28, 28), generator=torch.Generator().manual_seed(3))
    exact = built(images.float() / 255).detach()
    rough = built(images.bfloat16() / 255).detach()
    assert rough.dtype == torch.float32
    # bfloat16 keeps 8 bits; three layers of them stay within a few percent of the logits' range.
    assert float((exact - rough).abs().max() / exact.abs().max()) < 0.05


def test_the_gradient_of_the_largest_goes_to_the_first_of_equals() -> None:
    quarters = torch.tensor([[[1.0, 5.0]], [[1.0, 2.0]], [[0.0, 7.0]], [[1.0, 7.0]]])
    quarters.requires_grad_()
    largest = largest_of_four(quarters)
    assert largest.tolist() == [[1.0, 7.0]]
    largest.backward(torch.tensor([[10.0, 20.0]]))
    assert quarters.grad is not None
    assert quarters.grad[:, 0].tolist() == [[10, 0], [0, 0], [0, 20], [0, 0]]


def test_the_lab_network_equals_torchs_own_layers() -> None:
    ours = build_network(NetworkDescription(dropout=0.0), torch.Generator().manual_seed(0))
    ours.double().train()
    layers: list[nn.Module] = []
    for number, channels in enumerate((1, 32, 32)):
        layers += [nn.Conv2d(channels, 32, 3, padding=1), nn.BatchNorm2d(32, 1e-3), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if number < 2 else []
    theirs = nn.Sequential(*layers, nn.Flatten(), nn.Linear(1568, 10)).double().train()
    for source, target in zip(ours.parameters(), theirs.parameters(), strict=True):
        target.data.copy_(source.data)
    # torch flattens (channels, height, width), Keras and we (height, width, channels).
    dense = ours.dense.weight.data.view(10, 7, 7, 32).permute(0, 3, 1, 2).reshape(10, -1)
    list(theirs.parameters())[-2].data.copy_(dense)
    images = torch.rand(16, 1, 28, 28, generator=torch.Generator().manual_seed(4)).double()
    targets = torch.arange(16) % 10
    torch.testing.assert_close(ours(images), theirs(images), atol=1e-12, rtol=1e-9)
    nn.functional.cross_entropy(ours(images), targets).backward()
    nn.functional.cross_entropy(theirs(images), targets).backward()
    pairs = zip(ours.named_parameters(), theirs.parameters(), strict=True)
    for (name, source), target in pairs:
        if name != "dense.weight":
            torch.testing.assert_close(source.grad, target.grad, atol=1e-12, rtol=1e-9, msg=name)
