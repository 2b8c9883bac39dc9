"""Numbers of MNIST's digits, of which one leans so far back that alone it is taken for none."""

import numpy as np
from scipy import ndimage

from inkdigits.data import Dataset
from tests.recognition.pages import Plane, page, side_by_side

LEANING = (7, 18, 151, 160, 244)  # of the test images
_BEFORE, _AFTER = (2, 0), (7, 3)  # the same, upright: 17 and 90
_LEAN = -0.8  # columns a row


def leaning(mnist: Dataset, place: int) -> Plane:
    """A test image that leans."""
    image = mnist.test.images[place].astype(np.float64)
    middle = (len(image) - 1) / 2
    moved: Plane = np.rint(
        ndimage.affine_transform(image, [[1, 0], [_LEAN, 1]], offset=[0, -_LEAN * middle], order=1)
    ).astype(np.uint8)
    return moved


def number_around(mnist: Dataset, *marks: Plane, gap: int = 4) -> Plane:
    """A page with these `(28, W)` amid the digits of 1790, `gap` pixels apart."""
    before, after = ([mnist.test.images[place] for place in some] for some in (_BEFORE, _AFTER))
    return page([side_by_side([*before, *marks, *after], gap)])
