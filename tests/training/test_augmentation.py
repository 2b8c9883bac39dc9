"""Augmentation: known pixels go to known places, draws stay in their bounds, generators decide."""

import math

import numpy as np
import pytest
import scipy.ndimage
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.errors import UsageError
from inkdigits.training.augmentation import (
    affine_matrices,
    augment,
    blur,
    elastic_displacements,
    erase,
    thicken,
    warp,
)
from inkdigits.training.hyperparameters import Augmentation

SIZE = (28, 28)
EVERYTHING = Augmentation(
    rotation=15, scale=0.1, aspect=0.1, shear=10, shift=2, elastic=0.8, thickness=0.4, blur=0.5,
    noise=0.05, contrast=0.2, erase=0.5,
)  # fmt: skip


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def dot(row: int, column: int, size: tuple[int, int] = (9, 9)) -> torch.Tensor:
    image = torch.zeros(1, 1, *size)
    image[0, 0, row, column] = 1
    return image


@pytest.mark.parametrize(
    ("linear", "row", "column"),
    [
        ([[1.0, 0.0], [0.0, 1.0]], 2, 4),
        ([[0.0, 1.0], [-1.0, 0.0]], 4, 6),  # output (2, 0) shows input (0, -2): a quarter turn
        ([[-1.0, 0.0], [0.0, -1.0]], 6, 4),  # half a turn about the middle
        ([[1.0, 0.0], [0.0, 0.5]], 0, 4),  # twice as tall
        ([[1.0, 0.5], [0.0, 1.0]], 2, 5),  # sheared: what is 2 above the middle goes 1 right
    ],
)
def test_a_known_pixel_goes_to_a_known_place(
    linear: list[list[float]], row: int, column: int
) -> None:
    matrix = torch.cat((torch.tensor(linear), torch.zeros(2, 1)), 1)[None]
    warped = warp(dot(2, 4), matrix)
    assert warped[0, 0, row, column] == pytest.approx(1, abs=1e-5)


def test_a_shift_moves_the_dot_by_so_many_pixels_right_and_down() -> None:
    settings = Augmentation(shift=3)
    matrices = affine_matrices(200, settings, SIZE, seeded())
    images = torch.zeros(200, 1, *SIZE)
    images[:, 0, 14, 14] = 1
    warped = warp(images, matrices)[:, 0].numpy()
    for image, matrix in zip(warped, matrices.numpy(), strict=True):
        assert scipy.ndimage.center_of_mass(image) == pytest.approx(
            (14 - matrix[1, 2], 14 - matrix[0, 2]), abs=1e-4
        )
    assert matrices[:, :, 2].abs().max() <= 3
    assert matrices[:, :, 2].abs().max() > 2.9


@pytest.mark.parametrize("degrees", [0.0, 10.0, 30.0])
def test_a_matrix_undoes_what_it_is_made_of(degrees: float) -> None:
    turned = Augmentation(rotation=degrees)
    linear = affine_matrices(500, turned, SIZE, seeded())[:, :, :2]
    identity = linear @ linear.transpose(1, 2)  # rotations keep lengths and angles
    assert torch.allclose(identity, torch.eye(2).expand(500, 2, 2), atol=1e-6)
    angles = torch.atan2(linear[:, 0, 1], linear[:, 0, 0]).abs() * 180 / math.pi
    assert angles.max() <= degrees + 1e-4
    assert angles.max() >= 0.98 * degrees


def test_scale_and_aspect_change_area_and_shape_within_their_bounds() -> None:
    linear = affine_matrices(2000, Augmentation(scale=0.2), SIZE, seeded())[:, :, :2]
    growth = 1 / linear.det().sqrt()
    assert growth.min() == pytest.approx(0.8, abs=0.01)
    assert growth.max() == pytest.approx(1.2, abs=0.01)
    linear = affine_matrices(2000, Augmentation(aspect=0.2), SIZE, seeded())[:, :, :2]
    assert torch.allclose(linear.det(), torch.ones(2000), atol=1e-5)
    ratio = linear[:, 1, 1] / linear[:, 0, 0]
    assert ratio.min() == pytest.approx(0.8, abs=0.01)
    assert ratio.max() == pytest.approx(1.2, abs=0.01)


@settings(max_examples=20)
@given(st.integers(0, 2**31), st.floats(-40, 40), st.floats(0.7, 1.4))
def test_warp_agrees_with_scipy(seed: int, degrees: float, scale: float) -> None:
    image = scipy.ndimage.gaussian_filter(np.random.default_rng(seed).random(SIZE), 1)
    image[:4] = image[-4:] = image[:, :4] = image[:, -4:] = 0  # beyond the border both see black
    turn = math.radians(degrees)
    linear = scale * np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    matrix = torch.tensor(np.hstack((linear, [[1.5], [-0.7]])), dtype=torch.float32)[None]
    ours = warp(torch.tensor(image, dtype=torch.float32)[None, None], matrix)[0, 0].numpy()
    swapped = linear[::-1, ::-1]  # SciPy counts rows first
    middle = np.array([13.5, 13.5])
    offset = middle - swapped @ middle + np.array([-0.7, 1.5])
    expected = scipy.ndimage.affine_transform(image, swapped, offset, order=1)
    inner = slice(1, -1)
    assert np.allclose(ours[inner, inner], expected[inner, inner], atol=1e-4)


def test_elastic_displacements_have_the_deviation_asked_for_and_are_smooth() -> None:
    fields = elastic_displacements(400, Augmentation(elastic=1.5), SIZE, seeded())
    assert fields.shape == (400, 2, *SIZE)
    deviations = fields.std(0)
    assert deviations.min() > 1.2
    assert deviations.max() < 1.8
    steps = (fields[..., 1:] - fields[..., :-1]).std()
    assert steps < 0.25 * 1.5


def test_thickening_equals_scipys_grey_dilation_and_erosion() -> None:
    image = np.random.default_rng(0).random(SIZE).astype(np.float32)
    images = torch.from_numpy(image).expand(3, 1, -1, -1)
    amounts = torch.tensor([1.0, -1.0, 0.25])
    dilated, eroded, partly = thicken(images, amounts)[:, 0].numpy()
    most = scipy.ndimage.grey_dilation(image, 3, mode="constant", cval=-np.inf)
    least = scipy.ndimage.grey_erosion(image, 3, mode="constant", cval=np.inf)
    assert np.allclose(dilated, most)
    assert np.allclose(eroded, least)
    assert np.allclose(partly, 0.75 * image + 0.25 * most, atol=1e-6)


def test_blur_keeps_the_ink_and_spreads_it_by_the_binomial_kernel() -> None:
    blurred = blur(dot(4, 4), torch.ones(1))[0, 0]
    assert blurred.sum() == pytest.approx(1)
    assert blurred[3:6, 3:6].tolist() == [[1 / 16, 1 / 8, 1 / 16], [1 / 8, 1 / 4, 1 / 8],
                                         [1 / 16, 1 / 8, 1 / 16]]  # fmt: skip


def test_a_share_of_images_loses_one_rectangle_of_bounded_size() -> None:
    erased = erase(torch.ones(2_000, 1, 20, 30), 0.3, seeded(3))[:, 0] == 0
    hit = erased.flatten(1).any(1)
    assert hit.float().mean() == pytest.approx(0.3, abs=0.04)
    rows, columns = erased[hit].any(2), erased[hit].any(1)
    # All of the smallest box that holds the blank pixels is blank.
    assert torch.equal(erased[hit], rows[:, :, None] & columns[:, None, :])
    assert set(rows.sum(1).tolist()) == set(range(2, 9))
    assert set(columns.sum(1).tolist()) == set(range(3, 13))
    assert rows.any(0).all()  # up to the edges
    assert columns.any(0).all()


def test_the_generator_alone_decides() -> None:
    images = torch.rand(8, 1, *SIZE, generator=seeded(7))
    state = torch.get_rng_state()
    first = augment(images, EVERYTHING, seeded(1))
    assert torch.equal(augment(images, EVERYTHING, seeded(1)), first)
    assert not torch.equal(augment(images, EVERYTHING, seeded(2)), first)
    assert torch.equal(torch.get_rng_state(), state)
    assert first.min() >= 0
    assert first.max() <= 1


def test_nothing_asked_for_changes_nothing() -> None:
    images = torch.rand(4, 1, 5, 7)
    assert not Augmentation().is_on
    assert augment(images, Augmentation(), seeded()) is images
    tall = augment(images, Augmentation(rotation=1e-6), seeded())
    assert torch.allclose(tall, images, atol=1e-4)


@pytest.mark.parametrize(
    "values", [{"rotation": -1}, {"scale": 1}, {"shear": 90}, {"elastic_grid": 1}, {"noise": 2}]
)
def test_a_reach_out_of_range_is_refused(values: dict[str, float]) -> None:
    (name,) = values
    with pytest.raises(UsageError, match=name):
        Augmentation(**values)  # type: ignore[arg-type]  # wrong on purpose
