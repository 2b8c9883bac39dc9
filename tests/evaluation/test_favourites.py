"""What filters like: of a single convolution the answer is known."""

import numpy as np
import torch

from inkdigits.evaluation.favourites import favourite_inputs
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


def test_deeper_filters_are_excited_more_than_by_grey_and_see_more() -> None:
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
    before = network.stages[0](torch.full((1, 1, 20, 20), 0.5))
    assert not network.stages[0]._forward_hooks
    assert before.shape == (1, 4, 10, 10)
