"""Descriptions: what they accept, how they are stored, and that their sizes are the network's."""

from dataclasses import replace
from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inkdigits.errors import UsageError
from inkdigits.networks.build import build_network
from inkdigits.networks.description import (
    Activation,
    Head,
    NetworkDescription,
    Norm,
    Padding,
    Pooling,
    Stage,
)

stages = st.builds(
    Stage,
    filters=st.integers(1, 5),
    kernel=st.integers(1, 4),
    padding=st.sampled_from(get_args(Padding)),
    stride=st.integers(1, 2),
    norm=st.sampled_from(get_args(Norm)),
    activation=st.sampled_from(get_args(Activation)),
    pooling=st.sampled_from(get_args(Pooling)),
    pool=st.integers(2, 3),
    pool_first=st.booleans(),
)
descriptions = st.builds(
    NetworkDescription,
    stages=st.lists(stages, min_size=1, max_size=2).map(tuple),
    head=st.sampled_from(get_args(Head)),
    dropout=st.floats(0, 0.9),
    classes=st.integers(2, 12),
    image_size=st.tuples(st.integers(50, 54), st.integers(50, 54)),
)


@given(descriptions)
def test_a_stored_description_reads_back_the_same(description: NetworkDescription) -> None:
    assert NetworkDescription.from_json(description.to_json()) == description


@settings(max_examples=40)
@given(descriptions)
def test_the_sizes_are_those_of_the_network_built(description: NetworkDescription) -> None:
    network = build_network(description, torch.Generator().manual_seed(0)).eval()
    images = torch.zeros(2, 1, *description.image_size)
    maps = network.feature_maps(images)
    for stage, size, values in zip(description.stages, description.sizes(), maps, strict=True):
        assert values.shape == (2, stage.filters, *size.pooled)
    assert network(images).shape == (2, description.classes)


@settings(max_examples=20)
@given(descriptions)
def test_training_and_evaluation_give_logits_of_the_same_shape(
    description: NetworkDescription,
) -> None:
    network = build_network(description, torch.Generator().manual_seed(0)).train()
    network.dropout.generator = torch.Generator().manual_seed(0)
    images = torch.rand(3, 1, *description.image_size, generator=torch.Generator().manual_seed(1))
    assert network(images).shape == (3, description.classes)


@pytest.mark.parametrize(("stride", "middle"), [(1, 7), (2, 3)])
def test_the_receptive_field_is_where_the_gradient_reaches(stride: int, middle: int) -> None:
    # An independent measure: which input pixels move the middle output of the last stage.
    plain = Stage(2, norm="none", activation="linear", pooling="average")
    last = replace(plain, pooling="none")
    description = NetworkDescription(
        stages=(replace(plain, kernel=5), replace(plain, stride=stride), last),
        image_size=(60, 60),
    )
    network = build_network(description, torch.Generator().manual_seed(0)).eval()
    images = torch.zeros(1, 1, 60, 60, requires_grad=True)
    network.feature_maps(images)[-1][0, 0, middle, middle].backward()
    assert images.grad is not None
    reached = images.grad[0, 0].nonzero()
    extent = int(reached[:, 0].max() - reached[:, 0].min()) + 1
    assert description.receptive_fields()[-1] == extent


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ({"kernel": 29}, "kernel of 29x29"),
        ({"pool": 40}, "cannot pool 28x28 pixels by 40"),
        ({"kernel": 57, "padding": "same"}, "kernel of 57x57"),
    ],
)
def test_stages_that_do_not_fit_the_image_are_named(stage: dict[str, object], words: str) -> None:
    description = NetworkDescription().to_json()
    description["stages"] = [Stage().__dict__ | stage]
    with pytest.raises(UsageError, match=words) as caught:
        NetworkDescription.from_json(description)
    assert "Stage 1" in str(caught.value)


def test_five_poolings_of_28_pixels_are_refused() -> None:
    with pytest.raises(UsageError, match="Stage 5"):
        NetworkDescription(stages=(Stage(kernel=1),) * 5)


@pytest.mark.parametrize(
    "values",
    [
        {"filters": 0},
        {"kernel": 0},
        {"padding": "full"},
        {"activation": "tanh"},
        {"pooling": "sum"},
        {"norm": "layer"},
        {"pool": 1},
        {"stride": 0},
    ],
)
def test_a_stage_refuses_values_out_of_range(values: dict[str, object]) -> None:
    (name,) = values
    with pytest.raises(UsageError, match=name):
        Stage(**values)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize(
    "values",
    [
        [],
        {"stages": 3},
        {"stages": [{"filters": "32"}]},
        {"stages": [{"colour": 1}]},
        {"dropout": float("nan")},
        {"dropout": True},
        {"image_size": [28]},
        {"image_size": [28.5, 28]},
    ],
)
def test_a_damaged_stored_description_is_a_usage_error(values: object) -> None:
    with pytest.raises(UsageError, match="network"):
        NetworkDescription.from_json(values)
