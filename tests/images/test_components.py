"""Many marks of a page as digits: each as if it were alone."""

import numpy as np
import pytest

from inkdigits.data import Dataset
from inkdigits.images import components
from inkdigits.images.components import find_pieces
from inkdigits.images.ink import find_ink


@pytest.mark.parametrize("at_once", [1, 3_000, 2**22])
def test_digits_of_many_groups_are_those_of_each_alone(
    at_once: int, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(components, "_AT_ONCE", at_once)
    paper = np.full((700, 900), 230, np.uint8)
    for place, image in enumerate(mnist.test.images[:40]):
        factor = (1, 1, 2, 3)[place % 4]
        large = np.kron(image, np.ones((factor, factor), np.uint8))
        top, left = 10 + 130 * (place // 9), 10 + 98 * (place % 9)
        window = paper[top : top + len(large), left : left + len(large)]
        window -= (large * 0.8).astype(np.uint8)
    page = find_pieces(find_ink(paper, lambda _: False))
    groups = [[piece] for piece in page.pieces] + [list(page.pieces[k : k + 3]) for k in (3, 9)]
    assert len(groups) > 40
    together = page.digits(groups)
    assert together.shape == (len(groups), 28, 28)
    for group, image in zip(groups, together, strict=True):
        np.testing.assert_array_equal(image, page.digits([group])[0])
    assert page.digits([]).shape == (0, 28, 28)
