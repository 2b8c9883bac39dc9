"""What a network remembers: SciPy, scikit-learn and hand-computed cases are the oracles."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import ndimage
from sklearn.decomposition import PCA

from inkdigits.data import Dataset
from inkdigits.data.dataset import Split
from inkdigits.errors import UsageError
from inkdigits.networks import memory
from inkdigits.networks.build import build_network
from inkdigits.networks.description import DIRECTIONS, Memory, NetworkDescription, Stage
from inkdigits.networks.memory import (
    Neighbours,
    blur_weights,
    directions,
    split_kernels,
    upright,
)
from inkdigits.networks.predict import predict_logits
from inkdigits.training.engine import Engine
from inkdigits.training.recipe import Recipe
from inkdigits.training.trainer import Trainer


def described(**settings: float) -> NetworkDescription:
    return NetworkDescription(stages=(Stage(2),), memory=Memory(**settings))  # type: ignore[arg-type]


def some(split: Split, first: int, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    images = torch.from_numpy(split.images[first : first + count].copy())[:, None]
    return images, torch.from_numpy(split.labels[first : first + count].astype(np.int64))


def shares_of(right: float, down: float) -> np.ndarray:
    """The shares of the eight directions in the middle of a plane that rises so a pixel."""
    y, x = np.mgrid[-1.0:2, -1.0:2]
    plane = torch.from_numpy(right * x + down * y).float()[None, None]
    towards, away = torch.conv2d(plane, split_kernels()).flatten().split(DIRECTIONS)
    return torch.minimum(towards, away).relu().numpy() / 8  # Sobel's kernels weigh 8


@given(right=st.floats(-1, 1), down=st.floats(-1, 1))
def test_shares_of_two_neighbouring_directions_add_up_to_the_gradient(
    right: float, down: float
) -> None:
    shares = shares_of(right, down)
    angles = np.arange(DIRECTIONS) * np.pi / 4
    assert_allclose([shares @ np.cos(angles), shares @ np.sin(angles)], [right, down], atol=1e-5)
    present = np.flatnonzero(shares > 1e-5)
    assert len(present) <= 2
    if len(present) == 2:
        assert (present[1] - present[0]) % DIRECTIONS in (1, DIRECTIONS - 1)


def test_a_gradient_along_a_direction_is_all_its_own() -> None:
    assert_allclose(shares_of(0, 0.5), [0, 0, 0.5, 0, 0, 0, 0, 0], atol=1e-6)  # downwards
    assert_allclose(shares_of(-1, 0), [0, 0, 0, 0, 1, 0, 0, 0], atol=1e-6)


@pytest.mark.parametrize("size", [5, 28, 30])
def test_the_blur_is_scipys_at_every_third_pixel(size: int) -> None:
    line = np.random.default_rng(0).random(size)
    blurred = ndimage.gaussian_filter1d(line, 1.5, mode="constant")
    assert_allclose(blur_weights(size).numpy() @ line, blurred[1::3], rtol=1e-5)


def test_upright_images_do_not_slant_and_lie_in_the_middle(mnist: Dataset) -> None:
    images, _ = some(mnist.train, 0, 40)
    straight = upright(images.float() / 255)[:, 0].double().numpy()
    y, x = np.mgrid[:28, :28] - 13.5
    for image in straight:
        weights = image / image.sum()
        assert abs((weights * y).sum()) < 0.2
        assert abs((weights * x).sum()) < 0.2
        assert abs((weights * x * y).sum() / (weights * y * y).sum()) < 0.03
    assert (np.abs(straight - images[:, 0].numpy() / 255).mean((1, 2)) > 0.02).any()


def test_upright_is_scipys_affine_transformation(mnist: Dataset) -> None:
    image = mnist.train.images[7] / 255
    weights = image / image.sum()
    y, x = np.mgrid[:28, :28]
    row, column = (weights * y).sum(), (weights * x).sum()
    slant = (weights * (y - row) * (x - column)).sum() / (weights * (y - row) ** 2).sum()
    matrix = np.array([[1, 0], [slant, 1]])
    offset = np.array([row, column]) - matrix @ [13.5, 13.5]
    expected = ndimage.affine_transform(image, matrix, offset, order=1, mode="grid-constant")
    found = upright(torch.from_numpy(image).float()[None, None])[0, 0].numpy()
    assert_allclose(found, expected, atol=1e-5)


def test_blank_images_have_no_direction() -> None:
    assert not directions(torch.zeros(2, 1, 28, 28)).any()


def test_neighbours_are_weighted_by_their_distance(mnist: Dataset) -> None:
    settings = Memory(images=400, components=30, sharpness=80, weight=0.7, floor=0.05)
    neighbours = Neighbours(NetworkDescription(memory=settings))
    images, labels = some(mnist.train, 0, 400)
    others, _ = some(mnist.train, 400, 50)
    neighbours.remember(images, labels)
    features, asked = (directions(part.float() / 255).double().numpy() for part in (images, others))
    shorter = PCA(30, svd_solver="full").fit(features)
    keys, queries = shorter.transform(features), shorter.transform(asked)
    squares = ((queries[:, None] - keys[None]) ** 2).sum(2)
    weights = np.exp(-40 * squares)
    shares = weights @ np.eye(10)[labels.numpy()] / weights.sum(1, keepdims=True)
    found = neighbours(others.float() / 255).numpy()
    assert_allclose(found, 0.7 * np.log(shares + 0.05), atol=2e-3)
    assert (found.argmax(1) == mnist.train.labels[400:450]).mean() > 0.8


def test_what_is_empty_says_nothing(mnist: Dataset) -> None:
    images, labels = some(mnist.train, 0, 20)
    neighbours = Neighbours(described(images=30))
    said = neighbours(images.float() / 255)
    assert_allclose(said, said[:1, :1].expand_as(said))
    neighbours.remember(images, labels)
    roomless = Neighbours(described(images=20))
    roomless.remember(*some(mnist.train, 0, 50))  # of which the first 20 fit
    assert_allclose(neighbours(images.float() / 255), roomless(images.float() / 255), atol=1e-4)


def test_a_memory_of_many_is_asked_in_parts(
    mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    neighbours = Neighbours(described(images=40))
    neighbours.remember(*some(mnist.train, 0, 40))
    images = some(mnist.train, 40, 7)[0].float() / 255
    whole = neighbours(images)
    for numbers in (80, 1):
        monkeypatch.setattr(memory, "_AT_ONCE", numbers)
        assert_allclose(neighbours(images), whole, atol=1e-5)


def test_a_trained_network_remembers_and_reads_with_it(mnist: Dataset) -> None:
    split = Split(mnist.train.images[:200], mnist.train.labels[:200])
    recipe = Recipe(network=described(images=200, weight=5), epochs=1, batch_size=50)
    trainer = Trainer(recipe, split, Engine("cpu", "float32", 1), 0)
    trainer.run()
    plain = replace(recipe, network=replace(recipe.network, memory=Memory()))
    without = Trainer(plain, split, Engine("cpu", "float32", 1), 0)
    without.run()
    torch.testing.assert_close(trainer.parameters, without.parameters, rtol=0, atol=0)
    images = mnist.train.images[200:260]
    asked = torch.from_numpy(images.copy())[:, None].float() / 255
    assert trainer.network.memory is not None
    expected = predict_logits(without.network, images) + trainer.network.memory(asked).numpy()
    assert_allclose(predict_logits(trainer.network, images), expected, atol=1e-4)
    other = build_network(recipe.network, torch.Generator()).eval()
    other.load_state_dict(trainer.network.state_dict())
    assert_allclose(predict_logits(other, images), expected, atol=1e-4)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"images": -1}, "memory.images is -1"),
        ({"images": 10, "floor": 0}, "memory.floor is 0"),
        ({"images": 2**20, "components": 512}, "weights; the limit is"),
    ],
)
def test_memories_that_cannot_be_are_named(changes: dict[str, float], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        described(**changes)


@pytest.mark.parametrize("size", [(1, 28), (512, 512)])
def test_images_that_cannot_be_remembered_are_named(size: tuple[int, int]) -> None:
    stages = (Stage(2, kernel=1, pooling="none"),)
    with pytest.raises(UsageError, match=rf"{size[1]}x{size[0]} pixels cannot be remembered"):
        NetworkDescription(stages=stages, image_size=size, memory=Memory(images=5))
