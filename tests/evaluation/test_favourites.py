"""What filters like: of a single convolution the answer is known."""

import numpy as np
import torch

from inkdigits.evaluation.favourites import answers, favourite_inputs
from inkdigits.networks.build import ConvolutionStage, build_network
from inkdigits.networks.description import NetworkDescription, Stage


def test_a_convolution_likes_ink_just_where_its_kernel_is_positive() -> None:
    description = NetworkDescription(
        stages=(Stage(5, kernel=3, norm="none", pooling="none"),), image_size=(9, 9)
    )
    network = build_network(description, torch.Generator().manual_seed(0)).eval()
    stage = network.stages[0]
    assert isinstance(stage, ConvolutionStage)
    kernels = stage.convolution.weight.detach()[:, 0]
    kernels += 0.3 * kernels.sign()  # no weight so small that the way to the end takes long
    found = favourite_inputs(network, 0, seed=0, steps=200, smooth=False)
    assert found.shape == (5, 3, 3)
    np.testing.assert_allclose(found, (kernels > 0).float().numpy(), atol=0.01)


def test_deeper_filters_see_more_of_the_image_and_nothing_is_left_behind() -> None:
    description = NetworkDescription(
        stages=(Stage(4, pool_first=True), Stage(6, pooling="none"), Stage(7)), image_size=(20, 20)
    )
    network = build_network(description, torch.Generator().manual_seed(1)).eval()
    sizes = []
    for number in range(3):
        found = favourite_inputs(network, number, seed=0)
        assert 0 <= found.min() <= found.max() <= 1
        sizes.append(found.shape)
    assert [size[0] for size in sizes] == [4, 6, 7]
    assert sizes[0][1] == 4  # 3x3 at four places of a pooling
    assert sizes[0][1] < sizes[1][1] < sizes[2][1]
    assert not any(module._forward_hooks for module in network.modules())


def test_a_filter_likes_its_favourite_more_than_a_thousand_other_images() -> None:
    description = NetworkDescription(
        stages=(
            Stage(4, padding="valid", pooling="none"),
            Stage(5, kernel=6, padding="valid", pooling="none"),
        ),
        image_size=(8, 8),
    )
    generator = torch.Generator().manual_seed(2)
    network = build_network(description, generator).eval()
    layers = network.convolution_stages
    found = torch.from_numpy(favourite_inputs(network, 1, seed=0))[:, None]
    assert found.shape == (5, 1, 8, 8)
    with torch.no_grad():
        liked = answers(layers, found).diagonal()
        others = answers(layers, torch.rand(1_000, 1, 8, 8, generator=generator))
    assert (liked > others.amax(0)).all()
