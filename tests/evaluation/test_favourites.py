"""What filters like: of a single convolution the answer is known."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from inkdigits.evaluation.favourites import favourite_inputs, own_answers, seen_by_middle
from inkdigits.networks.build import ConvolutionStage, build_network
from inkdigits.networks.description import NetworkDescription, Stage

# Stages, and the size of images: with whole maps, whose edges other pixels decide, and without.
NETWORKS: dict[str, tuple[Sequence[Stage], tuple[int, int]]] = {
    "zeros around": ((Stage(4, pool_first=True), Stage(6, pooling="none"), Stage(7)), (20, 23)),
    "nothing around": (
        (Stage(3, kernel=5, padding="valid"), Stage(5, padding="valid", pooling="none")),
        (28, 28),
    ),
    "mirrored, in steps": (
        (Stage(3, padding="reflect", stride=2, pooling="none"), Stage(4, 4, "symmetric")),
        (31, 26),
    ),
    "pooled last": (
        (
            Stage(3, pooling="average", pool=3),
            Stage(4, 2, "replicate", 2, activation="sigmoid", pooling="min", pool_first=True),
        ),
        (40, 36),
    ),
}


def middle_answers(layers: Sequence[ConvolutionStage], images: Tensor) -> Tensor:
    """What the last layer's normalisation gives in the middle of its whole maps: `(N, F)`."""
    kept: list[Tensor] = []
    norm = layers[-1].norm
    assert norm is not None
    handle = norm.register_forward_hook(lambda module, given, result: kept.append(result))
    for layer in layers:
        images = layer(images)
    handle.remove()
    return kept[0][:, :, kept[0].shape[2] // 2, kept[0].shape[3] // 2]


@pytest.mark.parametrize("name", NETWORKS)
def test_of_the_pixels_that_the_middle_sees_alone_it_answers_as_of_the_whole(name: str) -> None:
    stages, size = NETWORKS[name]
    description = NetworkDescription(stages=tuple(stages), image_size=size)
    generator = torch.Generator().manual_seed(4)
    network = build_network(description, generator).eval()
    for count in range(1, len(stages) + 1):
        layers = network.convolution_stages[:count]
        norm = layers[-1].norm
        assert norm is not None
        norm.running_mean.normal_(generator=generator)
        norm.running_variance.uniform_(0.5, 2, generator=generator)
        images = torch.rand(stages[count - 1].filters, 1, *size, generator=generator)
        sizes = description.sizes()[:count]
        rows, columns = (seen_by_middle(sizes, layers, axis) for axis in (0, 1))
        parts = images[:, :, rows.pixels, columns.pixels]
        with torch.no_grad():
            own = own_answers(layers, parts, rows.middle, columns.middle)
            torch.testing.assert_close(own, middle_answers(layers, images).diagonal())
        # All that it sees is there.
        seen = torch.autograd.functional.jacobian(
            lambda image, layers=layers: middle_answers(layers, image[None])[0], images[0]
        )
        places = seen.abs().sum((0, 1)).nonzero()
        for part, found in zip((rows.pixels, columns.pixels), places.T, strict=True):
            assert part.start <= found.min()
            assert found.max() < part.stop
    assert rows.pixels.stop - rows.pixels.start < size[0]


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
        liked = middle_answers(layers, found).diagonal()
        others = middle_answers(layers, torch.rand(1_000, 1, 8, 8, generator=generator))
    assert (liked > others.amax(0)).all()
