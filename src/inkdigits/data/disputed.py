"""MNIST's test images whose label most people do not see in them.

Northcutt, Athalye and Mueller, 'Pervasive Label Errors in Test Sets Destabilize Machine Learning
Benchmarks', 2021, showed five people each test image that a network doubted, with its label and
what the network took it for. These are the 15 of the 10,000 in which fewer than three of the five
saw the label: their 'human-validated' errors. Numbers and votes are from their published results
(github.com/cleanlab/label-errors, mturk/mnist_mturk.json).
"""

from typing import NamedTuple

from inkdigits.data.dataset import Dataset, idx_sha256
from inkdigits.data.mnist import MNIST_SHA256

SOURCE = (
    "Northcutt, Athalye and Mueller, ‘Pervasive Label Errors in Test Sets Destabilize Machine "
    "Learning Benchmarks’, 2021"
)
PEOPLE = 5


class Dispute(NamedTuple):
    """How five people judged one image; the rest of them saw neither digit."""

    label: int  # that MNIST gives
    other: int  # that a network took it for
    for_label: int  # people who saw the label
    for_other: int  # people who saw the other


DISPUTED: dict[int, Dispute] = {
    947: Dispute(8, 9, 0, 5),
    1621: Dispute(0, 6, 2, 3),
    1901: Dispute(9, 4, 2, 3),
    2130: Dispute(4, 9, 2, 2),
    2462: Dispute(2, 0, 0, 4),
    2597: Dispute(5, 3, 0, 4),
    2654: Dispute(6, 1, 0, 2),
    3520: Dispute(6, 4, 2, 0),
    3558: Dispute(5, 0, 1, 4),
    5937: Dispute(5, 3, 1, 3),
    6651: Dispute(0, 6, 0, 5),
    6783: Dispute(1, 6, 2, 3),
    8527: Dispute(4, 9, 2, 2),
    9679: Dispute(6, 3, 2, 0),
    9729: Dispute(5, 6, 2, 3),
}


def disputed(dataset: Dataset) -> dict[int, Dispute]:
    """The disputed test images of MNIST, by their number; none of any other set."""
    images, labels = dataset.test
    found = {"test_images": idx_sha256(images), "test_labels": idx_sha256(labels)}
    is_mnist = all(MNIST_SHA256[part] == digest for part, digest in found.items())
    return DISPUTED if is_mnist else {}
