"""The summary: the notebook's own numbers, and those of the network that is built."""

import pytest
import torch
from hypothesis import given, settings

from inkdigits.errors import UsageError
from inkdigits.networks.build import build_network
from inkdigits.networks.description import NetworkDescription, Stage
from inkdigits.networks.summary import readable_size, summarize
from tests.networks.test_description import descriptions

# What Keras printed in the lab notebook.
KERAS_ROWS = [
    ("conv2d", "Conv2D", "(None, 28, 28, 32)", 320),
    ("batch_normalization", "BatchNormalization", "(None, 28, 28, 32)", 128),
    ("re_lu", "ReLU", "(None, 28, 28, 32)", 0),
    ("max_pooling2d", "MaxPooling2D", "(None, 14, 14, 32)", 0),
    ("conv2d_1", "Conv2D", "(None, 14, 14, 32)", 9248),
    ("batch_normalization_1", "BatchNormalization", "(None, 14, 14, 32)", 128),
    ("re_lu_1", "ReLU", "(None, 14, 14, 32)", 0),
    ("max_pooling2d_1", "MaxPooling2D", "(None, 7, 7, 32)", 0),
    ("conv2d_2", "Conv2D", "(None, 7, 7, 32)", 9248),
    ("batch_normalization_2", "BatchNormalization", "(None, 7, 7, 32)", 128),
    ("re_lu_2", "ReLU", "(None, 7, 7, 32)", 0),
    ("flatten", "Flatten", "(None, 1568)", 0),
    ("dropout", "Dropout", "(None, 1568)", 0),
    ("dense", "Dense", "(None, 10)", 15690),
]


def test_the_lab_summary_is_the_notebooks() -> None:
    summary = summarize(NetworkDescription())
    rows = [(row.name, row.kind, row.shape, row.parameters) for row in summary.rows]
    assert rows == KERAS_ROWS
    assert summary.totals() == [
        ("Total params", 104_288, "407.38 KB"),
        ("Trainable params", 34_698, "135.54 KB"),
        ("Non-trainable params", 192, "768.00 B"),
        ("Optimizer params", 69_398, "271.09 KB"),
    ]


def test_pooling_first_and_a_global_head_stand_where_they_work() -> None:
    stage = Stage(filters=4, pool_first=True)
    rows = summarize(NetworkDescription(stages=(stage,), head="global_max", dropout=0.0)).rows
    assert [(row.kind, row.shape) for row in rows] == [
        ("Conv2D", "(None, 28, 28, 4)"),
        ("MaxPooling2D", "(None, 14, 14, 4)"),
        ("BatchNormalization", "(None, 14, 14, 4)"),
        ("ReLU", "(None, 14, 14, 4)"),
        ("GlobalMaxPooling2D", "(None, 4)"),
        ("Dense", "(None, 10)"),
    ]


def test_the_padded_size_is_that_of_the_input_whatever_the_stride() -> None:
    stage = Stage(stride=2, kernel=5, padding="reflect")
    row = summarize(NetworkDescription(stages=(stage,))).rows[0]
    assert (row.kind, row.shape) == ("Padding2D", "(None, 32, 32, 1)")


def test_plain_sgd_holds_only_its_count_and_its_rate() -> None:
    assert summarize(NetworkDescription(), "sgd").optimizer == 2
    assert summarize(NetworkDescription(), "sgd", 0.9).optimizer == 34_698 + 2
    with pytest.raises(UsageError, match="optimizer is 'rmsprop'; it must be one of adam, sgd"):
        summarize(NetworkDescription(), "rmsprop")


@settings(max_examples=30)
@given(descriptions)
def test_the_counts_are_those_of_the_network_built(description: NetworkDescription) -> None:
    network = build_network(description, torch.Generator())
    summary = summarize(description)
    assert summary.trainable == sum(parameter.numel() for parameter in network.parameters())
    assert summary.non_trainable == sum(buffer.numel() for buffer in network.buffers())
    assert sum(row.parameters for row in summary.rows) + summary.optimizer == summary.total


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0.00 B"), (1023, "1023.00 B"), (1024, "1.00 KB"), (3 << 29, "1.50 GB")]
)
def test_sizes_are_written_as_keras_does(size: int, text: str) -> None:
    assert readable_size(size) == text
