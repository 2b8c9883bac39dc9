"""Disputed labels: of MNIST's test set only, and of the labels that it really has."""

import numpy as np

from inkdigits.data import Dataset
from inkdigits.data.dataset import Split
from inkdigits.data.disputed import DISPUTED, PEOPLE, disputed


def test_the_labels_in_dispute_are_those_that_mnist_gives(mnist: Dataset) -> None:
    assert disputed(mnist) == DISPUTED
    assert len(DISPUTED) == 15  # as many as the paper says
    for index, dispute in DISPUTED.items():
        assert mnist.test.labels[index] == dispute.label
        assert dispute.label != dispute.other
        assert dispute.for_label < PEOPLE / 2
        assert dispute.for_label + dispute.for_other <= PEOPLE


def test_other_data_have_none(mnist: Dataset) -> None:
    assert disputed(mnist.first(10, 10_000)) == DISPUTED  # the test set is all that counts
    assert disputed(mnist.first(10, 9_999)) == {}
    images, labels = mnist.test
    relabelled = np.array(labels)
    relabelled[947] = 9
    corrected = Dataset(
        "corrected", mnist.train, Split(images, relabelled), mnist.class_names, "here"
    )
    assert disputed(corrected) == {}
